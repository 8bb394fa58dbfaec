"""The verbs of a fit that test hypotheses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from logitkit.inference.hypotheses.likelihood_ratio import LikelihoodRatioTest, null_test
from logitkit.results.refits import Refits
from logitkit.results.shown import shown

if TYPE_CHECKING:
    from logitkit.inference.covariances.score_bootstrap import ScoreBootstrap, WildWeights
    from logitkit.inference.hypotheses.anova import TermTest
    from logitkit.inference.hypotheses.chi_square import ChiSquareTests
    from logitkit.inference.hypotheses.equivalence import Equivalence
    from logitkit.inference.hypotheses.model_score import ModelScoreTest
    from logitkit.inference.hypotheses.rao_scott import RaoScottTest
    from logitkit.inference.hypotheses.single_terms import AddTest, TermChanges
    from logitkit.inference.hypotheses.wald import WaldTest

__all__ = ["Hypotheses"]


class Hypotheses(Refits):
    """A fit with the verbs that test hypotheses.

    Parameters
    ----------
    record : FitRecord
        The frozen record of the fit.
    design : Design, optional
        The rows of the fit.
    making : Making, optional
        How the fit is repeated on other rows, if the record alone is not enough for that.
    """

    def test(
        self, hypothesis: str, level: float | None = None, *, method: Literal["delta", "profile"] = "delta"
    ) -> WaldTest:
        """Test linear or non-linear hypotheses about the coefficients.

        Parameters
        ----------
        hypothesis : str
            One or several equations, such as ``"x = 0, C(g)[T.b] = C(g)[T.c]"``; with several outcomes, a coefficient
            is called ``outcome:term``. The name of a term alone, ``"C(g)"``, means that all its coefficients are zero
            for all outcomes. Functions may be non-linear: ``"age / lwt = 1"``, with ``+ - * / ** exp log sqrt``.
        level : float, optional
            Confidence level of the intervals; that of the fit by default.
        method : {'delta', 'profile'}
            Wald test, with the delta method for non-linear functions; or likelihood-ratio test, from a fit under the
            hypotheses, which does not depend on how they are written.

        Returns
        -------
        WaldTest
            The joint chi-square test, and an estimate for each hypothesis.

        Examples
        --------
        All coefficients of a factor; the difference of two of them, as in R's ``linearHypothesis`` and Stata's ``test``
        and ``lincom``; and a ratio, as in Stata's ``nlcom``:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + race + smoke", lk.datasets.load_lbw())
        >>> found = fit.test("race")
        >>> found.dof, round(found.p_value, 3)
        (2, 0.02)
        >>> round(fit.test("race[T.black] = race[T.other]").p_value, 3)
        0.585
        >>> float(fit.test("age / lwt = 1").estimates.estimate[0].round(3))  # left side minus right side
        0.8
        """
        from logitkit.inference.hypotheses.constrained import hypothesis_test

        return shown(hypothesis_test(self.record, self.design, hypothesis, level, method))

    def equivalence(
        self,
        of: str | Sequence[str],
        low: float | None = None,
        high: float | None = None,
        *,
        ratio: bool = False,
        level: float | None = None,
    ) -> Equivalence:
        """Test whether a coefficient, or a linear combination of coefficients, lies between bounds.

        Parameters
        ----------
        of : str or sequence of str
            Coefficients or linear combinations: ``"age"``, ``"age - 2 * lwt"``. The name of a term stands for each of
            its coefficients.
        low, high : float, optional
            The equivalence bounds; give only one of them to test non-inferiority.
        ratio : bool, default False
            Whether the bounds are odds ratios, which are tested on the log scale.
        level : float, optional
            One minus the significance level; the interval shown with the tests has level 2 ``level`` - 1.

        Returns
        -------
        Equivalence
            For each value, the two one-sided tests and the larger of their p-values.

        Examples
        --------
        Is the odds ratio of a year of age between 0.9 and 1.1?

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.equivalence("age", 0.9, 1.1, ratio=True)
        >>> found.equivalent.tolist(), found.p_value.round(3).tolist()
        ([True], [0.021])
        """
        from logitkit.inference.hypotheses.equivalence import equivalence

        return shown(equivalence(self.record, of, low, high, ratio=ratio, level=level))

    def lr_test(self) -> LikelihoodRatioTest:
        """Test that all coefficients other than the intercepts are zero, by a likelihood-ratio test.

        Returns
        -------
        LikelihoodRatioTest
            The test against the model with intercepts and offsets only.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.lr_test()
        >>> round(found.statistic, 2), found.dof, round(found.p_value, 4)
        (11.78, 3, 0.0082)
        """
        return shown(null_test(self.record))

    def anova(self, type: Literal[1, 2, 3] = 2, test: TermTest = "LR") -> ChiSquareTests:  # noqa: A002
        """Test each term.

        Parameters
        ----------
        type : {1, 2, 3}
            Each term is tested given those before it (1), given all terms that do not contain it (2), or given all
            others (3). Type 3 uses sum-to-zero coding, whatever the coding in the fit, so that a main effect in an
            interaction is tested at the average over the levels of the other factor.
        test : {'LR', 'Wald', 'score', 'F'}
            Likelihood-ratio test, with a fit to the same rows without each term; Wald test; score test, at the
            estimates without the term; or F test, if the covariance has degrees of freedom.

        Returns
        -------
        ChiSquareTests
            One row per term; with several outcomes, each test is joint over the outcomes.

        Examples
        --------
        As R's ``car::Anova(fit)``, and the type 3 Wald tests of SAS:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + race * C(smoke)", lk.datasets.load_lbw())
        >>> found = fit.anova()
        >>> dict(zip(found.labels, found.p_value.round(3).tolist(), strict=True))
        {'age': 0.375, 'race': 0.015, 'C(smoke)': 0.002, 'race:C(smoke)': 0.243}
        >>> fit.anova(type=3, test="Wald").p_value.round(3).tolist()
        [0.378, 0.036, 0.009, 0.255]
        """
        from logitkit.inference.hypotheses.anova import anova

        return shown(anova(self.record, self.design, type, test))

    def drop1(self, test: TermTest = "LR") -> TermChanges:
        """Test each term that no other term contains, and fit the model without it.

        Parameters
        ----------
        test : {'LR', 'Wald', 'score', 'F'}
            As in ``anova``; with Wald and F tests, the smaller models are not fitted, and there is no deviance or AIC.

        Returns
        -------
        TermChanges
            The deviance and the AIC of each smaller model, and the test of the dropped term.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.drop1()
        >>> dict(zip(found.tests.labels, found.tests.p_value.round(4).tolist(), strict=True))
        {'age': 0.2264, 'lwt': 0.0363, 'smoke': 0.0394}
        """
        from logitkit.inference.hypotheses.single_terms import drop_terms

        return shown(drop_terms(self.record, self.design, test))

    def add1(self, scope: str, test: AddTest = "score") -> TermChanges:
        """Test terms that are not in the model by adding one at a time.

        Parameters
        ----------
        scope : str
            Terms as in a formula, ``"z + C(g) + x:z"``, with columns of the table of the fit; terms already in the
            model are skipped.
        test : {'score', 'LR'}
            Score test, which needs only this fit, or likelihood-ratio test, which fits each larger model.

        Returns
        -------
        TermChanges
            One row per added term.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.add1("race + ht")
        >>> dict(zip(found.tests.labels, found.tests.p_value.round(4).tolist(), strict=True))
        {'race': 0.0166, 'ht': 0.0045}
        """
        from logitkit.inference.hypotheses.single_terms import term_additions

        return shown(term_additions(self.record, self.design, scope, test))

    def score_test(self) -> ModelScoreTest:
        """Test all coefficients except the intercepts by a score test, which needs only the null model.

        Returns
        -------
        ModelScoreTest
            The test; for a 2 x 2 table it is Pearson's chi-square test.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.score_test()
        >>> round(found.statistic, 2), found.dof, round(found.p_value, 4)
        (11.25, 3, 0.0104)
        """
        from logitkit.inference.hypotheses.model_score import model_score_test

        return shown(model_score_test(self.record, self.design))

    def score_bootstrap(
        self,
        hypothesis: str,
        cluster: Any = None,
        *,
        draws: int = 9999,
        weights: WildWeights = "rademacher",
        seed: int = 1,
        level: float | None = None,
    ) -> ScoreBootstrap:
        """Test a linear hypothesis by the score (wild) bootstrap of clusters, which is valid with few clusters.

        Parameters
        ----------
        hypothesis : str
            One linear function of the coefficients and its value: ``"age = 0"``.
        cluster : str or (n,) array-like, optional
            Groups of rows that may be dependent; those of the fit by default.
        draws : int, default 9999
            Number of draws. If there are at most this many combinations of signs, all of them are used instead.
        weights : {'rademacher', 'webb'}
            Random signs, or Webb's six-point weights, for ten clusters or fewer.
        seed : int, default 1
            Random seed.
        level : float, optional
            Confidence level of the interval; that of the fit by default.

        Returns
        -------
        ScoreBootstrap
            The p-value, and the interval of values that are not rejected.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> fit = lk.logit("low ~ age + smoke", births, cluster=births.index // 10)
        >>> found = fit.score_bootstrap("smoke", draws=99)
        >>> round(float(found.statistic), 3), round(float(found.p_value), 3)
        (4.625, 0.07)
        """
        from logitkit.results.robust_fit import score_bootstrap_of

        return shown(score_bootstrap_of(self, hypothesis, cluster, draws, weights, seed, level))

    def rao_scott_test(self, hypothesis: str) -> RaoScottTest:
        """Test that terms are zero by the Rao-Scott likelihood-ratio test, for surveys and robust covariances.

        Parameters
        ----------
        hypothesis : str
            Terms that the smaller model leaves out: ``"age, smoke"``.

        Returns
        -------
        RaoScottTest
            The likelihood-ratio statistic with weights of mean one, and its p-value from a mixture of chi-squares.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> round(fit.robust("HC3").rao_scott_test("age = 0, lwt = 0").p_value, 3)
        0.031
        """
        from logitkit.inference.hypotheses.rao_scott import rao_scott_test

        return shown(rao_scott_test(self.record, self._own_rows.design, hypothesis))
