"""Tests and resampling of a fit of several outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from logitkit.inference.chi_square import ChiSquareTests
from logitkit.inference.combine import combine_tests
from logitkit.inference.iia import IiaTests, iia_tests
from logitkit.inference.likelihood_ratio import LikelihoodRatioTest, null_test
from logitkit.inference.wald import WaldTest, wald_test
from logitkit.results.multinomial_diagnosed import OutcomeDiagnosed
from logitkit.results.shown import shown

if TYPE_CHECKING:
    from logitkit.inference.units import ResamplingKind
    from logitkit.results.resampled import BootstrapResult, JackknifeResult

__all__ = ["OutcomeTested"]


class OutcomeTested(OutcomeDiagnosed):
    """Estimates of several outcomes with verbs that test hypotheses, and that fit the model again to other samples.

    Parameters
    ----------
    record : FitRecord
        Everything that is known after the fit.
    design : Design, optional
        The rows of the fit.
    """

    # Resampling.

    def bootstrap(self, n: int = 1000, seed: int | None = None, kind: ResamplingKind | None = None) -> BootstrapResult:
        """Fit the model to data sets drawn from the rows of the fit, or from the fit itself.

        Parameters
        ----------
        n : int, default 1000
            Number of replicates.
        seed : int, optional
            Draws the same replicates again.
        kind : {'rows', 'cluster', 'parametric'}, optional
            What is drawn. Default: clusters where the fit has them, else rows.

        Returns
        -------
        BootstrapResult
            Replicates, bias, standard errors and intervals.
        """
        from logitkit.results.resampled import bootstrap_fit

        return bootstrap_fit(self, n, seed, kind)

    def jackknife(self) -> JackknifeResult:
        """Fit the model without each row, observation or cluster in turn.

        Returns
        -------
        JackknifeResult
            Replicates, bias, standard errors and acceleration.
        """
        from logitkit.results.resampled import jackknife_fit

        return jackknife_fit(self)

    # Tests.

    def test(self, hypothesis: str, level: float | None = None) -> WaldTest:
        """Test linear hypotheses about the coefficients.

        Parameters
        ----------
        hypothesis : str
            Such as ``"bus:cost = car:cost, bus:time = 0"``; a coefficient is called ``outcome:term``. The name
            of a term, ``"cost"``, is the hypothesis that its coefficients are zero for all outcomes.
        level : float, optional
            Confidence level of the intervals.

        Returns
        -------
        WaldTest
            Chi-square test that all hold, and each with its estimate.
        """
        return shown(wald_test(self.record, hypothesis, level))

    def lr_test(self) -> LikelihoodRatioTest:
        """Test all coefficients but the intercepts by likelihood ratio.

        Returns
        -------
        LikelihoodRatioTest
            Against the model with intercepts and offsets only.
        """
        return shown(null_test(self.record))

    def combine_tests(self, test: Literal["LR", "Wald"] = "Wald") -> ChiSquareTests:
        """Test for each pair of outcomes whether the columns tell them apart.

        Parameters
        ----------
        test : {'LR', 'Wald'}
            By likelihood ratio, with a fit in which the two have the same coefficients, or by Wald.

        Returns
        -------
        ChiSquareTests
            One row per pair.
        """
        return shown(combine_tests(self.record, self.design, test))

    def iia_tests(self, method: Literal["hausman", "small_hsiao"] = "hausman", seed: int = 0) -> IiaTests:
        """Test the independence of irrelevant alternatives; both tests are known to be poor, and say so.

        Parameters
        ----------
        method : {'hausman', 'small_hsiao'}
            Of Hausman and McFadden, or of Small and Hsiao.
        seed : int, default 0
            Of the random halves of the second.

        Returns
        -------
        IiaTests
            A row an outcome that is left out.
        """
        return shown(iia_tests(self.record, self.design, method, seed))
