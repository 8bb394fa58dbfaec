"""The coefficients of a fit with pandas labels, and intervals by the name of the method."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.verbs import require
from logitkit.report import tidy
from logitkit.report.frames import ResultFrame
from logitkit.results.model import Model
from logitkit.typing import FloatArray

__all__ = ["Estimates", "interval_frame"]


class Estimates(Model):
    """A record of a model of two outcomes, with its coefficients by name.

    Parameters
    ----------
    record : FitRecord
        Everything that is known after the fit.
    design : Design, optional
        The rows of the fit.
    """

    record: FitRecord

    def __init__(self, record: FitRecord, design: Design | None = None) -> None:
        super().__init__(record, design)

    @property
    def coef(self) -> pd.Series:
        """Coefficients by name; infinite under separation, nan where aliased or undetermined."""
        return self._named(self.record.coef, "coef")

    @property
    def std_error(self) -> pd.Series:
        """Standard errors by name, after a ridge or a prior those of the posterior; nan where there is none."""
        return self._named(self.record.std_error, "std_error")

    def _named(self, values: FloatArray, name: str) -> pd.Series:
        return pd.Series(values.copy(), self.record.names, name=name)


def interval_frame(record: FitRecord, rows: Callable[[], Design], method: str, level: float | None) -> pd.DataFrame:
    """Return intervals of the coefficients: conf_low, conf_high."""
    if method == "bootstrap":
        require(record, "bootstrap")
        from logitkit.inference.bootstrap_intervals import standard_intervals

        found = standard_intervals(record, rows(), level)
        columns = pd.Index(["conf_low", "conf_high"], name=found.label)
        return ResultFrame(np.column_stack([found.low, found.high]), tidy.coefficient_index(record), columns)
    if method in ("profile", "score"):
        raise UnsupportedError(f"method={method!r} is not offered in this version; use 'wald' or 'bootstrap'.")
    if method != "wald":
        raise DataError(f"method={method!r} is not known; use 'wald' or 'bootstrap'.")
    require(record, "confint")
    return tidy.confint_frame(record, level=level)
