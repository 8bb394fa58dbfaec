"""The public functions that take several fits of the same rows: their comparison, and Vuong's test of two."""

from __future__ import annotations

from collections.abc import Sequence

from logitkit.api.naming import names_of_fits
from logitkit.errors import DataError
from logitkit.inference.hypotheses.comparison import Comparison, compare_fits
from logitkit.inference.hypotheses.vuong import VuongTest, vuong_test
from logitkit.results.fit import Fit
from logitkit.results.shown import shown

__all__ = ["compare", "vuong"]


def compare(*fits: Fit, names: Sequence[str] | None = None) -> Comparison:
    """Compare models fitted to the same rows: information criteria, Akaike weights and likelihood-ratio tests.

    Parameters
    ----------
    *fits : Fit
        Two or more fits, of any models, in any order.
    names : sequence of str, optional
        Names of the fits, in this order. By default their formulas, numbered, with the arguments in which models with
        the same formula differ.

    Returns
    -------
    Comparison
        The models, ordered by number of parameters. A model is tested against the one before it if that one is nested
        in it: its columns are linear combinations of those of the larger model, with the same family and link, or it is
        a special case, as proportional odds is of partial proportional odds.

    Raises
    ------
    DataError
        If rows, outcomes or weights differ, if a fit holds no rows, or if the number of names is wrong.
    UnsupportedError
        If a fit has sampling weights, clusters or a penalty.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> found = lk.compare(lk.logit("low ~ age", births), lk.logit("low ~ age + C(race)", births))
    >>> found.nested.tolist(), found.dof.tolist()
    ([False, True], [0, 2])

    With short names:

    >>> fits = [lk.logit(formula, births) for formula in ("low ~ age + smoke + lwt", "low ~ age")]
    >>> lk.compare(*fits, names=["full", "age alone"]).labels
    ('age alone', 'full')
    """
    _require_fits(fits)
    called = None if names is None else names_of_fits(names, ["" for _ in fits])
    return shown(compare_fits([fit.record for fit in fits], [fit.design for fit in fits], called))


def vuong(first: Fit, second: Fit) -> VuongTest:
    """Test which of two models that are not nested is closer to the truth (Vuong 1989).

    Parameters
    ----------
    first, second : Fit
        Two fits to the same rows.

    Returns
    -------
    VuongTest
        A test of whether the models can be distinguished, and the z statistic, which is positive if the first is
        closer: uncorrected, and corrected for the numbers of parameters as in AIC and BIC.

    Raises
    ------
    DataError, UnsupportedError, SeparationError
        If the rows differ, the models are nested or have no likelihood, or estimates are infinite.

    Examples
    --------
    Two models that are not nested; a positive statistic favours the first:

    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> one, other = (lk.logit(f"low ~ {x}", births) for x in ("lwt + age", "smoke + ht + ui"))
    >>> found = lk.vuong(one, other)
    >>> dict(zip(found.corrections, found.statistic.round(3).tolist(), strict=True))
    {'none': -0.733, 'AIC': -0.527, 'BIC': -0.194}
    """
    _require_fits((first, second))
    return shown(vuong_test((first.record, first.design), (second.record, second.design)))


def _require_fits(fits: tuple[object, ...]) -> None:
    """Raise an error for anything that is not a fit."""
    for k, fit in enumerate(fits, 1):
        if not isinstance(fit, Fit):
            raise DataError(f"Argument {k} is a {type(fit).__name__}, not a fit, such as lk.logit(...) returns.")
