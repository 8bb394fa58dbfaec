"""The distribution that an estimate over its standard error is compared with."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from logitkit.errors import DataError
from logitkit.numerics.tails import chi_square_tail, normal_half_width, normal_tail
from logitkit.options import is_finite_number
from logitkit.typing import FloatArray

__all__ = ["NORMAL", "EachLaw", "Law", "require_level"]


@dataclass(frozen=True, slots=True)
class Law:
    """The normal distribution, or Student's t where the covariance has degrees of freedom of its own.

    Parameters
    ----------
    dof : float or (m,) array, default infinite
        Degrees of freedom, one for all estimates or one each; infinite for the normal distribution.

    Examples
    --------
    >>> round(float(NORMAL.quantile(0.95)), 6), round(float(Law(10.0).quantile(0.95)), 6)
    (1.959964, 2.228139)
    """

    dof: float | FloatArray = math.inf

    @property
    def is_normal(self) -> bool:
        """Whether it is the normal distribution."""
        return isinstance(self.dof, float) and math.isinf(self.dof)

    @property
    def varies(self) -> bool:
        """Whether degrees of freedom are of each function's own."""
        return False

    @property
    def letter(self) -> str:
        """What a statistic is called: ``z`` or ``t``."""
        return "z" if self.is_normal else "t"

    def of(self, functions: FloatArray) -> Law:
        """Return the distribution for linear functions of the coefficients solved for, (m, q): the same for all."""
        del functions
        return self

    def joint_of(self, functions: FloatArray) -> Law:
        """Return the distribution for a joint test of such functions, (m, q): the same for all."""
        del functions
        return self

    @property
    def scale(self) -> float:
        """What divides statistic / dof before it is compared with F."""
        return 1.0

    def quantile(self, level: float) -> FloatArray:
        """Return the half width in standard errors of an interval, () or (m,)."""
        require_level(level)
        if self.is_normal:
            return np.asarray(normal_half_width(level))
        from scipy.special import stdtrit

        return np.asarray(-stdtrit(self.dof, 0.5 * (1.0 - level)))

    def two_sided(self, statistic: FloatArray) -> FloatArray:
        """Return P(|T| > |t|), accurate far in the tails, (m,)."""
        return 2.0 * self.above(np.abs(statistic))

    def above(self, statistic: FloatArray) -> FloatArray:
        """Return P(T > t), accurate far in the tails, (m,)."""
        if self.is_normal:
            return normal_tail(statistic)
        from scipy.special import stdtr

        return np.asarray(stdtr(self.dof, -statistic))

    def compared(self, statistic: float, dof: int) -> float:
        """Return what is compared with the joint distribution: a quadratic form itself, or F made of it."""
        return statistic if self.is_normal else statistic / (dof * self.scale)

    def joint(self, statistic: float | FloatArray, dof: float | FloatArray) -> FloatArray:
        """Return the p-value of a quadratic form with ``dof`` degrees of freedom.

        Parameters
        ----------
        statistic : (m,) array
            Of a Wald or score test, chi-square where the reference is normal.
        dof : (m,) array
            Independent hypotheses, at least 1.

        Returns
        -------
        (m,) array
            Of chi-square, or of statistic / dof in F with as many denominator degrees of freedom as t has.
        """
        if self.is_normal:
            return chi_square_tail(statistic, dof)
        from scipy.special import fdtrc

        return np.asarray(fdtrc(dof, self.dof, statistic / dof))


NORMAL = Law()


@dataclass(frozen=True, slots=True, eq=False)
class EachLaw(Law):
    """Student's t with degrees of freedom of each of m functions, from which those of combinations of them follow.

    Parameters
    ----------
    dof : (m,) array
        Degrees of freedom of each.
    source : Law
        The distribution for functions of the coefficients.
    functions : (m, q) array
        The functions, by the coefficients solved for.

    Examples
    --------
    >>> EachLaw(np.array([3.0, 5.0]), NORMAL, np.eye(2)).of(np.array([[1.0, -1.0]])).is_normal
    True
    """

    source: Law = NORMAL
    functions: FloatArray = None  # type: ignore[assignment]

    @property
    def varies(self) -> bool:
        """Whether degrees of freedom are of each function's own: yes."""
        return True

    def of(self, functions: FloatArray) -> Law:
        """Return the distributions for linear combinations of the functions, (k, m)."""
        return self.source.of(functions @ self.functions)

    def joint_of(self, functions: FloatArray) -> Law:
        """Return the distribution for a joint test of such combinations, (k, m)."""
        return self.source.joint_of(functions @ self.functions)


def require_level(level: float) -> None:
    """Refuse what is no confidence level.

    Examples
    --------
    >>> require_level(95)
    Traceback (most recent call last):
    logitkit.errors.DataError: level=95 must be a number between 0 and 1, such as 0.95.
    """
    if not is_finite_number(level) or not 0.0 < level < 1.0:
        raise DataError(f"level={level!r} must be a number between 0 and 1, such as 0.95.")
