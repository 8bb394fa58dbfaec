"""Hashes of rows, a column at a time: numbers as their bits, text as its bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from logitkit.numerics.kernels import compiled
from logitkit.typing import IntArray

__all__ = ["add_words", "hashes_in_order", "hashes_of_text"]

Hashes = NDArray[np.uint64]


@compiled
def _mixed(state: Any, word: Any) -> Any:
    """Return a state into which a word was mixed, by Vigna's SplitMix64."""
    z = state + np.uint64(0x9E3779B97F4A7C15) + word
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@compiled
def add_words(words: Hashes, hashes: Hashes) -> None:
    """Mix a column into the hashes of its rows.

    Parameters
    ----------
    words : (n,) uint64 array
        The bits of the numbers, or hashes of what they stand for.
    hashes : (n,) uint64 array
        Of the columns before; changed in place.
    """
    for i in range(words.shape[0]):
        hashes[i] = _mixed(hashes[i], words[i])


@compiled
def hashes_of_text(starts: IntArray, data: NDArray[np.uint8]) -> Hashes:
    """Return a hash of each text: its bytes, eight at a time, and its length.

    Parameters
    ----------
    starts : (n + 1,) int array
        Where each text begins, and where the last one ends.
    data : (m,) uint8 array
        The bytes of all.

    Returns
    -------
    (n,) uint64 array
    """
    n = starts.shape[0] - 1
    out = np.empty(n, dtype=np.uint64)
    for i in range(n):
        found = np.uint64(starts[i + 1] - starts[i])
        for place in range(starts[i], starts[i + 1], 8):
            word = np.uint64(0)
            for k in range(place, min(place + 8, starts[i + 1])):
                word = (word << np.uint64(8)) | np.uint64(data[k])
            found = _mixed(found, word)
        out[i] = found
    return out


@compiled
def hashes_in_order(hashes: Hashes) -> Any:
    """Return a hash of rows that depends on their order: each is mixed into that of the rows before.

    Parameters
    ----------
    hashes : (n,) uint64 array
        Of the rows.

    Returns
    -------
    uint64
    """
    found = np.uint64(hashes.shape[0])
    for i in range(hashes.shape[0]):
        found = _mixed(found, hashes[i])
    return found
