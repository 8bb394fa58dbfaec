"""What a piece of work is: its data, who does it, and what was aimed at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from contender import SAME, Bar, Contender
from drawing import Drawn


@dataclass(frozen=True)
class RPeer:
    """One way to do a piece of work in R.

    Parameters
    ----------
    name : str
        As printed.
    package : str
        The R package that must be there.
    function : str
        Which function of ``peers.R`` does it.
    tolerances : tuple of float
        Loosest first; the first that reaches the objective is timed.
    errors : bool
        Whether standard errors are part of the work.
    more : float
        Seconds that it may take beside what all may.
    """

    name: str
    package: str
    function: str
    tolerances: tuple[float, ...]
    errors: bool = False
    more: float = 0.0


@dataclass(frozen=True)
class Goal:
    """What logitkit is to reach on a piece of work.

    Parameters
    ----------
    gram : float, optional
        Time in r, the time to form X'X.
    seconds : float, optional
        Time.
    megabytes : float, optional
        Memory above the data.
    predict : float, optional
        Time to predict the rows.
    share : float, optional
        Time over that of the fastest peer that reached the objective.
    predict_share : float, optional
        Time to predict the rows over that of the fastest peer.
    """

    gram: float | None = None
    seconds: float | None = None
    megabytes: float | None = None
    predict: float | None = None
    share: float | None = None
    predict_share: float | None = None


@dataclass(frozen=True)
class Work:
    """A piece of work.

    Parameters
    ----------
    key : str
        Short name, also that of its history.
    title, small_title : str
        What it is, in full and in small.
    draw : callable
        Draws the data, in full (False) or in small (True).
    contenders : tuple of Contender
        Ours first.
    in_r : tuple of RPeer
        Those in R.
    goal : Goal
        What ours is to reach.
    dense : bool
        Whether r is measured too.
    left_out : str
        Which peers are not here, and why.
    bar : Bar
        What counts as the same objective.
    absent : callable, optional
        Why it cannot be done here, or None.
    history : bool
        Whether it is part of our own history.
    section : str
        Of the page.
    """

    key: str
    title: str
    small_title: str
    draw: Callable[[bool], Drawn]
    contenders: tuple[Contender, ...]
    in_r: tuple[RPeer, ...] = ()
    goal: Goal = Goal()
    dense: bool = False
    left_out: str = ""
    bar: Bar = SAME
    absent: Callable[[], str | None] | None = None
    history: bool = True
    section: str = "Fits"

    def named(self, name: str) -> Contender:
        """Return a contender by its name."""
        return next(contender for contender in self.contenders if contender.name == name)

    def missing(self) -> str | None:
        """Return why it cannot be done here, or None."""
        return None if self.absent is None else self.absent()
