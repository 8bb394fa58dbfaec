r"""Inverse prediction: the point on a line of rows at which a linear predictor reaches a value.

Along the line :math:`x(s) = x_0 + s d` the predictor is :math:`a + b s` with :math:`a = x_0'\beta + o` and :math:`b =
d'\beta`, and it reaches t at :math:`s = (t - a) / b`. The confidence set for s is the interval of the delta method,
Fieller's set (all s for which a Wald test does not reject :math:`a + b s = t`), or the corresponding set of the
likelihood-ratio test. The last two are an interval, the outside of an interval, or all numbers
(``docs/maths/means.md``, section 5).

References
----------
Fieller, E. C. (1954) Some problems in interval estimation. Journal of the Royal Statistical Society B 16, 175-185.
Finney, D. J. (1971) Probit Analysis, 3rd edition. Collett, D. (2003) Modelling Binary Data, 2nd edition.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.engine.record import FitRecord
from logitkit.inference.estimable import require_estimable
from logitkit.inference.hypotheses.wald import covariance_root
from logitkit.inference.linear_predictors import predictor_functions
from logitkit.inference.verbs import require
from logitkit.models.links import Link
from logitkit.typing import FloatArray

__all__ = ["InverseMethod", "Line", "Shape", "ValueSet", "delta_set", "fieller_set", "line_of", "link_of"]

InverseMethod = Literal["delta", "fieller", "profile"]
Shape = Literal["interval", "outside", "everything"]


@dataclass(frozen=True, eq=False)
class Line:
    """A linear predictor along a line of rows.

    Parameters
    ----------
    start, direction : (q,) array
        The row and the direction, as functions of the coefficients that were solved for.
    flat : (2, p) array
        The same as functions of the flat coefficients.
    offset : float
        Offset of the predictor.
    a, b : float
        Value of the predictor at the row, with the offset, and its slope.

    Examples
    --------
    >>> Line(np.ones(1), np.ones(1), np.ones((2, 1)), 0.0, 1.0, -2.0).at(0.0)
    0.5
    """

    start: FloatArray
    direction: FloatArray
    flat: FloatArray
    offset: float
    a: float
    b: float

    def at(self, target: float) -> float:
        """Return the point at which the predictor has a value.

        Parameters
        ----------
        target : float
            The value.

        Returns
        -------
        float
            The point in units of the direction.
        """
        return (target - self.a) / self.b

    def slopes(self, target: float) -> FloatArray:
        """Return the derivatives of that point with respect to the coefficients that were solved for.

        Parameters
        ----------
        target : float
            The value.

        Returns
        -------
        (q,) array
            The derivatives.
        """
        return np.asarray(-(self.start + self.at(target) * self.direction) / self.b)


@dataclass(frozen=True, slots=True)
class ValueSet:
    """The set of values that are not rejected.

    Parameters
    ----------
    shape : {'interval', 'outside', 'everything'}
        The values between the ends, those outside the ends, or all values.
    low, high : float
        The ends; infinite if all values are in the set.

    Examples
    --------
    >>> ValueSet("outside", -1.0, 3.0).holds(0.0), ValueSet("outside", -1.0, 3.0).holds(4.0)
    (False, True)
    """

    shape: Shape
    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Return whether a value is in the set.

        Parameters
        ----------
        value : float
            Any value.

        Returns
        -------
        bool
            True also for the ends.
        """
        inside = self.low <= value <= self.high
        return self.shape == "everything" or (inside if self.shape == "interval" else not self.low < value < self.high)


EVERYTHING = ValueSet("everything", -math.inf, math.inf)


def link_of(record: FitRecord) -> Link:
    """Return the link of the probability to solve for: of the event, or of outcomes up to a threshold.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    Link
        The link of each linear predictor.

    Raises
    ------
    UnsupportedError
        Where a probability depends on several linear predictors, after a penalty without a covariance, and with an
        absorbed factor.
    SeparationError
        Where estimates are infinite.

    Examples
    --------
    >>> import logitkit as lk
    >>> link_of(lk.logit("y ~ x", {"y": [0, 1, 0, 1, 0], "x": [1, 2, 3, 4, 5]}, link="probit").record).name
    'probit'
    """
    require(record, "inverse")
    link: Link | None = record.family.tail_link
    assert link is not None  # other models are refused
    return link


def line_of(record: FitRecord, rows: FloatArray, offset: float, predictor: int = 0) -> Line:
    """Return a linear predictor along the line through two rows.

    Parameters
    ----------
    record : FitRecord
        The fit.
    rows : (2, p) array
        Rows of the design, at 0 and at 1.
    offset : float
        Offset that is added to the predictor at both rows.
    predictor : int, default 0
        Index of the linear predictor.

    Returns
    -------
    Line
        The line.

    Raises
    ------
    DataError
        If the rows are not estimable.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> line = line_of(fit.record, np.array([[1.0, 0.0], [1.0, 1.0]]), 0.0)
    >>> bool(np.isclose(line.at(0.0), -fit.coef["Intercept"] / fit.coef["x"]))
    True
    """
    require_estimable(record, Dense(rows), np.arange(2))
    both = np.vstack([rows[0], rows[1] - rows[0]])
    weights = np.zeros((record.predictors.n_predictors, 2))
    weights[predictor] = 1.0
    functions = predictor_functions(record, Dense(both), weights)
    flat = record.predictors.rows(both, weights.T)
    flat[:, record.aliased] = 0.0
    a, b = (float(value) for value in functions @ record.inner_coef)
    return Line(functions[0], functions[1], flat, offset, a + offset, b)


def delta_set(record: FitRecord, line: Line, target: float, level: float) -> ValueSet:
    """Return the symmetric interval of the delta method.

    Parameters
    ----------
    record : FitRecord
        The fit.
    line : Line
        The line of rows.
    target : float
        Target value of the linear predictor.
    level : float
        Confidence level.

    Returns
    -------
    ValueSet
        An interval.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> line = line_of(fit.record, np.array([[1.0, 0.0], [1.0, 1.0]]), 0.0)
    >>> found = delta_set(fit.record, line, 0.0, 0.95)
    >>> bool(np.isclose(0.5 * (found.low + found.high), line.at(0.0)))
    True
    """
    slopes, value = line.slopes(target)[None], line.at(target)
    error = float(np.linalg.norm(covariance_root(record, slopes)))
    half = float(np.max(record.law.of(slopes).quantile(level))) * error
    return ValueSet("interval", value - half, value + half)


def fieller_set(record: FitRecord, line: Line, target: float, level: float) -> ValueSet:
    r"""Return Fieller's set: values at which a Wald test does not reject that the predictor equals its target.

    They satisfy :math:`(a + b s - t)^2 \le z^2 \operatorname{var}(a + b s)`, a quadratic inequality.

    Parameters
    ----------
    record : FitRecord
        The fit.
    line : Line
        The line of rows.
    target : float
        Target value of the linear predictor.
    level : float
        Confidence level.

    Returns
    -------
    ValueSet
        An interval if the slope differs from zero at the level; otherwise the outside of an interval, or all values.

    Examples
    --------
    A slope that is not significant gives an unbounded set:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> line = line_of(fit.record, np.array([[1.0, 0.0], [1.0, 1.0]]), 0.0)
    >>> fieller_set(fit.record, line, 0.0, 0.95).shape, fieller_set(fit.record, line, 0.0, 0.5).shape
    ('everything', 'interval')
    """
    # From the estimate, and in units of the slope: there the constant of the quadratic is the least.
    value = line.at(target)
    functions = np.vstack([line.start + value * line.direction, line.direction])
    root = covariance_root(record, functions)
    z2 = float(np.max(record.law.of(functions).quantile(level))) ** 2
    (constant, mixed), square = z2 * (root[0] @ root.T), line.b**2 - z2 * float(root[1] @ root[1])
    # square s^2 - 2 mixed s - constant <= 0
    inside = mixed**2 + square * constant
    if square == 0.0:
        if mixed == 0.0:
            return EVERYTHING
        end = value - constant / (2.0 * mixed)
        return ValueSet("interval", end, math.inf) if mixed > 0.0 else ValueSet("interval", -math.inf, end)
    if inside <= 0.0:
        return EVERYTHING
    far = mixed + math.copysign(math.sqrt(inside), mixed)
    ends = sorted([far / square, -constant / far] if far != 0.0 else [0.0, 0.0])
    return ValueSet("interval" if square > 0.0 else "outside", float(value + ends[0]), float(value + ends[1]))
