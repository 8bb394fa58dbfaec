"""What a reader who cannot see a figure is told in its place: what it shows, with the numbers that matter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from logitkit.diagnostics.calibration.curve import Calibration
from logitkit.diagnostics.discrimination.curves import Discrimination
from logitkit.diagnostics.residuals.influence import Influence
from logitkit.inference.effects.average_predictions import AveragePredictions
from logitkit.plots.forest import Forest
from logitkit.report.number_format import format_integer, format_interval, format_number, format_percent
from logitkit.report.wording import counted, name_list
from logitkit.typing import FloatArray

__all__ = ["averages_words", "calibration_alt", "forest_words", "influence_words", "roc_words", "shares_words"]

NAMED_MOST = 8  # rows of a forest plot that are read out


def forest_words(forest: Forest) -> str:
    """Return the estimates of a forest plot that are farthest from no effect.

    Examples
    --------
    >>> from logitkit.plots.term_rows import TermRow
    >>> numbers = np.array([[2.0], [1.0]]), np.array([[1.5], [0.8]]), np.array([[3.0], [1.2]])
    >>> forest_words(Forest((TermRow("a"), TermRow("b")), *numbers, level=0.95))
    'Forest plot of 2 estimates (odds ratio): a 2.000 [1.5000, 3.0000], b 1.000 [0.8000, 1.2000].'
    """
    shown = np.argwhere(forest.shown)
    size = np.abs(np.log(forest.estimate[forest.shown]) if forest.ratios else forest.estimate[forest.shown])
    largest = sorted(np.argsort(-size, kind="stable")[:NAMED_MOST].tolist())
    named = []
    for place in largest:
        row, mark = shown[place]
        of = f" of {forest.outcomes[mark]}" if forest.outcomes else ""
        low, high = float(forest.low[row, mark]), float(forest.high[row, mark])
        interval = f" {format_interval(low, high)}" if np.isfinite([low, high]).all() else ""
        named.append(f"{forest.terms[row].label}{of} {format_number(float(forest.estimate[row, mark]))}{interval}")
    what = f"Forest plot of {counted(len(shown), 'estimate')} ({forest.what[0].lower()}{forest.what[1:]})"
    if not named:
        return f"{what}."
    first = "the farthest from no effect are " if len(shown) > NAMED_MOST else ""
    return f"{what}: {first}{', '.join(named)}."


def roc_words(result: Discrimination) -> str:
    """Return the areas under curves."""
    areas = [f"{name} {format_number(float(curve.auc))}" for name, curve in result.curves.items()]
    if result.of_event:
        return f"ROC curve with an area of {format_number(result.auc)} under it; 0.5 is the diagonal, 1 is perfect."
    return f"ROC curves of each outcome against the rest, with the areas: {name_list(areas)}."


def calibration_alt(result: Calibration) -> str:
    """Return the largest distance of an observed from a predicted rate."""
    bins = [
        (float(p), float(o)) for table in result.tables for p, o in zip(table.predicted, table.observed, strict=True)
    ]
    known = [pair for pair in bins if not np.isnan(pair).any()]
    if not known:
        return "Calibration plot without a bin that has a rate."
    predicted, observed = max(known, key=lambda pair: abs(pair[0] - pair[1]))
    return (
        f"Calibration plot of {counted(len(known), 'bin')}: the largest distance from the diagonal is where "
        f"{format_percent(predicted)} were predicted and {format_percent(observed)} observed."
    )


def influence_words(result: Influence) -> str:
    """Return the largest leverage and the largest distance of Cook."""
    if not np.isfinite(result.cooks_distance).any():
        return f"Residuals against leverage of {format_integer(result.leverage.size)} rows."
    return (
        f"Residuals against leverage of {format_integer(result.leverage.size)} rows: the largest leverage is "
        f"{format_number(float(np.nanmax(result.leverage)))}, the largest Cook's distance "
        f"{format_number(float(np.nanmax(result.cooks_distance)))}."
    )


def shares_words(outcomes: Sequence[str], own: FloatArray) -> str:
    """Return the mean predicted probability of each outcome on the rows that have it.

    Examples
    --------
    >>> shares_words(["bus", "car"], np.array([[0.5, 0.4], [0.5, 0.6]]))
    'Mean predicted probability of the outcome that occurred: bus 50.0%, car 60.0%.'
    """
    said = (f"{outcome} {format_percent(float(p))}" for outcome, p in zip(outcomes, np.diag(own), strict=True))
    return f"Mean predicted probability of the outcome that occurred: {', '.join(said)}."


def averages_words(found: AveragePredictions) -> str:
    """Return the average probabilities at the first and the last value."""
    ends = (0, -1) if len(found.values) > 1 else (0,)
    said = [
        f"{outcome}: {', '.join(f'{format_percent(float(row[k]))} at {_value(found.values[k])}' for k in ends)}"
        for outcome, row in zip(found.outcomes, found.probability, strict=True)
    ]
    return f"Average predicted probabilities by {found.variable}. {'; '.join(said)}."


def _value(value: object) -> str:
    return format_number(float(value)) if isinstance(value, (int, float)) else str(value)
