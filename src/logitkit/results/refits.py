"""The verbs of a fit that refit the model to other samples, or by other methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import pandas as pd

from logitkit.options import require_choice
from logitkit.results.quantities import Quantities
from logitkit.results.shown import shown

if TYPE_CHECKING:
    from logitkit.inference.incidental import BiasCorrection, CorrectionMethod
    from logitkit.inference.resampling.units import ResamplingKind
    from logitkit.results.remedied import RemediesResult
    from logitkit.results.rows import Rows
    from logitkit.results.several.resampled import BootstrapResult, JackknifeResult

__all__ = ["Refits"]


class Refits(Quantities):
    """A fit with the verbs that refit the model, and the diagnostics of collinearity.

    Parameters
    ----------
    record : FitRecord
        The frozen record of the fit.
    design : Design, optional
        The rows of the fit.
    making : Making, optional
        How the fit is repeated on other rows, if the record alone is not enough for that.
    """

    def bootstrap(
        self,
        n: int = 1000,
        seed: int | None = None,
        kind: ResamplingKind | None = None,
        *,
        of: str | Sequence[str] | None = None,
    ) -> BootstrapResult:
        """Refit the model to data sets drawn from the rows of the fit, or from the fitted distribution.

        Parameters
        ----------
        n : int, default 1000
            Number of replicates.
        seed : int, optional
            Random seed, for reproducible replicates.
        kind : {'rows', 'cluster', 'parametric', 'bayesian', 'poisson'}, optional
            Resample rows or clusters; draw outcomes from the fitted probabilities; draw posterior weights of the units
            (the Bayesian bootstrap); or draw a Poisson count for each row, which depends only on the seed and its place
            in the table. Default: clusters if the fit has them, otherwise rows; for rows read in chunks, ``'poisson'``.
        of : str or sequence of str, optional
            Linear combinations, written as in ``test``: ``"age - 2 * lwt"``. Default: all coefficients.

        Returns
        -------
        BootstrapResult
            Replicates, bias, standard errors and intervals.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.bootstrap(199, seed=1).tidy().set_index("term")
        >>> found[["estimate", "bias", "std_error"]].round(2)
                   estimate  bias  std_error
        term
        Intercept      1.37 -0.04       1.05
        age           -0.04 -0.00       0.03
        lwt           -0.01  0.00       0.01
        smoke          0.67  0.04       0.36
        """
        from logitkit.results.several.resampled import bootstrap_fit

        return bootstrap_fit(self, n, seed, kind, of)

    def jackknife(self, of: str | Sequence[str] | None = None) -> JackknifeResult:
        """Refit the model, leaving out each row, observation or cluster in turn.

        Parameters
        ----------
        of : str or sequence of str, optional
            Linear combinations, written as in ``test``. Default: all coefficients.

        Returns
        -------
        JackknifeResult
            Replicates, bias, standard errors, intervals and acceleration.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.jackknife().tidy().set_index("term").round(3)
                   estimate   bias  std_error  conf_low  conf_high
        term
        Intercept     1.366  0.110      1.064    -0.733      3.465
        age          -0.039 -0.001      0.031    -0.100      0.022
        lwt          -0.012 -0.001      0.007    -0.025      0.001
        smoke         0.671  0.008      0.337     0.007      1.335
        """
        from logitkit.results.several.resampled import jackknife_fit

        return jackknife_fit(self, of)

    def bias_correction(self, method: CorrectionMethod = "analytic", level: float | None = None) -> BiasCorrection:
        """Return coefficients corrected for the incidental-parameter bias due to an absorbed factor.

        Parameters
        ----------
        method : {'analytic', 'jackknife'}
            The analytic formula for the leading term of the bias, or a split-panel jackknife, from fits to the two
            halves of the rows of each level.
        level : float, optional
            Confidence level; that of the fit by default.

        Returns
        -------
        BiasCorrection
            Corrected coefficients with standard errors, tests and intervals.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> fit = lk.logit("low ~ age + smoke", births.assign(pair=births.index // 6), absorb="pair")
        >>> found = fit.bias_correction()
        >>> found.terms, found.estimate.round(3).tolist(), found.corrected.round(3).tolist()
        (('age', 'smoke'), [0.004, 1.142], [0.004, 0.935])
        """
        from logitkit.inference.incidental import bias_correction

        return shown(bias_correction(self.record, self._own_rows.design, method, level))

    def remedies(self, level: float | None = None) -> RemediesResult:
        """Compare the fits by maximum likelihood, with Firth's penalty, with FLIC and with log-F priors.

        Parameters
        ----------
        level : float, optional
            Confidence level; that of the fit by default.

        Returns
        -------
        RemediesResult
            Estimates with profile-likelihood intervals. All are finite, except for maximum likelihood if data are
            separated. It prints as a table, and ``to_frame()`` returns a data frame.

        Examples
        --------
        Separated data, where maximum likelihood has no finite estimate:

        >>> import logitkit as lk
        >>> fit = lk.logit("y ~ x", {"y": [0, 0, 0, 1, 1, 1], "x": [1.0, 2, 3, 4, 5, 6]})
        >>> fit.remedies().to_frame().query("term == 'x'").round(2)
          term                 fit  estimate  conf_low  conf_high
        4    x  Maximum likelihood       inf      0.74        inf
        5    x               Firth      1.13      0.00       6.07
        6    x                FLIC      1.13      0.00       6.07
        7    x         log-F(1, 1)      2.14      0.28       7.46
        """
        from logitkit.results.remedied import remedies_of

        return remedies_of(self, level)

    def collinearity(self, kind: Literal["inflation", "condition"] = "inflation") -> pd.DataFrame:
        """Return variance inflation factors, generalised to terms with several coefficients, or condition indices.

        Parameters
        ----------
        kind : {'inflation', 'condition'}
            ``"condition"``: condition indices with variance proportions, as COLLIN in SAS. An index above 30 with more
            than half of the variance of two or more coefficients indicates a near dependence of their columns.

        Returns
        -------
        pandas.DataFrame
            Columns gvif, dof and gvif_scaled, one row per term; with several outcomes, for all of them jointly. For
            condition indices, one row per index: eigenvalue, condition_index, and the proportion of the variance of
            each coefficient; the proportions of a coefficient add up to 1.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.collinearity().round(3)
                gvif  dof  gvif_scaled
        term
        age    1.021    1        1.011
        lwt    1.022    1        1.011
        smoke  1.001    1        1.000
        """
        from logitkit.diagnostics.collinearity import collinearity
        from logitkit.diagnostics.condition_indices import condition_indices
        from logitkit.report.frames.diagnostics import collinearity_frame, condition_frame

        require_choice("kind", kind, ("inflation", "condition"))
        if kind == "condition":
            return condition_frame(condition_indices(self.record))
        return collinearity_frame(collinearity(self.record))

    @property
    def _own_rows(self) -> Rows:
        """The rows of the fit."""
        from logitkit.results.rows import Rows

        return Rows(self.record, self.design)
