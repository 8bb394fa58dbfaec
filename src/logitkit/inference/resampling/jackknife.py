r"""The jackknife: each row, observation or cluster is left out in turn, for bias and standard errors.

See ``docs/maths/resampling.md``, equations 8 to 10 and 17.

References
----------
Efron, B. and Tibshirani, R. J. (1993) An Introduction to the Bootstrap, chapter 11 and section 14.3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, Self

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.law import Law
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError
from logitkit.inference.resampling.left_out import left_out_refits, without_unit
from logitkit.inference.resampling.refits import Refits
from logitkit.inference.resampling.resampling import function_values
from logitkit.inference.resampling.units import Units, prior_weights, resampling_kind, units_of
from logitkit.inference.verbs import require
from logitkit.numerics.once import once
from logitkit.typing import BoolArray, FloatArray

__all__ = ["Jackknife", "jackknife", "left_out_weights"]

JackknifeKind = Literal["rows", "cluster"]


@dataclass(frozen=True)
class Jackknife:
    """Estimates with one unit left out.

    Parameters
    ----------
    names : tuple of str
        Names of the p coefficients, or of linear functions of them.
    estimate : (p,) array
        Estimates of the fit.
    refits : Refits
        One refit per unit, in the order of the rows or of the clusters' first rows.
    multiplicity : (m,) array
        Number of observations that each refit represents: frequency weights, otherwise 1.
    unit : str
        The unit that is left out, in words.
    level : float
        Confidence level of the fit.

    Examples
    --------
    For a proportion, leaving out an event lowers the logit:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [0, 0, 1, 1, 1]})
    >>> jackknife(fit.record, fit.design).replicates.ravel().round(3).tolist()
    [1.099, 1.099, 0.0, 0.0, 0.0]
    """

    names: tuple[str, ...]
    estimate: FloatArray = field(repr=False)
    refits: Refits = field(repr=False)
    multiplicity: FloatArray = field(repr=False)
    unit: str
    level: float = 0.95

    @property
    def replicates(self) -> FloatArray:
        """Estimates without each unit, shape (m, p)."""
        return self.refits.coef

    @property
    def n_units(self) -> int:
        """Number of units, with observations counted one by one."""
        return int(self.multiplicity.sum())

    @once
    def deviations(self) -> FloatArray:
        """Mean of the replicates less each replicate, shape (m, p); nan in a column with a replicate not finite."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.multiplicity @ self.replicates / self.n_units - self.replicates)

    @property
    def bias(self) -> FloatArray:
        """Jackknife estimate of bias, shape (p,): equation 8; nan where a replicate is not finite."""
        with np.errstate(invalid="ignore"):
            mean = self.multiplicity @ self.replicates / self.n_units
        return np.where(self._known, (self.n_units - 1) * (mean - self.estimate), np.nan)

    @property
    def std_error(self) -> FloatArray:
        """Jackknife standard error, shape (p,): equation 9; nan where a replicate is not finite."""
        squares = self.multiplicity @ self.deviations**2
        return np.where(self._known, np.sqrt((self.n_units - 1) / self.n_units * squares), np.nan)

    @property
    def acceleration(self) -> FloatArray:
        """Skewness of the influence divided by six, shape (p,): equation 10; nan where a replicate is not finite."""
        cubes, squares = (self.multiplicity @ self.deviations**power for power in (3, 2))
        return np.where(
            self._known & (squares > 0.0), cubes / (6.0 * np.where(squares > 0.0, squares, 1.0) ** 1.5), np.nan
        )

    def intervals(self, level: float | None = None) -> tuple[FloatArray, FloatArray]:
        """Return the estimate plus and minus a quantile of t times the standard error, two arrays of shape (p,).

        Parameters
        ----------
        level : float, optional
            Confidence level; by default that of the fit.

        Returns
        -------
        low, high : (p,) array
            Limits from t with one degree of freedom fewer than there are units: equation 17; nan where a replicate is
            not finite.
        """
        level = self.level if level is None else level
        half = Law(self.n_units - 1.0).quantile(level) * self.std_error
        return np.asarray(self.estimate - half), np.asarray(self.estimate + half)

    def functions(self, names: tuple[str, ...], functions: FloatArray, constant: FloatArray) -> Self:
        """Return the same jackknife of linear functions of the coefficients.

        Parameters
        ----------
        names : tuple of str
            m names.
        functions : (m, p) array
            One row per function.
        constant : (m,) array
            Constants that are added to them.

        Returns
        -------
        Jackknife
            The jackknife of m functions.
        """
        estimate = function_values(functions, self.estimate) + constant
        return replace(self, names=names, estimate=estimate, refits=self.refits.functions(functions, constant))

    @property
    def _known(self) -> BoolArray:
        return np.asarray(np.isfinite(self.replicates).all(axis=0))


def jackknife(record: FitRecord, design: Design, *, kind: JackknifeKind | None = None) -> Jackknife:
    """Fit the model without each unit in turn.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        The rows of the fit; from rows with a frequency weight, one observation is left out.
    kind : {'rows', 'cluster'}, optional
        The unit that is left out. The default is clusters if the fit has them, otherwise rows.

    Returns
    -------
    Jackknife
        One refit per unit.

    Raises
    ------
    SeparationError, ConvergenceError
        If the fit has no finite estimate to begin with.
    UnsupportedError
        For single rows of clusters that may be dependent, and after a penalty.

    Examples
    --------
    The jackknife standard error is close to that of the sandwich:

    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = jackknife(fit.record, fit.design)
    >>> bool(np.all(np.abs(found.std_error / fit.std_error - 1) < 0.1))
    True
    """
    require(record, "jackknife")
    chosen = resampling_kind(design, kind)
    if chosen in ("parametric", "bayesian"):
        raise DataError(f"kind={kind!r} is not known; use 'rows' or 'cluster'.")
    units = units_of(design, "cluster" if chosen == "cluster" else "rows")
    refits = left_out_refits(record, design, units)
    return Jackknife(record.names, record.coef, refits, units.multiplicity, units.word, record.level)


def left_out_weights(design: Design, kind: JackknifeKind) -> tuple[Units, Callable[[int], FloatArray]]:
    """Return the units of a jackknife, and the prior weights without each of them.

    Parameters
    ----------
    design : Design
        Rows of the fit.
    kind : {'rows', 'cluster'}
        The unit that is left out.

    Returns
    -------
    units : Units
        Units in the order of the rows, or of the clusters' first rows.
    without : callable
        Function of a number that returns weights, (n_rows,).

    Examples
    --------
    >>> import logitkit as lk
    >>> _, without = left_out_weights(lk.logit("y ~ 1", {"y": [0, 0, 1, 1, 1]}).design, "rows")
    >>> without(1).tolist()
    [1.0, 0.0, 1.0, 1.0, 1.0]
    """
    units = units_of(design, kind)
    return units, without_unit(units, prior_weights(design))
