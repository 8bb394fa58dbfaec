"""Methods that assume outcomes of rejects: in proportions of bad, or one outcome each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import expit

from logitkit.errors import DataError
from logitkit.options import Stated, is_finite_number
from logitkit.scorecard.rejects.applicants import Applicants, information, logit_of
from logitkit.scorecard.rejects.inferred import Inferred, from_proportions
from logitkit.typing import BoolArray, FloatArray

__all__ = ["Extrapolation", "FuzzyAugmentation", "Reclassification"]

ROUNDS_MOST = 100


@dataclass(frozen=True, kw_only=True)
class FuzzyAugmentation(Stated):
    """Every reject counts as bad with its probability of bad, and as good with the complement.

    Parameters
    ----------
    odds : float, default 1
        Odds of bad of a reject, as a multiple of those of an accept with the same values: 1 gives the card of accepts,
        0 makes all rejects good, and infinity makes all bad.

    Raises
    ------
    DataError
        If the factor is negative.

    Examples
    --------
    >>> FuzzyAugmentation(odds=2).odds
    2
    """

    odds: float = 1.0

    _most_by_position: ClassVar[int | None] = 0

    def __post_init__(self) -> None:
        """Refuse factors that are no positive number, 0 or infinity."""
        if not (is_finite_number(self.odds) and self.odds >= 0) and self.odds != np.inf:
            raise DataError(f"odds={self.odds!r:.60}: give a factor that is not negative, such as 2.")

    def infer(self, applicants: Applicants) -> Inferred:
        """Return the card under the assumed proportions of bad.

        Parameters
        ----------
        applicants : Applicants
            Accepts and rejects.

        Returns
        -------
        Inferred
            Coefficients with standard errors, and the assumed bad rates of rejects.
        """
        if self.odds in (0, np.inf):
            bad = float(self.odds > 0)
            every = np.full(applicants.rejects.shape[0], bad)
            word = "bad" if bad else "good"
            return from_proportions(
                applicants, f"all {word}", f"Every reject is {word}.", every, np.zeros(applicants.accepts.shape)
            )
        q = np.asarray(expit(logit_of(applicants.of_rejects) + np.log(self.odds)))
        slope = information(applicants.rejects, applicants.reject_weights * q * (1 - q))
        if self.odds == 1:
            return from_proportions(
                applicants,
                "fuzzy augmentation",
                "A reject is as often bad as an accept with the same values: the card is that of accepts, and rejects "
                "add nothing.",
                q,
                applicants.influence @ slope,
            )
        return from_proportions(
            applicants,
            f"fuzzy augmentation, odds times {self.odds:g}",
            f"The odds of bad of a reject are {self.odds:g} times those of an accept with the same values.",
            q,
            applicants.influence @ slope,
        )


@dataclass(frozen=True, kw_only=True)
class Extrapolation(Stated):
    """Rejects count as bad if the card of accepts puts them above a cut-off, and otherwise as good.

    Parameters
    ----------
    cutoff : float, optional
        Probability of bad from which a reject counts as bad; by default the value at which the number of bad rejects is
        the one that the card of accepts expects.

    Raises
    ------
    DataError
        If the cut-off is not a probability.

    Examples
    --------
    >>> Extrapolation(cutoff=0.2).cutoff
    0.2
    """

    cutoff: float | None = None

    _most_by_position: ClassVar[int | None] = 0

    def __post_init__(self) -> None:
        """Refuse a cut-off that is no probability."""
        if self.cutoff is not None and not (is_finite_number(self.cutoff) and 0 < self.cutoff < 1):
            raise DataError(f"cutoff={self.cutoff!r:.60}: give a probability above 0 and below 1, or None.")

    def infer(self, applicants: Applicants) -> Inferred:
        """Return the card under the assumed outcomes.

        Parameters
        ----------
        applicants : Applicants
            Accepts and rejects.

        Returns
        -------
        Inferred
            Coefficients with standard errors, and the assumed bad rates of rejects.
        """
        cutoff = _cutoff(self.cutoff, applicants, applicants.of_rejects)
        return from_proportions(
            applicants,
            "extrapolation",
            f"Rejects to whom the card of accepts gives a probability of bad of at least {cutoff:.4g} are all bad, and "
            "the others are all good.",
            (applicants.of_rejects >= cutoff).astype(np.float64),
            None,
            (("cut-off", cutoff),),
        )


@dataclass(frozen=True, kw_only=True)
class Reclassification(Extrapolation):
    """Extrapolation, repeated with the resulting card until no reject changes its outcome.

    Parameters
    ----------
    cutoff : float, optional
        Probability of bad from which a reject counts as bad, the same in every round. By default it is chosen in each
        round so that as many rejects are bad as the card of accepts expects.

    Raises
    ------
    DataError
        If the cut-off is not a probability.

    Examples
    --------
    >>> Reclassification(cutoff=0.3)
    Reclassification(cutoff=0.3)
    """

    def infer(self, applicants: Applicants) -> Inferred:
        """Return the card that assigns to rejects the outcomes to which it was fitted.

        Parameters
        ----------
        applicants : Applicants
            Accepts and rejects.

        Returns
        -------
        Inferred
            Coefficients with standard errors, and the assumed bad rates of rejects.
        """
        cutoff = _cutoff(self.cutoff, applicants, applicants.of_rejects)
        bad = applicants.of_rejects >= cutoff
        seen: list[BoolArray] = []
        while len(seen) < ROUNDS_MOST and not any(np.array_equal(bad, earlier) for earlier in seen):
            seen.append(bad)
            coef, separated = applicants.refitted(bad.astype(np.float64))
            if separated:
                break  # refused in the same words as every separated card
            own = np.asarray(expit(applicants.rejects @ coef))
            cutoff = _cutoff(self.cutoff, applicants, own)
            bad = own >= cutoff
        settled = np.array_equal(bad, seen[-1])
        return from_proportions(
            applicants,
            "reclassification",
            f"Rejects to whom the card itself gives a probability of bad of at least {cutoff:.4g} are all bad, and the "
            "others are all good.",
            seen[-1].astype(np.float64),
            None,
            (("cut-off", cutoff), ("rounds" if settled else "rounds without an end", float(len(seen)))),
        )


def _cutoff(stated: float | None, applicants: Applicants, own: FloatArray) -> float:
    """Return the probability from which the number of rejects above is nearest to what the card of accepts expects."""
    if stated is not None:
        return float(stated)
    values, place = np.unique(own, return_inverse=True)
    above = np.cumsum(np.bincount(place, applicants.reject_weights)[::-1])[::-1]
    return float(values[np.argmin(np.abs(above - applicants.reject_weights @ applicants.of_rejects))])
