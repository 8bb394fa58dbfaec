"""New proportions of outcomes, and logits that are moved to them."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from logitkit.errors import DataError
from logitkit.logits.arrays import plain_numbers
from logitkit.logits.read import read_logits
from logitkit.options import is_finite_number
from logitkit.typing import FloatArray

__all__ = ["ILL_CONDITIONED", "METHODS", "PriorShift"]

METHODS = ("EM", "BBSE")
ARRAYS = ("old", "priors", "std_error", "low", "high", "vcov", "confusion")
SCALARS = ("n", "level", "statistic", "p_value", "gap", "condition")
FLAGS = ("of_event", "truncated", "counted")
ILL_CONDITIONED = 30.0  # as for columns that are nearly collinear (Belsley, Kuh and Welsch 1980)


@dataclass(frozen=True, eq=False)
class PriorShift:
    """Proportions of outcomes among new rows, beside those for which logits are calibrated.

    Parameters
    ----------
    method : {'EM', 'BBSE'}
        Maximum likelihood from the probabilities, or estimation from how often each outcome is predicted.
    of_event : bool
        Whether logits are log odds of an event; then outcome 1 is the event.
    old : (K,) array
        Proportions for which the logits are calibrated.
    priors, std_error : (K,) array
        Proportions among the new rows, and standard errors; nan if a proportion is estimated as zero.
    low, high : (K,) array
        Confidence limits of each proportion.
    vcov : (K, K) array
        Covariance of the new proportions.
    n : float
        Number of new rows, or the sum of their weights.
    level : float
        Confidence level of the limits.
    statistic, dof, p_value : float, int, float
        Test of no shift: likelihood ratio (``'EM'``), score test if the old proportions were counted, or Wald
        (``'BBSE'``).
    gap : float
        For ``'EM'``: how far the mean log-likelihood may be from its maximum; 0 for ``'BBSE'``.
    confusion : (K, K) array
        For ``'BBSE'``: how often each outcome (row) is predicted when each (column) is true; empty for ``'EM'``.
    condition : float
        Condition number of ``confusion``, by which errors of predicted proportions may grow; nan for ``'EM'``.
    truncated : bool
        Whether a negative estimate was set to zero and the others were rescaled.
    counted : bool
        Whether the old proportions are those of held-out rows; all errors then include their sampling error.

    Examples
    --------
    >>> given = {"statistic": 0.0, "dof": 1, "p_value": 1.0, "gap": 0.0, "confusion": np.empty((0, 0))}
    >>> old, new, unknown = np.array([0.5, 0.5]), np.array([0.2, 0.8]), np.full(2, np.nan)
    >>> found = PriorShift("EM", True, old, new, *([unknown] * 3), np.eye(2), 9, 0.95, **given)
    >>> found.transform([0.0]).round(4).tolist()
    [1.3863]
    """

    method: str
    of_event: bool
    old: FloatArray
    priors: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray
    vcov: FloatArray
    n: float
    level: float
    statistic: float
    dof: int
    p_value: float
    gap: float
    confusion: FloatArray
    condition: float = float("nan")
    truncated: bool = False
    counted: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as plain numbers, for JSON.

        Returns
        -------
        dict
            The input of ``from_dict``.
        """
        flags = {name: getattr(self, name) for name in FLAGS}
        numbers = {name: plain_numbers(getattr(self, name)) for name in (*ARRAYS, *SCALARS)}
        return {"method": self.method, "dof": self.dof, **flags, **numbers}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """Return the object that ``to_dict`` wrote.

        Parameters
        ----------
        kept : mapping
            The output of ``to_dict``.

        Returns
        -------
        PriorShift
            The same object.

        Raises
        ------
        DataError
            If a field is missing or has invalid values.
        """
        try:
            given: dict[str, Any] = {name: np.asarray(kept[name], dtype=np.float64) for name in (*ARRAYS, *SCALARS)}
            given |= {name: float(given[name]) for name in SCALARS} | {name: kept[name] is True for name in FLAGS}
            given |= {"dof": operator.index(kept["dof"])}
            method = kept["method"]
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"These are no shifted proportions: {error!r:.80}.") from error
        k = given["old"].size
        squares = given["vcov"].size == k * k and given["confusion"].size in (0, k * k)
        fits = squares and all(given[name].shape == (k,) for name in ("old", "priors", "std_error", "low", "high"))
        if method not in METHODS or k < 2 or not fits or (given["of_event"] and k != 2):
            raise DataError("These are no shifted proportions: their numbers do not fit one another.")
        for name in ("old", "priors"):
            if not (given[name] >= 0.0).all() or abs(given[name].sum() - 1.0) > 1e-6 or given["old"].min() <= 0.0:
                raise DataError(f"These are no shifted proportions: {name} are not above 0 with a sum of 1.")
        given["confusion"] = given["confusion"].reshape((k, k) if given["confusion"].size else (0, 0))
        return cls(method, **given)

    @property
    def is_ill_conditioned(self) -> bool:
        """Whether the condition number is above 30."""
        return bool(self.condition > ILL_CONDITIONED)

    def transform(self, logits: Any, *, least: float = 0.0) -> FloatArray:
        """Return logits calibrated for the new proportions: the log ratio of new to old is added to each.

        Parameters
        ----------
        logits : (n,) or (n, K) array-like
            Logits of the same kind as those from which the proportions were estimated.
        least : float, default 0
            Smaller proportions are first raised to this: an outcome with estimate zero may still occur.

        Returns
        -------
        (n,) or (n, K) array
            Logits of the same kind.

        Raises
        ------
        DataError
            If logits are of another kind, or a proportion is zero, so that its log would be infinite.
        """
        values = read_logits(logits)
        k = self.old.size
        if (values.ndim == 1) != self.of_event or (values.ndim == 2 and values.shape[1] != k):
            wanted = "(n,), of an event" if self.of_event else f"(n, {k})"
            raise DataError(f"logits have shape {values.shape}; the proportions are of logits of shape {wanted}.")
        if not is_finite_number(least) or not 0.0 <= least < 1.0 / k:
            raise DataError(f"least={least!r:.60}: give a proportion from 0 to below 1 / {k}.")
        new = np.maximum(self.priors, least)
        if new.min() <= 0.0:
            raise DataError(
                f"Outcome {int(np.argmin(new))} has an estimated proportion of 0, and its logit would be minus "
                f"infinity: leave the outcome out, or give least=, for example half a row, {0.5 / self.n:.2g}."
            )
        move = np.log(new / new.sum()) - np.log(self.old)
        return np.asarray(values + (move[1] - move[0]) if self.of_event else values + move)
