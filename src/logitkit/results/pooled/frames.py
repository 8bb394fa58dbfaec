"""Data frames of estimates from imputed tables as one frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import expit

from logitkit.diagnostics.calibration.curve import Calibration
from logitkit.errors import DataError
from logitkit.inference.pooling.rubin import pooled_scalars
from logitkit.report.frames.shown import ResultFrame

__all__ = ["calibration_measures", "pooled_frame"]

NUMBERS = {"estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", "logit", "logit_std_error"}


def pooled_frame(
    frames: Sequence[pd.DataFrame],
    level: float,
    dof_complete: float,
    *,
    estimate: str = "estimate",
    error: str = "std_error",
    logit: bool = False,
    by_place: bool = False,
) -> pd.DataFrame:
    """Return the rows of M frames pooled by Rubin's rules, those of log odds as probabilities too.

    Rows are matched by their place, which the index must confirm unless ``by_place``.

    Examples
    --------
    >>> one = pd.DataFrame({"term": ["x"], "estimate": [1.0], "std_error": [0.5]})
    >>> two = one.assign(estimate=3.0)
    >>> float(pooled_frame([one, two], 0.95, np.inf)["estimate"].iloc[0])
    2.0
    """
    first = pd.DataFrame(frames[0])
    keys = [name for name in first.columns if name not in NUMBERS]
    for place, frame in enumerate(frames, start=1):
        same = len(frame) == len(first) and pd.DataFrame(frame)[keys].reset_index(drop=True).equals(
            first[keys].reset_index(drop=True)
        )
        if not same or not (by_place or frame.index.equals(first.index)):
            raise DataError(f"Table {place} gives other rows than the first: the tables must have the same levels.")
    values = np.array([frame[estimate].to_numpy(dtype=np.float64) for frame in frames])
    errors = np.array([frame[error].to_numpy(dtype=np.float64) for frame in frames])
    if logit:  # of probabilities, whose log odds are pooled
        with np.errstate(divide="ignore", invalid="ignore"):
            values, errors = np.log(values) - np.log1p(-values), errors / (values * (1.0 - values))
    found = pooled_scalars(values, errors**2, level, dof_complete)
    table, out = found.estimates, first[keys].copy()
    if logit or estimate == "logit":
        out["estimate"] = expit(table.estimate)
        out["conf_low"], out["conf_high"] = expit(table.low), expit(table.high)
        out["logit"], out["logit_std_error"] = table.estimate, table.std_error
    else:
        out["estimate"], out["std_error"] = table.estimate, table.std_error
        out["statistic"], out["p_value"] = table.statistic, table.p_value
        out["conf_low"], out["conf_high"] = table.low, table.high
    out["dof"], out["fmi"] = found.dof, found.fmi
    return ResultFrame(out)


def calibration_measures(found: Sequence[Calibration]) -> dict[str, tuple[list[tuple[float, float]], str]]:
    r"""Return intercepts, slopes and observed over expected events of M tables, with errors and the scale of pooling.

    With several outcomes those of each outcome; the reference has neither intercept nor slope.

    The error of the logarithm of the last is that of the observed events alone, :math:`\sqrt{(1 - O/n)/O}` (Debray and
    others 2017).
    """
    first = found[0]
    several = len(first.outcomes) > 2
    rows: dict[str, tuple[list[tuple[float, float]], str]] = {}
    for place, outcome in enumerate(first.outcomes if several else first.outcomes[1:]):
        of = f" of {outcome}" if several else ""

        def both(name: str, place: int = place) -> list[tuple[float, float]]:
            numbers = [(getattr(each, name), getattr(each, f"{name}_std_error")) for each in found]
            return [(float(np.atleast_1d(a)[place]), float(np.atleast_1d(b)[place])) for a, b in numbers]

        if not several or outcome != first.reference:
            rows[f"Intercept{of}"] = (both("intercept"), "identity")
            rows[f"Slope{of}"] = (both("slope"), "identity")
        ratios = []
        for each in found:
            observed, ratio = (float(np.atleast_1d(values)[place]) for values in (each.observed, each.ratio))
            total = float(np.sum(each.tables[place].n))
            ratios.append((ratio, ratio * float(np.sqrt((1.0 - observed / total) / observed))))
        rows[f"Observed / expected{of}"] = (ratios, "log")
    return rows
