"""Sums over rows where Spark has them: partitions of a frame that stay where they are, or files that its workers read.

Each pass is one job. Every block of rows is summed by the task that has it (``mapInArrow``, so that rows travel from
Spark to Python as Arrow and are never made a frame), groups of neighbours are added where the cluster sees fit, and
the sums of the groups here, all in the tree of :mod:`logitkit.design.chunks.pieces`: the digits do not depend on which
task is done first. What a task cannot do it reports as a result, so that Spark does not try again what is refused.
"""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any, TypeVar

from logitkit.design.chunks.ahead import Part
from logitkit.design.chunks.block_tasks import merged
from logitkit.design.chunks.by_workers import ByWorkers
from logitkit.design.chunks.in_blocks import InBlocks, stated_sizes
from logitkit.design.chunks.learning import Learning
from logitkit.design.chunks.pieces import (
    NEIGHBOURS,
    Block,
    Plan,
    Shown,
    Sums,
    groups_of,
    in_types,
    neighbours,
    summed,
)
from logitkit.design.chunks.sample import key_limit
from logitkit.design.chunks.source import Batch, Chunk, Source
from logitkit.design.chunks.spark_tasks import (
    EachChunk,
    LearnBlock,
    SumBlock,
    answers_of,
    as_bytes,
    counts,
    joined_table,
    of_files,
    opened,
    read_here,
)
from logitkit.design.chunks.stream import Stream
from logitkit.design.info import DesignInfo
from logitkit.errors import DataError, ExecutorError, UnsupportedError
from logitkit.options import Stated

__all__ = ["Spark"]

T = TypeVar("T")
RESULTS = "place long, failed boolean, found binary"  # what a task returns, as Spark writes types
GATHERED, TASKS_OF_CORE = 16, 4  # results that are added here without a stage of their own; tasks that files make
OF_PANDAS = "PySpark does not yet fully support pandas"  # which nothing here uses
AGAIN = "A frame that is computed anew for each pass may come in other partitions: frame.persist() keeps them."


@dataclass(frozen=True, eq=False, repr=False)
class Spark(Stated, ByWorkers):
    """Spark workers as an executor: ``lk.logit(formula, frame, executor=lk.Spark(session))``.

    Partitions of a Spark frame stay where they are. Files are read by the workers, so all workers must reach them by
    the same paths. Each evaluation of the likelihood is one round, in which only sums are sent. logitkit must be
    installed on the workers.

    Parameters
    ----------
    session : pyspark.sql.SparkSession, optional
        A classic session, not a Spark Connect session; by default the active one.

    Examples
    --------
    >>> Spark("spark://10.0.0.1:7077")
    Traceback (most recent call last):
    logitkit.errors.DataError: lk.Spark('spark://10.0.0.1:7077'): give a session, such as ...
    """

    session: Any = None

    def __post_init__(self) -> None:
        """Refuse what is no session."""
        session = self.session
        if session is not None and not (hasattr(session, "range") and hasattr(session, "createDataFrame")):
            raise DataError(f"lk.Spark({session!r:.60}): give a session, such as SparkSession.builder.getOrCreate().")
        if ".connect" in type(session).__module__:
            raise DataError("lk.Spark(session): the session is one of Spark Connect; give a classic one.")

    def __getstate__(self) -> dict[str, Any]:
        """Return nothing of the session, which belongs to this process."""
        return {"session": None}

    @property
    def running(self) -> Any:
        """The given session, or the active one if none was given."""
        if self.session is not None:
            return self.session
        from pyspark.sql import SparkSession

        found = SparkSession.getActiveSession()
        if found is None:
            raise ExecutorError("lk.Spark(): there is no active session; give one, lk.Spark(session).")
        return found

    def _frame(self, data: Any) -> Source | None:
        of_spark = type(data).__module__.startswith("pyspark.sql") and hasattr(data, "mapInArrow")
        return _Frame(data) if of_spark else None

    def _rows(self, source: Source, size: int) -> _WorkerRows:
        return _WorkerRows(source, self, size)


@dataclass(frozen=True)
class _Frame:
    """A frame of Spark: each partition is a block."""

    frame: Any
    label: str = "the Spark frame"
    n_rows: int | None = None
    row_bytes: float = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self.frame.columns)

    def batches(self, columns: Sequence[str], size: int) -> Iterator[Batch]:
        """Refuse: the rows are with the workers."""
        del columns, size
        raise UnsupportedError(f"{self.label} is read by workers: executor=lk.Spark(session).")

    def results(self, columns: Sequence[str], work: Callable[[int, Any], Any]) -> Any:
        """Return a frame of what work makes of each partition that has rows."""
        # By names of one word: mapInArrow takes a dot in a name for a field of a structure.
        chosen = self.frame.selectExpr(*(f"`{name.replace('`', '``')}` as c{k}" for k, name in enumerate(columns)))
        return chosen.mapInArrow(lambda batches: answers_of(work, _of_partition(batches, columns)), RESULTS)


@dataclass(frozen=True)
class _Files:
    """Files whose parts are read by themselves, a few together being a block."""

    source: Any
    session: Any
    size: int

    def groups(self, columns: Sequence[str]) -> list[list[Part]]:
        """Return the parts of each block."""
        return groups_of(self.source.own_parts(columns), self.size)

    def results(self, columns: Sequence[str], work: Callable[[int, Any], Any]) -> Any:
        """Return a frame of what work makes of each block."""
        groups = self.groups(columns)
        parts, n = [pickle.dumps(group) for group in groups], len(groups)
        tasks = max(min(n, TASKS_OF_CORE * self.session.sparkContext.defaultParallelism), 1)
        numbers = self.session.range(0, n, 1, tasks)
        return numbers.mapInArrow(lambda batches: answers_of(work, of_files(batches, parts)), RESULTS)


class _WorkerRows(InBlocks):
    """The rows of a source as the workers have them, in blocks that are cut into chunks of one size."""

    def __init__(self, source: Source, executor: Spark, size: int) -> None:
        super().__init__(source, size, isinstance(source, _Frame), "Spark")
        self.executor = executor
        self._fetching: dict[tuple[str, ...], Any] = {}
        self._source: Any = source if isinstance(source, _Frame) else _Files(source, executor.running, size)

    def parts(self, columns: Sequence[str], size: int) -> Iterator[Part]:
        """Yield the blocks, for those who want their rows here."""
        del size
        groups = self._source.groups(columns) if isinstance(self._source, _Files) else None
        for block in self.blocks:
            if groups is None:
                read: Callable[[], Any] = partial(self._fetched, block, tuple(columns))
            else:
                read = partial(read_here, block, groups[block.number], self._schema)
            yield Part(block.n_rows, read)

    def _fetched(self, block: Block, columns: tuple[str, ...]) -> Batch:
        """Return the rows of a partition, by a job of that partition alone."""
        from pyarrow import ipc

        with _reaching():
            if columns not in self._fetching:
                self._fetching[columns] = self._source.results(columns, as_bytes).rdd
            context = self.executor.running.sparkContext
            answers = context.runJob(self._fetching[columns], list, [block.number])
        table = ipc.open_stream(opened(answers[0].failed, answers[0].found)).read_all()
        return Batch(in_types(table, self._schema), block.where)

    def learn(self, learning: Learning, sample_of: Callable[[int], int]) -> Learning:
        """Return what a pass shows; the rows of a frame are counted before, so that few more are sent than drawn."""
        starts, names, draws = None, None, None
        if isinstance(self._source, _Files):
            groups = self._source.groups(learning.columns)
            names = [group[0].where for group in groups]
            if self._counted:
                starts = [0, *accumulate(sum(part.n_rows for part in group) for group in groups)]
        elif self.n_rows is None:
            with _reaching():
                self.n_rows = self._source.frame.count()
        if self.n_rows is None:
            draws = sample_of
        else:
            sample = sample_of(self.n_rows)
            learning.trim(sample, key_limit(sample, max(self.n_rows, 1)))
        work = LearnBlock(learning, self.size, starts, names, draws)
        states: dict[int, Shown] = dict(self._gathered(learning.columns, work))
        n_blocks = max(max(states, default=-1) + 1, len(self.blocks)) if names is None else len(names)
        names = names or [f"partition {number}" for number in range(n_blocks)]
        filled = self._sized(
            names, [(states[k].n_rows, states[k].schema) if k in states else (0, None) for k in range(n_blocks)]
        )
        if not filled:
            return learning
        n_rows = sum(states[k].n_rows for k in filled)
        rules = (self._schema, sample_of(n_rows), key_limit(sample_of(n_rows), n_rows))
        parts = [states[k].learning.in_types(*rules) for k in filled]
        found: Learning = neighbours(parts, lambda few: merged(list(few), rules))
        return found

    def count(self, columns: Sequence[str]) -> None:
        """Count the rows of each block."""
        if self._counted:
            self._sized(*stated_sizes(self._source, columns))
            return
        found = dict(self._gathered(columns, counts))
        if isinstance(self._source, _Files):
            names = stated_sizes(self._source, columns)[0]
        else:
            names = [f"partition {number}" for number in range(max(found, default=-1) + 1)]
        self._sized(names, [(found[k][0], found[k][2]) if k in found else (0, None) for k in range(len(names))])

    def over(self, columns: Sequence[str], task: Callable[[Chunk], T]) -> Iterator[T]:
        """Yield what a task makes of each chunk, in order, by jobs of as many partitions as there are cores."""
        context = self.executor.running.sparkContext
        work = EachChunk(task, self.size, self._schema, tuple(self.blocks))
        with _reaching():
            results = self._source.results(tuple(columns), work).rdd
            n, width = results.getNumPartitions(), max(context.defaultParallelism, 1)
        for first in range(0, n, width):
            with _reaching():
                answers = context.runJob(results, list, list(range(first, min(first + width, n))))
            for answer in answers:
                yield from pickle.loads(opened(answer.failed, answer.found))

    def summed(self, stream: Stream, info: DesignInfo, work: tuple[Any, Any, Any]) -> Sums[Any]:
        """Return the sums over all rows."""
        used = [block for block in self.blocks if any(stream.used[block.first : block.first + block.n_chunks])]
        ranks = {block.number: rank for rank, block in enumerate(used)}
        task = SumBlock(Plan(stream, info, self._schema), work, tuple(self.blocks), ranks)
        joined = partial(summed, merge=work[1])
        try:
            found = self._gathered(stream.columns, task, joined if len(used) > GATHERED else None, len(used))
        except DataError as error:
            if "changed between two passes" in str(error) and isinstance(self._source, _Frame):
                raise DataError(f"{error} {AGAIN}") from error
            raise
        total: Sums[Any] = neighbours([each for _, each in found], joined)
        return total

    def _gathered(
        self,
        columns: Sequence[str],
        work: Callable[[int, Any], Any],
        joined: Callable[[Sequence[Any]], Any] | None = None,
        n: int = 0,
    ) -> list[tuple[int, Any]]:
        """Return what work makes of the blocks in order; ``joined`` adds groups of neighbours of the ``n`` results."""
        with _reaching():
            results = self._source.results(columns, work)
            if joined is not None:
                width = NEIGHBOURS
                while width * width < n:
                    width *= NEIGHBOURS
                nodes = results.selectExpr(f"place div {width} as node", "place", "failed", "found").groupBy("node")
                results = nodes.applyInArrow(lambda table: joined_table(table, joined, width), RESULTS)
            answers = results.toArrow().sort_by("place").to_pylist()
        return [(answer["place"], pickle.loads(opened(answer["failed"], answer["found"]))) for answer in answers]


def _of_partition(batches: Iterable[Any], columns: Sequence[str]) -> Iterator[tuple[int, Callable[[], Any]]]:
    """Yield the number of the partition that a task of Spark has, and what returns its rows, where there are rows."""
    import pyarrow as pa
    from pyspark import TaskContext

    held = [batch for batch in batches if batch.num_rows]
    if held:
        context: Any = TaskContext.get()
        yield context.partitionId(), lambda: pa.Table.from_batches(held).rename_columns(list(columns))


@contextmanager
def _reaching() -> Iterator[None]:
    """Say what is wrong where Spark cannot run what it is given, and not what it says of pandas."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=OF_PANDAS, category=FutureWarning)
        try:
            yield
        except (PySparkException, Py4JError, ConnectionError) as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            told = next((line for line in lines if "Error:" in line), lines[0] if lines else type(error).__name__)
            raise ExecutorError(f"Spark could not run what it was given: {told:.300}") from error
