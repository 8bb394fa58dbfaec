"""The fit of a model of ordered outcomes, with the verbs that only this model has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logitkit.results.fit import Fit
from logitkit.results.shown import shown
from logitkit.results.verbs_by_task import verbs_in_help

if TYPE_CHECKING:
    from logitkit.inference.hypotheses.chi_square import ChiSquareTests
    from logitkit.inference.hypotheses.parallel import ParallelTest

__all__ = ["OrdinalFit"]


@verbs_in_help
class OrdinalFit(Fit):
    """A fitted model of ordered outcomes.

    Parameters
    ----------
    record : FitRecord
        The frozen record of the fit.
    design : Design, optional
        The rows of the fit, for the verbs that need rows. A loaded model has none, so these verbs need ``data=``.
    making : Making, optional
        How the fit is repeated on other rows, if the record alone is not enough for that.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"rating": [1, 2, 3, 2, 1, 3, 3, 2, 1], "x": [1.0, 2, 3, 4, 2, 6, 5, 4, 1]}
    >>> fit = lk.ordinal("rating ~ x", data)
    >>> fit.coef.index.tolist()
    ['1|2', '2|3', 'x']
    """

    def proportional_odds_test(self, test: ParallelTest = "score") -> ChiSquareTests:
        """Test whether terms with one coefficient for all thresholds need one per threshold.

        Parameters
        ----------
        test : {'score', 'Wald', 'LR'}
            Score test at the estimates of this fit, with the same information matrix as its standard errors; or Wald or
            likelihood-ratio test, from a fit in which the tested terms are nominal.

        Returns
        -------
        ChiSquareTests
            The joint test of all terms with one coefficient for all thresholds, then the test of each term.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> births["visits"] = births.ftv.clip(upper=2)
        >>> fit = lk.ordinal("visits ~ age + smoke", births)
        >>> found = fit.proportional_odds_test()
        >>> dict(zip(found.labels, found.p_value.round(3).tolist(), strict=True))
        {'all terms': 0.043, 'age': 0.201, 'smoke': 0.043}
        """
        from logitkit.inference.hypotheses.parallel import proportional_odds_test

        return shown(proportional_odds_test(self.record, self.design, test))
