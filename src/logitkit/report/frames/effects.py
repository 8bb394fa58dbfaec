"""Effects and contrasts of profiles as data frames."""

from __future__ import annotations

import numpy as np
import pandas as pd

from logitkit.inference.effects.comparisons import Effects
from logitkit.inference.effects.profiles import ProfileContrast
from logitkit.inference.intervals.simultaneous import IntervalAdjustment
from logitkit.report.frames.shown import ResultFrame

__all__ = ["effects_frame", "profile_contrast_frame"]

COLUMNS = ("estimate", "std_error", "p_value", "conf_low", "conf_high")


def effects_frame(
    result: Effects, level: float | None = None, adjust: IntervalAdjustment | None = None
) -> pd.DataFrame:
    """Return effects, one row each."""
    found = result.estimates(level, adjust)
    return ResultFrame(
        {
            **{head: list(cells) for head, cells in result.labels},
            "estimate": found.estimate,
            "std_error": found.std_error,
            "statistic": found.statistic,
            "p_value": found.p_value,
            "conf_low": found.low,
            "conf_high": found.high,
        }
    )


def profile_contrast_frame(result: ProfileContrast) -> pd.DataFrame:
    """Return two profiles compared, one row per outcome and quantity."""
    both, needed = result.estimates("probability"), result.needed()
    count = max(len(result.outcomes), 1)
    first, second = both.at(np.arange(count)), both.at(np.arange(count, 2 * count))
    quantities = [
        ("probability of a", first),
        ("probability of b", second),
        *((quantity, result.estimates(quantity)) for quantity in ("risk difference", "risk ratio", "odds ratio")),
    ]
    rows = []
    for k in range(count):
        outcome = {"outcome": result.outcomes[k]} if result.outcomes else {}
        table: list[tuple[str, tuple[float, ...], bool]] = [
            (name, (found.estimate[k], found.std_error[k], found.p_value[k], found.low[k], found.high[k]), False)
            for name, found in quantities
        ]
        ends = (needed.estimate[k], np.nan, np.nan, needed.low[k], needed.high[k])
        table.append(("number needed", ends, bool(needed.through_infinity[k])))
        for name, numbers, through in table:
            cells = dict(zip(COLUMNS, numbers, strict=True))
            rows.append({**outcome, "quantity": name, **cells, "through_infinity": through})
    return ResultFrame(pd.DataFrame(rows))
