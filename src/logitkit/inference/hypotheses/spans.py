r"""Whether a model is nested in another: each linear predictor of the smaller is one of the larger model too.

A part of a model with constraint matrix H has the predictors :math:`H \Gamma x`, which are sums of :math:`h\, x'\gamma`
over the columns h of H and the columns x of the part. The smaller model is nested in the larger if, for each of its
pairs (h, x), x is a combination of columns that the larger model has with h in the span of a constraint matrix. For
example, proportional odds are nested in partial proportional odds, an adjacent-category model in the multinomial model,
and equal coefficients in free ones. If only differences of predictors count, h is defined up to a constant.
"""

from __future__ import annotations

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.blocks import Joined
from logitkit.engine.existence.recession import null_space
from logitkit.engine.rank import triangular_factor
from logitkit.engine.record import FitRecord
from logitkit.models.predictors import Part
from logitkit.typing import FloatArray, IntArray

__all__ = ["embedding", "same_rows", "zero_in_smaller"]

OUTSIDE = 1e-9  # of the length of a column: less outside a span is rounding
WITHIN = 1e-10  # of a constraint vector


def same_rows(first: tuple[FitRecord, Design], second: tuple[FitRecord, Design]) -> bool:
    """Return whether two fits are to the same outcomes of the same rows, with the same weights.

    Parameters
    ----------
    first, second : (FitRecord, Design)
        Fits and their rows.

    Returns
    -------
    bool
        Rows are compared by their places in the table, outcomes by their names.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, None], "x": [1.0, 2, None, 3, 5, 4]}
    >>> fits = [lk.logit(f"y ~ {x}", data) for x in ("1", "x")]
    >>> same_rows(*((fit.record, fit.design) for fit in fits))
    False
    """
    one, other = first[1], second[1]
    if not np.array_equal(one.positions, other.positions):
        return False
    if not np.array_equal(one.response.weights, other.response.weights):
        return False
    left, right = _proportions(*first), _proportions(*second)
    none = np.zeros(one.n_rows)
    return all(np.array_equal(left.get(name, none), right.get(name, none)) for name in {**left, **right})


def _proportions(record: FitRecord, design: Design) -> dict[str, FloatArray]:
    """Return the proportion of each outcome in each row."""
    response, names = design.response, record.outcomes
    if response.shares is not None:
        return dict(zip(names, response.shares, strict=True))
    if len(names) == 2:
        return {names[0]: 1.0 - response.y, names[1]: response.y}
    return {name: (response.codes == k).astype(np.float64) for k, name in enumerate(names)}


def embedding(smaller: tuple[FitRecord, Design], larger: tuple[FitRecord, Design]) -> FloatArray | None:
    """Return the larger model's coefficients as functions of the smaller's; None if it is not nested.

    Parameters
    ----------
    smaller, larger : (FitRecord, Design)
        Fits to the same rows.

    Returns
    -------
    (p, q) array or None
        Functions of the flat coefficients that are solved for.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fits = [lk.logit(f"y ~ {x}", data) for x in ("1", "x", "I(2 * x + 3)")]
    >>> one, line, other = ((fit.record, fit.design) for fit in fits)
    >>> embedding(one, line).ravel().round(12).tolist(), embedding(line, one) is None
    ([1.0, 0.0], True)
    >>> embedding(line, other)[:, 1].round(12).tolist()
    [-1.5, 0.5]
    """
    if not _is_same_likelihood(smaller, larger):
        return None
    (small, rows), (large, all_rows) = smaller, larger
    joint = triangular_factor(Joined((all_rows.matrix, rows.matrix)), rows.response.weights > 0.0)
    own, other = small.form.predictors, large.form.predictors
    own_triangle, triangle = joint[:, other.n_columns :], joint[:, : other.n_columns]
    compares, m = small.family.compares_predictors, own.n_predictors
    dropped = _dropped(large)
    out = np.zeros((other.n_flat, own.n_flat))
    gone = _dropped(small)
    for part, places in zip(own.parts, own.places, strict=True):
        for k, direction in enumerate(part.matrix(m).T):
            mixes = [_mix(each, direction, m, compares) for each in other.parts]
            ways = [
                (int(column), mix, where[:, c])
                for each, mix, where in zip(other.parts, mixes, other.places, strict=True)
                if mix is not None
                for c, column in enumerate(each.columns)
                if int(column) not in dropped
            ]
            columns = np.array([column for column, _, _ in ways], dtype=np.int64)
            for c, column in enumerate(part.columns):
                if int(column) in gone:
                    continue
                found = _combination(triangle[:, columns], own_triangle[:, column])
                if found is None:
                    return None
                for (_, mix, where), size in zip(ways, found, strict=True):
                    out[where, places[k, c]] += size * mix
    return out


def _is_same_likelihood(smaller: tuple[FitRecord, Design], larger: tuple[FitRecord, Design]) -> bool:
    """Tell whether two models give probabilities alike from their predictors, with the same offsets."""
    (small, rows), (large, all_rows) = smaller, larger
    # Where only differences of predictors count the likelihood is that of the multinomial model.
    both_compare = small.family.compares_predictors and large.family.compares_predictors
    if small.outcomes != large.outcomes or not (both_compare or small.family.exact == large.family.exact):
        return False
    if small.nuisance.n_parameters or large.nuisance.n_parameters:
        # The intercepts of levels are in the offsets of their fits.
        if small.nuisance.columns != large.nuisance.columns:
            return False
        return small.info.response.offset == large.info.response.offset
    one, other = rows.response.offset, all_rows.response.offset
    return bool(np.all((0.0 if one is None else one) == (0.0 if other is None else other)))


def _dropped(record: FitRecord) -> set[int]:
    """Return the columns that were dropped."""
    return {int(column) for column in record.predictors.columns[record.aliased]}


def _mix(part: Part, direction: FloatArray, m: int, compares: bool) -> FloatArray | None:
    """Return the coefficients with which a constraint matrix gives a direction, None where it does not."""
    base = part.matrix(m)
    known = np.column_stack([base, np.ones(m)]) if compares else base
    mix = np.linalg.lstsq(known, direction, rcond=None)[0]
    if np.abs(known @ mix - direction).max() > WITHIN * np.abs(direction).max():
        return None
    return np.asarray(mix[: base.shape[1]])


def _combination(known: FloatArray, column: FloatArray) -> FloatArray | None:
    """Return a column as a combination of others, None where it is none."""
    size = np.linalg.norm(known, axis=0)
    size = np.where(size > 0.0, size, 1.0)
    found = np.linalg.lstsq(known / size, column, rcond=None)[0]
    outside = np.linalg.norm(known / size @ found - column)
    return None if outside > OUTSIDE * np.linalg.norm(column) else np.asarray(found / size)


def zero_in_smaller(larger: FitRecord, embedded: FloatArray) -> FloatArray:
    """Return the functions of a larger model's coefficients that are zero in a smaller one.

    Parameters
    ----------
    larger : FitRecord
        The larger fit.
    embedded : (p, q) array
        From ``embedding``.

    Returns
    -------
    (k, p) array
        None if the coefficients that are shown are not those that are solved for.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> np.abs(zero_in_smaller(fit.record, np.array([[1.0], [0.0]]))).tolist()
    [[0.0, 1.0]]
    """
    if larger.form.shown is not larger.form.predictors:
        return np.empty((0, larger.predictors.n_flat))
    kept: IntArray = np.setdiff1d(np.arange(len(embedded)), larger.aliased)
    basis = null_space(embedded[kept].T)[0]
    out = np.zeros((basis.shape[1], len(embedded)))
    out[:, kept] = basis.T
    return out
