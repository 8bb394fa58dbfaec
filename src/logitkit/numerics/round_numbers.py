"""Round numbers within a range, as the marks of a scale."""

from __future__ import annotations

import numpy as np

__all__ = ["round_numbers"]

MARKS_MOST = 9
NEAR = 0.35  # of a step, within which a mark would touch an end of the range


def round_numbers(low: float, high: float) -> list[float]:
    """Return the ends of a range and the round numbers within, four to nine steps apart.

    Examples
    --------
    >>> round_numbers(14, 45), round_numbers(0.0, 1.0)
    ([14.0, 20.0, 25.0, 30.0, 35.0, 40.0, 45.0], [0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    """
    if not high > low:
        return [low]
    size = 10.0 ** np.floor(np.log10((high - low) / MARKS_MOST))
    step = next(size * each for each in (1.0, 2.0, 5.0, 10.0) if (high - low) / (size * each) <= MARKS_MOST)
    inner = step * np.arange(np.ceil(low / step), np.floor(high / step) + 1.0)
    inner = inner[(inner - low > NEAR * step) & (high - inner > NEAR * step)]
    return [float(low), *(float(f"{each:.12g}") for each in inner), float(high)]
