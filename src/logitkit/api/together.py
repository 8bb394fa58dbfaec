"""Which options of a fit can be combined, and the errors for those that cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logitkit.errors import DataError, UnsupportedError
from logitkit.typing import WeightKind

if TYPE_CHECKING:
    from logitkit.design.survey import Survey

__all__ = ["require_alone", "sampling_of", "shrinks"]


def sampling_of(
    survey: Survey,
    weights: Any,
    weight_kind: WeightKind,
    *,
    cluster: Any = None,
    absorb: Any = None,
    penalty: Any = None,
) -> WeightKind:
    """Return the kind of the weights of a survey; raise an error for options that its design does not allow."""
    from logitkit.design.survey import Survey

    if not isinstance(survey, Survey):
        raise DataError(f"survey={survey!r:.60} is no design of a survey: give lk.Survey(strata=..., units=...).")
    if weights is None:
        raise DataError("survey= needs weights=, the sampling weights; a column of ones where all are equal.")
    if weight_kind == "precision":
        raise DataError("survey= takes weights= for sampling weights, and weight_kind='precision' says otherwise.")
    if cluster is not None:
        raise DataError("survey= and cluster= both say which rows belong together: give Survey(units=...) alone.")
    for name, given in {"absorb": absorb, "penalty": penalty}.items():
        if given is not None:
            raise UnsupportedError(
                f"survey= with {name}= is not offered: its estimates have no design-based covariance."
            )
    return "sampling"


def shrinks(penalty: Any) -> bool:
    """Tell whether a penalty shrinks, unlike a bias reduction."""
    if penalty is None:
        return False
    from logitkit.models.penalties.adjustment import Adjustment

    return not isinstance(penalty, Adjustment)


def require_alone(vcov: Any, **asked: Any) -> None:
    """Raise an error if ``vcov`` is not True or False, or if it is False and options on standard errors are given.

    Examples
    --------
    >>> require_alone(False, cluster=None)
    >>> require_alone(False, cluster="firm")
    Traceback (most recent call last):
    ...
    logitkit.errors.UnsupportedError: vcov=False asks for the coefficients alone, and cluster= for more than a plain ...
    """
    if not isinstance(vcov, bool):
        raise DataError(
            f"vcov={vcov!r:.60}: give False for the coefficients alone, or True. fit.robust(...) has other covariances."
        )
    for name, given in asked.items():
        if not vcov and given is not None:
            raise UnsupportedError(
                f"vcov=False asks for the coefficients alone, and {name}= for more than a plain fit: leave one out."
            )
