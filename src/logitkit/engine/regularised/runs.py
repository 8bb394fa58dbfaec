"""A path over rows that are read in chunks: runs of consecutive strengths, solved side by side in the same passes.

One strength after another costs a pass or more each, nearly all of which is reading. The sample of the learning pass is
held, so that its path is known before a pass is made: it tells where the path will end, and gives the first strength
of each run its start. Within a run each strength starts from the one before, and each of these costs about one pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

import numpy as np

from logitkit.design.chunks.side_by_side import side_by_side
from logitkit.engine.regularised.engines import choice
from logitkit.engine.regularised.on_gram import OnGram
from logitkit.engine.regularised.prox_newton import Scaled, Solved
from logitkit.engine.regularised.sequence import StrengthSequence
from logitkit.engine.solvers.choose import sample_of_many
from logitkit.engine.solvers.solver import Status
from logitkit.typing import FloatArray

__all__ = ["AHEAD", "in_runs", "path_of_sample"]

T = TypeVar("T")
RUN = 2  # strengths of a run: fewer make fewer passes, but each run begins with two or three of its own
AHEAD = 2  # strengths beyond where the sample's path ends


def path_of_sample(sequence: StrengthSequence, strengths: FloatArray, tol: float, max_iter: int) -> list[Solved]:
    """Return the solutions of the sample, whose loss is scaled to that of all rows, as far as it has any.

    Examples
    --------
    >>> path_of_sample.__name__
    'path_of_sample'
    """
    problem = sequence.problem
    if not choice(problem).is_on_gram or sequence.strengths.whole.smooth:
        return []
    if sequence.of_sample is not None and np.array_equal(sequence.of_sample[0], strengths):
        return sequence.of_sample[1]
    whole = sequence.scaled.objective
    sample = whole.sampled(sample_of_many)
    if sample is None or not sample.total > 0.0:  # no row of it has weight
        return []
    ratio = whole.total / sample.total
    engine = OnGram(Scaled(sample, sequence.strengths.scale), sequence.null.coef, looks=False)
    target, found = tol * sequence.null.value / ratio, []
    for strength in strengths:
        penalty = sequence.strengths.at(float(strength)).times(1.0 / ratio)
        solved = engine.solve(penalty, target, max_iter, False)
        if solved.status is not Status.CONVERGED:
            break
        found.append(solved._replace(value=ratio * solved.value))
    sequence.of_sample = strengths, found
    return found


def in_runs(
    sequence: StrengthSequence,
    strengths: FloatArray,
    how: tuple[float, int],
    find: Callable[[StrengthSequence, float], T],
    ends: Callable[[Sequence[Solved]], int],
) -> Iterator[T]:
    """Yield what is found at one strength after another.

    Parameters
    ----------
    sequence : StrengthSequence
        The problem.
    strengths : (k,) array
        From the largest.
    how : (float, int)
        Tolerance and most steps.
    find : callable
        Of the problem, whose last solution was at the strength before, and a strength.
    ends : callable
        Of solutions from the first strength on; returns how many of them the path has.

    Yields
    ------
    object
        What is found, in the order of the strengths; those that are not asked for are not solved, but for a few.

    Examples
    --------
    >>> in_runs.__name__
    'in_runs'
    """
    smooth = sequence.strengths.whole.smooth
    if not smooth and not choice(sequence.problem).is_on_gram:
        yield from (find(sequence, float(strength)) for strength in strengths)
        return
    starts, length, first = [], 1, len(strengths)
    if not smooth:
        known = path_of_sample(sequence, strengths, *how)
        starts, length = [solved.coef for solved in known], RUN
        size = ends(known)
        if size < len(known):
            first = max(min(size + AHEAD, len(strengths)), 1)
    for low, high in ((0, first), (first, len(strengths))):
        runs = [
            partial(_run, sequence, strengths[k : min(k + length, high)], starts[k : k + 1], find)
            for k in range(low, high, length)
        ]
        for found in side_by_side(sequence.problem.design, runs, sequence.strengths.scale.size**2):
            yield from found


def _run(
    sequence: StrengthSequence,
    strengths: FloatArray,
    start: Sequence[FloatArray],
    find: Callable[[StrengthSequence, float], T],
) -> list[T]:
    """Return what is found at a few strengths, one after another."""
    own = sequence.fresh()
    if start:
        own.begin(sequence, start[0])
    return [find(own, float(strength)) for strength in strengths]
