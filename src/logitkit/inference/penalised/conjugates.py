r"""The penalty of a certificate: value, conjugate and subdifferential from the strengths alone.

.. math::

    \Omega(b) = \sum_j \left(\lambda_j |b_j| + \tfrac12 \kappa_j b_j^2 - h_j b_j\right)
        + \sum_g \nu_g \lVert b_g \rVert_2, \qquad l_j \le b_j \le u_j

Written out again, and apart from what the solvers use, because a certificate that shared their formulas would share
their faults. Equations are those of ``docs/maths/certificates.md``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from logitkit.models.penalties.penalty import Penalty
from logitkit.numerics.once import once
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["PenaltyTerms"]

BRIM = 1e-14  # of a strength: a dual value that exceeds it by less is rounding
HALVINGS = 80


@dataclass(frozen=True)
class PenaltyTerms:
    """Strengths, bounds and groups of scaled coefficients, with the diagonal part of a prior.

    Parameters
    ----------
    l1, l2, linear, lower, upper : (p,) array
        Strengths, the h of the centres of priors, and bounds.
    codes : (p,) int array
        Group of each coefficient, -1 for none.
    lengths : (G,) array
        Strengths of the groups' lengths.
    constant : float
        What the centres add whatever the coefficients are.

    Examples
    --------
    The conjugate of an absolute value is zero up to its strength, and infinite beyond:

    >>> import numpy as np
    >>> from logitkit.models.penalties.penalty import no_penalty
    >>> terms = PenaltyTerms.of(no_penalty(1), np.array([2.0]), np.array([1.0]))
    >>> terms.young(np.array([1.0]), np.array([0.0]))  # at the centre
    0.0
    """

    l1: FloatArray
    l2: FloatArray
    linear: FloatArray
    lower: FloatArray
    upper: FloatArray
    codes: IntArray
    lengths: FloatArray
    constant: float

    @classmethod
    def of(cls, penalty: Penalty, prior: FloatArray, centre: FloatArray) -> PenaltyTerms:
        """Return the terms of a penalty and a prior with independent coefficients.

        Parameters
        ----------
        penalty : Penalty
            Penalty on scaled coefficients.
        prior, centre : (p,) array
            Precision and centre of the prior, scaled likewise; zeros for none.

        Returns
        -------
        PenaltyTerms
            Both in one.
        """
        p = penalty.l1.size
        codes, lengths = np.full(p, -1, dtype=np.int64), np.empty(0)
        if penalty.groups is not None:
            lengths = penalty.groups.strengths
            codes = np.where(np.append(lengths, 0.0)[penalty.groups.codes] > 0.0, penalty.groups.codes, -1)
        constant = 0.5 * float(prior @ centre**2)
        return cls(
            penalty.l1, penalty.l2 + prior, prior * centre, penalty.lower, penalty.upper, codes, lengths, constant
        )

    @once
    def free(self) -> BoolArray:
        """Which coefficients nothing holds, shape (p,): the products of a dual point with their columns vanish."""
        unbounded = np.isinf(self.lower) & np.isinf(self.upper)
        return np.asarray((self.l1 == 0.0) & (self.l2 == 0.0) & unbounded & (self.codes < 0))

    @once
    def loose(self) -> BoolArray:
        """Those and coefficients that only a bound on one side holds, shape (p,)."""
        unbounded = np.isinf(self.lower) | np.isinf(self.upper)
        return np.asarray((self.l1 == 0.0) & (self.l2 == 0.0) & unbounded & (self.codes < 0))

    def within(self, coef: FloatArray) -> FloatArray:
        """Return coefficients, with those beyond their bound by rounding only set to the bound.

        Parameters
        ----------
        coef : (p,) array
            Scaled coefficients.

        Returns
        -------
        (p,) array
            Scaled coefficients.
        """
        near = np.clip(coef, self.lower, self.upper)
        return np.where(np.abs(near - coef) <= BRIM * np.abs(near), near, coef)

    def value(self, coef: FloatArray) -> float:
        """Return the penalty.

        Parameters
        ----------
        coef : (p,) array
            Scaled coefficients.

        Returns
        -------
        float
            Infinite outside the bounds.
        """
        if (coef < self.lower).any() or (coef > self.upper).any():
            return math.inf
        total = self.l1 @ np.abs(coef) + 0.5 * (self.l2 @ coef**2) - self.linear @ coef + self.constant
        return float(total + sum(strength * np.linalg.norm(coef[own]) for own, strength in self._groups))

    def smooth(self, coef: FloatArray) -> tuple[BoolArray, FloatArray]:
        """Return where the penalty has a derivative, and the derivative.

        Parameters
        ----------
        coef : (p,) array
            Scaled coefficients.

        Returns
        -------
        smooth : (p,) bool array
            Where there is one.
        slope : (p,) array
            The derivative there; elsewhere of the terms that have one.
        """
        smooth = (coef > self.lower) & (coef < self.upper) & ((coef != 0.0) | (self.l1 == 0.0))
        slope = self.l1 * np.sign(coef) + self.l2 * coef - self.linear
        for own, strength in self._groups:
            length = float(np.linalg.norm(coef[own]))
            if length == 0.0:
                smooth[own] = False
            else:
                slope[own] += strength / length * coef[own]
        return smooth, slope

    def young(self, coef: FloatArray, dual: FloatArray) -> float:
        """Return penalty plus conjugate minus the product, nonnegative except for rounding (equation 5).

        Parameters
        ----------
        coef : (p,) array
            Scaled coefficients.
        dual : (p,) array
            The dual point, by which the coefficients are multiplied.

        Returns
        -------
        float
            Infinite outside the bounds. Free coefficients count the size of what rounding has left of their product.
        """
        if (coef < self.lower).any() or (coef > self.upper).any():
            return math.inf
        pull = dual + self.linear
        best = self._best(pull)
        with np.errstate(invalid="ignore", over="ignore"):
            here = self.l1 * np.abs(coef) + 0.5 * self.l2 * coef**2 - pull * coef
            there = np.where(best == 0.0, 0.0, best * self._past(pull) - 0.5 * _product(self.l2, best**2))
        alone = self.codes < 0
        total = float((here + there)[alone & ~self.free].sum() + np.abs(here[self.free]).sum())
        for own, strength in self._groups:
            total += (
                float(here[own].sum()) + strength * float(np.linalg.norm(coef[own])) + self._group(own, strength, pull)
            )
        return total

    def conjugate(self, dual: FloatArray) -> float:
        """Return the largest value of dual'b minus the penalty (equation 4).

        Parameters
        ----------
        dual : (p,) array
            The dual point, by which the coefficients are multiplied.

        Returns
        -------
        float
            Infinite where there is no end to it; free coefficients are left out.
        """
        pull = dual + self.linear
        best = self._best(pull)
        with np.errstate(invalid="ignore", over="ignore"):
            there = np.where(best == 0.0, 0.0, best * self._past(pull) - 0.5 * _product(self.l2, best**2))
        total = float(there[(self.codes < 0) & ~self.free].sum()) - self.constant
        return total + sum(self._group(own, strength, pull) for own, strength in self._groups)

    def shrinkage(self, dual: FloatArray, squares: bool) -> float:
        """Return the largest t in [0, 1] with a finite conjugate at t dual (equation 9).

        Parameters
        ----------
        dual : (p,) array
            The dual point, by which the coefficients are multiplied.
        squares : bool
            Whether the squares of the penalty count. Without them the bound is weaker near the minimum and stronger far
            from it.

        Returns
        -------
        float
            The factor.
        """
        l2 = self.l2 if squares else np.zeros(self.l2.size)
        open_side = np.where(dual > 0.0, np.isinf(self.upper), np.isinf(self.lower))
        hard = open_side & (l2 == 0.0) & ~self.free & (self.codes < 0) & (np.abs(dual) > self.l1)
        scale = float((self.l1[hard] / np.abs(dual[hard])).min(initial=1.0))
        for own, strength in self._groups:
            own = own[l2[own] == 0.0]  # noqa: PLW2901 - squares hold the others
            size, l1 = np.abs(dual[own]), self.l1[own]
            if _excess(size, l1) <= strength * (1.0 + BRIM):
                continue
            low, high = 0.0, 1.0
            for _ in range(HALVINGS):
                middle = 0.5 * (low + high)
                low, high = (middle, high) if _excess(middle * size, l1) <= strength else (low, middle)
            scale = min(scale, low)
        return scale

    def distance(self, coef: FloatArray, slope: FloatArray) -> float:
        """Return how far minus a slope is from the subdifferential.

        Parameters
        ----------
        coef : (p,) array
            Scaled coefficients.
        slope : (p,) array
            Gradient of the rest of the objective there.

        Returns
        -------
        float
            Largest distance over the coefficients, and over groups at zero.
        """
        pull = self.linear - slope - self.l2 * coef
        for own, strength in self._groups:
            length = float(np.linalg.norm(coef[own]))
            if length > 0.0:
                pull[own] -= strength / length * coef[own]
        left = np.where(
            coef == 0.0,
            np.sign(pull) * np.maximum(np.abs(pull) - self.l1, 0.0),
            pull - self.l1 * np.sign(coef),
        )
        left[(coef <= self.lower) & (left < 0.0)] = 0.0
        left[(coef >= self.upper) & (left > 0.0)] = 0.0
        worst = 0.0
        for own, strength in self._groups:
            if not coef[own].any():
                worst = max(worst, float(np.linalg.norm(left[own])) - strength)
                left[own] = 0.0
        return max(worst, float(np.abs(left).max(initial=0.0)))

    @once
    def _groups(self) -> tuple[tuple[IntArray, float], ...]:
        return tuple(
            (np.flatnonzero(self.codes == g), float(strength))
            for g, strength in enumerate(self.lengths)
            if strength > 0.0
        )

    def _past(self, pull: FloatArray) -> FloatArray:
        """Return what is left of a pull beyond the strength of the absolute value, with its sign."""
        over = np.abs(pull) - self.l1
        over[np.abs(pull) <= self.l1 * (1.0 + BRIM)] = 0.0
        return np.asarray(np.sign(pull) * np.maximum(over, 0.0))

    def _best(self, pull: FloatArray) -> FloatArray:
        """Return where pull b less the terms of one coefficient is largest, infinite where there is no end to it."""
        past = self._past(pull)
        with np.errstate(divide="ignore", invalid="ignore"):
            best = np.where(past == 0.0, 0.0, np.where(self.l2 > 0.0, past / self.l2, np.sign(past) * np.inf))
        return np.asarray(np.clip(best, self.lower, self.upper))

    def _group(self, own: IntArray, strength: float, pull: FloatArray) -> float:
        """Return the conjugate of one group (equation 6): the length r of the best b solves one equation."""
        held = (self.lower[own] == 0.0) & (self.upper[own] == 0.0)
        past, l2 = np.where(held, 0.0, self._past(pull)[own]), self.l2[own]
        if np.linalg.norm(past) <= strength * (1.0 + BRIM):
            return 0.0
        if np.linalg.norm(past[l2 == 0.0]) > strength * (1.0 + BRIM):
            return math.inf

        def longer(r: float) -> bool:
            return float(np.linalg.norm(past / (l2 * r + strength))) > 1.0

        low, high = 0.0, 1.0
        while longer(high) and high < 1e150:
            low, high = high, 2.0 * high
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if longer(middle) else (low, middle)
        squared = l2 > 0.0  # the others may be very long, and add nothing
        best = past[squared] * high / (l2[squared] * high + strength)
        return 0.5 * float(l2[squared] @ best**2)


def _excess(size: FloatArray, l1: FloatArray) -> float:
    return float(np.linalg.norm(np.maximum(size - l1, 0.0)))


def _product(factor: FloatArray, values: FloatArray) -> FloatArray:
    """Return the product, zero where the factor is zero and the value infinite."""
    return np.where(factor > 0.0, factor * np.where(factor > 0.0, values, 0.0), 0.0)
