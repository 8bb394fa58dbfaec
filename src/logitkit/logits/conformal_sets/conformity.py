r"""How well an outcome conforms to a row of logits: the larger, the sooner it is in a set.

``'split'`` and ``'class'`` take the log probability of the outcome; ``'aps'`` the probability of all outcomes below it
and of a random part of its own, 1 less the score of Romano, Sesia and Candès (2020); ``'raps'`` the same less a penalty
per rank (``docs/maths/conformal.md``, equations 5 to 8).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from logitkit.logits.functions import log_softmax
from logitkit.logits.threads import over_rows
from logitkit.numerics.kernels.draws import hashed_uniforms
from logitkit.numerics.kernels.nested_sets import room_below, sets_within
from logitkit.typing import BoolArray, CodeArray, FloatArray, IntArray

__all__ = ["CALIBRATING", "NEW", "TUNING", "Conformity", "drawn", "ranks_of"]

CALIBRATING, NEW, TUNING = range(3)  # streams of draws: no row shares one with another stream


class Conformity(NamedTuple):
    """A rule by which outcomes conform.

    Parameters
    ----------
    nested : bool
        Whether it adds up probabilities, as ``'aps'`` and ``'raps'`` do.
    penalty : float
        Of each rank above ``free``.
    free : int
        Ranks without a penalty.
    """

    nested: bool
    penalty: float = 0.0
    free: int = 0

    def of_outcomes(self, logits: FloatArray, codes: CodeArray, uniforms: FloatArray) -> FloatArray:
        """Return the conformity of the outcome of each row."""
        if not self.nested:
            return np.asarray(log_softmax(logits)[np.arange(codes.size), codes], dtype=np.float64)
        room = np.empty(codes.size)
        over_rows(
            lambda a, b: room_below(logits[a:b], codes[a:b], uniforms[a:b], self.penalty, self.free, room[a:b]),
            *logits.shape,
        )
        return room

    def sets(self, logits: FloatArray, limits: FloatArray, uniforms: FloatArray) -> BoolArray:
        """Return which outcomes conform at least as well as a limit says: one, one per outcome, or one per row."""
        if not self.nested:
            return np.asarray(log_softmax(logits) >= limits)
        kept = np.empty(logits.shape, dtype=np.bool_)
        each = np.ascontiguousarray(np.broadcast_to(limits.reshape(-1), logits.shape[:1]), dtype=np.float64)
        over_rows(
            lambda a, b: sets_within(logits[a:b], each[a:b], uniforms[a:b], self.penalty, self.free, kept[a:b]),
            *logits.shape,
        )
        return kept


def drawn(n: int, seed: int, stream: int, first: int = 0) -> FloatArray:
    """Return a number within 0 and 1 for each row, by its place alone.

    Examples
    --------
    >>> bool((drawn(5, 1, NEW)[2:] == drawn(3, 1, NEW, first=2)).all())
    True
    """
    key = np.random.SeedSequence(seed, spawn_key=(stream,)).generate_state(1, np.uint64)[0]
    return hashed_uniforms(np.arange(first, first + n, dtype=np.int64), key)


def ranks_of(logits: FloatArray, codes: CodeArray) -> IntArray:
    """Return how many outcomes of each row are at least as probable as one of them.

    Examples
    --------
    >>> ranks_of(np.array([[3.0, 1.0, 1.0]]), np.array([1], np.int32)).tolist()
    [3]
    """
    own = np.take_along_axis(logits, codes[:, None].astype(np.int64), axis=1)
    return np.asarray((logits >= own).sum(axis=1), dtype=np.int64)
