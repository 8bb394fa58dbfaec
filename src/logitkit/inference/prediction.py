r"""Linear predictors and probabilities with intervals, at their limits when the data were separated.

The standard error of :math:`x'\hat\beta` is :math:`\sqrt{x'Vx}`; intervals are made on the scale of the linear
predictor and carried to probabilities by the inverse link, so that they stay within (0, 1). With an absorbed factor the
intercept of the row's level was estimated too, and the variance is
:math:`1/d_l + (x - f_l)'V(x - f_l)` (``docs/maths/incidental.md``, equation 5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.absorbed import AbsorbedLevels
from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.within import Within, level_means
from logitkit.engine.levels.level_coordinates import LevelCoordinates
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.delta import normal_quantile
from logitkit.inference.penalised import require_covariance
from logitkit.typing import FloatArray, IntArray

__all__ = [
    "Predictions",
    "design_predictor",
    "is_sample",
    "known_sides",
    "linear_predictor",
    "predictions",
    "within_levels",
]

BLOCK = 16_384


@dataclass(frozen=True)
class Predictions:
    """Predictions of m rows.

    Parameters
    ----------
    logit, logit_std_error : (m,) array
        Linear predictor and its standard error; infinite and nan at the limits of a separated fit.
    probability, std_error : (m,) array
        Probability of the event, and its standard error by the delta method.
    low, high : (m,) array
        Interval for the probability.
    level : float
        Confidence level.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> found = predictions(fit.record, fit.design.matrix, None)
    >>> bool(np.all((found.low < found.probability) & (found.probability < found.high)))
    True
    """

    logit: FloatArray
    logit_std_error: FloatArray
    probability: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray
    level: float


def linear_predictor(
    record: FitRecord,
    matrix: Matrix,
    offset: FloatArray | None,
    sides: FloatArray | None = None,
    levels: IntArray | None = None,
) -> FloatArray:
    """Return the linear predictor of each row, at its limit under separation.

    Parameters
    ----------
    record : FitRecord
        The fit.
    matrix : Matrix
        m rows.
    offset : (m,) array or None
        Added to the product.
    sides : (m,) array, optional
        From ``known_sides``.
    levels : (m,) int array, optional
        Level of each row; demanded of a separated fit with an absorbed factor.

    Returns
    -------
    (m,) array
        Plus or minus infinity where every direction of recession agrees, nan where directions disagree.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> eta = linear_predictor(fit.record, fit.design.matrix, None)
    >>> bool(np.allclose(eta, fit.design.matrix.to_dense() @ fit.coef.to_numpy()))
    True
    """
    working, absorbed = record.coordinates.matrix(matrix), record.info.absorbed
    eta = np.empty(matrix.n_rows)
    for start in range(0, matrix.n_rows, BLOCK):
        stop = min(start + BLOCK, matrix.n_rows)
        block = working.rows(start, stop)
        eta[start:stop] = block.matvec(record.inner_coef)
        if record.limit is not None and record.limit.cone is not None:
            cone = record.limit.cone
            given, own = block.to_dense(), None if levels is None else levels[start:stop]
            rows = given if absorbed is None else absorbed.from_anchors(given, own)
            moving = np.flatnonzero(np.any(cone.moves(rows) != 0.0, axis=1))
            signs = np.zeros(moving.size) if sides is None else sides[start + moving]
            unknown = np.flatnonzero(signs == 0.0)
            known = np.isfinite(rows[moving[unknown]]).all(axis=1)
            signs[unknown[known]] = cone.signs(rows[moving[unknown[known]]])
            alone = moving[unknown[~known]]
            if absorbed is not None and own is not None and alone.size:
                signs[unknown[~known]] = absorbed.beyond_reach(given[alone], own[alone], cone.directions @ cone.rays[0])
            eta[start + moving] = np.where(np.isnan(signs), np.nan, np.copysign(np.inf, signs))
    if isinstance(record.coordinates, LevelCoordinates) and record.coordinates.undecided is not None:
        eta[record.coordinates.undecided.broken(matrix)[0] & np.isfinite(eta)] = np.nan
    # A level that is separated as a whole has no intercept to add, and its rows may be certain all the same.
    return eta if offset is None else np.where(np.isinf(eta), eta, eta + offset)


def is_sample(record: FitRecord, design: Design) -> bool:
    """Tell whether the rows of a design are those of the fit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        n rows with their outcome.

    Returns
    -------
    bool
        Sizes, outcomes, weights and a sample of the rows agree, and the loss of all rows is that of the fit.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> is_sample(fit.record, fit.design)
    True
    """
    if design.fingerprint != record.fingerprint:
        return False
    response = design.response
    eta = linear_predictor(record, design.matrix, response.shift, levels=design.level_codes)
    still = np.ones(design.n_rows, dtype=bool)
    if record.limit is not None:
        # The certificate: a row that moves is moved to its own outcome.
        margin = _margins(record, design)
        still = margin == 0.0
        outcome = np.where(response.y > 0.5, 1.0, -1.0)
        single = (response.y == 0.0) | (response.y == 1.0)
        if np.any(~still & (response.weights > 0.0) & ~(single & (outcome * margin > 0.0))):
            return False
    loss = float(response.weights[still] @ record.family.loss(eta[still], response.y[still]))
    known = record.log_constant - record.loglik
    return bool(np.isnan(known) or abs(loss - known) <= 1e-8 * max(abs(known), 1.0))


def _margins(record: FitRecord, design: Design) -> FloatArray:
    """Return how far a direction of the cone's interior moves each row, shape (n,); zero for a row that stays."""
    assert record.limit is not None
    cone = record.limit.cone
    if cone is None:
        eta = linear_predictor(record, design.matrix, None)
        return np.where(np.isinf(eta), np.sign(eta), 0.0)
    interior, levels, absorbed = cone.rays.sum(axis=0), design.level_codes, record.info.absorbed
    working = record.coordinates.matrix(design.matrix)
    out = np.empty(design.n_rows)
    for start in range(0, design.n_rows, BLOCK):
        stop = min(start + BLOCK, design.n_rows)
        rows = working.rows(start, stop).to_dense()
        if absorbed is not None:
            rows = absorbed.from_anchors(rows, None if levels is None else levels[start:stop])
        out[start:stop] = cone.moves(rows) @ interior
    # A level that is separated as a whole has no anchor, and its rows are on the side of their outcome.
    return np.where(np.isnan(out), np.where(design.response.y > 0.5, 1.0, -1.0), out)


def known_sides(record: FitRecord, design: Design) -> FloatArray | None:
    """Return on which side of a separated fit each row lies, 1 or -1, as its outcome tells; 0 where it does not.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        n rows with their outcome.

    Returns
    -------
    (n,) array or None
        On the rows of the fit the limit is never undetermined: a row that moves is a separated one. None for a fit
        that is not separated, and for other rows.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1, 2, 3, 4]})
    >>> known_sides(fit.record, fit.design).tolist()
    [-1.0, -1.0, 1.0, 1.0]
    """
    if record.limit is None or not is_sample(record, design):
        return None
    return np.where(design.response.weights > 0.0, np.where(design.response.y > 0.5, 1.0, -1.0), 0.0)


def design_predictor(record: FitRecord, design: Design) -> FloatArray:
    """Return the linear predictor of each row of a design, shape (n,), at its limit under separation.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        n rows with their outcome.

    Returns
    -------
    (n,) array
        As ``linear_predictor``.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1, 2, 3, 4]})
    >>> design_predictor(fit.record, fit.design).tolist()
    [-inf, -inf, inf, inf]
    """
    sides = known_sides(record, design)
    return linear_predictor(record, design.matrix, design.response.shift, sides, design.level_codes)


def within_levels(record: FitRecord, design: Design) -> Within:
    """Return the columns that were solved for less their means in each row's level of an absorbed factor.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with the level of each: those of the fit, unless the record kept the means.

    Returns
    -------
    Within
        The part of each row that the intercepts of the levels do not take up.

    Examples
    --------
    Weighted by their curvature, such columns sum to zero in every level:

    >>> import logitkit as lk
    >>> data = {"y": [0, 1, 0, 1, 1, 0], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0], "g": [1, 1, 1, 2, 2, 2]}
    >>> fit = lk.logit("y ~ x", data, absorb="g")
    >>> mu = fit.predict().to_numpy()
    >>> sums = np.bincount(
    ...     fit.design.level_codes, mu * (1 - mu) * within_levels(fit.record, fit.design).to_dense()[:, 0]
    ... )
    >>> bool(np.allclose(sums, 0.0, atol=1e-9))
    True
    """
    absorbed, codes = record.info.absorbed, design.level_codes
    assert absorbed is not None
    assert codes is not None
    working, means = record.coordinates.matrix(design.matrix), absorbed.means
    if means is None:
        curvature = design.response.weights * record.family.variance(design_predictor(record, design))
        means = level_means(working, codes, curvature, len(absorbed.levels))
    return Within(working, codes, means)


def predictions(
    record: FitRecord,
    matrix: Matrix,
    offset: FloatArray | None,
    level: float | None = None,
    sides: FloatArray | None = None,
    levels: IntArray | None = None,
) -> Predictions:
    """Return linear predictors and probabilities with standard errors and intervals.

    Parameters
    ----------
    record : FitRecord
        The fit.
    matrix : Matrix
        m rows.
    offset : (m,) array or None
        Added to the linear predictor.
    level : float, optional
        Confidence level; the fit's by default.
    sides : (m,) array, optional
        From ``known_sides``.
    levels : (m,) int array, optional
        Level of each row; demanded where a factor is absorbed.

    Returns
    -------
    Predictions
        No standard error or interval at the limits of a separated fit, and for a level without variation.

    Raises
    ------
    UnsupportedError
        Where a factor is absorbed and the standard errors of the intercepts are not to be had, and after a penalty that
        leaves no covariance.

    Examples
    --------
    The standard error of a probability is that of the logit times mu (1 - mu):

    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> found = predictions(fit.record, fit.design.matrix, None)
    >>> mu = found.probability
    >>> bool(np.allclose(found.std_error, found.logit_std_error * mu * (1 - mu)))
    True
    """
    level = record.level if level is None else level
    z = normal_quantile(level)
    require_covariance(record, "Predictions with errors", "fit.predict gives the probabilities.")
    working, own = record.coordinates.matrix(matrix), np.zeros(matrix.n_rows)
    if record.info.absorbed is not None:
        working, own = _of_levels(record, record.info.absorbed, working, levels)
    eta = linear_predictor(record, matrix, offset, sides, levels)
    variance = np.empty(matrix.n_rows)
    for start in range(0, matrix.n_rows, BLOCK):
        stop = min(start + BLOCK, matrix.n_rows)
        variance[start:stop] = own[start:stop] + record.inner_vcov.row_variances(working.rows(start, stop))
    # A variance that is zero may come out as rounding of either sign.
    logit_error = np.sqrt(np.where(np.isfinite(eta), np.maximum(variance, 0.0), np.nan))
    mean = record.family.mean
    return Predictions(
        logit=eta,
        logit_std_error=logit_error,
        probability=mean(eta),
        std_error=logit_error * record.family.variance(eta),
        low=mean(eta - z * logit_error),
        high=mean(eta + z * logit_error),
        level=level,
    )


def _of_levels(
    record: FitRecord, absorbed: AbsorbedLevels, working: Matrix, levels: IntArray | None
) -> tuple[Within, FloatArray]:
    """Return rows less the means of their level, and the variance of its intercept were the coefficients known."""
    if not record.has_likelihood:
        raise UnsupportedError(
            f"Standard errors of predictions are not offered with {record.covariance.label} and {absorbed.name} "
            "absorbed: a level's intercept rests on the rows of that level alone, which say little of its variance by "
            "a sandwich. fit.predict gives the probabilities; without sampling weights or cluster= there are errors."
        )
    if absorbed.means is None or absorbed.curvature is None:
        raise UnsupportedError(
            f"Standard errors of predictions need the mean of every column in each level of {absorbed.name}, and "
            f"{len(absorbed.levels):,} levels times {record.inner_coef.size} columns are too many to keep. "
            "fit.predict gives the probabilities."
        )
    if levels is None:
        raise DataError(f"Rows without their level of {absorbed.name}, which is absorbed, have no standard errors.")
    return Within(working, levels, absorbed.means), 1.0 / absorbed.curvature[levels]
