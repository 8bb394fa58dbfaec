"""Methods of reject inference side by side, from the best case to the worst."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from logitkit.diagnostics.discrimination.roc import roc_curve
from logitkit.errors import DataError, LogitkitError
from logitkit.options import is_finite_number
from logitkit.scorecard.population import AssumedRejects
from logitkit.scorecard.rejects.applicants import Applicants, mean
from logitkit.scorecard.rejects.assumed import Extrapolation, FuzzyAugmentation, Reclassification
from logitkit.scorecard.rejects.augmentation import Augmentation
from logitkit.scorecard.rejects.inferred import Inferred, accepts_alone
from logitkit.scorecard.rejects.parcelling import Parcelling
from logitkit.typing import FloatArray

__all__ = ["CASES", "METHODS", "Measures", "Refusal", "compared", "measures", "require_between"]

METHODS = (Augmentation, FuzzyAugmentation, Parcelling, Extrapolation, Reclassification)
#: The methods that stand for the band: what is thought possible, and what is possible at all.
CASES = ("best case", "worst case", "all good", "all bad")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A method that has no answer.

    Parameters
    ----------
    method : str
        Name of the method.
    reason : str
        The reason, in words.
    """

    method: str
    reason: str


@dataclass(frozen=True, slots=True)
class Measures:
    """Bad rates and discrimination by one method.

    Parameters
    ----------
    rejects : float
        Assumed bad rate of rejects; if none is assumed, the rate from the card.
    all : float
        Bad rate of accepts (observed) and rejects together.
    by_card : float
        Bad rate of rejects by the resulting card.
    auc : float
        Area under the ROC curve of this card among accepts.
    """

    rejects: float
    all: float
    by_card: float
    auc: float


def compared(
    applicants: Applicants, methods: Sequence[Any] | None, between: tuple[float, float]
) -> tuple[tuple[Inferred, ...], tuple[Refusal, ...]]:
    """Return what methods infer, none first and the band last; all methods where none are named.

    A method that was named and has no answer raises; of all methods it is listed, with its reason.
    """
    found, refused = [accepts_alone(applicants)], []
    for method in [kind() for kind in METHODS] if methods is None else methods:
        if not isinstance(method, METHODS):
            raise DataError(
                f"methods: {method!r:.60} is none. Give Augmentation(), FuzzyAugmentation(), Parcelling(), "
                "Extrapolation() or Reclassification() of logitkit.scorecard."
            )
        try:
            found.append(method.infer(applicants))
        except LogitkitError as error:
            if methods is not None:
                raise
            refused.append(Refusal(type(method).__name__, str(error)))
    for case, odds in zip(CASES, (*between, 0.0, np.inf), strict=True):
        try:
            inferred = FuzzyAugmentation(odds=odds).infer(applicants)
        except LogitkitError as error:
            refused.append(Refusal(case, str(error)))
            continue
        found.append(Inferred(case, inferred.assumption, *(getattr(inferred, name) for name in Inferred.__slots__[2:])))
    return tuple(found), tuple(refused)


def measures(applicants: Applicants, inferred: Inferred) -> Measures:
    """Return what a method says of rejects, of all, and how its card ranks accepts."""
    w, v = applicants.accept_weights, applicants.reject_weights
    rate = inferred.rate(v)
    scores = applicants.accepts @ inferred.coef
    return Measures(
        rate,
        (w @ applicants.bad + rate * v.sum()) / (w.sum() + v.sum()),
        mean(expit(applicants.rejects @ inferred.coef), v),
        roc_curve(scores, w * applicants.bad, w * ~applicants.bad, independent_counts=False).auc,
    )


def assumed_rejects(applicants: Applicants, inferred: Inferred) -> AssumedRejects:
    """Return rejects with what a method says of them, as the population of its card has them."""
    found, weights = measures(applicants, inferred), applicants.reject_weights
    rates = float(found.rejects), float(found.all)
    return AssumedRejects(weights.size, float(weights.sum()), *rates, inferred.method, inferred.assumption)


def require_between(between: Any) -> tuple[float, float]:
    """Return the odds of the best and the worst case, refusing what is no such pair."""
    pair = tuple(between) if isinstance(between, tuple | list) else ()
    if len(pair) != 2 or not all(is_finite_number(odds) and odds > 0 for odds in pair) or pair[0] > pair[1]:
        raise DataError(f"between={between!r:.60}: give two positive factors of the odds in order, such as (0.5, 4).")
    return float(pair[0]), float(pair[1])


def against(applicants: Applicants, inferred: Inferred, bad: FloatArray) -> tuple[float, float, float]:
    """Return of rejects with known outcomes the error of the bad rate, and of the card the area and the Brier score."""
    v, p = applicants.reject_weights, expit(applicants.rejects @ inferred.coef)
    area = roc_curve(applicants.rejects @ inferred.coef, v * bad, v * (1 - bad), independent_counts=False).auc
    return inferred.rate(v) - mean(bad, v), area, mean((bad - p) ** 2, v)
