r"""Degrees of freedom of a sandwich by clusters that depend on the function tested (Satterthwaite).

A sandwich whose bread is V and whose clusters have the corrected scores :math:`t_g` estimates the variance of
:math:`c'\hat\theta` by :math:`\sum_g z_g^2`, :math:`z_g = c' V t_g`. Under the working model the :math:`z_g` have mean
zero and covariances

.. math:: P_{gh} = 1_{g = h}\, c' V T_g V c - c' V N_g' V N_h V c,

where :math:`T_g` is the covariance of :math:`t_g` if the coefficients were known, and :math:`N_g` that of the score of
the cluster with :math:`t_g`, of which estimating the coefficients takes a part away. The sum has the mean
:math:`\operatorname{tr} P` and the variance :math:`2 \sum_{gh} P_{gh}^2`; the chi-square with both, scaled, has
:math:`\nu = (\operatorname{tr} P)^2 / \sum_{gh} P_{gh}^2` degrees of freedom.

Of k functions jointly the covariance is estimated by a matrix, which is compared with a Wishart one. In coordinates in
which its mean is the identity a Wishart matrix on :math:`\eta` degrees of freedom has elements whose variances sum to
:math:`k (k + 1) / \eta`, and here they sum to :math:`\sum_{gh} \{(\operatorname{tr} P_{gh})^2 + \operatorname{tr}
P_{gh}^2\}`. Then :math:`Q (\eta - k + 1) / (\eta k)` is compared with F on k and :math:`\eta - k + 1` (HTZ).

References
----------
Satterthwaite, F. E. (1946) Biometrics Bulletin 2, 110-114. Bell, R. M. and McCaffrey, D. F. (2002) Survey Methodology
28, 169-181. Pustejovsky, J. E. and Tipton, E. (2018) Journal of Business and Economic Statistics 36, 672-683, section
4. Zhang, J.-T. (2012) Journal of Statistical Planning and Inference 142, 2766-2780.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy.special import fdtrc

from logitkit.engine.law import EachLaw, Law
from logitkit.errors import UnsupportedError
from logitkit.typing import FloatArray

__all__ = ["HotellingLaw", "SatterthwaiteLaw", "half_of"]

WORK_MOST = 4e10  # multiplications for degrees of freedom: some ten seconds
CELLS_OF_BLOCK = 2_000_000  # numbers held at once
CELLS_OF_SQUARE = 16_000_000  # numbers of the largest matrix of a joint test: 128 MB
DEPENDENT = 1e-9  # of the largest singular value: a function that follows from the others
INSTEAD = "fit.robust(..., dof='clusters')"


def _nothing() -> FloatArray:
    """Return the array of a field that has to be given: one before it has a default."""
    return np.empty((0, 0))


@dataclass(frozen=True, slots=True)
class HotellingLaw(Law):
    """The distribution of a joint test whose covariance is estimated: F after a division.

    Parameters
    ----------
    dof : float
        Denominator degrees of freedom, eta - k + 1.
    divisor : float
        eta / (eta - k + 1).

    Examples
    --------
    >>> law = HotellingLaw(10.0, 1.2)
    >>> bool(law.joint(np.array(6.0), np.array(2)) == Law(10.0).joint(np.array(5.0), np.array(2)))
    True
    """

    divisor: float = 1.0

    @property
    def scale(self) -> float:
        """What divides statistic / dof before it is compared with F."""
        return self.divisor

    def joint(self, statistic: float | FloatArray, dof: float | FloatArray) -> FloatArray:
        """Return the p-value of a quadratic form with ``dof`` independent hypotheses."""
        return np.asarray(fdtrc(dof, self.dof, statistic / (dof * self.divisor)))


@dataclass(frozen=True, slots=True, eq=False)
class SatterthwaiteLaw(Law):
    """Student's t with degrees of freedom of each function's own.

    Parameters
    ----------
    dof : float
        Not used.
    bread : (q, q) array
        V, the inverse of the information.
    own, across : (G, q, q) array
        T and N of each cluster; T is symmetric.

    Examples
    --------
    Four clusters of one observation each and a mean: as many degrees of freedom as observations less one.

    >>> ones = np.ones((4, 1, 1))
    >>> SatterthwaiteLaw(bread=np.array([[0.25]]), own=ones, across=ones).of(np.eye(1)).dof.tolist()
    [3.0]
    """

    bread: FloatArray = field(default_factory=_nothing)
    own: FloatArray = field(default_factory=_nothing)
    across: FloatArray = field(default_factory=_nothing)

    @property
    def is_normal(self) -> bool:
        """Whether it is the normal distribution: no."""
        return False

    @property
    def varies(self) -> bool:
        """Whether degrees of freedom are of each function's own: yes."""
        return True

    def of(self, functions: FloatArray) -> Law:
        """Return the distributions for linear functions of the coefficients solved for, (m, q)."""
        g, q = len(self.own), len(self.bread)
        if len(functions) * g * q**2 > WORK_MOST:
            raise UnsupportedError(
                f"Degrees of freedom by Satterthwaite of {len(functions):,} functions and {g:,} clusters would take "
                f"long, and differ little with so many. Ask for fewer rows, or use {INSTEAD}."
            )
        step = max(CELLS_OF_BLOCK // max(g * q, 1), 1)
        parts = [self._degrees(functions[start : start + step]) for start in range(0, len(functions), step)]
        return EachLaw(np.concatenate(parts) if parts else np.empty(0), self, functions)

    def _degrees(self, functions: FloatArray) -> FloatArray:
        """Return the degrees of freedom of some functions, (m,); missing where a function is zero."""
        g, q = len(self.own), len(self.bread)
        moved = functions @ self.bread
        variances = (moved[:, :, None] * moved[:, None, :]).reshape(-1, q * q) @ self.own.reshape(g, q * q).T
        shifts = (moved @ self.across.transpose(2, 0, 1).reshape(q, g * q)).reshape(-1, g, q)
        halves = shifts @ half_of(self.bread)
        taken = np.einsum("mgi,mgi->mg", halves, halves)
        pairs = halves.transpose(0, 2, 1) @ halves
        mean = (variances - taken).sum(axis=1)
        squares = (variances * (variances - 2.0 * taken)).sum(axis=1) + (pairs**2).sum(axis=(1, 2))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(squares > 0.0, mean**2 / squares, np.nan))

    def joint_of(self, functions: FloatArray) -> Law:
        """Return the distribution for a joint test of linear functions, (m, q), those that depend on others left out.

        Raises
        ------
        UnsupportedError
            Where the clusters leave no degrees of freedom for so many functions.
        """
        half = half_of(self.bread)
        moved = functions @ half
        length = np.linalg.norm(moved, axis=1, keepdims=True)
        _, sizes, axes = np.linalg.svd(moved / np.where(length > 0.0, length, 1.0), full_matrices=False)
        basis = axes[sizes > DEPENDENT * sizes.max(initial=0.0)]  # the functions in coordinates of variance one
        k = len(basis)
        if k == 0:
            return Law(np.nan)
        sides = basis @ half.T  # times V, (k, q)
        own = sides @ self.own @ sides.T
        taken = half.T @ (self.across @ sides.T)
        values, vectors = np.linalg.eigh((own - taken.transpose(0, 2, 1) @ taken).sum(axis=0))
        if values[0] <= DEPENDENT * values[-1]:
            raise self._too_few(k)
        turn = vectors / np.sqrt(values)
        eta = k * (k + 1) / _spread(turn.T @ own @ turn, taken @ turn)
        if eta - k + 1.0 <= 0.0:
            raise self._too_few(k)
        return HotellingLaw(eta - k + 1.0, eta / (eta - k + 1.0))

    def quantile(self, level: float) -> FloatArray:
        """Refuse: degrees of freedom are those of a function."""
        raise self._unknown(level)

    def two_sided(self, statistic: FloatArray) -> FloatArray:
        """Refuse: degrees of freedom are those of a function."""
        raise self._unknown(statistic)

    def above(self, statistic: FloatArray) -> FloatArray:
        """Refuse: degrees of freedom are those of a function."""
        raise self._unknown(statistic)

    def joint(self, statistic: float | FloatArray, dof: float | FloatArray) -> FloatArray:
        """Refuse: degrees of freedom are those of the functions tested."""
        raise self._unknown(statistic, dof)

    def _unknown(self, *given: object) -> UnsupportedError:
        del given
        return UnsupportedError(
            "Satterthwaite's degrees of freedom belong to a single linear function of the coefficients, and this is "
            f"not one. Use {INSTEAD} or dof='normal', or fit.test(...) of coefficients."
        )

    def _too_few(self, k: int) -> UnsupportedError:
        return UnsupportedError(
            f"{len(self.own)} clusters leave no degrees of freedom to test {k} hypotheses at once. Test fewer, or use "
            f"{INSTEAD}."
        )


def half_of(covariance: FloatArray) -> FloatArray:
    """Return L with L L' = covariance, from its eigenvalues after scaling to a unit diagonal."""
    scale = np.sqrt(np.maximum(covariance.diagonal(), 0.0))
    over = np.where(scale > 0.0, scale, 1.0)
    values, vectors = np.linalg.eigh(covariance / over[:, None] / over)
    return np.asarray(scale[:, None] * vectors * np.sqrt(np.maximum(values, 0.0)))


def _spread(own: FloatArray, taken: FloatArray) -> float:
    """Return the sum over pairs of (tr P)^2 + tr P^2 with P = own - taken' taken of each pair, the first of g = h only.

    Written with the moments of the second factor where these are few, else cluster by cluster.
    """
    g, q, k = taken.shape
    if (q * k) ** 2 > CELLS_OF_SQUARE:
        return float(sum(_spread_by_cluster(own, taken)))
    flat = taken.reshape(g, q * k)
    moments = flat.T @ flat
    turned = moments.reshape(q, k, q, k).transpose(0, 3, 2, 1)
    traces, size = np.einsum("gss->g", own), (flat**2).sum(axis=1)
    crossed = np.einsum("gst,gis,git->", own, taken, taken, optimize=True)
    of_traces = (traces * (traces - 2.0 * size)).sum() + (moments**2).sum()
    return float(of_traces + (own**2).sum() - 2.0 * crossed + (moments.reshape(q, k, q, k) * turned).sum())


def _spread_by_cluster(own: FloatArray, taken: FloatArray) -> Iterator[float]:
    """Yield the terms of each cluster with all others."""
    for g, first in enumerate(taken):
        pairs = -(first.T @ taken)
        pairs[g] += own[g]
        yield float((np.einsum("hss->h", pairs) ** 2).sum() + np.einsum("hst,hts->", pairs, pairs))
