"""Matrices of every kind that property tests draw, each beside its cells written out from the definition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import sparse

from logitkit.design.matrix.blocks import Blocks, Joined
from logitkit.design.matrix.categorical import Categorical
from logitkit.design.matrix.columnar import Columnar
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.recoded import Recoded
from logitkit.design.matrix.sparse import sparse_matrix
from logitkit.design.matrix.transformed import Transformed
from logitkit.numerics.kernels.columnar import KINDS as KINDS_IN_PLACE
from oracles.products import coded_cells, contrasts
from tolerances import EXACT

__all__ = ["KINDS", "SIMPLE", "Case", "assert_sums", "blocks_of", "generators", "numbers", "row_counts", "row_weights"]

CONTRASTS = ("treatment", "sum", "helmert", "poly")

row_counts = st.integers(0, 24)
generators = st.integers(0, 2**32 - 1).map(np.random.default_rng)


@dataclass(frozen=True)
class Case:
    """A matrix, its cells, and how large the numbers are that were added up to make each cell."""

    matrix: Matrix
    cells: np.ndarray
    size: np.ndarray

    @classmethod
    def plain(cls, matrix: Matrix, cells: np.ndarray) -> Case:
        """Give the case of cells that are stored and not computed."""
        return cls(matrix, cells, np.abs(cells))


def assert_sums(found: np.ndarray, expected: np.ndarray, size: np.ndarray) -> None:
    """Compare sums, to rounding of the size of what was added."""
    assert found.dtype == np.float64
    assert found.shape == expected.shape
    # Cell by cell: a tolerance of the largest sum would let a wrong small one pass.
    excess = np.abs(found - expected) - EXACT * size
    assert_allclose(np.where(excess > 0, found, expected), expected, rtol=0)


def numbers(draw: Any, *shape: int) -> np.ndarray:
    """Draw numbers of either sign from a thousandth to a thousand."""
    rng = draw(generators)
    return rng.normal(size=shape) * 10.0 ** rng.uniform(-3, 3, size=shape)


@st.composite
def row_weights(draw: Any, n: int) -> np.ndarray:
    """Draw weights that are not negative, some of them zero."""
    return np.abs(numbers(draw, n)) * some(draw, n)


def some(draw: Any, *shape: int) -> np.ndarray:
    """Draw which cells of an array: none, all, or a proportion of them."""
    return draw(generators).random(shape) < draw(st.sampled_from([0.0, 0.2, 0.5, 0.8, 1.0]))


def dense(form: str) -> Callable[[int], st.SearchStrategy[Case]]:
    """Give the strategy of dense arrays of a type and a memory order."""

    @st.composite
    def strategy(draw: Any, n: int) -> Case:
        p = draw(st.integers(0, 5))
        cells = numbers(draw, n, p)
        match form:
            case "C":
                array = np.ascontiguousarray(cells)
            case "F":
                array = np.asfortranarray(cells)
            case "float32":
                array = cells.astype(np.float32)
            case "float32 F":
                array = np.asfortranarray(cells, dtype=np.float32)
            case "int":
                array = cells.astype(np.int64)
            case "bool":
                array = cells > 0
            case "view":
                whole = np.full((2 * n + 1, 3 * p + 1), np.nan)
                whole[1::2, 1::3] = cells[:, ::-1]
                array = whole[1::2, 1::3][:, ::-1]
            case "read-only":
                array = cells
                array.flags.writeable = False
        return Case.plain(Dense(array), np.array(array.tolist(), dtype=float).reshape(n, p))

    return strategy


@st.composite
def columnar(draw: Any, n: int) -> Case:
    """Draw columns of several types in several pieces, some of them constant, and some rows of them."""
    edges = [0, *sorted(draw(st.lists(st.integers(0, n), max_size=3))), n]
    sizes = np.diff(edges).tolist()
    columns, cells = [], []
    for kind in draw(st.lists(st.sampled_from(["constant", *KINDS_IN_PLACE, "int16", "bool"]), max_size=9)):
        values = np.full(n, 3) if kind == "constant" else (10.0 * numbers(draw, n)).clip(-100, 100).astype(kind)
        columns.append(3 if kind == "constant" else np.split(values, edges[1:-1]))
        cells.append(np.array(values.tolist(), dtype=float))
    return Case.plain(Columnar.of(columns, sizes), np.array(cells).reshape(len(columns), n).T)


def coded(scaled: bool) -> Callable[[int], st.SearchStrategy[Case]]:
    """Give the strategy of factors, or of factors times a number, with spare columns and rows of zeros."""

    @st.composite
    def strategy(draw: Any, n: int) -> Case:
        used, spare = draw(st.integers(0, 5)), draw(st.integers(0, 2))
        codes = draw(generators).integers(-2, used, n, dtype=np.int32)
        scale = numbers(draw, n) if scaled else np.empty(0)
        matrix = Categorical(codes, used + spare, scale) if scaled else Categorical(codes, used + spare)
        return Case.plain(matrix, coded_cells(codes, scale, used + spare))

    return strategy


def compressed(form: str) -> Callable[[int], st.SearchStrategy[Case]]:
    """Give the strategy of sparse columns in a format of scipy's, with zeros that are stored and rows without any."""

    @st.composite
    def strategy(draw: Any, n: int) -> Case:
        p = draw(st.integers(0, 6))
        stored = some(draw, n, p)
        cells = np.where(stored, numbers(draw, n, p), 0.0)
        values = cells[stored] * some(draw, int(stored.sum()))
        cells[stored] = values
        row, column = np.nonzero(stored)
        coo = sparse.coo_array((values, (row, column)), shape=(n, p))
        match form:
            case "CSR":
                given = coo.tocsr()
            case "CSC":
                given = coo.tocsc()
            case "COO":
                shuffled = draw(generators).permutation(values.size)
                given = sparse.coo_array((values[shuffled], (row[shuffled], column[shuffled])), shape=(n, p))
            case "CSR unsorted":
                csr = coo.tocsr()
                flipped = np.lexsort((-column, row))
                given = sparse.csr_array((values[flipped], column[flipped], csr.indptr), shape=(n, p))
            case "CSR matrix, float32":
                given = sparse.csr_matrix(coo.tocsr().astype(np.float32))
                cells = cells.astype(np.float32).astype(float)
        return Case.plain(sparse_matrix(given), cells)

    return strategy


def joined(n: int) -> st.SearchStrategy[Case]:
    """Draw parts side by side."""
    return parts(n).map(side_by_side)


def parts(n: int) -> st.SearchStrategy[list[Case]]:
    """Draw one to four matrices of the same rows."""
    return st.lists(st.sampled_from(sorted(SIMPLE)).flatmap(lambda kind: SIMPLE[kind](n)), min_size=1, max_size=4)


def side_by_side(cases: list[Case]) -> Case:
    """Give some matrices as one."""
    matrix = Joined(tuple(case.matrix for case in cases))
    return Case(matrix, np.hstack([case.cells for case in cases]), np.hstack([case.size for case in cases]))


def blocks_of(cases: list[Case], order: np.ndarray) -> Case:
    """Give some matrices as one, whose column j is column ``order[j]`` of those side by side."""
    together = side_by_side(cases)
    place = np.argsort(order)
    edges = np.cumsum([case.cells.shape[1] for case in cases])[:-1]
    matrix = Blocks([case.matrix for case in cases], np.split(place, edges))
    return Case(matrix, together.cells[:, order], together.size[:, order])


@st.composite
def blocks(draw: Any, n: int) -> Case:
    """Draw parts whose columns are shuffled."""
    cases = draw(parts(n))
    return blocks_of(cases, draw(generators).permutation(sum(case.cells.shape[1] for case in cases)))


def times(case: Case, matrix: Matrix, recode: np.ndarray) -> Case:
    """Give the case of combinations of the columns of another."""
    return Case(matrix, case.cells @ recode, case.size @ np.abs(recode))


def recoded(name: str) -> Callable[[int], st.SearchStrategy[Case]]:
    """Give the strategy of contrasts of a factor, some of whose levels may have no row."""

    @st.composite
    def strategy(draw: Any, n: int) -> Case:
        levels = draw(st.integers(2, 6))
        codes = draw(generators).integers(0, draw(st.integers(1, levels)), n, dtype=np.int32)
        scale = numbers(draw, n) if draw(st.booleans()) else np.empty(0)
        case = Case.plain(Categorical(codes, levels, scale), coded_cells(codes, scale, levels))
        recode = contrasts(name, levels)
        return times(case, Recoded(case.matrix, sparse.csr_array(recode)), recode)

    return strategy


def combined(of: Callable[[int], st.SearchStrategy[Case]]) -> Callable[[int], st.SearchStrategy[Case]]:
    """Give the strategy of a random sparse map of the columns of another kind."""

    @st.composite
    def strategy(draw: Any, n: int) -> Case:
        case = draw(of(n))
        recode = numbers(draw, case.cells.shape[1], draw(st.integers(0, 6)))
        recode *= draw(generators).random(recode.shape) < 0.5
        return times(case, Recoded(case.matrix, sparse.csr_array(recode)), recode)

    return strategy


def transformed(of: Callable[[int], st.SearchStrategy[Case]]) -> Callable[[int], st.SearchStrategy[Case]]:
    """Give the strategy of another kind after centring and a change of basis."""

    @st.composite
    def strategy(draw: Any, n: int) -> Case:
        case = draw(of(n))
        p = case.cells.shape[1]
        centre, basis = numbers(draw, p), numbers(draw, p, draw(st.integers(0, 4)))
        centred = Case(case.matrix, case.cells - centre, case.size + np.abs(centre))
        return times(centred, Transformed(case.matrix, centre, basis), basis)

    return strategy


SIMPLE: dict[str, Callable[[int], st.SearchStrategy[Case]]] = {
    "dense, C order": dense("C"),
    "dense, Fortran order": dense("F"),
    "dense, float32": dense("float32"),
    "dense, float32 in Fortran order": dense("float32 F"),
    "dense, int": dense("int"),
    "dense, bool": dense("bool"),
    "dense, a view with gaps": dense("view"),
    "dense, read-only": dense("read-only"),
    "columnar": columnar,
    "coded": coded(False),
    "coded, with a scale": coded(True),
    "sparse, from CSR": compressed("CSR"),
    "sparse, from CSC": compressed("CSC"),
    "sparse, from COO": compressed("COO"),
    "sparse, from unsorted CSR": compressed("CSR unsorted"),
    "sparse, from a CSR matrix in float32": compressed("CSR matrix, float32"),
}

KINDS: dict[str, Callable[[int], st.SearchStrategy[Case]]] = SIMPLE | {
    "joined": joined,
    "blocks": blocks,
    **{f"recoded, {name}": recoded(name) for name in CONTRASTS},
    "recoded blocks": combined(blocks),
    "recoded sparse": combined(compressed("CSR")),
    "recoded joined": combined(joined),
    "recoded twice": combined(combined(blocks)),
    "transformed dense": transformed(dense("C")),
    "transformed blocks": transformed(blocks),
    "transformed contrasts": transformed(combined(blocks)),
}
