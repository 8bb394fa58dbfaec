r"""Box and Tidwell's test of whether a column is linear, or should be raised to a power.

The score test of :math:`x \log x` beside a positive column x (``linear_tests.py``). To first order the column
:math:`\beta x^\lambda` is :math:`\beta x + \beta (\lambda - 1)\, x \log x`, so that with :math:`\hat\gamma`, one
step of Newton's method from zero for the coefficient of :math:`x \log x`, the power is about

.. math:: \lambda = 1 + \hat\gamma / \hat\beta .

It is a first step: transform, fit and ask again. Near a coefficient of zero the ratio says nothing.

References
----------
Box, G. E. P. and Tidwell, P. W. (1962) Transformation of the independent variables. Technometrics 4, 531-550.
Hosmer, D. W., Lemeshow, S. and Sturdivant, R. X. (2013) Applied Logistic Regression, 3rd edition, section 4.2.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from logitkit.design.design import Design
from logitkit.diagnostics.fit.conditions import require_event_model, require_testable
from logitkit.diagnostics.fit.linear_tests import PowerColumns, linear_sums
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError, nearest_name
from logitkit.inference.sample import is_sample
from logitkit.options import texts_listed
from logitkit.typing import FloatArray, IntArray

__all__ = ["BoxTidwell", "box_tidwell"]

FEW_VALUES = 3  # a column of so few values is a code, which has no power


@dataclass(frozen=True)
class BoxTidwell:
    """The Box-Tidwell test of each column.

    Parameters
    ----------
    names : tuple of str
        Names of the columns.
    estimate, gamma, power : (k,) array
        Coefficient of the column x, one-step estimate of the coefficient of x log x when it is added, and the power of
        x that these suggest.
    statistic, p_value : (k,) array
        Score statistic, chi-square with one degree of freedom, and its p-value.
    dof : (k,) int array
        Degrees of freedom: one, or zero if the model already contains x log x.
    omitted : tuple of (str, str)
        Columns that were not tested, with the reason.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> box_tidwell(fit.record, fit.design).names
    ('age', 'lwt')
    """

    names: tuple[str, ...]
    estimate: FloatArray
    gamma: FloatArray
    power: FloatArray
    statistic: FloatArray
    p_value: FloatArray
    dof: IntArray
    omitted: tuple[tuple[str, str], ...] = ()


def box_tidwell(record: FitRecord, design: Design, of: Sequence[str] | None = None) -> BoxTidwell:
    """Return the Box-Tidwell test of the continuous columns of a model.

    Parameters
    ----------
    record : FitRecord
        A fit of two outcomes with one linear predictor.
    design : Design
        The rows of the fit.
    of : sequence of str, optional
        Columns to test; by default all columns that are positive and take more than three values.

    Returns
    -------
    BoxTidwell
        One result per column.

    Raises
    ------
    UnsupportedError
        If the rows are not those of the fit, a requested column is not positive, or there is no column to test.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = box_tidwell(fit.record, fit.design, ["lwt"])
    >>> bool(np.isclose(found.power[0], 1.0 + found.gamma[0] / fit.coef["lwt"]))
    True
    """
    own = is_sample(record, design)
    require_testable(record, design, own)
    require_event_model(record, "Box and Tidwell's test")
    if not own:
        raise UnsupportedError(
            "Box and Tidwell's test adds a column to the fit: ask it of the rows of the fit, or fit the new rows."
        )
    names, omitted, places = record.info.names, [], []
    extremes = design.reduce(_Looking(tuple(_single_columns(record))), _Looked.plus)
    asked = names if of is None else [_named(name, names) for name in texts_listed("of", of)]
    for name in asked:
        place = names.index(name)
        why = extremes.why_not(place)
        if why and of is not None:
            raise UnsupportedError(f"Box and Tidwell's test of {name!r} has no answer: {why}.")
        if not why:
            places.append(place)
        elif place in extremes.columns and "values" not in why:
            omitted.append((name, why))
    if not places:
        raise UnsupportedError("No column of the model is a positive variable of more than three values.")
    centres = tuple(extremes.centre(place) for place in places)
    sums = linear_sums(record, design, True, (PowerColumns(tuple(places), centres),))
    each = [sums.of(slice(k, k + 1)) for k in range(len(places))]
    found = [one.chi_square() for one in each]
    statistic, dof = np.array([one for one, _ in found]), np.array([one for _, one in found], dtype=np.int64)
    variance = np.array([float(one.covariance[0, 0]) for one in each])
    gamma = np.where(dof > 0, sums.value / np.where(dof > 0, variance, 1.0), np.nan)
    estimate = record.coef[places]
    return BoxTidwell(
        names=tuple(names[place] for place in places),
        estimate=estimate,
        gamma=gamma,
        power=1.0 + gamma / estimate,
        statistic=statistic,
        p_value=np.where(dof > 0, chdtrc(1, statistic), np.nan),
        dof=dof,
        omitted=tuple(omitted),
    )


def _single_columns(record: FitRecord) -> list[int]:
    """Return the columns that are a term by themselves and were estimated."""
    info = record.info
    coded = {term.columns[0] for term in info.terms if len(term.columns) == 1 and ":" not in term.name}
    return [place for place in sorted(coded) if place != info.intercept and place not in record.aliased]


def _named(name: str, names: Sequence[str]) -> str:
    """Return a name of a column, or say which is near."""
    if name not in names:
        raise DataError(f"{name!r} is no column of the model. {nearest_name(str(name), tuple(names))}")
    return name


@dataclass(frozen=True)
class _Looked:
    """Least value, sum of values, rows and some distinct values of columns."""

    columns: tuple[int, ...]
    least: FloatArray
    total: FloatArray
    n_rows: int
    values: tuple[frozenset[float], ...]

    def plus(self, other: _Looked) -> _Looked:
        """Return what is known of the rows of both."""
        both = zip(self.values, other.values, strict=True)
        return _Looked(
            self.columns,
            np.minimum(self.least, other.least),
            self.total + other.total,
            self.n_rows + other.n_rows,
            tuple(one if len(one) > FEW_VALUES else one | more for one, more in both),
        )

    def why_not(self, place: int) -> str:
        """Return why a column has no power; empty where it has."""
        if place not in self.columns:
            return "it is no variable that enters the model by one column of its own"
        j = self.columns.index(place)
        if len(self.values[j]) <= FEW_VALUES:
            return "it takes three values or fewer"
        return "" if self.least[j] > 0.0 else "it is not positive in all rows, and has no logarithm there"

    def centre(self, place: int) -> float:
        """Return the mean of a column."""
        return float(self.total[self.columns.index(place)] / self.n_rows)


@dataclass(frozen=True)
class _Looking:
    """Looks at columns of some rows."""

    columns: tuple[int, ...]

    def __call__(self, part: Design) -> _Looked:
        """Return what is known of these rows."""
        used = part.response.weights > 0.0
        least, total, values = [], [], []
        for place in self.columns:
            unit = np.zeros(part.matrix.n_columns)
            unit[place] = 1.0
            x = part.matrix.matvec(unit)[used]
            least.append(x.min(initial=np.inf))
            total.append(x.sum())
            few = np.unique(x[:1000])
            few = few if few.size > FEW_VALUES else np.unique(x)
            values.append(frozenset(few[: FEW_VALUES + 1].tolist()))
        return _Looked(self.columns, np.array(least), np.array(total), int(used.sum()), tuple(values))
