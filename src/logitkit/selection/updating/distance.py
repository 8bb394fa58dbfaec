r"""The rungs of the ladder without a likelihood: how far estimates are from each, in their sandwich covariance.

Every rung is linear in the coefficients of the highest, :math:`\beta = a_0 + X \theta`, so that

.. math:: D = \min_\theta (\hat\beta - a_0 - X \theta)' V^{-1} (\hat\beta - a_0 - X \theta)

is a Wald statistic of it with as many degrees of freedom as it leaves out. Equations are those of
``docs/maths/updating.md``.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import chdtrc

from logitkit.errors import UnsupportedError
from logitkit.logits.recalibration.closed_test import ClosedTest
from logitkit.typing import FloatArray, IntArray

__all__ = ["closed_test_by_distance", "distance_of"]


def distance_of(estimate: FloatArray, vcov: FloatArray, base: FloatArray, free: FloatArray) -> tuple[float, int]:
    """Return the squared Wald distance of estimates from an affine space, and its degrees of freedom.

    Parameters
    ----------
    estimate : (q,) array
        Estimates of the largest model.
    vcov : (q, q) array
        Covariance of the estimates, positive definite.
    base : (q,) array
        A point of the space.
    free : (q, r) array
        Linearly independent directions of the space.

    Returns
    -------
    float, int
        The statistic and its degrees of freedom.

    Raises
    ------
    UnsupportedError
        If the covariance is singular, as with fewer clusters than coefficients.

    Examples
    --------
    >>> distance_of(np.array([3.0, 4.0]), np.eye(2), np.zeros(2), np.array([[1.0], [0.0]]))
    (16.0, 1)
    """
    try:
        factor = np.linalg.cholesky(vcov)
    except np.linalg.LinAlgError as error:
        raise UnsupportedError(
            "The sandwich covariance of the revision is singular, as there are too few clusters: no test compares the "
            "updates. Recalibrate by a stated method: fit.recalibrate(data, 'logistic')."
        ) from error
    away, directions = np.linalg.solve(factor, estimate - base), np.linalg.solve(factor, free)
    if directions.shape[1]:
        away = away - directions @ np.linalg.lstsq(directions, away, rcond=None)[0]
    return float(away @ away), estimate.size - directions.shape[1]


def closed_test_by_distance(
    test: ClosedTest, estimate: FloatArray, vcov: FloatArray, earlier: FloatArray, intercepts: IntArray
) -> ClosedTest:
    """Return a closed test with Wald statistics in place of likelihood ratios.

    Parameters
    ----------
    test : ClosedTest
        Closed test with the updates to compare.
    estimate : (q,) array
        Parameters of the largest update, fitted to the new rows.
    vcov : (q, q) array
        Sandwich covariance of the parameters.
    earlier : (q,) array
        Values of the same parameters in the earlier model.
    intercepts : int array
        Positions of the intercepts.

    Returns
    -------
    ClosedTest
        The test with Wald statistics; its recalibrator is unchanged.

    Examples
    --------
    >>> from logitkit.logits.recalibration.closed_test import closed_test
    >>> rng = np.random.default_rng(1)
    >>> l = rng.standard_normal(500)
    >>> test = closed_test(l, rng.random(500) < 1 / (1 + np.exp(1 - l)))
    >>> found = closed_test_by_distance(test, np.array([-1.0, 1.0]), 0.01 * np.eye(2), np.r_[0.0, 1], np.array([0]))
    >>> found.statistic.tolist(), found.dof.tolist(), found.chosen
    ([100.0, 0.0], [2, 1], 'intercept')
    """
    q = estimate.size
    moved = np.eye(q)[:, intercepts]
    turned = np.column_stack([moved, np.where(np.isin(np.arange(q), intercepts), 0.0, earlier)])
    spaces = {
        "none": (earlier, np.zeros((q, 0))),
        "intercept": (earlier, moved),
        "logistic": (np.zeros(q), turned),
    }
    lower = test.updates[:-1]
    found = [distance_of(estimate, vcov, *spaces[name]) for name in lower]
    statistic, dof = np.array([each[0] for each in found]), np.array([each[1] for each in found])
    p_value = np.where(dof > 0, chdtrc(np.maximum(dof, 1), statistic), 1.0)
    kept = np.flatnonzero(p_value > 1.0 - test.level)
    chosen = lower[int(kept[0])] if kept.size else test.updates[-1]
    return replace(test, statistic=statistic, dof=dof, p_value=p_value, chosen=chosen)
