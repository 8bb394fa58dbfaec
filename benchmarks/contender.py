"""What a contender is: a function that fits, one that reads the answer, and what is asked of it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from problems import Answer

REACHED = 1e-8  # largest relative excess of an objective that counts as the same
NEAR = REACHED / 2  # what a tolerance must reach, since the least objective is known only at the end


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

    def missing(self) -> str | None:
        """Return why it cannot run, or None."""
        if importlib.util.find_spec(self.package) is None:
            return "not installed"
        return None if self.absent is None else self.absent()
