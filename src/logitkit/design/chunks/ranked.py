"""Numbers in order with their counts, of a column that may be longer than the memory: order statistics are exact.

Different values are held with their counts as long as they fit. Beyond that, sorted runs of them are written to files
of a temporary folder, and merged a block of values at a time (external merge sort; Knuth, volume 3, section 5.4).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from logitkit.errors import DataError, UnsupportedError
from logitkit.typing import FloatArray, IntArray

__all__ = ["RankedValues"]


class RankedValues:
    """Values in order.

    Parameters
    ----------
    most : int
        Different values that are held in memory.
    """

    def __init__(self, most: int) -> None:
        self.most = max(most, 2)
        self.held: list[tuple[FloatArray, IntArray]] = []
        self.n_held = 0
        self.runs: list[Path] = []
        self.folder: tempfile.TemporaryDirectory[str] | None = None
        self.bounds: tuple[float, float] | None = None

    def add(self, values: FloatArray) -> None:
        """Take values, none of which is missing."""
        found = np.unique(values, return_counts=True)
        if not found[0].size:
            return
        self._hold(found)

    def merge(self, later: RankedValues) -> None:
        """Take the values of another, whose files are deleted."""
        for block in later._blocks():
            self._hold(block)
        later.close()

    def _hold(self, found: tuple[FloatArray, IntArray]) -> None:
        self.held.append(found)
        self.n_held += found[0].size
        if self.n_held > self.most:
            self.held = [_merged(self.held)]
            self.n_held = self.held[0][0].size
            if 2 * self.n_held > self.most:
                self._write()

    def _write(self) -> None:
        """Write what is held as a sorted run."""
        values, counts = self.held[0]
        try:
            if self.folder is None:
                self.folder = tempfile.TemporaryDirectory(prefix="logitkit-")
            path = Path(self.folder.name) / f"{len(self.runs)}.npy"
            np.save(path, _as_run(values, counts))
        except OSError as error:
            self.close()
            raise DataError(
                f"The values of a column, from which knots are learnt, do not fit into memory=, and no file can be "
                f"written beside it ({error}): grant more memory, or state the knots in the formula."
            ) from error
        self.runs.append(path)
        self.held, self.n_held = [], 0

    def __getstate__(self) -> dict[str, Any]:
        """Refuse to be sent elsewhere with files of this machine."""
        if self.runs:
            raise UnsupportedError(
                "The values of a column, from which knots are learnt, do not fit into memory= of one worker: grant "
                "more, or state the knots in the formula."
            )
        return self.__dict__

    def close(self) -> None:
        """Delete the files."""
        if self.folder is not None:
            self.folder.cleanup()
            self.folder, self.runs = None, []

    def between(self, lower: float, upper: float) -> RankedValues:
        """Return the values between two bounds, these included; what is held is shared."""
        self._settle()
        some = RankedValues(self.most)
        some.__dict__.update(self.__dict__)
        some.bounds = lower, upper
        return some

    @property
    def is_empty(self) -> bool:
        """Whether there is no value."""
        return self.sizes()[0] == 0

    def sizes(self) -> tuple[int, int]:
        """Return how many values there are, and how many different ones."""
        n = different = 0
        for values, counts in self._within():
            n, different = n + int(counts.sum()), different + values.size
        return n, different

    def ends(self) -> tuple[float, float]:
        """Return the least and the largest value; nan where there is none."""
        least, largest = np.nan, np.nan
        for values, _ in self._within():
            least, largest = (values[0] if np.isnan(least) else least), values[-1]
        return float(least), float(largest)

    def at(self, ranks: Sequence[int], different: bool = False) -> FloatArray:
        """Return the values of some ranks from 0, which are in order; among the different values if asked for.

        Examples
        --------
        >>> ranked = RankedValues(100)
        >>> ranked.add(np.array([3.0, 1.0, 3.0, 2.0]))
        >>> ranked.at([1, 3]).tolist(), ranked.at([1, 2], different=True).tolist()
        ([2.0, 3.0], [2.0, 3.0])
        """
        wanted = np.asarray(ranks, dtype=np.int64)
        found = np.full(wanted.size, np.nan)
        before = 0
        for values, counts in self._within():
            last = before + (np.arange(1, values.size + 1) if different else np.cumsum(counts))
            here = np.flatnonzero((wanted >= before) & (wanted < last[-1]))
            found[here] = values[np.searchsorted(last, wanted[here], side="right")]
            before = int(last[-1])
        return found

    def quantiles(self, probabilities: FloatArray, different: bool = False) -> FloatArray:
        """Return quantiles as ``numpy.quantile`` interpolates them (type 7 of Hyndman and Fan), to its last bit.

        Examples
        --------
        >>> ranked = RankedValues(100)
        >>> ranked.add(np.array([4.0, 1.0, 2.0]))
        >>> ranked.quantiles(np.array([0.25, 0.5])).tolist()
        [1.5, 2.0]
        """
        n = self.sizes()[1 if different else 0]
        places = (n - 1) * np.asarray(probabilities, dtype=np.float64)
        lower = np.floor(places).astype(np.int64)
        upper = np.minimum(lower + 1, n - 1)
        ranks, back = np.unique(np.concatenate([lower, upper]), return_inverse=True)
        values = self.at(ranks.tolist(), different)[back].reshape(2, -1)
        pairs = zip(values[0], values[1], places - lower, strict=True)
        return np.array([np.quantile([low, high], part) for low, high, part in pairs])

    def _within(self) -> Iterator[tuple[FloatArray, IntArray]]:
        """Yield different values between the bounds and their counts, in order."""
        for values, counts in self._blocks():
            start, stop = 0, values.size
            if self.bounds is not None:
                start = int(np.searchsorted(values, self.bounds[0], side="left"))
                stop = int(np.searchsorted(values, self.bounds[1], side="right"))
            if start < stop:
                yield values[start:stop], counts[start:stop]

    def _settle(self) -> None:
        """Merge what is held; if there are runs, make it one of them."""
        if len(self.held) > 1:
            self.held = [_merged(self.held)]
            self.n_held = self.held[0][0].size
        if self.held and self.runs:
            self._write()

    def _blocks(self) -> Iterator[tuple[FloatArray, IntArray]]:
        """Yield different values and their counts, in order."""
        self._settle()
        if not self.runs:
            yield from self.held
            return
        runs = [np.load(path, mmap_mode="r") for path in self.runs]
        step = max(self.most // len(runs), 1)
        edges = np.unique(np.concatenate([run["value"][step::step] for run in runs]))
        places = [np.concatenate([[0], np.searchsorted(run["value"], edges), [run.size]]) for run in runs]
        for bounds in pairwise(zip(*places, strict=True)):
            parts = [run[start:stop] for run, start, stop in zip(runs, *bounds, strict=True) if start < stop]
            if parts:
                yield _merged([(np.array(part["value"]), np.array(part["count"])) for part in parts])


def _as_run(values: FloatArray, counts: IntArray) -> Any:
    """Return values and their counts as one array of pairs."""
    run = np.empty(values.size, dtype=[("value", np.float64), ("count", np.int64)])
    run["value"], run["count"] = values, counts
    return run


def _merged(parts: Sequence[tuple[Any, Any]]) -> tuple[FloatArray, IntArray]:
    """Return different values of several lists of them, with their counts."""
    values, counts = (np.concatenate(each) for each in zip(*parts, strict=True))
    order = np.argsort(values, kind="stable")  # which finds the sorted parts, and merges them
    values, counts = values[order], counts[order]
    first = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    return values[first], np.add.reduceat(counts, first)
