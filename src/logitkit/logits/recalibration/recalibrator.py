r"""Objects that transform logits: what a recalibration has learnt, as numbers that can be kept.

With :math:`\ell` the logit of an event, or :math:`\ell_k` those of K outcomes:

=============  ===========================================================  ==================
method         logit afterwards                                             of
=============  ===========================================================  ==================
intercept      :math:`\ell + a`; :math:`\ell_k + b_k`                       both
temperature    :math:`\ell / T`; :math:`\ell_k / T`                         both
logistic       :math:`a + b \ell` (Platt); :math:`s \ell_k + b_k`           both
vector         :math:`s_k \ell_k + b_k`                                     several outcomes
beta           :math:`c + a \log p - b \log (1 - p)` (Kull), a, b at least 0  an event
spline         a restricted cubic spline of :math:`\ell`, five knots        an event
isotonic       the logit of the ascending rates nearest to the outcomes     an event
centred        the same, interpolated between the centres of its blocks     an event
=============  ===========================================================  ==================

References
----------
Platt, J. (1999) Probabilistic outputs for support vector machines.
Guo, C., Pleiss, G., Sun, Y. and Weinberger, K. Q. (2017) On calibration of modern neural networks. ICML.
Kull, M., Silva Filho, T. and Flach, P. (2017) Beta calibration. AISTATS.
Zadrozny, B. and Elkan, C. (2002) Transforming classifier scores into accurate multiclass probability estimates. KDD.
Oron, A. P. and Flournoy, N. (2017) Centered isotonic regression. Statistics in Biopharmaceutical Research 9, 258-267.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from scipy.special import logit

from logitkit.engine.law import NORMAL
from logitkit.errors import DataError, UnsupportedError
from logitkit.logits.arrays import plain_numbers
from logitkit.logits.functions import softplus
from logitkit.logits.read import read_logits, read_outcomes, read_weights
from logitkit.logits.recalibration.score_change import ScoreChange, score_change
from logitkit.logits.scores import probabilities
from logitkit.logits.splines import restricted_cubic
from logitkit.typing import FloatArray

__all__ = ["METHODS", "Recalibrator", "as_columns"]

METHODS = ("intercept", "logistic", "temperature", "vector", "beta", "isotonic", "centred", "spline")
EMPTY = partial(np.empty, 0)


@dataclass(frozen=True)
class Recalibrator:
    """A transformation of logits that was learnt from outcomes.

    Parameters
    ----------
    method : str
        How logits are transformed; ``'none'`` leaves them unchanged.
    n_outcomes : int
        2 for logits of an event, shape (n,); K for those of K outcomes, shape (n, K).
    names : tuple of str
        Names of the q parameters; empty for isotonic methods.
    estimate, std_error : (q,) array
        Parameters and their standard errors; 0 if a parameter was held at its bound.
    vcov : (q, q) array
        Covariance of the parameters.
    slopes, intercepts : (K,) array
        Factors of the logits of several outcomes, and what is added to them.
    at : (k,) array
        Logits at the ends of the interpolation intervals, or knots of the spline.
    rates : (k,) array
        For isotonic methods, the probability at each of these; strictly between 0 and 1.
    n : float
        Total weight of the rows from which it was learnt.
    log_loss, brier : tuple of float
        Scores on these rows before and after; the second is optimistic, because it was learnt from the same rows.
    robust : bool
        Whether standard errors are from a sandwich estimator.

    Examples
    --------
    >>> found = Recalibrator("temperature", 2, ("slope",), np.array([0.5]), np.array([0.1]), np.full((1, 1), 0.01))
    >>> found.transform([4.0]).tolist(), found.temperature
    ([2.0], 2.0)
    """

    method: str
    n_outcomes: int
    names: tuple[str, ...] = ()
    estimate: FloatArray = field(default_factory=EMPTY)
    std_error: FloatArray = field(default_factory=EMPTY)
    vcov: FloatArray = field(default_factory=partial(np.empty, (0, 0)))
    slopes: FloatArray = field(default_factory=EMPTY)
    intercepts: FloatArray = field(default_factory=EMPTY)
    at: FloatArray = field(default_factory=EMPTY)
    rates: FloatArray = field(default_factory=EMPTY)
    n: float = 0.0
    log_loss: tuple[float, float] = (float("nan"), float("nan"))
    brier: tuple[float, float] = (float("nan"), float("nan"))
    robust: bool = False

    @property
    def temperature(self) -> float:
        """Divisor of the logits, above 1 if they were too extreme; nan for other methods."""
        return float(1.0 / self.estimate[0]) if self.method == "temperature" else float("nan")

    def interval(self, level: float = 0.95) -> FloatArray:
        """Return Wald intervals of the parameters.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level.

        Returns
        -------
        (q, 2) array
            Lower and upper limits; nan for a parameter that was held at its bound.
        """
        half = NORMAL.quantile(level) * np.where(self.std_error > 0.0, self.std_error, np.nan)
        return np.column_stack([self.estimate - half, self.estimate + half])

    def temperature_interval(self, level: float = 0.95) -> FloatArray:
        """Return the interval of the temperature, from a Wald interval of its logarithm.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level.

        Returns
        -------
        (2,) array
            Lower and upper limits, above 0.

        Raises
        ------
        UnsupportedError
            If the method is not ``'temperature'``.
        """
        if self.method != "temperature":
            raise UnsupportedError(
                f"A recalibration by method={self.method!r} has no temperature; interval() is of its parameters."
            )
        half = NORMAL.quantile(level) * self.std_error[0] / self.estimate[0]
        return np.asarray(self.temperature * np.exp([-half, half]))

    def scores(self, logits: Any, y: Any, weights: Any = None, level: float = 0.95) -> ScoreChange:
        """Return proper scores before and after, on rows that it was not learnt from.

        Parameters
        ----------
        logits, y : array-like
            Logits and outcomes of other rows, of the same kind as those from which it was learnt.
        weights : (n,) array-like, optional
            How often each row counts.
        level : float, default 0.95
            Confidence level of the changes.

        Returns
        -------
        ScoreChange
            Log loss and Brier score, and the change of each by recalibration, with intervals.

        Raises
        ------
        DataError
            If the kind of logits differs from those from which it was learnt, or outcomes are out of range.
        """
        after = self.transform(logits)
        before = read_logits(logits)
        return score_change(before, after, read_outcomes(y, before), read_weights(weights, len(before)), level)

    def transform(self, logits: Any) -> FloatArray:
        """Return recalibrated logits.

        Parameters
        ----------
        logits : (n,) or (n, K) array-like
            Log odds of the event, or logits of the outcomes.

        Returns
        -------
        (n,) or (n, K) array
            Logits of the same kind.

        Raises
        ------
        DataError
            If the kind of logits differs from those from which it was learnt.
        """
        values = read_logits(logits)
        columns = 2 if values.ndim == 1 else values.shape[1]
        if columns != self.n_outcomes or (values.ndim == 1) != self.of_event:
            wanted = "(n,), of an event" if self.of_event else f"(n, {self.n_outcomes})"
            raise DataError(f"logits have shape {values.shape}; it was learnt from logits of shape {wanted}.")
        if self.method == "none":
            return values
        if not self.of_event:
            return np.asarray(values * self.slopes + self.intercepts)
        if self.rates.size:
            return np.asarray(logit(np.interp(values, self.at, self.rates)))
        shift = values if self.method == "intercept" else 0.0
        return np.asarray(shift + as_columns(self.method, values, self.at) @ self.estimate)

    def errors(self, logits: Any) -> FloatArray:
        """Return standard errors of recalibrated logits of an event, from the covariance of the parameters.

        Parameters
        ----------
        logits : (n,) array-like
            Log odds of the event.

        Returns
        -------
        (n,) array
            Standard errors; missing for methods without parameters.
        """
        values = read_logits(logits)
        if not self.names or not self.of_event:
            return np.full(len(values), np.nan)
        columns = as_columns(self.method, values, self.at)
        return np.asarray(np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", columns, self.vcov, columns), 0.0)))

    def transform_probabilities(self, logits: Any) -> FloatArray:
        """Return probabilities of recalibrated logits.

        Parameters
        ----------
        logits : (n,) or (n, K) array-like
            Log odds of the event, or logits of the outcomes.

        Returns
        -------
        (n,) or (n, K) array
            Probabilities of the event, or of the outcomes.
        """
        return probabilities(self.transform(logits))

    @property
    def of_event(self) -> bool:
        """Whether it transforms logits of an event, shape (n,)."""
        return self.slopes.size == 0

    def to_dict(self) -> dict[str, Any]:
        """Return the recalibrator as plain numbers, for JSON.

        Returns
        -------
        dict
            The input of ``from_dict``.
        """
        return {
            "method": self.method,
            "n_outcomes": self.n_outcomes,
            "names": list(self.names),
            "n": self.n,
            "robust": self.robust,
            **{name: plain_numbers(getattr(self, name)) for name in ARRAYS},
            "log_loss": plain_numbers(np.array(self.log_loss)),
            "brier": plain_numbers(np.array(self.brier)),
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Recalibrator:
        """Return the recalibrator that ``to_dict`` wrote.

        Parameters
        ----------
        kept : mapping
            The output of ``to_dict``.

        Returns
        -------
        Recalibrator
            The same recalibrator.

        Raises
        ------
        DataError
            If a field is missing or has invalid values.
        """
        try:
            arrays = {name: np.asarray(kept[name], dtype=np.float64) for name in ARRAYS}
            pairs = (np.asarray(kept[name], dtype=np.float64) for name in ("log_loss", "brier"))
            first, second = ((float(pair[0]), float(pair[1])) for pair in pairs)
            names, method = tuple(str(name) for name in kept["names"]), str(kept["method"])
            given: dict[str, Any] = {"n": float(kept["n"]), "robust": kept.get("robust", False) is True, **arrays}
            found = cls(method, int(kept["n_outcomes"]), names, log_loss=first, brier=second, **given)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise DataError(f"This is no recalibrator: {error!s:.80}.") from error
        q, known = len(found.names), (*METHODS, "none")
        fits = found.estimate.shape == found.std_error.shape == (q,) and found.vcov.reshape(-1).size == q * q
        ascending = bool((np.diff(found.at) > 0.0).all()) and found.rates.size in (0, found.at.size)
        if found.method not in known or not fits or not ascending or found.slopes.size not in (0, found.n_outcomes):
            raise DataError("This is no recalibrator: its numbers do not fit one another.")
        return found


ARRAYS = ("estimate", "std_error", "vcov", "slopes", "intercepts", "at", "rates")


def as_columns(method: str, logits: FloatArray, at: FloatArray) -> FloatArray:
    """Return the columns that the parameters of a method multiply.

    Parameters
    ----------
    method : {'intercept', 'logistic', 'temperature', 'beta', 'spline'}
        The method.
    logits : (n,) array
        Log odds of an event.
    at : (k,) array
        Knots of a spline.

    Returns
    -------
    (n, q) array
        One per parameter.

    Examples
    --------
    >>> as_columns("logistic", np.array([2.0]), np.empty(0)).tolist()
    [[1.0, 2.0]]
    """
    one = np.ones(logits.size)
    if method == "intercept":
        return one[:, None]
    if method == "temperature":
        return logits[:, None]
    if method == "beta":
        return np.column_stack([one, -softplus(-logits), softplus(logits)])
    return np.column_stack([one, logits if method == "logistic" else restricted_cubic(logits, at)])
