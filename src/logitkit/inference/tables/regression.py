"""Fits side by side: one row per coefficient, with reference levels of factors, tests of terms and counts.

Rows of several fits are matched by the variable and the level for levels of factors, and by name for other columns.
Terms are in the order of the first fit that has them, each after the term that precedes it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord
from logitkit.inference.fit_statistics import FitStatistics
from logitkit.models.words import Ratio
from logitkit.typing import FloatArray

__all__ = [
    "Block",
    "Cell",
    "RegressionTable",
    "Row",
    "TabledFit",
    "TermP",
    "cells_of",
    "of_same_rows",
    "regression_rows",
]

NONE = (np.nan,) * 6


class Row(NamedTuple):
    """The identity of a row of the table.

    Parameters
    ----------
    term : str
        Variable of a factor, or the term as it is written.
    level : str
        Level of a factor, or name of a column if a term has several; empty for the row of the term itself.

    Examples
    --------
    >>> Row("race", "white").level
    'white'
    """

    term: str
    level: str = ""


class Cell(NamedTuple):
    """An estimate on the scale of the coefficients.

    Parameters
    ----------
    estimate, std_error, statistic, p_value, low, high : float
        nan where there is none.
    state : {'', 'reference', 'aliased', 'undetermined'}
        Reason why there is no estimate.
    alone : bool
        Whether the column can change alone, so that its coefficient has a ratio.
    change : float
        Change of the column to which the estimate refers.

    Examples
    --------
    >>> Cell(state="reference").state
    'reference'
    """

    estimate: float = np.nan
    std_error: float = np.nan
    statistic: float = np.nan
    p_value: float = np.nan
    low: float = np.nan
    high: float = np.nan
    state: str = ""
    alone: bool = True
    change: float = 1.0


class TermP(NamedTuple):
    """The test of a term with several columns.

    Parameters
    ----------
    p_value : float
        nan where there is no test.
    test : str
        ``"LR"`` or ``"Wald"``.

    Examples
    --------
    >>> TermP(0.03, "LR").test
    'LR'
    """

    p_value: float
    test: str


@dataclass(frozen=True)
class Block:
    """Columns of the table that belong to one equation of one fit.

    Parameters
    ----------
    fit : int
        Position of the fit.
    label : str
        Name of the equation; empty if the fit has only one.
    ratio : Ratio or None
        Name of exp(coefficient); None if coefficients are shown.
    cells : dict of Row to Cell
        Estimates, and reference levels.
    tests : dict of str to TermP
        Tests of terms with several columns, by term.

    Examples
    --------
    >>> Block(0, "", None, {Row("age"): Cell(0.5)}, {}).cells[Row("age")].estimate
    0.5
    """

    fit: int
    label: str
    ratio: Ratio | None
    cells: dict[Row, Cell]
    tests: dict[str, TermP]


@dataclass(frozen=True)
class TabledFit:
    """A fit in the table, with statistics of the whole fit.

    Parameters
    ----------
    name : str
        Name of the fit in the table.
    record : FitRecord
        The fit; for univariable fits, the multivariable fit that they accompany.
    statistics : FitStatistics or None
        None for univariable fits.
    counts : dict of Row to (float, float), or None
        Numbers of rows and events by level; None without rows.
    n_rows, n_events : float
        Counts for the fit, including frequency weights and trials; nan where there are no events.
    univariable : bool
        Whether each term was fitted alone.
    left_out : tuple of str
        Terms that were not fitted alone because they contain other terms.

    Examples
    --------
    >>> import logitkit as lk
    >>> lk.regression_table(lk.logit("low ~ race", lk.datasets.load_lbw())).fits[0].n_events
    59.0
    """

    name: str
    record: FitRecord
    statistics: FitStatistics | None
    counts: dict[Row, tuple[float, float]] | None
    n_rows: float
    n_events: float
    univariable: bool = False
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class RegressionTable:
    """Fits side by side.

    Parameters
    ----------
    fits : tuple of TabledFit
        In the order of the table.
    blocks : tuple of Block
        The equations of each fit, in order.
    rows : tuple of Row
        The rows; a term with several columns comes before its levels.
    style : {'compact', 'full'}
        How the table is shown.
    show : tuple of str
        The quantities that are shown.
    level : float
        Confidence level of the intervals.
    same_rows : bool or None
        Whether all fits use the same rows; None if that is not known.

    Examples
    --------
    >>> import logitkit as lk
    >>> table = lk.regression_table(lk.logit("low ~ age + race", lk.datasets.load_lbw()))
    >>> [row.level for row in table.rows]
    ['', '', 'white', 'black', 'other']
    """

    fits: tuple[TabledFit, ...]
    blocks: tuple[Block, ...]
    rows: tuple[Row, ...]
    style: Literal["compact", "full"]
    show: tuple[str, ...]
    level: float
    same_rows: bool | None = None


def regression_rows(blocks: Sequence[Block]) -> tuple[Row, ...]:
    """Return the rows of all blocks, each once, in the order of the first block that has them.

    Parameters
    ----------
    blocks : sequence of Block
        Blocks, with cells in the order of their fits.

    Returns
    -------
    tuple of Row
        A row that earlier blocks do not have follows the row that precedes it in its own block.

    Examples
    --------
    >>> one, other = ({Row("a"): Cell(), Row("c"): Cell()}, {Row("a"): Cell(), Row("b"): Cell()})
    >>> [row.term for row in regression_rows([Block(0, "", None, cells, {}) for cells in (one, other)])]
    ['a', 'b', 'c']
    """
    terms: list[str] = []
    levels: dict[str, list[str]] = {}
    for block in blocks:
        _merge(terms, list(dict.fromkeys(row.term for row in block.cells)))
        for term in dict.fromkeys(row.term for row in block.cells):
            _merge(levels.setdefault(term, []), [row.level for row in block.cells if row.term == term])
    return tuple(Row(term, level) for term in terms for level in sorted(levels[term], key=bool))


def _merge(known: list[str], given: Sequence[str]) -> None:
    """Add names to a list, each after the one before it among those given."""
    at = -1
    for name in given:
        if name in known:
            at = known.index(name)
        else:
            at += 1
            known.insert(at, name)


def of_same_rows(designs: Sequence[Design | None]) -> bool | None:
    """Return whether designs have the same rows of one table; None if that is not known.

    Parameters
    ----------
    designs : sequence of Design or None
        Designs of the fits.

    Returns
    -------
    bool or None
        False also if their numbers of rows differ.

    Examples
    --------
    >>> of_same_rows([None, None]) is None
    True
    """
    known = [design for design in designs if design is not None and not design.in_chunks]
    if len({design.n_rows for design in known}) > 1:
        return False
    if len(known) < len(designs) or any(each.table is None or each.table is not known[0].table for each in known):
        return None
    return all(np.array_equal(each.positions, known[0].positions) for each in known[1:])


def cells_of(block: Block, rows: Sequence[Row]) -> FloatArray:
    """Return the estimates of a block in the order of the rows of its table.

    Parameters
    ----------
    block : Block
        One equation of a fit.
    rows : sequence of Row
        The m rows of the table.

    Returns
    -------
    (m, 6) array
        Estimate, standard error, statistic, p-value and limits; nan where there is none.

    Examples
    --------
    >>> cells_of(Block(0, "", None, {Row("x"): Cell(1.0)}, {}), [Row("x"), Row("z")])[:, 0].tolist()
    [1.0, nan]
    """
    return np.array([block.cells[row][:6] if row in block.cells else NONE for row in rows]).reshape(-1, 6)
