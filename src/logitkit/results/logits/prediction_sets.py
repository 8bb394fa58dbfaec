"""Conformal sets and their coverage, with tables and figures."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

import logitkit.report.findings.prediction_sets  # noqa: F401 - says how these results are shown
from logitkit.logits.conformal_sets.judged import Coverage
from logitkit.logits.conformal_sets.predictor import Conformal
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.cards.validated import Pickled
from logitkit.results.documented import extends_base
from logitkit.results.shown import Shown

__all__ = ["ConformalSets", "SetCoverage", "held_sets"]


@extends_base
@dataclass(frozen=True, eq=False, repr=False)
class SetCoverage(Pickled, Shown, Coverage):
    """Coverage and sizes of sets, on rows that were not used for the thresholds.

    Examples
    --------
    >>> import numpy as np
    >>> import logitkit as lk
    >>> rng = np.random.default_rng(1)
    >>> logits, y = rng.normal(size=(200, 3)), rng.integers(0, 3, 200)
    >>> found = lk.logits.conformal(logits[:100], y[:100], level=0.8).coverage(logits[100:], y[100:])
    >>> found.n, found.covered, round(found.mean_size, 2)
    (100, 73, 2.31)
    """

    def to_frame(self) -> pd.DataFrame:
        """Return one row for all rows and one per outcome.

        Returns
        -------
        pandas.DataFrame
            Columns outcome, n, coverage, conf_low, conf_high, mean_size.
        """
        every = np.array([[self.n, self.coverage, self.low, self.high, self.mean_size]])
        table = np.vstack([every, self.by_outcome])
        names = ["all", *(str(j) for j in range(len(self.by_outcome)))]
        frame = ResultFrame(table, columns=["n", "coverage", "conf_low", "conf_high", "mean_size"])
        frame.insert(0, "outcome", names)
        return frame.astype({"n": np.int64})

    def plot(self, ax: Any = None, *, title: str = "") -> Any:
        """Draw the coverage of each outcome with its limits, and the guaranteed level.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on; those of a new figure by default.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The plot, with one mark per outcome.
        """
        from logitkit.plots.set_coverage import plot_set_coverage

        return plot_set_coverage(self, ax, title=title)

    def plot_sizes(self, ax: Any = None, *, title: str = "") -> Any:
        """Draw the number of rows by size of their sets.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on; those of a new figure by default.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The plot, with one bar per size.
        """
        from logitkit.plots.set_coverage import plot_set_sizes

        return plot_set_sizes(self, ax, title=title)


@extends_base
@dataclass(frozen=True, eq=False, repr=False)
class ConformalSets(Pickled, Shown, Conformal):
    """Sets of outcomes that contain the true outcome with at least a stated probability.

    Examples
    --------
    Sets can be stored, and used for new rows elsewhere:

    >>> found = ConformalSets("split", 0.9, 3, False, np.log([0.2]), np.array([99]))
    >>> again = ConformalSets.from_dict(found.to_dict())
    >>> again.sets(np.log([[0.6, 0.3, 0.1]])).tolist()
    [[True, True, False]]
    """

    def to_frame(self) -> pd.DataFrame:
        """Return the thresholds: one row for all outcomes, or one row per outcome with ``method='class'``.

        Returns
        -------
        pandas.DataFrame
            Columns outcome, n (rows used for the threshold), threshold, conf_low and conf_high. In 95% of samples of n
            rows, the coverage lies between these two limits; they are missing if rows have weights.
        """
        low, high = self.coverage_law().T if self.weighted is None else (np.full(self.n.size, np.nan),) * 2
        names = [str(j) for j in range(self.n.size)] if self.method == "class" else ["all"]
        columns: dict[str, Any] = {"outcome": names, "n": self.n, "threshold": np.atleast_1d(self.threshold)}
        return ResultFrame(columns | {"conf_low": low, "conf_high": high})

    def coverage(self, logits: Any, y: Any, *, level: float = 0.95, weights: Any = None) -> SetCoverage:
        """Return how often the sets of other rows contain the outcome, and the expected coverage."""
        found = Conformal.coverage(self, logits, y, level=level, weights=weights)
        return SetCoverage(**{field.name: getattr(found, field.name) for field in fields(found)})


def held_sets(found: Conformal) -> ConformalSets:
    """Return sets with their tables and figures."""
    return ConformalSets(**{field.name: getattr(found, field.name) for field in fields(found)})
