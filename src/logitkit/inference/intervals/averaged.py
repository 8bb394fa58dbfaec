r"""Average probabilities, and comparisons of two, as smooth functions of the coefficients.

:math:`A = \sum_i s_i\, p_k(\eta_i)` over rows with proportions :math:`s_i`, of which one row is a special case. With
slopes and curvatures of the probability by the linear predictors, which every family has, and rows X of these as
functions of the coefficients,

.. math:: \nabla A = \sum_i s_i X_i' p_k'(\eta_i), \qquad \nabla^2 A = \sum_i s_i X_i' p_k''(\eta_i) X_i .

A probability is profiled as its logit, a difference d of two probabilities as :math:`\operatorname{artanh} d`, and a
ratio as its logarithm: these can take any value, and their profiles are nearly parabolas.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit

from logitkit.engine.record import FitRecord
from logitkit.inference.likelihood import Likelihood
from logitkit.models.family import Family
from logitkit.typing import FloatArray

__all__ = ["Quantity", "RowSet", "average_function", "row_set"]

Quantity = Literal["probability", "risk difference", "risk ratio", "odds ratio"]
Mapped = tuple[float, FloatArray, FloatArray]


@dataclass(frozen=True, eq=False)
class RowSet:
    """Rows over which probabilities are averaged.

    Parameters
    ----------
    functions : (m, n, q) array
        Each linear predictor of each row as a function of the coefficients.
    offset : (m, n) array
        Offsets that are added to them.
    shares : (n,) array
        Weight of each row in the average; they sum to one.

    Examples
    --------
    >>> RowSet(np.ones((1, 2, 1)), np.zeros((1, 2)), np.full(2, 0.5)).eta(np.array([3.0])).tolist()
    [[3.0, 3.0]]
    """

    functions: FloatArray
    offset: FloatArray
    shares: FloatArray

    def eta(self, coef: FloatArray) -> FloatArray:
        """Return the linear predictors.

        Parameters
        ----------
        coef : (q,) array
            Coefficients.

        Returns
        -------
        (m, n) array
            Linear predictors of each row.
        """
        return np.asarray(self.functions @ coef + self.offset)


def row_set(
    record: FitRecord, likelihood: Likelihood, cells: FloatArray, offset: FloatArray | None, shares: FloatArray
) -> RowSet:
    """Return rows as functions of the coefficients of a likelihood; equal rows are stored once.

    Parameters
    ----------
    record : FitRecord
        The fit.
    likelihood : Likelihood
        Its likelihood.
    cells : (n, p) array
        Rows of the design.
    offset : (m, n) array or None
        Offsets that are added to the linear predictors.
    shares : (n,) array
        Weight of each row in the average.

    Returns
    -------
    RowSet
        The distinct rows.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.inference.likelihood import likelihood_of
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> likelihood = likelihood_of(fit.record, fit.design)
    >>> rows = row_set(fit.record, likelihood, np.array([[1.0, 2.0], [1.0, 2.0]]), None, np.full(2, 0.5))
    >>> bool(np.isclose(rows.eta(likelihood.coef)[0, 0], fit.predict_link().iloc[1])), rows.shares.tolist()
    (True, [1.0])
    """
    m = record.predictors.n_predictors
    shift = np.zeros((m, len(cells))) if offset is None else offset
    distinct, where = np.unique(np.hstack([cells, shift.T]), axis=0, return_inverse=True)
    own, n = distinct[:, : cells.shape[1]], len(distinct)
    functions = []
    for unit in np.eye(m):
        flat = record.predictors.rows(own, np.tile(unit, (n, 1)))
        flat[:, record.aliased] = 0.0  # rows are such that earlier columns have what these had
        functions.append(likelihood.functions(flat))
    together: FloatArray = np.bincount(where.ravel(), weights=shares, minlength=n).astype(np.float64)
    return RowSet(np.stack(functions), distinct[:, cells.shape[1] :].T, together)


@dataclass(frozen=True, eq=False)
class _AverageFunction:
    """A quantity of one or two average probabilities of an outcome."""

    family: Family
    outcome: int
    rows: tuple[RowSet, ...]
    mapping: Callable[[FloatArray, FloatArray], Mapped]
    back: Callable[[float], float]
    limit: float
    period: float = np.inf

    def at(self, coef: FloatArray) -> tuple[float, FloatArray]:
        """Return the value and its derivatives."""
        with np.errstate(all="ignore"):
            etas = [rows.eta(coef) for rows in self.rows]
            value, by, _ = self.mapping(*self._averages(etas))
            return value, np.asarray(by @ self._slopes(etas))

    def bend(self, coef: FloatArray) -> FloatArray:
        """Return the second derivatives."""
        with np.errstate(all="ignore"):
            etas = [rows.eta(coef) for rows in self.rows]
            slopes = self._slopes(etas)
            _, by, second = self.mapping(*self._averages(etas))
            out = slopes.T @ second @ slopes
            for factor, rows, eta in zip(by, self.rows, etas, strict=True):
                for b, unit in enumerate(np.eye(len(eta))):
                    along = np.broadcast_to(unit[:, None], eta.shape)
                    curved = self.family.probability_curvatures(eta, along)[self.outcome]
                    weighed = np.einsum("an,anq->nq", curved * rows.shares, rows.functions)
                    out = out + factor * (weighed.T @ rows.functions[b])
            return np.asarray(0.5 * (out + out.T))

    def shown(self, value: float) -> float:
        """Return the quantity itself."""
        with np.errstate(over="ignore"):
            return float(self.back(value))

    def _averages(self, etas: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Return the average probabilities of the outcome, and of all others, free of cancellation."""
        both = []
        for rows, eta in zip(self.rows, etas, strict=True):
            probabilities = self.family.probabilities(eta)
            others = np.delete(probabilities, self.outcome, axis=0).sum(axis=0)
            both.append((probabilities[self.outcome] @ rows.shares, others @ rows.shares))
        own, rest = np.array(both).T
        return own, rest

    def _slopes(self, etas: list[FloatArray]) -> FloatArray:
        """Return the derivatives of the averages."""
        return np.stack(
            [
                np.einsum("an,anq->q", self.family.probability_slopes(eta)[self.outcome] * rows.shares, rows.functions)
                for rows, eta in zip(self.rows, etas, strict=True)
            ]
        )


def average_function(quantity: Quantity, family: Family, outcome: int, *rows: RowSet) -> _AverageFunction:
    """Return a quantity of average probabilities as a function of the coefficients.

    Parameters
    ----------
    quantity : {'probability', 'risk difference', 'risk ratio', 'odds ratio'}
        A quantity of one set of rows, or of two.
    family : Family
        The likelihood.
    outcome : int
        Index of the outcome.
    *rows : RowSet
        The rows that are averaged over.

    Returns
    -------
    SmoothFunction
        The quantity on the scale on which it is profiled.

    Examples
    --------
    >>> from logitkit.models.binomial import Binomial
    >>> two = [RowSet(np.eye(2)[None, k : k + 1], np.zeros((1, 1)), np.ones(1)) for k in range(2)]
    >>> found = average_function("odds ratio", Binomial(), 1, *two)
    >>> value, slopes = found.at(np.array([1.0, 0.5]))
    >>> round(value, 12), slopes.round(12).tolist(), round(found.shown(value), 12) == round(float(np.exp(0.5)), 12)
    (0.5, [1.0, -1.0], True)
    """
    return _AverageFunction(family, outcome, rows, *QUANTITIES[quantity])


def _logit(own: FloatArray, rest: FloatArray) -> Mapped:
    by = 1.0 / (own * rest)
    return float(np.log(own[0] / rest[0])), by, np.diag((own - rest) * by**2)


def _log_odds_ratio(own: FloatArray, rest: FloatArray) -> Mapped:
    sign, by = np.array([1.0, -1.0]), 1.0 / (own * rest)
    return float(sign @ np.log(own / rest)), sign * by, np.diag(sign * (own - rest) * by**2)


def _log_ratio(own: FloatArray, rest: FloatArray) -> Mapped:
    del rest
    sign = np.array([1.0, -1.0])
    return float(sign @ np.log(own)), sign / own, np.diag(-sign / own**2)


def _difference(own: FloatArray, rest: FloatArray) -> Mapped:
    sign, above, below = np.array([1.0, -1.0]), own[0] + rest[1], rest[0] + own[1]  # 1 + d and 1 - d
    by = 1.0 / (above * below)
    second = (above - below) * by**2
    return 0.5 * float(np.log(above / below)), sign * by, second * np.outer(sign, sign)


QUANTITIES: dict[str, tuple[Callable[[FloatArray, FloatArray], Mapped], Callable[[float], float], float]] = {
    "probability": (_logit, expit, 35.0),
    "risk difference": (_difference, np.tanh, 17.5),
    "risk ratio": (_log_ratio, np.exp, 35.0),
    "odds ratio": (_log_odds_ratio, np.exp, 35.0),
}
