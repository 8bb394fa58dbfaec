r"""The measures used in validation: discrimination, accuracy and calibration, for weighted rows.

For two outcomes, the measures are computed in a compiled loop (``docs/maths/validation.md``, equations 1 to 9). For
several outcomes, they are the pairwise area of Hand and Till or, for ordered outcomes, the concordance of the mean
score with the outcome; the logarithmic loss, the Brier score summed over outcomes, Nagelkerke's :math:`R^2`; and the
slope of all log probabilities, with an intercept per outcome (equation 10).

References
----------
Harrell, F. E. (2015) Regression Modeling Strategies, 2nd edition, sections 5.3 and 10.8. Efron, B. and Tibshirani, R.
J. (1997) Improvements on cross-validation: the .632+ bootstrap method. JASA 92, 548-560.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError
from logitkit.inference.validation.several import ordered_area, pairwise_area, temperature
from logitkit.numerics.kernels import performance as kernel
from logitkit.typing import BoolArray, FloatArray

__all__ = ["Measure", "Measures", "UserFunction", "measures_of", "with_functions"]

#: Of outcomes, probabilities and weights of the rows of positive weight: one number.
UserFunction: TypeAlias = Callable[[FloatArray, FloatArray, FloatArray], float]


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure.

    Parameters
    ----------
    key, label : str
        Its name in data frames, and its label in print.
    upwards : bool or None
        Whether larger values are better, smaller values are better, or neither.
    settled : bool
        Whether the fit determines it in its own rows, exactly or nearly, so that it varies less there than in other
        rows.

    Examples
    --------
    >>> Measure("brier", "Brier score", False).upwards
    False
    """

    key: str
    label: str
    upwards: bool | None = None
    settled: bool = False


class Measures(Protocol):
    """The measures of predictions."""

    @property
    def every(self) -> tuple[Measure, ...]:
        """The J measures."""

    def of(self, predictions: FloatArray, weights: FloatArray, calibrated: BoolArray) -> FloatArray:
        """Return the measures of k predictions of n rows, (k, L, n), by s weightings, (k, s, n): (k, s, J).

        Parameters
        ----------
        predictions : (k, L, n) array
            Log odds of the event, or probabilities of the outcomes; where they are nan the row takes no part.
        weights : (k, s, n) array
            Total weights of the rows.
        calibrated : (s,) bool array
            The weightings for which they are maximum-likelihood predictions.
        """

    def without_information(self, predictions: FloatArray, weights: FloatArray) -> FloatArray:
        """Return the limits of the measures if outcomes are unrelated to the predictions, (L, n): (J,).

        A measure without such a limit is nan.

        Parameters
        ----------
        predictions : (L, n) array
            Log odds of the event, or probabilities of the outcomes.
        weights : (n,) array
            Total weights of the rows.
        """


TWO = (
    Measure("c", "c (AUC)", True),
    Measure("somers_d", "Somers' D", True),
    Measure("r2", "R2 (Nagelkerke)", True),
    Measure("brier", "Brier score", False),
    Measure("log_loss", "Log loss", False),
    Measure("in_the_large", "In the large", settled=True),
    Measure("intercept", "Intercept", settled=True),
    Measure("slope", "Slope", settled=True),
    Measure("emax", "Emax", False, settled=True),
    Measure("ici", "ICI", False, settled=True),
    Measure("g", "g (log odds)", True),
    Measure("gp", "g (probability)", True),
    Measure("d", "D", True),
    Measure("u", "U", False, settled=True),
    Measure("q", "Q", True),
)
PLACES = [
    kernel.AREA,
    kernel.AREA,
    kernel.R2,
    kernel.BRIER,
    kernel.LOG_LOSS,
    kernel.IN_THE_LARGE,
    kernel.INTERCEPT,
    kernel.SLOPE,
    kernel.LARGEST,
    kernel.MEAN,
    kernel.LOGIT_SPREAD,
    kernel.SPREAD,
    kernel.D,
    kernel.U,
    kernel.Q,
]
SEVERAL = (
    Measure("c", "c (Hand and Till)", True),
    Measure("r2", "R2 (Nagelkerke)", True),
    Measure("brier", "Brier score", False),
    Measure("log_loss", "Log loss", False),
    Measure("slope", "Slope", settled=True),
)
ORDERED = (
    Measure("c", "c", True),
    Measure("somers_d", "Somers' D", True),
    *SEVERAL[1:],
)


def measures_of(record: FitRecord, design: Design) -> Measures:
    """Return the measures for predictions of the outcomes of rows.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        The rows with their outcome.

    Returns
    -------
    Measures
        Measures for two outcomes, or for several.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = measures_of(fit.record, fit.design)
    >>> odds = fit.predict_logit().to_numpy()[None, None]
    >>> c, d = found.of(odds, np.ones(odds.shape), np.array([True]))[0, 0, :2]
    >>> bool(abs(c - fit.discrimination().auc) < 1e-12), bool(d == 2 * c - 1)
    (True, True)
    """
    response = design.response
    counted = response.prior is None or response.weight_kind == "frequency"
    unit = np.ones(response.n_rows) if counted else np.asarray(response.prior, dtype=np.float64)
    if record.has_event:
        return _OfTwo(response.y, unit)
    return _OfSeveral(response.indicators(), record.family.words.ordered)


@dataclass(frozen=True, eq=False)
class _OfTwo:
    """Measures of log odds of an event.

    Parameters
    ----------
    y : (n,) array
        Proportions of events.
    unit : (n,) array
        Weight of one observation of each row.
    """

    y: FloatArray
    unit: FloatArray

    every = TWO

    @property
    def outcomes(self) -> FloatArray:
        """Proportions of events, as user functions see them."""
        return self.y

    def of(self, predictions: FloatArray, weights: FloatArray, calibrated: BoolArray) -> FloatArray:
        """Return the measures."""
        log_odds = np.ascontiguousarray(predictions[:, 0])
        known = ~np.isnan(log_odds)
        if not known.all():
            log_odds, weights = np.where(known, log_odds, 0.0), weights * known[:, None]
        found = np.empty((*weights.shape[:2], kernel.N_MEASURES))
        order = np.argsort(log_odds, axis=1)
        kernel.measures(log_odds, order, self.y, np.ascontiguousarray(weights), self.unit, calibrated, found)
        found = found[:, :, PLACES]
        found[:, :, 1] = 2.0 * found[:, :, 0] - 1.0
        return found

    def without_information(self, predictions: FloatArray, weights: FloatArray) -> FloatArray:
        """Return the values of pairs of an outcome and a prediction of another row."""
        used = (weights > 0.0) & np.isfinite(predictions[0])
        eta, y, w = predictions[0, used], self.y[used], weights[used] / weights[used].sum()
        rate, p = float(w @ y), 1.0 / (1.0 + np.exp(-eta))
        null = -rate * np.log(rate) - (1.0 - rate) * np.log1p(-rate)
        loss = float(w @ np.logaddexp(0.0, eta)) - rate * float(w @ eta)
        total = float(weights[used].sum())
        values = {
            "c": 0.5,
            "somers_d": 0.0,
            "r2": -np.expm1(2.0 * (loss - null)) / -np.expm1(-2.0 * null),
            "brier": rate * float(w @ (1.0 - p) ** 2) + (1.0 - rate) * float(w @ p**2),
            "log_loss": loss,
            "slope": 0.0,
            "emax": float(np.abs(p - rate).max()),
            "ici": float(w @ np.abs(p - rate)),
            "g": 0.0,
            "gp": 0.0,
            "d": -1.0 / total,
            "u": 2.0 * (loss - null) - 2.0 / total,
            "q": -1.0 / total - 2.0 * (loss - null) + 2.0 / total,
        }
        return np.array([values.get(each.key, np.nan) for each in self.every])


@dataclass(frozen=True, eq=False)
class _OfSeveral:
    """Measures of probabilities of K outcomes.

    Parameters
    ----------
    shares : (K, n) array
        Proportions of the outcomes.
    ordered : bool
        Whether the outcomes have an order.
    """

    shares: FloatArray
    ordered: bool

    @property
    def every(self) -> tuple[Measure, ...]:
        """The measures."""
        return ORDERED if self.ordered else SEVERAL

    @property
    def outcomes(self) -> FloatArray:
        """Proportions of outcomes, as user functions see them."""
        return self.shares

    def of(self, predictions: FloatArray, weights: FloatArray, calibrated: BoolArray) -> FloatArray:
        """Return the measures, one prediction and weighting after the other."""
        del calibrated  # the slope is found in any case
        found = np.empty((*weights.shape[:2], len(self.every)))
        for p, own, out in zip(predictions, weights, found, strict=True):
            known = ~np.isnan(p).any(axis=0)
            for w, line in zip(own, out, strict=True):
                line[:] = self._one(p, np.where(known, w, 0.0))
        return found

    def _one(self, p: FloatArray, w: FloatArray) -> FloatArray:
        used = w > 0.0
        p, y, w = p[:, used], self.shares[:, used], w[used]
        total = w.sum()
        if total <= 0.0:
            return np.full(len(self.every), np.nan)
        brier = float(w @ (y * ((p - 1.0) ** 2 + (p**2).sum(axis=0) - p**2)).sum(axis=0)) / total
        with np.errstate(divide="ignore"):
            logs = np.log(p)
        loss = -float(w @ np.where(y > 0.0, y * logs, 0.0).sum(axis=0)) / total
        rates = y @ w / total
        null = -float(np.sum(rates[rates > 0.0] * np.log(rates[rates > 0.0])))
        r2 = -np.expm1(2.0 * (loss - null)) / -np.expm1(-2.0 * null) if null > 0.0 and np.isfinite(loss) else np.nan
        values = {"r2": r2, "brier": brier, "log_loss": loss}
        if self.ordered:
            values["c"] = ordered_area(p, y, w)
            values["somers_d"] = 2.0 * values["c"] - 1.0
        else:
            values["c"] = pairwise_area(p, y, w)
        values["slope"] = temperature(logs, y, w) if np.isfinite(logs).all() else np.nan
        return np.array([values[each.key] for each in self.every])

    def without_information(self, predictions: FloatArray, weights: FloatArray) -> FloatArray:
        """Return the values of pairs of an outcome and a prediction of another row."""
        used = (weights > 0.0) & ~np.isnan(predictions).any(axis=0)
        p, w = predictions[:, used], weights[used] / weights[used].sum()
        rates = self.shares[:, used] @ w
        with np.errstate(divide="ignore"):
            loss = -float(rates @ (np.log(p) @ w))
        null = -float(np.sum(rates[rates > 0.0] * np.log(rates[rates > 0.0])))
        squares = (p**2).sum(axis=0)
        brier = float(rates @ ((squares + 1.0 - 2.0 * p) @ w))
        values = {
            "c": 0.5,
            "somers_d": 0.0,
            "r2": -np.expm1(2.0 * (loss - null)) / -np.expm1(-2.0 * null),
            "brier": brier,
            "log_loss": loss,
            "slope": 0.0,
        }
        return np.array([values[each.key] for each in self.every])


@dataclass(frozen=True, eq=False)
class _WithFunctions:
    """Measures, and functions of the user after them."""

    measures: _OfTwo | _OfSeveral
    functions: Mapping[str, UserFunction] = field(repr=False)

    @property
    def every(self) -> tuple[Measure, ...]:
        """The measures."""
        return (*self.measures.every, *(Measure(name, name) for name in self.functions))

    def of(self, predictions: FloatArray, weights: FloatArray, calibrated: BoolArray) -> FloatArray:
        """Return the measures and the values of the functions."""
        own = np.empty((*weights.shape[:2], len(self.functions)))
        for eta, each, out in zip(predictions, weights, own, strict=True):
            p = eta if len(eta) > 1 else 1.0 / (1.0 + np.exp(-eta[0]))
            known = ~np.isnan(eta).any(axis=0)
            for w, line in zip(each, out, strict=True):
                used = known & (w > 0.0)
                line[:] = [self._value(name, used, p, w) for name in self.functions]
        return np.concatenate([self.measures.of(predictions, weights, calibrated), own], axis=2)

    def _value(self, name: str, used: BoolArray, p: FloatArray, w: FloatArray) -> float:
        y = self.measures.outcomes
        value = self.functions[name](y[..., used], p[..., used], w[used])
        try:
            return float(value)
        except (TypeError, ValueError):
            raise DataError(
                f"indices[{name!r}] returned {value!r:.60} and not a number; give a function of outcomes, "
                "probabilities and weights that returns one."
            ) from None

    def without_information(self, predictions: FloatArray, weights: FloatArray) -> FloatArray:
        """Return the values of the measures, and nan for functions."""
        return np.append(self.measures.without_information(predictions, weights), np.full(len(self.functions), np.nan))


def with_functions(measures: Measures, functions: Mapping[str, UserFunction] | None) -> Measures:
    """Return measures followed by functions given by the user.

    Parameters
    ----------
    measures : Measures
        From :func:`measures_of`.
    functions : mapping of str to callable, or None
        Functions of the outcomes, probabilities and weights of the rows with positive weight.

    Returns
    -------
    Measures
        The same measures if there are no functions.

    Raises
    ------
    DataError
        If a value is not a function, or has the name of a measure.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> found = with_functions(measures_of(fit.record, fit.design), {"mean": lambda y, p, w: (w * p).mean()})
    >>> found.every[-1].key
    'mean'
    """
    if not functions:
        return measures
    known = {each.key for each in measures.every}
    if not isinstance(functions, Mapping):
        raise DataError(f"indices={functions!r:.60} is not a mapping of names to functions of (y, p, w).")
    for name, function in functions.items():
        if not isinstance(name, str) or not callable(function):
            raise DataError(f"indices[{name!r}]={function!r:.60}: give a name and a function of (y, p, w).")
        if name in known:
            raise DataError(f"indices[{name!r}] has the name of a measure that is there already; give another name.")
    assert isinstance(measures, _OfTwo | _OfSeveral)
    return _WithFunctions(measures, functions)
