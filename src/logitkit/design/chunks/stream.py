"""A stream: the rows of a source as designs, a chunk at a time, coded as the learning pass found."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import accumulate
from operator import add
from typing import Any, TypeVar

import numpy as np

from logitkit.design.chunks.ahead import pass_over
from logitkit.design.chunks.budget import GATHERED_PART, Budget, in_words
from logitkit.design.chunks.checked import digest_of_hashes, fixed_order, keeps_order, require_order
from logitkit.design.chunks.coder import Coder, coder_of
from logitkit.design.chunks.columns import bytes_of
from logitkit.design.chunks.empty import empty_design, none_complete
from logitkit.design.chunks.executor import Executor
from logitkit.design.chunks.journal import Journal
from logitkit.design.chunks.kept import KeptRows
from logitkit.design.chunks.learnt_rows import met_again
from logitkit.design.chunks.passes import Passes
from logitkit.design.chunks.pool import release_unused, sparing
from logitkit.design.chunks.source import Chunk, Named, Source
from logitkit.design.chunks.turns import Asked, current_solver
from logitkit.design.dependence import Dependence
from logitkit.design.design import Design
from logitkit.design.fingerprint import Fingerprint, FingerprintSums
from logitkit.design.info import DesignInfo
from logitkit.design.rebuild import rebuild_design
from logitkit.design.response.response import Clusters
from logitkit.design.table.beside import clusters_named
from logitkit.errors import DataError, LogitkitError, UnsupportedError, nearest_name
from logitkit.numerics.threads.local import ordered_map
from logitkit.numerics.threads.progress import progress
from logitkit.typing import IntArray, UnseenPolicy

__all__ = ["Passes", "Stream"]

T = TypeVar("T")
NEW = "the fit never saw"  # in the message about a level or an outcome, of which the learning pass met all
CODERS_TRIED = 8  # chunks: the first rows of one may be odd


@dataclass(frozen=True, eq=False)
class Stream:
    """The rows of a source as designs.

    Parameters
    ----------
    source : Source
        Where the rows are.
    columns : tuple of str
        Those that are read.
    size : int
        Rows of a chunk.
    used : tuple of int
        Rows of each chunk that take part.
    sample : Design
        Rows drawn by the learning pass, coded.
    sample_rows : (k,) int array
        Their positions.
    memory : int
        Bytes that a verb may hold.
    executor : Executor or None
        Where sums over rows are made; here by default.
    passes : Passes
        How often the source was read.
    kept : dict
        What the first pass found besides its sums, by name, so that no pass is made for it alone.
    beside : tuple of str
        Columns by which rows are clustered, where they were given after the fit.
    whole : DesignInfo or None
        How rows are coded, where only some columns of the design are wanted.
    chosen : (k,) int array or None
        Places of these columns.
    edges : tuple of int
        Where chunks begin among the rows of the source, and the number of these; empty where each has ``size`` rows.
    unseen : {'raise', 'missing'}
        What to do with rows that have a level that the fit never saw.
    budget : Budget or None
        What the memory is divided into.
    """

    source: Source
    columns: tuple[str, ...]
    size: int
    used: tuple[int, ...]
    sample: Design
    sample_rows: IntArray
    memory: int
    executor: Executor | None = None
    passes: Passes = field(default_factory=Passes)
    kept: dict[str, Any] = field(default_factory=dict, repr=False)
    beside: tuple[str, ...] = ()
    whole: DesignInfo | None = None
    chosen: IntArray | None = None
    unseen: UnseenPolicy = "raise"
    edges: tuple[int, ...] = ()
    budget: Budget | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Return what is sent to where the rows are: how these are coded, and not the rows of the sample."""
        kept = {name: self.kept[name] for name in ("fingerprint",) if name in self.kept}
        sample = self.sample.take(np.empty(0, dtype=np.int64))
        none = np.empty(0, dtype=np.int64)
        sent = {"sample": sample, "sample_rows": none, "executor": None, "passes": Passes(), "kept": kept}
        return self.__dict__ | sent | {"source": Named(self.source.label, self.source.names)}

    @property
    def n_rows(self) -> int:
        """Rows that take part."""
        return sum(self.used)

    @property
    def first_rows(self) -> tuple[int, ...]:
        """Place of the first row of each chunk among those that take part, and the number of all."""
        return (0, *accumulate(self.used))

    @property
    def is_whole(self) -> bool:
        """Whether the sample is all rows that take part."""
        return self.sample_rows.size == self.n_rows

    def designs(self, info: DesignInfo) -> Iterator[Design]:
        """Yield the design of each chunk, in order; the next ones are made meanwhile, on threads."""
        return self._over(info, _itself)

    def each(self, info: DesignInfo, task: Callable[[Design], T]) -> Iterator[T]:
        """Yield a task's result for each chunk, in order, in one pass; wherever the rows are, results alone travel."""
        if self.executor is not None:
            return self.executor.each(self, info, task)
        return self._over(info, task)

    def reduce(self, info: DesignInfo, task: Callable[[Design], T], merge: Callable[[T, T], T]) -> T:
        """Return a task's results for the chunks, merged in order; a checkpoint keeps them."""
        solver = current_solver()
        if solver is not None and solver.serves(self):  # waits for others that go over the same rows
            return solver.ask(Asked(self, info, task, merge))

        def run() -> T:
            if self.executor is not None:
                return self.executor.reduce(self, info, task, merge)
            return reduce(merge, self._over(info, task))

        journal: Journal | None = self.kept.get("journal")
        return run() if journal is None else journal.found(task, run, self._left, self._restore)

    def _left(self) -> tuple[str | None, int, int, int]:
        """Return what passes leave besides their sums."""
        return self.kept.get("fingerprint"), self.passes.count, self.passes.n_bytes, self.passes.n_kept

    def _restore(self, left: tuple[str | None, int, int, int]) -> None:
        """Take back what a pass has left that is not made again; the next one that is made looks at the rows."""
        if left[0] is not None:
            self.kept["fingerprint"], self.kept["unverified"] = left[0], True
        self.passes.count, self.passes.n_bytes, self.passes.n_kept = left[1:]

    def end(self) -> None:
        """Write no more passes down, and let go of the rows that stayed in memory: the fit is done."""
        self.kept.pop("journal", None)
        if self.stays is not None:
            self.stays.let_go()

    @property
    def stays(self) -> KeptRows | None:
        """The chunks that stay in memory from one pass to the next."""
        return self.kept.get("rows")

    def _over(self, info: DesignInfo, task: Callable[[Design], T]) -> Iterator[T]:
        """Yield a task's result for each chunk in order: a thread reads a chunk, codes it and runs the task."""
        self.passes.count += 1
        rows = pass_over(self.source, self.columns, self.size, len(self.used), self.edges, self.stays)
        printed = None if self.is_known else Fingerprint(self.n_rows, len(info.names))
        first, n_chunks = self.first_rows, len(self.used)

        def result(number: int) -> tuple[int, bool, FingerprintSums | None, T]:
            chunk = rows.chunk(number)
            if chunk is None:
                raise self._changed(f"it gave fewer chunks than {n_chunks:,}")
            design = self.coded(chunk, info)
            sums = None if printed is None else printed.sums(first[number], design.matrix, design.response)
            n_bytes, is_read = bytes_of(chunk.table), chunk.is_read
            found = task(design)
            del chunk, design
            release_unused(self.memory)
            return n_bytes, is_read, sums, found

        try:
            with sparing(self.memory), progress(self.n_rows, f"Pass {self.passes.count}", " rows") as shown:
                release_unused(self.memory)
                results = ordered_map(result, n_chunks, at_once=self._at_once(info))
                for used, (n_bytes, is_read, sums, found) in zip(self.used, results, strict=True):
                    self.passes.n_bytes += n_bytes
                    self.passes.n_kept += 0 if is_read else n_bytes
                    if printed is not None and sums is not None:
                        printed.merge(sums)
                    shown.advance(used)
                    yield found
            if rows.chunk(n_chunks) is not None:
                raise self._changed("it has more rows than in the first pass")
        finally:
            rows.close()
        if printed is not None:
            self._keep(printed, info)

    @property
    def whole_budget(self) -> Budget:
        """What the memory is divided into; by the number of columns where nothing else is known."""
        return self.budget or Budget(self.memory, 8.0 * len(self.columns), len(self.columns))

    def _at_once(self, info: DesignInfo) -> int | None:
        """Return how many chunks may be on their way."""
        return None if self.budget is None else self.budget.chunks(self.size, *_sizes(info))

    def room_of_chunks(self, info: DesignInfo) -> int:
        """Return the bytes of chunks that may stay from one pass to the next."""
        here = self.budget is not None and self.executor is None
        return self.budget.kept(self.size, *_sizes(info)) if here and self.budget is not None else 0

    def keep_fingerprint(self, sums: FingerprintSums, info: DesignInfo) -> None:
        """Keep the fingerprint of all rows, of which the sums were made elsewhere."""
        printed = Fingerprint(self.n_rows, len(info.names))
        printed.merge(sums)
        self._keep(printed, info)

    def _keep(self, printed: Fingerprint, info: DesignInfo) -> None:
        about = (self.n_rows, info.names)
        digest = digest_of_hashes(self.source, self.columns, self.size, about) or printed.digest()
        if self.kept.setdefault("fingerprint", digest) != digest:
            raise self._changed("its rows are not those that the checkpoint is of")

    @property
    def is_known(self) -> bool:
        """Whether the fingerprint is known, and no pass need make it; asked once for each pass."""
        return not self.kept.pop("unverified", False) and "fingerprint" in self.kept

    def coded(self, chunk: Chunk, info: DesignInfo) -> Design:
        """Return the design of a chunk."""
        if chunk.number >= len(self.used):
            raise self._changed("it has more rows than in the first pass")
        whole, chosen = self.whole or info, self.chosen
        try:
            design = self._short(chunk, whole) or self._long(chunk, whole)
        except LogitkitError as error:
            if "learnt" in self.kept and NEW in str(error):
                raise self._changed(f"from {chunk.where} on, {error}") from error
            if not none_complete(whole, chunk.table):
                raise type(error)(f"{error} (In the rows of {self.source.label} from {chunk.where} on.)") from error
            design, chosen = empty_design(self.sample, info, chunk.table.num_rows), None
        if design.n_rows != self.used[chunk.number] and fixed_order(self.source):
            raise self._changed(
                f"of its rows from {chunk.where} on, {design.n_rows:,} are complete and "
                f"{self.used[chunk.number]:,} were"
            )
        if chosen is not None:
            design = replace(design, matrix=design.matrix.columns(chosen), info=info)
        design = replace(
            design,
            positions=chunk.start + design.positions,
            index=None,
            table=chunk.table,
            start=chunk.start,
            part_of=self.kept.get("fingerprint", ""),
        )
        try:
            return self._with_clusters(design)
        except LogitkitError as error:
            raise type(error)(f"{error} (In the rows of {self.source.label} from {chunk.where} on.)") from error

    def _short(self, chunk: Chunk, info: DesignInfo) -> Design | None:
        """Return the design of a chunk by a plan that is made once, None where there is none or it does not serve."""
        coder: Coder | None = self.kept.get("coder")
        if coder is None or not coder.serves(info):
            if self.kept.get("coders tried", 0) >= CODERS_TRIED:
                return None
            self.kept["coders tried"] = self.kept.get("coders tried", 0) + 1
            coder = self.kept["coder"] = coder_of(info, chunk.table)
        if coder is None or chunk.kept is None:
            return None if coder is None else coder.design(chunk.table, info)
        return chunk.kept.coded(coder, info)

    def _long(self, chunk: Chunk, info: DesignInfo) -> Design:
        """Return the design of a chunk by evaluating the formula."""
        return replace(
            rebuild_design(met_again(info, self.kept.get("met")), chunk.table, unseen=self.unseen), info=info
        )

    def _with_clusters(self, design: Design) -> Design:
        """Return the design of a chunk with the clusters of its rows, by what they are."""
        own = design.response.clusters
        names = self.beside or (() if own is None else (own.name,))
        if not names:
            return design
        found = clusters_named(names, design)
        response = replace(design.response, clusters=found[0] if len(found) == 1 else None)
        return replace(design, response=response, dependence=Dependence(found))

    def clustered(self, names: Sequence[str]) -> Stream:
        """Return the same rows with clusters by some columns."""
        columns = tuple(dict.fromkeys((*self.columns, *names)))
        codes = np.zeros(self.sample.n_rows, dtype=np.int64)  # those of the sample are not looked at
        own = Clusters(codes, 1, names[0]) if len(names) == 1 else None
        sample = replace(self.sample, response=replace(self.sample.response, clusters=own))
        return replace(self, columns=columns, sample=sample, beside=tuple(names))

    def again(self, part: Design, info: DesignInfo) -> Design:
        """Return the rows of a chunk, of this stream or of one that reads more columns, coded as here."""
        return self.coded(Chunk(self.number_of(part), part.start, part.table, str(part.start)), info)

    def number_of(self, part: Design) -> int:
        """Return the number of a chunk."""
        return bisect_right(self.edges, part.start) - 1 if self.edges else part.start // self.size

    def lies_in(self, other: Stream) -> bool:
        """Whether another stream reads all that this one needs, in the same chunks."""
        same = self.source is other.source and self.size == other.size and self.edges == other.edges
        return same and self.beside == other.beside and set(self.columns) <= set(other.columns)

    def within(self, part: Design, info: DesignInfo, direct: bool) -> Design:
        """Return the rows of a chunk as they are coded here; directly, where it has all columns of the design."""
        if not direct or self.chosen is None:
            return self.again(part, info)
        known = self.kept.get("fingerprint", "")
        return replace(part, matrix=part.matrix.columns(self.chosen), info=info, part_of=known)

    def of_columns(self, keep: IntArray, info: DesignInfo) -> Stream:
        """Return the same rows with some columns of a design that has ``info`` now."""
        before = np.arange(len(info.names)) if self.chosen is None else self.chosen
        sample = replace(self.sample, matrix=self.sample.matrix.columns(keep))
        kept = {name: value for name, value in self.kept.items() if name != "fingerprint"}
        return replace(self, sample=sample, kept=kept, whole=self.whole or info, chosen=before[keep])

    def require_columns(self, names: Sequence[Any], role: str) -> None:
        """Refuse what does not name a column of the source."""
        for name in names:
            if not isinstance(name, str):
                raise DataError(
                    f"{role}= must name a column of {self.source.label}: an array has no place beside its rows."
                )
            if name not in self.source.names:
                raise DataError(
                    f"{role}={name!r}: {self.source.label} has no such column. {nearest_name(name, self.source.names)}"
                )

    def fingerprint(self, info: DesignInfo) -> str:
        """Return the fingerprint of all rows, from the first whole pass."""
        if "fingerprint" not in self.kept:
            self.reduce(info, _count, add)
        found: str = self.kept["fingerprint"]
        return found

    @property
    def keeps_order(self) -> bool:
        """Whether the source promises its rows in the same order in each pass."""
        return keeps_order(self.source)

    def require_order(self, what: str) -> None:
        """Refuse what pairs the rows of two passes, where they came in different orders."""
        require_order(self.source, what)

    def require_room(self, numbers: int, what: str) -> None:
        """Refuse what would hold more numbers than the memory that was granted."""
        needed = 8 * numbers * GATHERED_PART
        if needed > self.memory:
            raise UnsupportedError(
                f"{what} takes {8 * numbers / 1e9:,.2g} GB for the {self.n_rows:,} rows of {self.source.label}, and "
                f"memory= grants {self.memory / 1e9:,.2g} GB: grant memory='{in_words(needed, up=True)}', or pass a "
                "table of some rows as data."
            )
        if self.stays is not None:
            self.stays.limit(self.stays.room - 8 * numbers)

    def require_coefficients(self, n: int) -> None:
        """Refuse second derivatives that exceed the memory."""
        if self.budget is not None:
            self.budget.require_coefficients(n, self.source.label)

    def _changed(self, how: str) -> DataError:
        return DataError(
            f"{self.source.label} changed between two passes: {how}. Fit again, when nothing writes to it."
        )


def _sizes(info: DesignInfo) -> tuple[int, int]:
    """Return the number of coefficients, and of linear predictors."""
    n_predictors = max(len(info.response.levels) - 1, 1)
    return len(info.names) * n_predictors, n_predictors


def _itself(design: Design) -> Design:
    return design


def _count(design: Design) -> int:
    return design.n_rows
