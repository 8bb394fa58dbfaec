"""Logarithmic axes: their ticks, and of ratios the ends and what has no place there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from logitkit.plots.labels import text_width
from logitkit.plots.style import TICK_SIZE
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["log_ticks", "ratio_in_words", "ratio_limits", "set_log_ticks", "tick_text"]

SHORT_AXIS = 5.0  # right end over left end
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # of ticks on a short axis
DIGITS = ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0, 3.0))  # of ticks within a tenfold
TICKS_MOST = 9
TICK_ROOM = 8.0  # points between the numbers of two ticks
PLAIN = 4  # powers of ten that are written out
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def ratio_limits(estimate: FloatArray, low: FloatArray, high: FloatArray) -> tuple[float, float]:
    """Return the ends of the axis, which cover all intervals except limits a hundredfold beyond the estimates.

    Parameters
    ----------
    estimate, low, high : (m,) array
        Finite positive ratios and the limits of their intervals.

    Returns
    -------
    left, right : float
        Ends of the axis, with 1 between them.
    """
    if estimate.size == 0:
        return 0.2, 5.0
    least, most = min(float(estimate.min()), 1.0), max(float(estimate.max()), 1.0)
    with np.errstate(invalid="ignore"):
        least = min(least, float(np.where(low > least / 100.0, low, least).min()))
        most = max(most, float(np.where(high < most * 100.0, high, most).max()))
    room = max(0.06 * math.log(most / least), math.log(1.15))
    return least * math.exp(-room), most * math.exp(room)


def set_log_ticks(ax: Axes) -> None:
    """Label the axis with plain numbers, as many as fit when it is drawn, including 1 if it is in view."""
    from matplotlib.ticker import FuncFormatter, Locator, NullLocator

    class LogTicks(Locator):
        """Ticks for the ends and the width that the axis has at the moment of drawing."""

        def __call__(self) -> list[float]:
            left, right = sorted(ax.get_xlim())
            return log_ticks(left, right, ax.bbox.width * 72.0 / ax.figure.dpi)

    ax.xaxis.set_major_locator(LogTicks())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tick_text(value)))
    ax.xaxis.set_minor_locator(NullLocator())


def tick_text(value: float) -> str:
    """Return the label of a tick: a plain number, or a power of ten if it is far from 1.

    Examples
    --------
    >>> tick_text(0.05), tick_text(2000.0), tick_text(1e6), tick_text(3e-7)
    ('0.05', '2,000', '10⁶', '3·10⁻⁷')
    """
    power = math.floor(math.log10(value) + 1e-9)
    if abs(power) <= PLAIN:
        return f"{value:,.10g}"
    digit = round(value / 10.0**power)
    raised = f"10{str(power).translate(RAISED)}"
    return raised if digit == 1 else f"{digit}·{raised}"


def log_ticks(left: float, right: float, width: float) -> list[float]:
    """Return the positions of ticks: equal steps on a short axis, otherwise within all or some powers of ten.

    Examples
    --------
    >>> log_ticks(0.4, 6.0, 250.0)
    [0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0]
    >>> log_ticks(1e-9, 1e9, 250.0)
    [1e-09, 1e-06, 0.001, 1.0, 1000.0, 1000000.0, 1000000000.0]
    """
    chosen: list[float] = []
    for ticks in _candidates(left, right):
        chosen = [tick for tick in ticks if left <= tick <= right]
        if len(chosen) <= TICKS_MOST and _are_apart(chosen, left, right, width):
            break
    return chosen


def _candidates(left: float, right: float) -> list[list[float]]:
    """Return sets of ticks, the densest first."""
    found: list[list[float]] = []
    if right < SHORT_AXIS * left:
        ends = [(step, math.ceil(left / step), math.floor(right / step)) for step in STEPS]
        found += [[round(i * step, 2) for i in range(first, last + 1)] for step, first, last in ends]
    tens = range(math.floor(math.log10(left)), math.ceil(math.log10(right)) + 1)
    found += [[float(f"{step}e{ten}") for ten in tens for step in steps] for steps in DIGITS]
    found += [[float(f"1e{ten}") for ten in tens if ten % stride == 0] for stride in range(1, len(tens) + 1)]
    return [ticks for ticks in found if any(left <= tick <= right for tick in ticks)]


def _are_apart(ticks: list[float], left: float, right: float, width: float) -> bool:
    """Tell whether the numbers beside the ticks leave room between them."""
    scale = width / math.log(right / left)
    places = [scale * math.log(tick / left) for tick in ticks]
    halves = [0.5 * text_width(tick_text(tick), TICK_SIZE) for tick in ticks]
    return all(places[i + 1] - places[i] >= halves[i] + halves[i + 1] + TICK_ROOM for i in range(len(ticks) - 1))


def ratio_in_words(estimate: float) -> tuple[str, float, str]:
    """Return the text shown in place of a ratio, its position as a proportion of the width, and its alignment."""
    if math.isnan(estimate):
        return "no estimate", 0.5, "center"
    if estimate > 1.0:
        return "infinite (separated) →", 0.99, "right"
    return "← zero (separated)", 0.01, "left"
