"""A design: matrix, response and info for one set of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from logitkit.design.fingerprint import Fingerprint
from logitkit.design.info import DesignInfo
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Clusters, Response
from logitkit.numerics.once import once
from logitkit.typing import IntArray

if TYPE_CHECKING:
    from logitkit.design.chunks.stream import Stream
    from logitkit.design.dependence import Dependence

__all__ = ["Design", "RowCounts"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RowCounts:
    """How many rows the table had and why some were left out.

    Parameters
    ----------
    given : int
        Rows of the table.
    missing : int
        Rows dropped because a value was missing.
    missing_by_column : tuple of (str, int)
        Columns with missing values and their number, most first.
    unseen : int
        Rows left out because the fit says nothing of them, such as those with a level that it never saw.
    """

    given: int
    missing: int = 0
    missing_by_column: tuple[tuple[str, int], ...] = ()
    unseen: int = 0


@dataclass(frozen=True)
class Design:
    """Matrix, response and info of one set of rows.

    Parameters
    ----------
    matrix : Matrix
        n rows and p columns.
    response : Response
        The same rows.
    info : DesignInfo
        Names, terms and coding.
    counts : RowCounts
        Rows given and dropped.
    positions : (n,) int array
        Place of each row in the table as given.
    index : object
        The table's own row labels, all of them, when it has any.
    level_codes : (n,) int array or None
        Level of each row, of a factor that is absorbed.
    table : object
        The table itself, where average predictions may set its variables to other values; not a copy.
    dependence : Dependence or None
        How its rows depend on one another, where a covariance was asked for.
    start : int
        Position of the first row of the table, where that is a chunk of a source.
    part_of : str
        Fingerprint of all rows of which these are a chunk; empty where they are no chunk, or that is not known yet.
    """

    matrix: Matrix
    response: Response
    info: DesignInfo
    counts: RowCounts
    positions: IntArray
    index: Any = None
    level_codes: IntArray | None = None
    table: Any = None
    dependence: Dependence | None = None
    start: int = 0
    part_of: str = ""

    @property
    def stream(self) -> Stream | None:
        """The source of rows read in chunks, if X and the response are both unchanged since reading; else None.

        A design in which either was changed has sums of its own, not those of the stream.
        """
        return self.matrix.stream if self.matrix.stream is self.response.stream else None

    @property
    def in_chunks(self) -> bool:
        """Whether the rows are read in chunks, and not held."""
        return self.stream is not None

    @property
    def sample(self) -> Design:
        """Rows that are held: a sample of those that are read in chunks, else all."""
        return self if self.stream is None else replace(self.stream.sample, info=self.info)

    def chunks(self) -> Iterator[Design]:
        """Yield the rows as designs that are held, one pass over a stream; a design that is held is one chunk."""
        return iter((self,)) if self.stream is None else self.stream.designs(self.info)

    def reduce(self, task: Callable[[Design], T], merge: Callable[[T, T], T]) -> T:
        """Return a task's results for the chunks, merged in their order; for rows that are held, its result for them.

        A stream runs the task wherever its rows are, in one pass. So what is a sum over rows is written once, as the
        task of some rows and how two sums are added.
        """
        return task(self) if self.stream is None else self.stream.reduce(self.info, task, merge)

    def each(self, task: Callable[[Design], T]) -> Iterator[T]:
        """Yield a task's result for each chunk, in their order; for rows that are held, its result for them.

        What is no sum, such as rows that are to be sorted, is made of these results here, wherever the rows are.
        """
        return iter((task(self),)) if self.stream is None else self.stream.each(self.info, task)

    @property
    def n_rows(self) -> int:
        """Number of rows used."""
        return self.matrix.n_rows

    @property
    def places(self) -> IntArray:
        """Place of each row in the table that is held, shape (n,)."""
        return self.positions - self.start if self.start else self.positions

    @property
    def clusters(self) -> Clusters | None:
        """The clusters of the response; of rows that are read in chunks, those of a sample of them."""
        return self.sample.response.clusters

    def take(self, index: IntArray) -> Design:
        """Return the design of some of its rows; how many the table had stays."""
        codes = None if self.level_codes is None else self.level_codes[index]
        return replace(
            self,
            matrix=self.matrix.take(index),
            response=self.response.take(index),
            positions=self.positions[index],
            level_codes=codes,
            dependence=None,
            part_of="",
        )

    @once
    def fingerprint(self) -> str:
        """A digest that tells whether two designs hold the same rows, from sizes, outcomes and a sample of X."""
        if self.stream is not None:
            return self.stream.fingerprint(self.info)
        found = Fingerprint(self.n_rows, self.matrix.n_columns)
        found.add(self.matrix, self.response)
        return found.digest()
