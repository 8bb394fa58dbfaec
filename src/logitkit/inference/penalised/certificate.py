r"""A bound on how far a penalised fit is from the minimum, proved from the data and the coefficients alone.

Here is what a row of K outcomes adds to the bounds of ``dual_bound.py``: of residuals s that sum to zero, with
:math:`u = y + s / w` on the simplex,

.. math:: f^*(s) = w \sum_k u_k \log u_k, \qquad f(\eta) + f^*(s) - s'\eta = w \sum_k u_k \log(u_k / p_k) \ge 0 .

Two outcomes have the logits zero and the linear predictor. Coefficients are those that are shown, also in symmetric
form, where the solver leaves some out. There the unpenalised columns are singular, which least squares can handle. The
proof calls no likelihood of the package.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_softmax, xlog1py, xlogy

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.facts import PenaltyFacts
from logitkit.engine.record import FitRecord
from logitkit.inference.penalised.conjugates import PenaltyTerms
from logitkit.inference.penalised.dual_bound import BLOCK, Certificate, DualProblem, Rows, prior_parts
from logitkit.inference.verbs import require
from logitkit.models.penalties.penalty import Groups, Penalty
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray, IntArray

__all__ = ["certificate"]


def certificate(record: FitRecord, design: Design) -> Certificate:
    """Verify the coefficients of a penalised fit.

    Parameters
    ----------
    record : FitRecord
        The fit, of which only the coefficients, the penalty and the identity of the rows are used.
    design : Design
        The rows of the fit. For other rows, the certificate is for their objective, and says so.

    Returns
    -------
    Certificate
        Objective, lower bound and gap.

    Raises
    ------
    UnsupportedError
        For a fit without a penalty, and for a relaxed lasso, which minimises nothing.

    References
    ----------
    Rockafellar, R. T. (1970) Convex Analysis, section 31.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw(), penalty=lk.Lasso(0.02))
    >>> found = certificate(fit.record, fit.design)
    >>> found.holds, found.objective - found.dual < 1e-9
    (True, True)
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data, penalty=lk.Lasso(0.02))
    >>> certificate(fit.record, fit.design).holds
    True
    """
    facts = certified_facts(record)
    with single_threaded_blas():
        problem = _Problem.of(record, facts, design)
        return problem.verify(record.coef, facts.tol, design.fingerprint == record.fingerprint)


def certified_facts(record: FitRecord) -> PenaltyFacts:
    """Return the facts about the penalty of a fit that has a certificate.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    PenaltyFacts
        Its penalty.

    Raises
    ------
    UnsupportedError
        For a fit without a penalty, and for a relaxed lasso, which minimises nothing.
    """
    require(record, "certificate")
    facts = record.penalty
    assert facts is not None
    return facts


def weighted_gram(columns: Matrix, weights: FloatArray) -> FloatArray:
    """Return X' diag(weights) X, summed over blocks of rows.

    Parameters
    ----------
    columns : Matrix
        n rows and p columns.
    weights : (n,) array
        Nonnegative weights.

    Returns
    -------
    (p, p) array
        The sums.
    """
    total = np.zeros((columns.n_columns, columns.n_columns))
    rows = max(BLOCK // max(columns.width, 1), 1_024)
    for start in range(0, columns.n_rows, rows):
        stop = min(start + rows, columns.n_rows)
        total += columns.rows(start, stop).gram(weights[start:stop])
    return total


@dataclass(frozen=True)
class _Problem(DualProblem):
    """Rows of K outcomes: logits, means and residuals have the shape (K, n), and coefficients are flat.

    ``owners`` are the outcomes whose logits have coefficients, in the order of these.
    """

    matrix: Matrix
    y: FloatArray
    offset: FloatArray
    owners: IntArray

    @classmethod
    def of(cls, record: FitRecord, facts: PenaltyFacts, design: Design) -> _Problem:
        response, y = design.response, design.response.indicators()
        scale, penalty, diagonal, precision, centre = _of_all(record, facts)
        terms = PenaltyTerms.of(penalty, diagonal / scale**2, scale * centre)
        # The only predictor of two outcomes is the logit of the second.
        owners = np.array([1]) if record.is_single else record.predictors.active
        offset = np.zeros(y.shape)
        if response.offset is not None:
            offset[owners if record.is_single else slice(None)] = response.offset
        return cls(scale, terms, precision, centre, response.weights, design.matrix, y, offset, owners)

    def at(self, coef: FloatArray) -> Rows:
        logarithms = log_softmax(self.image(coef) + self.offset, axis=0)
        mean = np.exp(logarithms)
        # One less the mean, of the likeliest outcome the sum of the others, and that less y.
        other = 1.0 - mean
        top, rows = mean.argmax(axis=0), np.arange(mean.shape[1])
        without = mean.copy()
        without[top, rows] = 0.0
        other[top, rows] = without.sum(axis=0)
        residual = np.where(self.y == 1.0, -other, mean - self.y)
        loss = -np.sum(np.where(self.y == 0.0, 0.0, self.y * logarithms), axis=0)
        return Rows(float(self.weights @ loss), self.weights * residual, mean, other)

    def image(self, step: FloatArray) -> FloatArray:
        out = np.zeros(self.y.shape)
        for k, block in zip(self.owners, (step / self.scale).reshape(self.owners.size, -1), strict=True):
            out[k] = self.matrix.matvec(block)
        return out

    def pull(self, residual: FloatArray) -> FloatArray:
        return np.concatenate([self.matrix.rmatvec(residual[k]) for k in self.owners]) / self.scale

    def curved(self, here: Rows, change: FloatArray) -> FloatArray:
        return self.weights * here.mean * self._apart(here, change)

    def furthest(self, here: Rows, change: FloatArray) -> float:
        return float(self._apart(here, change).max(initial=0.0))

    def _apart(self, here: Rows, change: FloatArray) -> FloatArray:
        """Return changes less their mean over the outcomes, of which each has its own part taken exactly."""
        parts = here.mean * change
        return np.asarray(here.other * change - (np.sum(parts, axis=0) - parts))

    def curvature(self, index: IntArray, here: Rows) -> FloatArray:
        """Return X_a' diag(w p_a) X_a of each outcome, less what the means take away."""
        owner, own, columns = self._columns(index)
        total = np.zeros((index.size, index.size))
        present = np.unique(owner)
        for a in present:
            for b in present[present <= a]:
                first, second = self.owners[a], self.owners[b]
                rest = here.other[first] if a == b else here.mean[second]
                gram = weighted_gram(columns, self.weights * here.mean[first] * rest)
                left, right = np.flatnonzero(owner == a), np.flatnonzero(owner == b)
                block = (1.0 if a == b else -1.0) * gram[np.ix_(own[left], own[right])]
                total[np.ix_(left, right)] = block
                total[np.ix_(right, left)] = block.T
        return total

    def squares(self, index: IntArray) -> FloatArray:
        _, own, columns = self._columns(index)
        squares = np.zeros(columns.inner.n_columns)
        columns.inner.add_squares(self.weights, squares)
        return np.asarray(columns.collect_squares(squares)[own])

    def _columns(self, index: IntArray) -> tuple[IntArray, IntArray, Matrix]:
        """Return owner and column of some coefficients, of columns that some of them have, and these columns."""
        owner, column = np.divmod(index, self.matrix.n_columns)
        used, own = np.unique(column, return_inverse=True)
        whole = used.size == self.matrix.n_columns
        return owner, own, self.matrix if whole else self.matrix.columns(used)

    def rows_bound(self, here: Rows, residual: FloatArray) -> tuple[float, float]:
        used = self.weights > 0.0
        weights, y = self.weights[used], self.y[:, used]
        share = residual[:, used] / weights
        u = np.clip(y + share, 0.0, 1.0)
        bound = float(np.sum(residual * self.offset)) - float(weights @ xlogy(u, u).sum(axis=0))  # equation 2
        # Each row's part of the gap is a relative entropy, from differences that are small themselves (equation 3).
        mean = here.mean[:, used]
        change = share - here.residual[:, used] / weights
        with np.errstate(divide="ignore", invalid="ignore"):
            entropy = np.where(change == 0.0, 0.0, xlog1py(mean + change, change / mean))
        return bound, float(weights @ entropy.sum(axis=0))


def _of_all(
    record: FitRecord, facts: PenaltyFacts
) -> tuple[FloatArray, Penalty, FloatArray, FloatArray | None, FloatArray]:
    """Return scale, penalty and prior (``prior_parts``) of all flat coefficients, of which facts leave some out.

    In symmetric form these are the first outcome's coefficients of columns that nothing penalises.
    """
    p, size, given = record.predictors.n_columns, record.coef.size, facts.scale.size
    penalty, (diagonal, precision, centre) = facts.penalty, prior_parts(facts.quadratic, given)
    held = diagonal if precision is None else precision.diagonal()
    stated = np.column_stack([facts.scale, penalty.l1, penalty.l2, penalty.lower, penalty.upper, held])
    place = np.arange(size) if facts.place is None else facts.place
    if place.size > given:  # of a file that does not say so
        place = np.r_[_placed(stated[: given - size + p], stated[-p:]), np.arange(p, size)]

    def spread(values: FloatArray, rest: float) -> FloatArray:
        out = np.full(size, rest)
        out[place] = values
        return out

    groups = penalty.groups
    if groups is not None:
        groups = Groups(spread(groups.codes.astype(float), -1.0).astype(np.int64), groups.strengths)
    whole = Penalty(
        spread(penalty.l1, 0.0),
        spread(penalty.l2, 0.0),
        spread(penalty.lower, -np.inf),
        spread(penalty.upper, np.inf),
        groups,
    )
    if precision is not None and given < size:
        small, precision = precision, np.zeros((size, size))
        precision[np.ix_(place, place)] = small
    return np.tile(facts.scale[-p:], size // p), whole, spread(diagonal, 0.0), precision, spread(centre, 0.0)


def _placed(some: FloatArray, whole: FloatArray) -> IntArray:
    """Return which rows of a table some rows of it are, in their order."""
    place: list[int] = []
    for j, row in enumerate(whole):
        if len(place) < len(some) and np.array_equal(row, some[len(place)]):
            place.append(j)
    return np.array(place, dtype=np.int64)
