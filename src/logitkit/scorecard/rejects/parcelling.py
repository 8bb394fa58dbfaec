"""Parcelling: rejects have a multiple of the bad rate of accepts in their band of scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np
from scipy.special import expit

from logitkit.errors import DataError, UnsupportedError
from logitkit.options import Stated, is_count, is_finite_number
from logitkit.scorecard.rejects.applicants import Applicants, information, mean
from logitkit.scorecard.rejects.bands import bands_of
from logitkit.scorecard.rejects.inferred import Inferred, from_proportions
from logitkit.typing import CodeArray, FloatArray

__all__ = ["Parcelling"]

BANDS = 10
#: Below this many samples a covariance of many coefficients is not worth its noise.
RESAMPLES_LEAST = 50


class Bands(NamedTuple):
    """Bands of scores.

    Parameters
    ----------
    band, of_reject : (n,) and (r,) int arrays
        The band of each accept and of each reject.
    accepts, rate : (b,) array
        Numbers of accepts in the bands, and their bad rates.
    """

    band: CodeArray
    of_reject: CodeArray
    accepts: FloatArray
    rate: FloatArray


@dataclass(frozen=True, kw_only=True)
class Parcelling(Stated):
    """In each score band, the bad rate of rejects is a multiple of that of accepts.

    Parameters
    ----------
    factor : float or sequence of float, default 1.5
        The multiple, or one per band, the safest first. Rates are capped at 1.
    bands : int, default 10
        Number of score bands by the card of accepts, with about equal numbers of applicants.
    resamples : int, default 0
        Number of resamples for errors that include the variation of bands between samples; 200 are enough. Without
        resamples, bands are taken as fixed, and errors are too small if there are few distinct scores.

    Raises
    ------
    DataError
        If a factor is negative, if their number is not that of the bands, or if there are too few resamples.

    Examples
    --------
    >>> Parcelling(factor=[1.2, 1.5, 2.0], bands=3).factor
    (1.2, 1.5, 2.0)
    """

    factor: float | Sequence[float] = 1.5
    bands: int = BANDS
    resamples: int = 0

    _most_by_position: ClassVar[int | None] = 0

    def __post_init__(self) -> None:
        """Refuse factors and bands that are none."""
        if not is_count(self.bands):
            raise DataError(f"bands={self.bands!r:.60}: give a whole number of at least 1.")
        if self.resamples != 0 and not (is_count(self.resamples) and self.resamples >= RESAMPLES_LEAST):
            raise DataError(
                f"resamples={self.resamples!r:.60}: give 0, or a whole number from {RESAMPLES_LEAST} on, such as 200."
            )
        several = np.ndim(self.factor) == 1 and not isinstance(self.factor, str)
        factors: tuple[Any, ...] = tuple(self.factor) if several else (self.factor,)  # type: ignore[arg-type]
        if any(not is_finite_number(factor) or factor < 0 for factor in factors):
            raise DataError(f"factor={self.factor!r:.60}: give factors that are not negative, such as 1.5.")
        if several and len(factors) != self.bands:
            raise DataError(f"factor= has {len(factors)} values and there are {self.bands} bands: give one per band.")
        object.__setattr__(self, "factor", factors if several else factors[0])

    def infer(self, applicants: Applicants) -> Inferred:
        """Return the card under the assumed proportions of bad; refuse bands without accepts.

        Parameters
        ----------
        applicants : Applicants
            Accepts and rejects.

        Returns
        -------
        Inferred
            Coefficients with standard errors, and the assumed bad rates of rejects.
        """
        parts = self._parts(applicants)
        n, v = self.bands, applicants.reject_weights
        if (empty := (parts.accepts == 0) & (np.bincount(parts.of_reject, v, n) > 0)).any():
            raise UnsupportedError(
                f"Parcelling: band {int(np.argmax(empty)) + 1} of {n}, from the safest on, has rejects and no "
                "accept, hence no bad rate to multiply. State fewer bands."
            )
        factor = np.broadcast_to(np.asarray(self.factor, dtype=np.float64), n)
        capped = factor * parts.rate > 1
        slope = np.zeros((n, applicants.rejects.shape[1]))  # of the scores of rejects, by the rate of each band
        moved = v * np.where(capped, 0.0, factor)[parts.of_reject]
        np.add.at(slope, parts.of_reject, applicants.rejects * moved[:, None])
        of_one = (applicants.bad - parts.rate[parts.band]) / np.maximum(parts.accepts, 1e-300)[parts.band]
        carried = slope[parts.band] * of_one[:, None]
        times = f"{factor[0]:g} times" if np.ptp(factor) == 0 else f"{factor.min():g} to {factor.max():g} times"
        found = from_proportions(
            applicants,
            f"parcelling, {times}" + ("" if n == BANDS else f", {n} bands"),
            f"In each of {n} bands of scores the bad rate of rejects is {times} that of accepts.",
            self._rates(applicants),
            carried,
            (("rejects whose rate is cut at 1", mean(capped[parts.of_reject], v)),) if capped.any() else (),
        )
        if self.resamples and self.resamples <= found.coef.size + 1:
            raise UnsupportedError(
                f"Parcelling: {self.resamples} resamples do not determine the covariance of {found.coef.size} "
                f"coefficients. Give at least {10 * found.coef.size}."
            )
        return self._with_moving_bands(applicants, found, carried) if self.resamples else found

    def _parts(self, applicants: Applicants) -> Bands:
        """Return the bands of these applicants, with their bad rates."""
        w, n = applicants.accept_weights, self.bands
        band, of_reject = bands_of(applicants.of_accepts, applicants.of_rejects, applicants, n)
        accepts = np.asarray(np.bincount(band, w, n), np.float64)
        bad = np.bincount(band, w * applicants.bad, n)
        return Bands(band, of_reject, accepts, np.asarray(bad / np.maximum(accepts, 1e-300)))

    def _rates(self, applicants: Applicants) -> FloatArray:
        """Return the proportion of bad that each reject has."""
        parts = self._parts(applicants)
        return np.asarray(np.minimum(np.multiply(self.factor, parts.rate), 1.0)[parts.of_reject])

    def _with_moving_bands(self, applicants: Applicants, given: Inferred, carried: FloatArray) -> Inferred:
        """Return the card with errors that count the movement of bands; they are those of given bands if none moves.

        Applicants are drawn again, and the card of accepts, the edges of bands and their rates follow. Beside each draw
        stands that of the same applicants with bands held, so that only what bands add has the noise of the draws.
        """
        draw = np.random.default_rng(0)
        w, v, x, others = applicants.accept_weights, applicants.reject_weights, applicants.accepts, applicants.rejects
        own = x * (applicants.bad - expit(x @ given.coef))[:, None]
        of_rejects = others * (given.rates - expit(others @ given.coef))[:, None]
        p, q = expit(x @ given.coef), expit(others @ given.coef)
        inverse = np.linalg.inv(information(x, w * p * (1 - p)) + information(others, v * q * (1 - q)))
        held, moving = [], []
        for _ in range(self.resamples):
            drawn, drawn_rejects = (np.asarray(draw.poisson(number), dtype=np.float64) for number in (w, v))
            new = replace(applicants, accept_weights=drawn, reject_weights=drawn_rejects)
            more = new.accept_weights - w
            new.__dict__["coef"] = applicants.coef + more @ applicants.influence  # one step, in the place of a fit
            change = self._rates(new) - given.rates
            both = more @ own + (new.reject_weights - v) @ of_rejects
            through = more @ carried
            held.append([*(inverse @ (both + through)), through[0] / v.sum()])
            moving.append([*(inverse @ (both + (v * change) @ others)), v @ change / v.sum()])
        least, most = (np.cov(np.transpose(draws)) for draws in (held, moving))
        back = np.linalg.cholesky(most[:-1, :-1]) @ np.linalg.inv(np.linalg.cholesky(least[:-1, :-1]))
        wider = float(np.sqrt(most[-1, -1] / least[-1, -1])) if least[-1, -1] > 0 else 1.0
        return replace(
            given, vcov=None if given.vcov is None else back @ given.vcov @ back.T, rate_error=given.rate_error * wider
        )
