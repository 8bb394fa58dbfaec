"""Remedies for separation and small-sample bias, with a table."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import logitkit.report.remedies  # noqa: F401 - says how these results are shown
from logitkit.inference.bias.remedies import Remedies, remedies
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.documented import extends_base
from logitkit.results.shown import shown

if TYPE_CHECKING:
    from logitkit.results.quantities import Quantities

__all__ = ["RemediesResult", "remedies_of"]


@extends_base
@dataclass(frozen=True, eq=False)
class RemediesResult(Remedies):
    """Several ways to fit a model, compared in a table.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 0, 1, 1, 1], "x": [1, 2, 3, 4, 5, 6]})
    >>> fit.remedies().to_frame().iloc[:, :3].round(2)
            term                 fit  estimate
    0  Intercept  Maximum likelihood      -inf
    1  Intercept               Firth     -3.95
    2  Intercept                FLIC     -3.95
    3  Intercept         log-F(1, 1)     -7.50
    4          x  Maximum likelihood       inf
    5          x               Firth      1.13
    6          x                FLIC      1.13
    7          x         log-F(1, 1)      2.14
    """

    def to_frame(self) -> pd.DataFrame:
        """Return the estimates, one row per coefficient and fit.

        Returns
        -------
        pandas.DataFrame
            Columns term, fit, estimate, conf_low, conf_high.
        """
        values = np.array([[fit.estimate, fit.low, fit.high] for fit in self.fits])  # (fits, 3, p)
        table = values.transpose(2, 0, 1).reshape(-1, 3)
        columns = dict(zip(("estimate", "conf_low", "conf_high"), table.T, strict=True))
        terms = [term for term in self.terms for _ in self.fits]
        return ResultFrame({"term": terms, "fit": [fit.name for fit in self.fits] * len(self.terms)} | columns)


def remedies_of(fit: Quantities, level: float | None) -> RemediesResult:
    """Return the remedies of a fit."""
    found = remedies(fit.record, fit.design, level)
    result: RemediesResult = shown(
        RemediesResult(**{field.name: getattr(found, field.name) for field in fields(found)})
    )
    return result
