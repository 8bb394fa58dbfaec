"""Methods that assume outcomes of rejects: in proportions of bad, or one outcome each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.special import expit

from logitkit.errors import DataError, UnsupportedError
from logitkit.options import Stated, is_count, is_finite_number
from logitkit.scorecard.rejects.applicants import Applicants, information, logit_of, mean
from logitkit.scorecard.rejects.bands import bands_of
from logitkit.scorecard.rejects.inferred import Inferred, from_proportions
from logitkit.typing import BoolArray, FloatArray

__all__ = ["Extrapolation", "FuzzyAugmentation", "Parcelling", "Reclassification"]

ROUNDS_MOST = 100


@dataclass(frozen=True, kw_only=True)
class FuzzyAugmentation(Stated):
    """Every reject counts as bad by its probability, and as good by the rest.

    Parameters
    ----------
    odds : float, default 1
        How many times the odds of bad of an accept with the same values a reject has: at 1 the card is that of accepts,
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
        """Return the card under these proportions.

        Parameters
        ----------
        applicants : Applicants
            Accepts and rejects.

        Returns
        -------
        Inferred
            Coefficients with errors, and the rates assumed of rejects.
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
class Parcelling(Stated):
    """In each band of scores, rejects have a multiple of the bad rate of accepts.

    Parameters
    ----------
    factor : float or sequence of float, default 1.5
        The multiple, or one per band from the safest on. Rates end at 1.
    bands : int, default 10
        Bands of about equal numbers of applicants, by the card of accepts.

    Raises
    ------
    DataError
        If a factor is negative, or if there are not as many as bands.

    Examples
    --------
    >>> Parcelling(factor=[1.2, 1.5, 2.0], bands=3).factor
    (1.2, 1.5, 2.0)
    """

    factor: float | Sequence[float] = 1.5
    bands: int = 10

    _most_by_position: ClassVar[int | None] = 0

    def __post_init__(self) -> None:
        """Refuse factors and bands that are none."""
        if not is_count(self.bands):
            raise DataError(f"bands={self.bands!r:.60}: give a whole number of at least 1.")
        several = np.ndim(self.factor) == 1 and not isinstance(self.factor, str)
        factors: tuple[Any, ...] = tuple(self.factor) if several else (self.factor,)  # type: ignore[arg-type]
        if any(not is_finite_number(factor) or factor < 0 for factor in factors):
            raise DataError(f"factor={self.factor!r:.60}: give factors that are not negative, such as 1.5.")
        if several and len(factors) != self.bands:
            raise DataError(f"factor= has {len(factors)} values and there are {self.bands} bands: give one per band.")
        object.__setattr__(self, "factor", factors if several else factors[0])

    def infer(self, applicants: Applicants) -> Inferred:
        """Return the card under these proportions, refusing bands without accepts.

        Parameters
        ----------
        applicants : Applicants
            Accepts and rejects.

        Returns
        -------
        Inferred
            Coefficients with errors, and the rates assumed of rejects.
        """
        w, v = applicants.accept_weights, applicants.reject_weights
        band, of_reject = bands_of(applicants.of_accepts, applicants.of_rejects, applicants, self.bands)
        n_bands = self.bands
        total = np.bincount(band, w, n_bands)
        if (empty := (total == 0) & (np.bincount(of_reject, v, n_bands) > 0)).any():
            raise UnsupportedError(
                f"Parcelling: band {int(np.argmax(empty)) + 1} of {n_bands}, from the safest on, has rejects and no "
                "accept, hence no bad rate to multiply. State fewer bands."
            )
        rate = np.bincount(band, w * applicants.bad, n_bands) / np.maximum(total, 1e-300)
        factor = np.broadcast_to(np.asarray(self.factor, dtype=np.float64), n_bands)
        capped = factor * rate > 1
        q = np.minimum(factor * rate, 1.0)[of_reject]
        slope = np.zeros((n_bands, applicants.rejects.shape[1]))  # of the scores of rejects, by the rate of each band
        np.add.at(slope, of_reject, applicants.rejects * (v * np.where(capped, 0.0, factor)[of_reject])[:, None])
        carried = slope[band] * ((applicants.bad - rate[band]) / total[band])[:, None]
        times = f"{factor[0]:g} times" if np.ptp(factor) == 0 else f"{factor.min():g} to {factor.max():g} times"
        return from_proportions(
            applicants,
            f"parcelling, {times}",
            f"In each of {n_bands} bands of scores the bad rate of rejects is {times} that of accepts.",
            q,
            carried,
            (("rejects whose rate is cut at 1", mean(capped[of_reject], v)),) if capped.any() else (),
        )


@dataclass(frozen=True, kw_only=True)
class Extrapolation(Stated):
    """Rejects are bad where the card of accepts puts them above a cut-off, and good elsewhere.

    Parameters
    ----------
    cutoff : float, optional
        Probability of bad from which a reject counts as bad; by default the one that makes as many rejects bad as the
        card of accepts expects.

    Raises
    ------
    DataError
        If the cut-off is no probability.

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
        """Return the card under these outcomes.

        Parameters
        ----------
        applicants : Applicants
            Accepts and rejects.

        Returns
        -------
        Inferred
            Coefficients with errors, and the rates assumed of rejects.
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
    """Extrapolation repeated with the card that it gives, until no reject changes its outcome.

    Parameters
    ----------
    cutoff : float, optional
        Probability of bad from which a reject counts as bad, the same in every round; by default the one of each round
        that makes as many rejects bad as the card of accepts expects.

    Raises
    ------
    DataError
        If the cut-off is no probability.

    Examples
    --------
    >>> Reclassification().cutoff is None
    True
    """

    def infer(self, applicants: Applicants) -> Inferred:
        """Return the card that assigns the outcomes that it was made from.

        Parameters
        ----------
        applicants : Applicants
            Accepts and rejects.

        Returns
        -------
        Inferred
            Coefficients with errors, and the rates assumed of rejects.
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
