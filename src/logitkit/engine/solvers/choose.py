"""The choice of the method for a fit from the shape of its design alone: one table, and its wording in the trace.

| the design has | second derivatives are | why |
|---|---|---|
| at most ``DENSE_MOST`` columns | one array | its factorisation is cheap compared with one pass over the rows |
| half of them of a factor of ``ELIMINATED_LEAST`` levels, few rows | an arrow, if not in doubt | a pass is cheaper |
| more, but a factor whose removal leaves as few | an arrow with the factor at its head | levels cost a division each |
| more | one array, refused with its size where it would not fit | nothing better is known of such a design |

A design of at most ``DENSE_MOST`` columns whose rank or separation is in doubt is looked at row by row, written out; if
that were more than ``CELLS_MOST`` cells and there is a factor to eliminate, it is fitted as an arrow too.

| numbers in the rows | the Hessian is |
|---|---|
| fewer than ``NUMBERS_LEAST`` | summed at every step: a pass is cheap either way |
| more | kept between steps, and first taken from a sample of rows, if ``ROWS_PER_COLUMN`` rows a column can be drawn |
| of them below ``NUMBERS_MANY`` | the same, if there are ``ROWS_A_LEVEL`` rows for each column that a row lacks |

Several outcomes are fitted with the second derivatives of all pairs of outcomes in one array, kept and sampled by the
same rule, and refused with the size where that would not fit. From ``many_outcomes.MANY`` coefficients and ``OUTCOMES``
outcomes nothing is summed but products, by conjugate gradients (``many_outcomes.py``). What a penalty changes is in
``regularised/``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from logitkit.design.matrix.matrix import Matrix
from logitkit.design.table.memory import require_room

if TYPE_CHECKING:
    from logitkit.design.matrix.arrow import ArrowLayout
    from logitkit.engine.curvature.sums import GramSums

__all__ = [
    "NUMBERS_LEAST",
    "NUMBERS_MANY",
    "SAMPLE_MOST",
    "Plan",
    "choose_plan",
    "layout_that_pays",
    "layout_when_large",
    "sample_of_many",
    "sample_size",
]

DENSE_MOST = 2_500
CELLS_MOST = 5_000_000
ELIMINATED_LEAST, CUBE_A_ROW = 160, 400  # levels, and their cube for each row, from which elimination is faster,
SQUARE_SAMPLED = 0.75  # and their square where one array would begin with a sample, which saves it half of the passes
COPIES_OF_HESSIAN = 8  # sums of groups of rows, factor, inverse
COPIES_OF_BORDER = 3
NUMBERS_LEAST = 400_000  # from which the passes saved are worth a sample
NUMBERS_MANY = 1_000_000  # from which errors are right to 1e-6, and a sample has enough rows of most levels
ROWS_A_LEVEL = 1_000  # for each column that a row lacks: a sixteenth has some sixty of each level
SAMPLE_SHARE = 16
ROWS_PER_COLUMN = 16
SAMPLE_MOST = 2  # a sample of more than half of the rows saves nothing, where it is not solved as well
SOLVED_MOST = 1.5  # where it is, of more than two thirds


@dataclass(frozen=True)
class Plan:
    """How a fit is solved.

    Parameters
    ----------
    kind : {'dense', 'arrow'}
        How second derivatives are stored.
    layout : ArrowLayout or None
        Head and rest of an arrow.
    keeps : bool
        Whether a Hessian is reused for several steps.
    """

    kind: str
    layout: ArrowLayout | None
    keeps: bool

    @property
    def words(self) -> str:
        """The plan as a sentence without its end."""
        words = "Newton's method"
        if self.layout is not None:
            words += f", {self.layout.head.size:,} levels of one factor eliminated"
        if self.keeps:
            words += ", the Hessian reused between steps"
        return words

    def sums(self, matrix: Matrix) -> GramSums:
        """Return how second derivatives of a matrix of this plan are summed."""
        from logitkit.engine.curvature.sums import ArrowSums, DenseSums

        return DenseSums(matrix) if self.layout is None else ArrowSums(matrix, self.layout)


def choose_plan(matrix: Matrix) -> Plan:
    """Choose how to fit a design without a penalty.

    Examples
    --------
    >>> import numpy as np
    >>> from logitkit.design.matrix.dense import Dense
    >>> choose_plan(Dense(np.ones((100, 2)))).words
    "Newton's method"
    """
    from logitkit.design.matrix.arrow import arrow_layout

    keeps = matrix.n_rows * matrix.width >= NUMBERS_LEAST
    p = matrix.n_columns
    if p <= DENSE_MOST:
        return Plan("dense", None, keeps)
    layout = arrow_layout(matrix)
    if layout is not None and layout.rest.size <= DENSE_MOST:
        m, k = layout.head.size, layout.rest.size
        advice = "Merge levels of the largest factor, or leave columns out."
        require_room(8 * m * k * COPIES_OF_BORDER, f"The products of {m:,} levels with {k:,} columns", advice)
        return Plan("arrow", layout, True)
    advice = (
        "A factor with many levels is cheap when it is a main effect coded by levels, or absorbed (absorb=...); merge "
        "levels of the others."
    )
    if p >= matrix.n_rows:
        advice = (
            f"With {matrix.n_rows:,} rows there is no estimate without a penalty: give penalty=lk.Lasso(strength) or "
            "lk.Ridge(strength); lk.cross_validate chooses the strength."
        )
    require_room(
        8 * matrix.inner.n_columns**2 * COPIES_OF_HESSIAN,
        f"The design has {p:,} columns; its Hessian and its factorisation",
        advice,
    )
    return Plan("dense", None, keeps)


def layout_that_pays(matrix: Matrix) -> ArrowLayout | None:
    """Return the arrow of a design whose levels are eliminated in less time than one array is factorised.

    Elimination costs some passes over rows in the order of the levels, and a factorisation the cube of the columns.

    Examples
    --------
    >>> import numpy as np
    >>> from logitkit.design.matrix.dense import Dense
    >>> layout_that_pays(Dense(np.ones((100, 2)))) is None
    True
    """
    from logitkit.design.matrix.arrow import arrow_layout

    n, p = matrix.n_rows, matrix.n_columns
    power, least = (2, SQUARE_SAMPLED * n) if sample_size(n, p, matrix.width) else (3, CUBE_A_ROW * n)
    if p < ELIMINATED_LEAST or p**power < least:
        return None
    layout = arrow_layout(matrix)
    if layout is None or 2 * layout.rest.size > p:
        return None
    m = layout.head.size
    return layout if m >= ELIMINATED_LEAST and m**power >= least else None


def layout_when_large(matrix: Matrix) -> ArrowLayout | None:
    """Return the arrow of a design that is too large to be looked at written out, None for any other.

    Examples
    --------
    >>> import numpy as np
    >>> from logitkit.design.matrix.dense import Dense
    >>> layout_when_large(Dense(np.ones((100, 2)))) is None
    True
    """
    from logitkit.design.matrix.arrow import arrow_layout

    return arrow_layout(matrix) if matrix.n_rows * matrix.n_columns > CELLS_MOST else None


def sample_size(n_rows: int, n_columns: int, width: int) -> int:
    """Return how many rows to draw for a first answer, 0 for none.

    Examples
    --------
    >>> sample_size(1_000_000, 50, 50), sample_size(1_000, 10, 10)
    (62500, 0)
    """
    numbers, size = n_rows * width, max(n_rows // SAMPLE_SHARE, ROWS_PER_COLUMN * n_columns)
    has_levels = numbers >= NUMBERS_MANY or n_rows >= ROWS_A_LEVEL * (n_columns - width)
    return size if numbers >= NUMBERS_LEAST and has_levels and size * SOLVED_MOST <= n_rows else 0


def sample_of_many(n_rows: int, n_columns: int, width: int) -> int:
    """Return how many rows to draw where rows are many, 0 for none: what is thresholded gains less by a sample.

    Examples
    --------
    >>> sample_of_many(1_000_000, 50, 50), sample_of_many(10_000, 50, 50)
    (62500, 0)
    """
    return sample_size(n_rows, n_columns, width) if n_rows * width >= NUMBERS_MANY else 0
