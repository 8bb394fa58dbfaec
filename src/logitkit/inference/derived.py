r"""Functions of the coefficients other than the coefficients: averages, differences, ratios and their contrasts.

For values :math:`g(\hat\theta)` with Jacobian J, the covariance is :math:`J V J' = R R'`. The root R is stored, so that
differences between nearly equal functions stay accurate. An interval is computed on the scale on which the estimate is
closest to normal, and transformed back: the log of a ratio, the log odds of a probability, otherwise the value itself.
All tables of effects, means, contrasts and ratios use this module.

References
----------
Casella, G. and Berger, R. L. (2002) Statistical Inference, 2nd edition, section 5.5.4. Meeker, W. Q., Hahn, G. J. and
Escobar, L. A. (2017) Statistical Intervals, 2nd edition, appendix D.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, cast, get_args

import numpy as np
from scipy.special import expit, logit

from logitkit.design.formula.constraints import parse_hypothesis
from logitkit.engine.law import Law
from logitkit.engine.record import FitRecord
from logitkit.errors import FormulaError, UnsupportedError
from logitkit.inference.delta import Estimates, linear_estimates, wald_estimates
from logitkit.inference.hypotheses.wald import WaldTest, chi_square_of, covariance_root
from logitkit.inference.intervals.simultaneous import (
    Adjustment,
    IntervalAdjustment,
    adjusted_p_values,
    critical_value,
)
from logitkit.typing import FloatArray, IntArray

__all__ = ["Derived", "Scale", "derived"]

Scale = Literal["identity", "log", "logit"]


@dataclass(frozen=True, eq=False)
class Derived:
    """Functions of the coefficients, with all that inference about them needs.

    Parameters
    ----------
    names : tuple of str
        Names of the functions, in tables and in hypotheses.
    value : (m,) array
        Estimates; nan where there is none.
    root : (m, r) array
        A root R of the covariance of the values: R R' is the covariance.
    law : Law
        Reference distribution of estimates over their standard errors.
    level : float
        Confidence level of intervals.
    scale : {'identity', 'log', 'logit'}
        Scale on which intervals are computed.
    null : float or None
        Null value of the tests: 0 for a difference, 1 for a ratio, None for a probability.
    covariance : str
        How the covariance was computed.
    n_clusters : int or None
        Number of clusters behind the covariance.

    Examples
    --------
    The interval of a ratio is not symmetric about it:

    >>> ratio = Derived(("a/b",), np.array([2.0]), np.array([[0.5]]), Law(), 0.95, scale="log", null=1.0)
    >>> found = ratio.estimates()
    >>> bool(np.isclose(found.low[0] * found.high[0], 4.0)), bool(np.isclose(found.statistic[0], np.log(2.0) / 0.25))
    (True, True)
    """

    names: tuple[str, ...]
    value: FloatArray
    root: FloatArray
    law: Law
    level: float
    scale: Scale = "identity"
    null: float | None = 0.0
    covariance: str = ""
    n_clusters: int | None = None

    @property
    def std_error(self) -> FloatArray:
        """Standard errors of the values by the delta method, shape (m,)."""
        return np.asarray(np.linalg.norm(self.root, axis=1))

    @property
    def vcov(self) -> FloatArray:
        """Covariance of the values, shape (m, m)."""
        return np.asarray(self.root @ self.root.T)

    def at(self, places: IntArray) -> Derived:
        """Return some of the functions.

        Parameters
        ----------
        places : (k,) int array
            Positions to select, from 0.

        Returns
        -------
        Derived
            The k selected functions.
        """
        law = self.law.of(np.eye(len(self.names))[places])
        names = tuple(self.names[int(place)] for place in places)
        return replace(self, names=names, value=self.value[places], root=self.root[places], law=law)

    def mapped(
        self,
        names: tuple[str, ...],
        value: FloatArray,
        jacobian: FloatArray,
        scale: Scale = "identity",
        null: float | None = 0.0,
    ) -> Derived:
        """Return functions of these functions, by the chain rule.

        Parameters
        ----------
        names : tuple of str
            k names.
        value : (k,) array
            Their values.
        jacobian : (k, m) array
            Derivatives of the new functions with respect to these functions.
        scale : {'identity', 'log', 'logit'}
            Scale on which their intervals are computed.
        null : float or None
            Null value of their tests.

        Returns
        -------
        Derived
            The k new functions.
        """
        law = self.law.of(jacobian)
        return replace(self, names=names, value=value, root=jacobian @ self.root, law=law, scale=scale, null=null)

    def estimates(self, level: float | None = None, adjust: Adjustment | None = None) -> Estimates:
        """Return the values with standard errors, intervals computed on their scale, and tests of the null value.

        Parameters
        ----------
        level : float, optional
            Confidence level.
        adjust : {'bonferroni', 'holm', 'benjamini-hochberg', 'single-step'}, optional
            Method to adjust the p-values for multiple testing; with ``'bonferroni'`` and ``'single-step'`` the
            intervals are simultaneous too.

        Returns
        -------
        Estimates
            Standard errors are on the scale of the values. Statistics and p-values are computed on the scale of the
            interval, and are missing where there is no null value.
        """
        level, error = self.level if level is None else level, self.std_error
        with np.errstate(divide="ignore", invalid="ignore"):
            forward = self._forward(self.value)
            own = error / self._slope(self.value)
        base = 0.0 if self.null is None else float(self._forward(self.null))
        found = wald_estimates(forward - base, own, level, self.law)
        low, high = self._back(found.low + base), self._back(found.high + base)
        if adjust is not None:
            p_value = adjusted_p_values(found.statistic, found.p_value, self.root, self.law, adjust)
            found = replace(found, p_value=p_value)
        if adjust in get_args(IntervalAdjustment):
            known, how = np.isfinite(found.low), cast("IntervalAdjustment", adjust)
            half = np.full(own.shape, np.nan)
            half[known] = critical_value(self.root[known], self.at(np.flatnonzero(known)).law, level, how)
            low, high = self._back(forward - half * own), self._back(forward + half * own)
        statistic, p_value = found.statistic, found.p_value
        if self.null is None:
            statistic = p_value = np.full(self.value.shape, np.nan)
        return replace(
            found, estimate=self.value, std_error=error, low=low, high=high, statistic=statistic, p_value=p_value
        )

    def test(self, hypothesis: str, level: float | None = None) -> WaldTest:
        """Test linear hypotheses about the values.

        Parameters
        ----------
        hypothesis : str
            Hypotheses in terms of the names of the functions, or of ``b1``, ``b2``, ... for the first, the second, ...:
            ``"b1 = b2"``.
        level : float, optional
            Confidence level of the intervals.

        Returns
        -------
        WaldTest
            Joint test of all hypotheses: chi-square, or F if the covariance has degrees of freedom.

        Raises
        ------
        FormulaError
            For an unknown name, and for contradictory hypotheses.
        UnsupportedError
            If the covariance is rank-deficient.
        """
        numbered = [f"b{k + 1}" for k in range(len(self.names))]
        both = [*self.names, *(name for name in numbered if name not in self.names)]
        left, right, texts = parse_hypothesis(hypothesis, both)
        own = left[:, : len(self.names)]
        for place, name in enumerate(both[len(self.names) :], len(self.names)):
            own[:, numbered.index(name)] += left[:, place]
        used = (own != 0.0).any(axis=0)
        if not np.isfinite(self.value[used]).all():
            missing = [self.names[k] for k in np.flatnonzero(used & ~np.isfinite(self.value))]
            raise UnsupportedError(f"{', '.join(missing)} has no estimate that is finite, and so no test.")
        if np.isnan(self.root[used]).any():
            missing = [self.names[k] for k in np.flatnonzero(used & np.isnan(self.root).any(axis=1))]
            raise UnsupportedError(f"{', '.join(missing)} has no standard error, and so no test.")
        difference = own @ np.where(used, self.value, 0.0) - right
        root = own[:, used] @ self.root[used]
        rank, statistic, contradicted = chi_square_of(difference, root)
        if rank < np.linalg.matrix_rank(own):
            raise UnsupportedError(
                f"The covariance lacks the rank to test {', '.join(texts)} at once: {rank} independent hypotheses can "
                "be."
            )
        if contradicted:
            raise FormulaError(f"The hypotheses {', '.join(texts)} contradict one another.")
        level = self.level if level is None else level
        estimates = linear_estimates(difference, root, root, level, self.law.of(own))
        law = self.law.joint_of(own)
        p_value = float(law.joint(np.array(statistic), np.array(rank)))
        return WaldTest(statistic, rank, p_value, texts, estimates, self.covariance, (), self.n_clusters, law)

    def _forward(self, value: FloatArray | float) -> FloatArray:
        """Return values on the scale of the intervals."""
        with np.errstate(divide="ignore"):
            return np.asarray({"identity": np.asarray, "log": np.log, "logit": logit}[self.scale](value))

    def _slope(self, value: FloatArray) -> FloatArray:
        """Return the derivative of the values by what they are on that scale."""
        if self.scale == "identity":
            return np.ones_like(value)
        return value if self.scale == "log" else np.asarray(value * (1.0 - value))

    def _back(self, value: FloatArray) -> FloatArray:
        """Return the values of what is given on that scale."""
        with np.errstate(over="ignore"):
            return np.asarray({"identity": np.asarray, "log": np.exp, "logit": expit}[self.scale](value))


def derived(
    record: FitRecord,
    names: tuple[str, ...],
    value: FloatArray,
    jacobian: FloatArray,
    *,
    scale: Scale = "identity",
    null: float | None = 0.0,
    level: float | None = None,
) -> Derived:
    """Return functions of the coefficients of a fit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    names : tuple of str
        m names.
    value : (m,) array
        Their values at the estimates.
    jacobian : (m, q) array
        Their derivatives with respect to the coefficients that were solved for.
    scale : {'identity', 'log', 'logit'}
        Scale on which intervals are computed.
    null : float or None
        Null value of the tests; None after a penalty, whose standard errors do not support a test.
    level : float, optional
        Confidence level; by default that of the fit.

    Returns
    -------
    Derived
        The functions, with the covariance of the fit.

    Examples
    --------
    A coefficient is a function of the coefficients:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> unit = np.array([[0.0, 1.0]])
    >>> slope = derived(fit.record, ("x",), unit @ fit.coef, fit.record.coordinates.jacobian(unit))
    >>> bool(np.isclose(slope.estimates().p_value[0], fit.tidy()["p_value"].iloc[1]))
    True
    """
    covariance = record.covariance
    return Derived(
        names,
        np.asarray(value, dtype=np.float64),
        covariance_root(record, jacobian),
        record.law.of(jacobian),
        record.level if level is None else level,
        scale,
        None if record.penalty is not None else null,
        covariance.label,
        covariance.n_clusters,
    )
