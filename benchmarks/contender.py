"""What a contender is: a function that fits, one that reads the answer, and what is asked of it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from problems import Answer


@dataclass(frozen=True)
class Bar:
    """What counts as the same objective.

    Parameters
    ----------
    reached : float
        Largest relative excess.
    near : float
        What a tolerance must reach, since the least objective is known only at the end.
    """

    reached: float
    near: float


SAME = Bar(1e-8, 5e-9)
# A gap of 1e-6; what a tolerance must reach is the objective at a gap of a thousandth of it, so that it is known well.
WITHIN_GAP = Bar(1e-6, 0.99e-6)


def excess(value: Any, least: Any, null: float | None) -> float:
    """Return how far objectives are above the least ones: relative to these or to a null one, the farthest if many."""
    value, least = np.asarray(value, dtype=float), np.asarray(least, dtype=float)
    return float(np.max((value - least) / (least if null is None else null)))


@dataclass(frozen=True)
class Contender:
    """One way to do a piece of work.

    Parameters
    ----------
    name : str
        As printed.
    package : str
        What must be importable.
    fit : callable
        Of a problem and a tolerance: a fitted model. This is what is timed.
    read : callable
        Of the model and the problem: the answer.
    tolerances : tuple of float
        Loosest first: the first that reaches the objective is timed.
    errors : bool
        Whether standard errors are part of the work.
    predict : callable, optional
        Of the model and the problem: probabilities of the rows as if they were new.
    part : callable, optional
        Of the problem: how many times the timed work the whole work is.
    absent : callable, optional
        Why it cannot run although its package is there, or None.
    prepare : callable, optional
        Of the problem: lays its arrays out as the contender likes them, before anything is timed.
    best : callable, optional
        Of the problem: an answer nearer to the least objective than is asked for, which sets the target.
    more : float
        Seconds that it may take beside what all may.
    """

    name: str
    package: str
    fit: Callable[[Any, float], Any]
    read: Callable[[Any, Any], Answer]
    tolerances: tuple[float, ...] = (np.nan,)
    errors: bool = False
    predict: Callable[[Any, Any], np.ndarray] | None = None
    part: Callable[[Any], float] | None = None
    absent: Callable[[], str | None] | None = None
    prepare: Callable[[Any], object] | None = None
    best: Callable[[Any], Answer] | None = None
    more: float = 0.0

    def missing(self) -> str | None:
        """Return why it cannot run, or None."""
        if importlib.util.find_spec(self.package) is None:
            return "not installed"
        return None if self.absent is None else self.absent()
