r"""Degrees of freedom of a sandwich by clusters that depend on the function tested (Satterthwaite).

Under the working model the variance that a sandwich estimates for a function :math:`c` of the coefficients,
:math:`\sum_g (c' V s_g)^2`, is a quadratic form in errors with covariance :math:`\Phi`. With
:math:`M_g = A_g' W_g X_g` (``inference/covariances/reduced_bias.py``) it has the matrix

.. math:: P_{gh} = 1_{g = h}\, c' V T_g V c - c' V N_g' V N_h V c,
          \qquad T_g = M_g' \Phi_g M_g, \quad N_g = X_g' M_g,

and :math:`\nu = (\operatorname{tr} P)^2 / \sum_{gh} P_{gh}^2` matches its first two moments to those of chi-square. A
joint test of k functions compares :math:`Q (\eta - k + 1) / (\eta k)` with F on k and :math:`\eta - k + 1` degrees of
freedom (HTZ), where :math:`\eta = k (k + 1) / \sum_{gh} \{(\operatorname{tr} P_{gh})^2 + \operatorname{tr} P_{gh}^2\}`
with functions whose expected covariance is the identity.

References
----------
Bell, R. M. and McCaffrey, D. F. (2002) Survey Methodology 28, 169-181. Pustejovsky, J. E. and Tipton, E. (2018) Journal
of Business and Economic Statistics 36, 672-683, equations 11, 12 and 16 to 18.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import fdtrc

from logitkit.engine.law import Law
from logitkit.errors import UnsupportedError
from logitkit.typing import FloatArray

__all__ = ["HotellingLaw", "SatterthwaiteLaw"]

PRODUCTS_MOST = 20_000_000_000  # of functions, clusters and squared coefficients: some seconds
BLOCK, FUNCTIONS = 256, 1024  # clusters, and functions at a time


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

    def joint(self, statistic: FloatArray, dof: FloatArray) -> FloatArray:
        """Return the p-value of a quadratic form with ``dof`` independent hypotheses."""
        return np.asarray(fdtrc(dof, self.dof, statistic / dof / self.divisor))


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
        T and N of each cluster.

    Examples
    --------
    Four clusters of one observation each and a mean: as many degrees of freedom as observations less one.

    >>> ones = np.ones((4, 1, 1))
    >>> SatterthwaiteLaw(bread=np.array([[0.25]]), own=ones, across=ones).of(np.eye(1)).dof.tolist()
    [3.0]
    """

    bread: FloatArray = None  # type: ignore[assignment]
    own: FloatArray = None  # type: ignore[assignment]
    across: FloatArray = None  # type: ignore[assignment]

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
        if functions.shape[0] * self.own.size > PRODUCTS_MOST:
            raise UnsupportedError(
                f"Degrees of freedom by Satterthwaite of {len(functions):,} functions and {len(self.own):,} clusters "
                "take too long. Use fit.robust(..., dof='clusters') or dof='normal'."
            )
        starts = range(0, max(len(functions), 1), FUNCTIONS)
        return Law(np.concatenate([self._degrees(functions[start : start + FUNCTIONS]) for start in starts]))

    def _degrees(self, functions: FloatArray) -> FloatArray:
        """Return the degrees of freedom of some functions, (m,); missing where a function is zero."""
        at = functions @ self.bread  # V c, one row per function
        trace, squares = np.zeros(len(at)), np.zeros(len(at))
        gram = np.zeros((len(at), *self.bread.shape))
        for start in range(0, len(self.own), BLOCK):
            part = slice(start, start + BLOCK)
            single = np.einsum("mi,gij,mj->mg", at, self.own[part], at, optimize=True)
            moved = np.einsum("gij,mj->mgi", self.across[part], at, optimize=True)
            between = np.einsum("mgi,ij,mgj->mg", moved, self.bread, moved, optimize=True)
            trace += (single - between).sum(axis=1)
            squares += (single**2 - 2.0 * single * between).sum(axis=1)
            gram += np.einsum("mgi,mgj->mij", moved, moved, optimize=True)
        product = gram @ self.bread
        squares += np.einsum("mij,mji->m", product, product)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(squares > 0.0, trace**2 / squares, np.nan)

    def joint_of(self, functions: FloatArray) -> Law:
        """Return the distribution for a joint test of linear functions, (m, q), those that depend on others left out.

        Raises
        ------
        UnsupportedError
            Where the clusters leave no degrees of freedom for so many functions.
        """
        if len(self.own) * functions.size**2 > PRODUCTS_MOST:
            raise self._unknown(functions)
        root = np.linalg.svd(functions @ np.linalg.cholesky(self.bread), full_matrices=False)
        keep = root[1] > 1e-10 * root[1][0]
        at = (root[0][:, keep] / root[1][keep]).T @ functions @ self.bread
        k = len(at)
        # The expected covariance of these under the working model.
        single = np.einsum("si,gij,tj->gst", at, self.own, at, optimize=True)
        moved = np.einsum("gij,sj->gsi", self.across, at, optimize=True) @ np.linalg.cholesky(self.bread)
        expected = single.sum(axis=0) - np.einsum("gsi,gti->st", moved, moved)
        values, vectors = np.linalg.eigh(expected)
        if values[0] <= 1e-10 * values[-1]:
            raise self._too_few(k)
        half = vectors / np.sqrt(values) @ vectors.T
        single, moved = half @ single @ half, half @ moved
        pairs = np.einsum("gsi,gtj->sitj", moved, moved, optimize=True)  # sums over clusters in place of pairs of them
        gram = np.einsum("gsi,gti->gst", moved, moved)
        traces, lengths = np.einsum("gss->g", single), np.einsum("gss->g", gram)
        total = float(np.sum(traces**2 - 2.0 * traces * lengths) + np.sum(pairs**2))
        total += float(
            np.sum(single * single) - 2.0 * np.sum(single * gram) + np.sum(pairs * pairs.transpose(2, 1, 0, 3))
        )
        eta = k * (k + 1) / total
        if eta - k + 1 <= 0.0:
            raise self._too_few(k)
        return HotellingLaw(float(eta - k + 1), float(eta / (eta - k + 1)))

    def quantile(self, level: float) -> FloatArray:
        """Refuse: degrees of freedom are those of a function."""
        raise self._unknown(level)

    def two_sided(self, statistic: FloatArray) -> FloatArray:
        """Refuse: degrees of freedom are those of a function."""
        raise self._unknown(statistic)

    def above(self, statistic: FloatArray) -> FloatArray:
        """Refuse: degrees of freedom are those of a function."""
        raise self._unknown(statistic)

    def joint(self, statistic: FloatArray, dof: FloatArray) -> FloatArray:
        """Refuse: degrees of freedom are those of the functions tested."""
        raise self._unknown(statistic, dof)

    def _unknown(self, *given: object) -> UnsupportedError:
        del given
        return UnsupportedError(
            "Degrees of freedom by Satterthwaite are of each linear function of the coefficients, and this is none, or "
            "several at once. Use fit.robust(..., dof='clusters') or dof='normal', or fit.test(...) of coefficients."
        )

    def _too_few(self, k: int) -> UnsupportedError:
        return UnsupportedError(
            f"{len(self.own)} clusters leave no degrees of freedom to test {k} hypotheses at once. Test fewer, or use "
            "fit.robust(..., dof='clusters')."
        )
