"""Profile likelihoods, with a table and a figure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import logitkit.report.profile  # noqa: F401 - says how these results are shown
from logitkit.inference.intervals.asked import asked_functions
from logitkit.inference.intervals.curves import Profile, profile_of
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.documented import extends_base
from logitkit.results.shown import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logitkit.results.quantities import Quantities

__all__ = ["ProfileResult", "profile_fit"]


@extends_base
@dataclass(frozen=True, eq=False)
class ProfileResult(Profile):
    """Profile likelihoods of a fit, with a table and a figure.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ lwt + smoke", lk.datasets.load_lbw())
    >>> found = fit.profile("smoke")
    >>> found.low.round(3).tolist(), found.high.round(3).tolist()
    ([0.041], [1.317])
    """

    def to_frame(self) -> pd.DataFrame:
        """Return the profile likelihood curves, one row per point.

        Returns
        -------
        pandas.DataFrame
            Columns function, value, root (the signed root) and statistic (its square, the likelihood-ratio statistic).
        """
        known = np.isfinite(self.values)
        names = np.repeat(np.array(self.names, dtype=object), self.values.shape[1])[known.reshape(-1)]
        roots = self.roots[known]
        return ResultFrame({"function": names, "value": self.values[known], "root": roots, "statistic": roots**2})

    def plot(self, ax: Any = None, *, title: str = "") -> Any:
        """Draw the curve of one function, or the curves of several in units of standard errors.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on; those of a new figure by default.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            For one function, the likelihood-ratio statistic with the interval shaded. For several, the signed roots,
            with a dashed straight line that Wald intervals assume.
        """
        from logitkit.plots.profile import plot_profile

        return plot_profile(self, ax, title=title)


def profile_fit(fit: Quantities, of: str | Sequence[str] | None, level: float | None) -> ProfileResult:
    """Return the profile likelihoods of a fit."""
    found = profile_of(fit.record, fit.design, asked_functions(fit.record, of), level)
    result: ProfileResult = shown(ProfileResult(**{field.name: getattr(found, field.name) for field in fields(found)}))
    return result
