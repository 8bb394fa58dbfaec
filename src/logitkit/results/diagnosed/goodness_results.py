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
    """Tests of fit, with a table.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
    >>> fit.goodness_of_fit().to_frame()[["statistic", "dof", "p_value"]].tail(4).astype(float).round(3)
                      statistic  dof  p_value
    name
    link_test            -1.095  NaN    0.274
    box_tidwell           0.940  1.0    0.332
    box_tidwell           0.283  1.0    0.595
    calibration_belt      1.346  NaN    0.246
    """

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
    """The link test, with a table.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
    >>> fit.link_test().to_frame().round(3)
            term  estimate  std_error  statistic  p_value
    0        eta     0.125      0.833      0.150    0.881
    1      eta^2    -0.563      0.515     -1.095    0.274
    2  Intercept    -0.191      0.324     -0.590    0.555
    """

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
    """Box-Tidwell tests, with a table.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
    >>> fit.box_tidwell().to_frame().round(3)
      term  estimate  gamma  power  statistic  dof  p_value
    0  age    -0.039 -0.226  6.791      0.940    1    0.332
    1  lwt    -0.012  0.021 -0.718      0.283    1    0.595
    """

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
    """A calibration belt, with a table and a figure.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> found = lk.logit("low ~ age + lwt + smoke", births[::2]).calibration_belt(births[1::2])
    >>> found.degree, round(found.p_value, 3), found.to_frame().columns.tolist()
    (2, 0.023, ['predicted', 'curve', 'low_80', 'high_80', 'low_95', 'high_95'])
    """

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
    """Coefficients of determination, with a table.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
    >>> fit.pseudo_r2().to_frame().round(3)
                       estimate
    measure
    mcfadden              0.050
    mcfadden_adjusted     0.025
    cox_snell             0.060
    nagelkerke            0.085
    tjur                  0.058
    efron                 0.056
    mckelvey_zavoina      0.091
    """

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
    """Tests of dispersion, with a table.

    Examples
    --------
    >>> import logitkit as lk
    >>> litters = {"dead": [0, 5, 1, 9, 2, 8], "alive": [10, 5, 9, 1, 8, 2], "dose": [0, 0, 1, 1, 2, 2]}
    >>> lk.logit("cbind(dead, alive) ~ dose", litters).dispersion_test().to_frame().iloc[:, :3].round(3)
              statistic  dof  ratio
    test
    pearson      27.444    4  6.861
    deviance     32.019    4  8.005
    """

    def to_frame(self) -> pd.DataFrame:
        """Return one row per statistic.

        Returns
        -------
        pandas.DataFrame
            Columns statistic, dof, ratio and p_value (against overdispersion), indexed by statistic.
        """
        columns = {
            "statistic": [self.pearson, self.deviance],
            "dof": [self.dof, self.dof],
            "ratio": [self.pearson_ratio, self.deviance_ratio],
            "p_value": [self.p_over, self.deviance_p_over],
        }
        return ResultFrame(columns, index=pd.Index(["pearson", "deviance"], name="test"))


def with_table(kind: type[T], found: Any) -> T:
    """Return a result as an instance of a class with tables and figures."""
    return shown(kind(**{field.name: getattr(found, field.name) for field in fields(found)}))
