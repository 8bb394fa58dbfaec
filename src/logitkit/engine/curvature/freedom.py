r"""Effective degrees of freedom: how far the fitted means follow the responses.

.. math:: \mathrm{df} = \sum_i \partial \hat\mu_i / \partial y_i = \operatorname{tr}\{(H_{AA} + P_{AA})^{+} H_{AA}\}

over the coefficients A that may move, those that are neither held by a corner nor at a bound: H the second derivatives
of the negative log-likelihood, P those of the penalty, in which the length of a group has a part
(``docs/maths/penalties.md``, equation 21). Where P is zero this is a rank, which no positive weights of rows change.

References
----------
Tibshirani, R. J. and Taylor, J. (2012) Degrees of freedom in lasso problems. Annals of Statistics 40, 1198-1232.
Vaiter, S., Deledalle, C., Fadili, J., Peyre, G. and Dossal, C. (2017) The degrees of freedom of partly smooth
regularizers. Annals of the Institute of Statistical Mathematics 69, 791-832.
"""

from __future__ import annotations

import numpy as np

from logitkit.models.penalties.penalty import Penalty
from logitkit.models.penalties.quadratic import Quadratic
from logitkit.numerics.threads.lapack import cholesky, cholesky_solve
from logitkit.typing import FloatArray, IntArray

__all__ = ["effective_freedom", "gram_rank", "moving", "penalty_curvature"]

OWN = 1e-11  # of a column's squared length: what of it no other columns explain, or it is their combination
NULL = 1e-14  # of the largest eigenvalue, for each of them: rounding
AT_BOUND = 4.0 * np.finfo(float).eps  # of a bound: a coefficient that was divided by its scale is at it


def moving(penalty: Penalty, coef: FloatArray) -> IntArray:
    """Return which coefficients follow a small change of the responses.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from logitkit.models.penalties.penalty import no_penalty
    >>> penalty = replace(no_penalty(3), l1=np.ones(3), upper=np.array([9.0, 9.0, 2.0]))
    >>> moving(penalty, np.array([0.0, 1.0, 2.0])).tolist()
    [1]
    """
    for bound in (penalty.lower, penalty.upper):
        met = np.isfinite(bound) & (np.abs(coef - bound) <= AT_BOUND * np.abs(bound))
        coef = np.where(met, bound, coef)
    return np.flatnonzero(penalty.differentiable(coef))


def penalty_curvature(
    penalty: Penalty, quadratic: Quadratic | None, scale: FloatArray, coef: FloatArray, index: IntArray
) -> FloatArray | None:
    """Return the second derivatives of a penalty by some of the scaled coefficients.

    Examples
    --------
    The length of a group is curved across its direction only:

    >>> from dataclasses import replace
    >>> from logitkit.models.penalties.penalty import Groups, no_penalty
    >>> group = replace(no_penalty(2), groups=Groups(np.zeros(2, int), np.array([10.0])))
    >>> penalty_curvature(group, None, np.ones(2), np.array([3.0, 4.0]), np.arange(2)).round(2).tolist()
    [[1.28, -0.96], [-0.96, 0.72]]
    """
    own = penalty.pick(index)
    if own.groups is None and quadratic is None and not own.l2.any():
        return None
    out = np.diag(own.l2)
    if own.groups is not None:
        out += own.groups.curvature(coef[index])
    if quadratic is not None:
        prior = quadratic.strengths
        prior = np.diag(prior[index]) if prior.ndim == 1 else prior[np.ix_(index, index)]
        out += prior / np.multiply.outer(scale[index], scale[index])
    return out if out.any() else None


def effective_freedom(information: FloatArray, curvature: FloatArray | None, at: FloatArray | None = None) -> float:
    """Return the trace of (H + P)^+ H.

    Parameters
    ----------
    information : (k, k) array
        H, positive semi-definite: second derivatives of the negative log-likelihood by the coefficients that move.
    curvature : (k, k) array or None
        P, those of the penalty, positive semi-definite; None for zero.
    at : (k, k) array, optional
        Second derivatives where the means are fitted, if that is elsewhere: it takes the place of the second H.

    Returns
    -------
    float
        From 0 to k: the rank of H where P is zero.

    Examples
    --------
    Two equal columns count once:

    >>> effective_freedom(np.ones((2, 2)), None), effective_freedom(np.diag([3.0, 1.0]), np.eye(2))
    (1.0, 1.25)
    """
    if curvature is None and at is None:
        return float(gram_rank(information))
    total = information if curvature is None else information + curvature
    fitted = information if at is None else at
    if len(total) == 0:
        return 0.0
    diagonal = total.diagonal()
    shares = np.where(diagonal > 0.0, 1.0 / np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0)), 0.0)
    total, fitted = (array * np.multiply.outer(shares, shares) for array in (total, fitted))
    factor, info = cholesky(total)
    if info == 0 and factor.diagonal().min() ** 2 > OWN:
        return float(np.trace(cholesky_solve(factor, fitted)))
    values, vectors = np.linalg.eigh(total)
    kept = values > NULL * values.size * values[-1]
    vectors = vectors[:, kept]
    return float(np.sum(vectors * (fitted @ vectors) / values[kept]))


def gram_rank(gram: FloatArray) -> int:
    """Return the rank of columns by their products.

    Parameters
    ----------
    gram : (k, k) array
        Positive semi-definite; columns that lie far from zero had better be centred.

    Returns
    -------
    int
        The number of columns less those that are combinations of others but for rounding.

    Examples
    --------
    >>> gram_rank(np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 2.0]]))
    2
    """
    from scipy.linalg.lapack import dpstrf

    diagonal = gram.diagonal()
    kept = np.flatnonzero(diagonal > 0.0)
    if kept.size == 0:
        return 0
    shares = 1.0 / np.sqrt(diagonal[kept])
    scaled = gram[np.ix_(kept, kept)] * np.multiply.outer(shares, shares)
    factor, info = cholesky(scaled)
    if info == 0 and factor.diagonal().min() ** 2 > OWN:
        return int(kept.size)
    return int(dpstrf(scaled, tol=OWN)[2])
