"""Several fits of the same rows, of some of them or of some of their columns, side by side: one pass serves them all.

A pass over rows that are read in chunks costs reading and arithmetic. Where many fits go over the same rows (strengths
of a path, folds, models without one of the terms, groups), they share the reading: ``side_by_side`` runs each as if it
were alone, and makes the sums that they wait for together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from logitkit.design.chunks.kept import rows_stay
from logitkit.design.chunks.stream import Stream
from logitkit.design.chunks.turns import Asked, Turns, current_solver
from logitkit.design.design import Design
from logitkit.design.fingerprint import Fingerprint, FingerprintSums
from logitkit.design.info import DesignInfo
from logitkit.numerics.threads.local import get_threads

__all__ = ["side_by_side"]

T = TypeVar("T")
MOST = 256  # solvers that are under way at once, each on a thread of its own
SHARE = 4  # part of the memory that their sums may hold


def side_by_side(design: Design, solves: Sequence[Callable[[], T]], numbers: int = 0) -> list[T]:
    """Return the results of computations whose passes over the rows of a design are made together.

    Each is written, and runs, as if it were alone: it calls ``reduce`` of the design, or of another that was made from
    it (some of its rows by ``some_rows``, some of its columns), as ``fit_design`` does. Where rows are read in chunks,
    all wait until each has asked for a sum, which one pass then makes for all of them, wherever the rows are. Their
    own code runs one at a time, in a fixed order, on threads of their own. Called from one of them, it adds to those.

    Parameters
    ----------
    design : Design
        The rows. Of rows that are held, the computations are made one after another.
    solves : sequence of callable
        Without arguments. Nothing may be changed that another of them reads, besides what the stream keeps.
    numbers : int, optional
        Numbers in the largest sum of each, as p squared: no more are under way than a quarter of ``memory=`` holds.

    Returns
    -------
    list
        Their results, in their order.

    Raises
    ------
    Exception
        That of the first that fails, or of the pass; the others are given up.

    Examples
    --------
    The fits without each of two terms, in the passes of one of them where the rows are read in chunks::

        found = side_by_side(design, [partial(fit_design, smaller, form, Newton()) for smaller in designs], p * p)

    >>> import numpy as np
    >>> from logitkit.design.ready import ready_design
    >>> design = ready_design(np.ones((3, 1)), [0, 1, 1])
    >>> side_by_side(design, [lambda: design.reduce(lambda part: part.n_rows, int.__add__), lambda: 2])
    [3, 2]
    """
    stream = design.stream
    if stream is None or len(solves) < 2:
        return [solve() for solve in solves]
    most = min(max(stream.memory // (SHARE * 8 * max(numbers, 1) * (2 * get_threads() + 2)), 1), MOST)
    here = current_solver()
    if here is not None and here.serves(stream):
        return here.start(solves, max(most // len(here.family.solvers), 1))  # others may start as many
    with rows_stay(design):
        return Turns(stream.source, _Together(stream, design.info)).run(solves, most)


@dataclass(frozen=True)
class _Rows:
    """Some of the rows, or of their columns, and what is asked of them.

    Parameters
    ----------
    coded : _Coded
        Which rows.
    tasks : tuple of callable
        Of their design.
    printed : bool
        Whether their fingerprint is looked for.
    """

    coded: _Coded
    tasks: tuple[Callable[[Design], Any], ...]
    printed: bool

    def __call__(self, part: Design) -> tuple[FingerprintSums | None, tuple[Any, ...]]:
        """Return the results of the tasks, and the sums of the fingerprint."""
        rows = self.coded.of(part)
        sums = None
        if self.printed and self.coded.stream is not None and self.coded.info is not None:
            stream = self.coded.stream
            first = stream.first_rows[stream.number_of(part)]
            sums = Fingerprint(stream.n_rows, len(self.coded.info.names)).sums(first, rows.matrix, rows.response)
        return sums, tuple(task(rows) for task in self.tasks)


class _Coded:
    """Rows of a chunk of all rows: themselves, or as another stream codes them."""

    def __init__(self, stream: Stream | None, info: DesignInfo | None, root: DesignInfo) -> None:
        self.stream, self.info = stream, info
        self.direct = stream is not None and info is not None and (stream.whole or info) is root

    def of(self, part: Design) -> Design:
        """Return the design of these rows."""
        if self.stream is None or self.info is None:
            return part
        return self.stream.within(part, self.info, self.direct)


@dataclass(frozen=True)
class _All:
    """The task of one pass: what is asked of each of several sets of rows."""

    each: tuple[_Rows, ...]

    def __call__(self, part: Design) -> tuple[Any, ...]:
        """Return the results for each."""
        return tuple(rows(part) for rows in self.each)


@dataclass(frozen=True)
class _Merged:
    """How the results of two chunks are added."""

    merges: tuple[tuple[Callable[[Any, Any], Any], ...], ...]

    def __call__(self, left: Any, right: Any) -> Any:
        """Return the results for the rows of both."""
        return tuple(
            (
                one[0] if other[0] is None else FingerprintSums(*one[0]).plus(other[0]),
                tuple(merge(a, b) for merge, a, b in zip(merges, one[1], other[1], strict=True)),
            )
            for merges, one, other in zip(self.merges, left, right, strict=True)
        )


class _Together:
    """Makes sums that several solvers ask for, in one pass.

    Parameters
    ----------
    root : Stream
        All rows.
    info : DesignInfo
        How they are coded.
    """

    def __init__(self, root: Stream, info: DesignInfo) -> None:
        self.root, self.info = root, info

    def __call__(self, asked: list[Asked[Any]]) -> list[Any]:
        """Return the sums, in order; one that needs other columns takes a pass of its own."""
        answers: list[Any] = [None] * len(asked)
        places: dict[tuple[int, int], list[int]] = {}
        for place, one in enumerate(asked):
            if not one.stream.lies_in(self.root) or (len(asked) == 1 and one.stream is self.root):
                answers[place] = one.stream.reduce(one.info, one.task, one.merge)
            else:
                places.setdefault((id(one.stream), id(one.info)), []).append(place)
        groups = list(places.values())
        if not groups:
            return answers
        task = _All(tuple(self._rows([asked[place] for place in group]) for group in groups))
        merge = _Merged(tuple(tuple(asked[place].merge for place in group) for group in groups))
        found = self.root.reduce(self.info, task, merge)
        for group, (printed, results) in zip(groups, found, strict=True):
            first = asked[group[0]]
            if printed is not None:
                first.stream.keep_fingerprint(FingerprintSums(*printed), first.info)
            for place, result in zip(group, results, strict=True):
                answers[place] = result
        return answers

    def _rows(self, asked: list[Asked[Any]]) -> _Rows:
        """Return what is asked of one set of rows."""
        stream, info, tasks = asked[0].stream, asked[0].info, tuple(one.task for one in asked)
        if stream is self.root and info is self.info:
            return _Rows(_Coded(None, None, self.info), tasks, False)
        return _Rows(_Coded(stream, info, self.info), tasks, not stream.is_known)
