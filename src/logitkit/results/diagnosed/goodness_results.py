"""Tests of fit with their tables and figures."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, TypeVar

import pandas as pd

import logitkit.report.findings.goodness  # noqa: F401 - says how these results are shown
from logitkit.diagnostics.fit.belt import CalibrationBelt
from logitkit.diagnostics.fit.box_tidwell import BoxTidwell
from logitkit.diagnostics.fit.link_test import LinkTest
from logitkit.diagnostics.fit.overdispersion import DispersionTest
from logitkit.diagnostics.fit.panel import GoodnessOfFit
from logitkit.diagnostics.fit.r_squared import PseudoRSquared
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.documented import extends_base
from logitkit.results.shown import shown

__all__ = [
    "BoxTidwellResult",
    "CalibrationBeltResult",
    "DispersionTestResult",
    "GoodnessOfFitResult",
    "LinkTestResult",
    "PseudoRSquaredResult",
    "with_table",
]

T = TypeVar("T")


@extends_base
@dataclass(frozen=True, eq=False)
class GoodnessOfFitResult(GoodnessOfFit):
    """Tests of fit, with a table."""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per test.

        Returns
        -------
        pandas.DataFrame
            Columns test, statistic, dof, p_value, null (the distribution under the model) and note, indexed by the name
            of the test.
        """
        columns = {
            "test": [test.label for test in self.tests],
            "statistic": [test.statistic for test in self.tests],
            "dof": [test.dof for test in self.tests],
            "p_value": [test.p_value for test in self.tests],
            "null": [test.null for test in self.tests],
            "note": [test.note for test in self.tests],
        }
        return ResultFrame(columns, index=pd.Index([test.name for test in self.tests], name="name"))


@extends_base
@dataclass(frozen=True, eq=False)
class LinkTestResult(LinkTest):
    """The link test, with a table."""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per coefficient.

        Returns
        -------
        pandas.DataFrame
            Columns term, estimate, std_error, statistic and p_value.
        """
        columns = {
            "term": list(self.terms),
            "estimate": self.estimate,
            "std_error": self.std_error,
            "statistic": self.z,
            "p_value": self.p_values,
        }
        return ResultFrame(columns)


@extends_base
@dataclass(frozen=True, eq=False)
class BoxTidwellResult(BoxTidwell):
    """Box and Tidwell's tests, with a table."""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per column of the model.

        Returns
        -------
        pandas.DataFrame
            Columns term, estimate, gamma, power, statistic, dof and p_value.
        """
        columns = {
            "term": list(self.names),
            "estimate": self.estimate,
            "gamma": self.gamma,
            "power": self.power,
            "statistic": self.statistic,
            "dof": self.dof,
            "p_value": self.p_value,
        }
        return ResultFrame(columns)


@extends_base
@dataclass(frozen=True, eq=False)
class CalibrationBeltResult(CalibrationBelt):
    """A calibration belt, with a table and a figure."""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per predicted probability.

        Returns
        -------
        pandas.DataFrame
            Columns predicted, curve and, for each level, low and high with the level in percent.
        """
        columns = {"predicted": self.predicted, "curve": self.curve}
        for belt in self.belts:
            percent = f"{100 * belt.level:g}"
            columns |= {f"low_{percent}": belt.low, f"high_{percent}": belt.high}
        return ResultFrame(columns)

    def plot(self, ax: Any = None, *, title: str = "") -> Any:
        """Draw the belt.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on; those of a new figure by default.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The plot.
        """
        from logitkit.plots.calibration_belt import plot_calibration_belt

        return plot_calibration_belt(self, ax, title=title)


@extends_base
@dataclass(frozen=True, eq=False)
class PseudoRSquaredResult(PseudoRSquared):
    """Coefficients of determination, with a table."""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per coefficient.

        Returns
        -------
        pandas.DataFrame
            Column estimate, indexed by name.
        """
        names = [field.name for field in fields(self) if field.name != "in_sample"]
        return ResultFrame({"estimate": [getattr(self, name) for name in names]}, index=pd.Index(names, name="measure"))


@extends_base
@dataclass(frozen=True, eq=False)
class DispersionTestResult(DispersionTest):
    """Tests of dispersion, with a table."""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per statistic.

        Returns
        -------
        pandas.DataFrame
            Columns statistic, dof, ratio and p_value (of more dispersion than the model has), indexed by statistic.
        """
        columns = {
            "statistic": [self.pearson, self.deviance],
            "dof": [self.dof, self.dof],
            "ratio": [self.pearson_ratio, self.deviance_ratio],
            "p_value": [self.p_over, self.deviance_p_over],
        }
        return ResultFrame(columns, index=pd.Index(["pearson", "deviance"], name="test"))


def with_table(kind: type[T], found: Any) -> T:
    """Return a result as one of a kind that has tables and figures too."""
    return shown(kind(**{field.name: getattr(found, field.name) for field in fields(found)}))
