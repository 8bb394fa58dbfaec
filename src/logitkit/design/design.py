"""A design: matrix, response and info for one set of rows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from logitkit.design.dependence import Dependence
from logitkit.design.info import DesignInfo
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.numerics.once import once
from logitkit.typing import IntArray

__all__ = ["Design", "RowCounts"]


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

    @property
    def n_rows(self) -> int:
        """Number of rows used."""
        return self.matrix.n_rows

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
        )

    @once
    def fingerprint(self) -> str:
        """A digest that tells whether two designs hold the same rows, from sizes, outcomes and a sample of X."""
        sample = np.unique(np.linspace(0, self.n_rows - 1, min(self.n_rows, 1_000)).astype(np.int64))
        probe = np.cos(np.arange(sample.size, dtype=np.float64))
        sizes = (self.n_rows, self.matrix.n_columns, self.response.events, self.response.total)
        whole = sample.size == self.n_rows  # not worth a copy
        columns = (self.matrix if whole else self.matrix.take(sample)).rmatvec(probe)
        with np.errstate(invalid="ignore"):  # the offset is infinite in a level whose rows all had one outcome
            parts = [*sizes, *(probe @ values[sample] for values in self.response.columns()), *columns]
        # Eight digits: sums may differ in the last bits between machines.
        return hashlib.sha256("|".join(f"{float(part):.8e}" for part in parts).encode()).hexdigest()[:16]
