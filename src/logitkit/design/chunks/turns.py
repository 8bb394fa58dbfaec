"""Several computations that take turns, and of whose sums over rows each round makes all in one pass.

A solver asks for one sum after another, and what it does in between takes little time. Where several solvers go over
the same rows, each runs on a thread of its own, one at a time, until it asks for a sum (``Stream.reduce``) or ends.
When all that are not done wait for a sum, one pass makes the sums of all of them. Solvers are written as if they were
alone, and are: what each finds depends on its own sums only. They take their turns in a fixed order, so that a pass
asks for the same sums in the same order whenever it is repeated. A solver may start others, and waits for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from logitkit.errors import postponed_warnings, warn_again
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.numerics.threads.local import get_threads, on_one_thread

if TYPE_CHECKING:
    from logitkit.design.chunks.source import Source
    from logitkit.design.chunks.stream import Stream
    from logitkit.design.design import Design
    from logitkit.design.info import DesignInfo

__all__ = ["Asked", "Turns", "current_solver"]

T = TypeVar("T")
GRACE = 0.8  # seconds to wait for solvers that are given up: an interruption must end within a second


class Ended(BaseException):
    """Raised in a solver whose result is not wanted any more."""


@dataclass(frozen=True)
class Asked(Generic[T]):
    """A sum over rows that is asked for.

    Parameters
    ----------
    stream : Stream
        The rows.
    info : DesignInfo
        How they are coded.
    task : callable
        Of the design of some rows; returns what is summed.
    merge : callable
        Adds two results.
    """

    stream: Stream
    info: DesignInfo
    task: Callable[[Design], T]
    merge: Callable[[T, T], T]


class _Family:
    """Solvers that were started together, and by whom."""

    def __init__(self, solves: Sequence[Callable[[], Any]], most: int, parent: Solver | None) -> None:
        self.parent, self.most = parent, most
        order = () if parent is None else parent.order
        self.solvers = [Solver((*order, number), solve, self) for number, solve in enumerate(solves)]
        self.begun = 0

    @property
    def failed(self) -> Solver | None:
        """The first that raised an error of its own."""
        return next((one for one in self.solvers if one.error is not None and not one.ended), None)

    @property
    def is_done(self) -> bool:
        """Whether all have ended, or one has failed."""
        return self.failed is not None or all(one.done for one in self.solvers)


class Solver:
    """A computation that takes turns with others."""

    def __init__(self, order: tuple[int, ...], solve: Callable[[], Any], family: _Family) -> None:
        self.order, self.solve, self.family = order, solve, family
        self.turns: Turns | None = None
        self.thread: threading.Thread | None = None
        self.woken = threading.Semaphore(0)
        self.asked: Asked[Any] | None = None
        self.answer: Any = None
        self.children: _Family | None = None
        self.done = self.ended = False
        self.result: Any = None
        self.error: BaseException | None = None
        self.told: list[Any] = []

    @property
    def is_ready(self) -> bool:
        """Whether it can go on."""
        waits = self.children is not None and not self.children.is_done
        return not (self.done or waits or self.asked is not None)

    def serves(self, stream: Stream) -> bool:
        """Whether a stream is of the rows that the solvers go over."""
        return self.turns is not None and stream.source is self.turns.source

    def ask(self, asked: Asked[T]) -> T:
        """Wait for a sum, which the next pass makes."""
        self.asked = asked
        self._give_way()
        answer: T = self.answer
        self.answer = None
        return answer

    def start(self, solves: Sequence[Callable[[], T]], most: int) -> list[T]:
        """Start others, and wait for them."""
        family = self.children = _Family(solves, most, self)
        assert self.turns is not None
        self.turns.families.append(family)
        try:
            self._give_way()
        finally:
            self.children = None
        if family in self.turns.families:
            self.turns.families.remove(family)
        return _results(family)

    def _give_way(self) -> None:
        if self.ended:
            raise Ended
        assert self.turns is not None
        self.turns.back.release()
        self.woken.acquire()
        if self.ended:
            raise Ended

    def run(self) -> None:
        """Run to the end, on its own thread."""
        self.woken.acquire()
        try:
            if self.ended:
                raise Ended
            with single_threaded_blas(), postponed_warnings() as self.told:
                self.result = self.solve()
        except BaseException as error:  # noqa: BLE001 - raised again where its result is taken
            self.error = error
        finally:
            self.done = True
            assert self.turns is not None
            self.turns.back.release()


_current: ContextVar[Solver | None] = ContextVar("the solver that has its turn", default=None)


def current_solver() -> Solver | None:
    """Return the solver that runs on the calling thread, None where there is none.

    Examples
    --------
    >>> current_solver() is None
    True
    """
    solver = _current.get()
    return solver if solver is not None and solver.thread is threading.current_thread() else None


class Turns:
    """Lets solvers take turns until all of them are done.

    Parameters
    ----------
    source : Source
        The rows that the solvers go over.
    answers : callable
        Of all sums that are asked for, in the order of those who ask; returns them, made in one pass.
    """

    def __init__(self, source: Source, answers: Callable[[list[Asked[Any]]], list[Any]]) -> None:
        self.source, self.answers = source, answers
        self.families: list[_Family] = []
        self.back = threading.Semaphore(0)
        self.alone = get_threads() == 1

    def run(self, solves: Sequence[Callable[[], T]], most: int) -> list[T]:
        """Return the results of solvers, at most so many of which are under way at once."""
        family = _Family(solves, most, None)
        self.families.append(family)
        try:
            while not family.is_done:
                self._round()
        finally:
            self._end([one for each in self.families for one in each.solvers])
        return _results(family)

    def _round(self) -> None:
        """Give a turn to each that can go on, until all wait for a sum, and answer."""
        while (ready := self._ready()) is not None:
            self._turn(ready)
            for family in [each for each in self.families if each.failed is not None]:
                self._end(self._within(family))
                self.families.remove(family)
                if family.parent is None:
                    return
        waiting = sorted((one for one in self._begun() if one.asked is not None), key=lambda one: one.order)
        if not waiting:
            return
        for one, answer in zip(waiting, self.answers([one.asked for one in waiting if one.asked]), strict=True):
            one.asked, one.answer = None, answer

    def _begun(self) -> list[Solver]:
        """Begin as many as may be under way, and return these."""
        found = []
        for family in self.families:
            under_way = sum(not one.done for one in family.solvers[: family.begun])
            while under_way < family.most and family.begun < len(family.solvers):
                self._begin(family.solvers[family.begun])
                family.begun, under_way = family.begun + 1, under_way + 1
            found += family.solvers[: family.begun]
        return found

    def _begin(self, solver: Solver) -> None:
        solver.turns = self
        context = copy_context()
        context.run(_current.set, solver)

        def run() -> None:
            with on_one_thread() if self.alone else nullcontext():
                context.run(solver.run)

        solver.thread = threading.Thread(target=run, name="logitkit-solver", daemon=True)
        solver.thread.start()

    def _ready(self) -> Solver | None:
        """Return the first in order that can go on."""
        return min((one for one in self._begun() if one.is_ready), key=lambda one: one.order, default=None)

    def _turn(self, solver: Solver) -> None:
        """Let a solver run until it asks, starts others or ends."""
        solver.woken.release()
        self.back.acquire()

    def _within(self, family: _Family) -> list[Solver]:
        """Return the solvers of a family, and all that they have started."""
        order = () if family.parent is None else family.parent.order
        every = [one for each in self.families for one in each.solvers]
        return [one for one in every if one.order[: len(order)] == order and len(one.order) > len(order)]

    def _end(self, solvers: Sequence[Solver]) -> None:
        """End those that are not done, the last that was started first."""
        for one in sorted(solvers, key=lambda one: one.order, reverse=True):
            if one.thread is None or one.done:
                continue
            one.ended = True
            one.woken.release()
            one.thread.join(GRACE)
            self.back.acquire(blocking=False)


def _results(family: _Family) -> list[Any]:
    """Return the results of solvers that are done, or raise the error of the first that failed."""
    failed = family.failed
    for one in family.solvers:
        warn_again(one.told)
    if failed is not None:
        assert failed.error is not None
        raise failed.error
    return [one.result for one in family.solvers]
