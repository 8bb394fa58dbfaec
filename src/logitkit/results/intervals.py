"""Confidence intervals of coefficients by the name of the method."""

from __future__ import annotations

import numpy as np
import pandas as pd

from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.verbs import require
from logitkit.report import tidy
from logitkit.report.frames import ResultFrame
from logitkit.results.rows import Rows

__all__ = ["interval_frame"]


def interval_frame(record: FitRecord, own: Rows, method: str, level: float | None) -> pd.DataFrame:
    """Return intervals of the coefficients: conf_low, conf_high."""
    if method == "bootstrap":
        require(record, "bootstrap")
        from logitkit.inference.intervals.bootstrap_intervals import standard_intervals

        found = standard_intervals(record, own.design, level)
        columns = pd.Index(["conf_low", "conf_high"], name=found.label)
        return ResultFrame(np.column_stack([found.low, found.high]), tidy.coefficient_index(record), columns)
    if method in ("profile", "score"):
        raise UnsupportedError(f"method={method!r} is not offered in this version; use 'wald' or 'bootstrap'.")
    if method != "wald":
        raise DataError(f"method={method!r} is not known; use 'wald' or 'bootstrap'.")
    require(record, "confint")
    return tidy.confint_frame(record, level=level)
