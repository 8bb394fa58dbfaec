"""Results of diagnostics, with tables and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from logitkit.diagnostics.calibration.corp import Reliability
from logitkit.diagnostics.calibration.curve import Calibration
from logitkit.diagnostics.discrimination.classification import Classification
from logitkit.diagnostics.discrimination.curves import Discrimination
from logitkit.diagnostics.fit.hosmer_lemeshow import HosmerLemeshow
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.documented import extends_base

__all__ = [
    "CalibrationResult",
    "ClassificationResult",
    "DiscriminationResult",
    "HosmerLemeshowResult",
    "ReliabilityResult",
]


@extends_base
@dataclass(frozen=True, eq=False)
class HosmerLemeshowResult(HosmerLemeshow):
    """The Hosmer-Lemeshow test, with a table of its groups.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
    >>> found = fit.hosmer_lemeshow()
    >>> round(float(found.statistic), 3), found.dof, round(float(found.p_value), 3)
    (7.515, 8, 0.482)
    """

    def to_frame(self) -> pd.DataFrame:
        """Return one row per group or, with several outcomes, per group and outcome.

        Returns
        -------
        pandas.DataFrame
            Columns group, lowest, highest, n, observed, expected; with several outcomes, also outcome.
        """
        count = self.size.size
        columns: dict[str, Any] = {
            "group": np.arange(1, count + 1),
            "lowest": self.lowest,
            "highest": self.highest,
            "n": self.size,
        }
        if self.of_event:
            return ResultFrame({**columns, "observed": self.observed, "expected": self.expected})
        several = {name: np.repeat(values, len(self.outcomes)) for name, values in columns.items()}
        several["outcome"] = np.tile(np.array(self.outcomes, dtype=object), count)
        return ResultFrame({**several, "observed": self.observed.T.ravel(), "expected": self.expected.T.ravel()})


@extends_base
@dataclass(frozen=True, eq=False)
class DiscriminationResult(Discrimination):
    """Areas under ROC curves, with a table and a figure.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
    >>> found = fit.discrimination()
    >>> round(found.auc, 3), round(found.gini, 3), round(found.ks, 3)
    (0.653, 0.306, 0.29)
    """

    def to_frame(self) -> pd.DataFrame:
        """Return the points of the curve or, with several outcomes, of all curves one after another.

        Returns
        -------
        pandas.DataFrame
            Columns threshold, fpr, tpr; with several outcomes, also outcome.
        """
        parts = [
            pd.DataFrame({"outcome": name, "threshold": curve.thresholds, "fpr": curve.fpr, "tpr": curve.tpr})
            for name, curve in self.curves.items()
        ]
        frame = pd.concat(parts, ignore_index=True)
        return ResultFrame(frame.drop(columns="outcome") if self.of_event else frame)

    def plot(
        self,
        ax: Any = None,
        *,
        label: str | None = None,
        color: str | None = None,
        outcomes: Sequence[Any] | None = None,
        title: str = "",
    ) -> Any:
        """Draw the ROC curve of the event, or of each of several outcomes against the rest.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on; those of a new figure by default.
        label : str, optional
            Name of the curve of an event in a legend; labelled curves can share ``ax``.
        color : str, optional
            Colour of the curve of an event.
        outcomes : sequence, optional
            With several outcomes, those to draw.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The figure of ``fit.plot.roc()``.
        """
        from logitkit.plots.roc import plot_roc

        places = _places(outcomes, self.outcomes)
        return plot_roc(self, ax, title=title, label=label, color=color, outcomes=places)


@extends_base
@dataclass(frozen=True, eq=False)
class ClassificationResult(Classification):
    """A confusion table with measures derived from it.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
    >>> found = fit.classification(threshold=0.3)
    >>> found.confusion.astype(int).tolist(), round(found.accuracy, 3)
    ([[76, 54], [19, 40]], 0.614)
    """

    def to_frame(self) -> pd.DataFrame:
        """Return the confusion table.

        Returns
        -------
        pandas.DataFrame
            One row per observed outcome, one column per predicted one.
        """
        names = pd.Index(self.outcomes, name="observed")
        return ResultFrame(self.confusion, index=names, columns=pd.Index(self.outcomes, name="predicted"))


@extends_base
@dataclass(frozen=True, eq=False)
class CalibrationResult(Calibration):
    """A calibration, with a table of its bins and a figure.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> found = lk.logit("low ~ age + lwt + smoke", births[::2]).calibration(births[1::2])
    >>> round(float(found.intercept), 3), round(float(found.slope), 3), round(found.brier, 3)
    (0.071, 0.142, 0.234)
    """

    def to_frame(self) -> pd.DataFrame:
        """Return one row per bin; with several outcomes, those of one outcome after another.

        Returns
        -------
        pandas.DataFrame
            Columns n, predicted, observed, conf_low, conf_high; with several outcomes, also outcome.
        """
        names = self.outcomes[1:] if len(self.tables) == 1 else self.outcomes
        parts = [
            pd.DataFrame(
                {
                    "outcome": name,
                    "n": table.n,
                    "predicted": table.predicted,
                    "observed": table.observed,
                    "conf_low": table.low,
                    "conf_high": table.high,
                }
            )
            for name, table in zip(names, self.tables, strict=True)
        ]
        frame = pd.concat(parts, ignore_index=True)
        return ResultFrame(frame.drop(columns="outcome") if len(self.tables) == 1 else frame)

    def plot(
        self,
        ax: Any = None,
        *,
        label: str | None = None,
        color: str | None = None,
        outcomes: Sequence[Any] | None = None,
        title: str = "",
    ) -> Any:
        """Draw observed rates against predicted probabilities.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on; those of a new figure by default.
        label : str, optional
            Name of the points of an event in a legend; labelled points can share ``ax``.
        color : str, optional
            Colour of the points of an event.
        outcomes : sequence, optional
            With several outcomes, those to draw.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The figure of ``fit.plot.calibration()``.
        """
        from logitkit.plots.calibration import plot_calibration

        places = _places(outcomes, self.outcomes)
        return plot_calibration(self, ax, title=title, label=label, color=color, outcomes=places)


@extends_base
@dataclass(frozen=True, eq=False)
class ReliabilityResult(Reliability):
    """Isotonic rates, with a table of their blocks and a figure.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> found = lk.logit("low ~ age + lwt + smoke", births[::2]).reliability(births[1::2], resamples=50)
    >>> found.to_frame().head(2).round(3)
       lowest  highest  observed     n
    0   0.041    0.123     0.000   7.0
    1   0.127    0.291     0.271  48.0
    """

    def to_frame(self) -> pd.DataFrame:
        """Return one row per block of predictions with the same isotonic rate.

        Returns
        -------
        pandas.DataFrame
            Columns lowest, highest, observed and n.
        """
        return ResultFrame({"lowest": self.first, "highest": self.last, "observed": self.observed, "n": self.n})

    def plot(self, ax: Any = None, *, color: str | None = None, title: str = "") -> Any:
        """Draw the isotonic rates with a band.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on; those of a new figure by default.
        color : str, optional
            Colour of the isotonic rates.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The figure of ``fit.plot.reliability()``.
        """
        from logitkit.plots.reliability import plot_reliability

        return plot_reliability(self, ax, title=title, color=color)


def _places(outcomes: Sequence[Any] | None, names: tuple[str, ...]) -> list[int] | None:
    """Return the places of outcomes."""
    if outcomes is None:
        return None
    from logitkit.errors import UnsupportedError, nearest_name

    found = [str(each) for each in ([outcomes] if isinstance(outcomes, str) else outcomes)]
    for name in found:
        if name not in names:
            raise UnsupportedError(f"There is no outcome {name!r}. {nearest_name(name, names)}")
    return [names.index(name) for name in found]
