"""Plain NumPy twins of the products with coded and with sparse columns, and these columns written out cell by cell.

Nothing here imports logitkit: these are second derivations, not second callers.
"""

from __future__ import annotations

import numpy as np

__all__ = [
    "coded_cells",
    "coded_gram",
    "coded_pair",
    "coded_sums",
    "coded_values",
    "coded_with_dense",
    "contrasts",
    "sparse_cells",
    "sparse_gram",
    "sparse_pair",
    "sparse_sums",
    "sparse_values",
    "sparse_with_coded",
    "sparse_with_dense",
]

Rows = tuple[np.ndarray, np.ndarray, np.ndarray]  # indptr, indices, values


def coded_cells(codes: np.ndarray, scale: np.ndarray, n_columns: int) -> np.ndarray:
    """Write the coded columns out: one cell a row, none where the code is negative."""
    cells = np.zeros((len(codes), n_columns))
    for i, code in enumerate(codes.tolist()):
        if code >= 0:
            cells[i, code] = scale[i] if scale.size else 1.0
    return cells


def sparse_cells(rows: Rows, n_columns: int) -> np.ndarray:
    """Write the sparse columns out, one entry after the other."""
    indptr, indices, values = rows
    cells = np.zeros((len(indptr) - 1, n_columns))
    for i in range(len(indptr) - 1):
        for k in range(int(indptr[i]), int(indptr[i + 1])):
            cells[i, indices[k]] += values[k]
    return cells


def _used(codes: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give positions, codes and values of the rows that have a cell."""
    at = np.flatnonzero(codes >= 0)
    return at, codes[at], scale[at] if scale.size else np.ones(at.size)


def _entries(rows: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give row, column and value of each entry."""
    indptr, indices, values = rows
    inside = slice(int(indptr[0]), int(indptr[-1]))
    return np.repeat(np.arange(len(indptr) - 1), np.diff(indptr)), indices[inside], values[inside]


def coded_values(codes: np.ndarray, scale: np.ndarray, vector: np.ndarray, out: np.ndarray) -> None:
    """Add A v."""
    at, code, value = _used(codes, scale)
    np.add.at(out, at, value * vector[code])


def coded_sums(codes: np.ndarray, scale: np.ndarray, vector: np.ndarray, out: np.ndarray) -> None:
    """Add A' v."""
    at, code, value = _used(codes, scale)
    np.add.at(out, code, value * vector[at])


def coded_gram(codes: np.ndarray, scale: np.ndarray, weights: np.ndarray, out: np.ndarray) -> None:
    """Add the diagonal of A' diag(w) A."""
    at, code, value = _used(codes, scale)
    np.add.at(out, code, weights[at] * value**2)


def coded_pair(
    codes: np.ndarray,
    scale: np.ndarray,
    other_codes: np.ndarray,
    other_scale: np.ndarray,
    weights: np.ndarray,
    out: np.ndarray,
) -> None:
    """Add A' diag(w) B of two coded matrices."""
    both = np.flatnonzero((codes >= 0) & (other_codes >= 0))
    value = weights[both].copy()
    for factor in (scale, other_scale):
        if factor.size:
            value *= factor[both]
    np.add.at(out, (codes[both], other_codes[both]), value)


def coded_with_dense(
    codes: np.ndarray, scale: np.ndarray, array: np.ndarray, weights: np.ndarray, out: np.ndarray
) -> None:
    """Add A' diag(w) B of a coded and a dense matrix."""
    at, code, value = _used(codes, scale)
    np.add.at(out, code, (weights[at] * value)[:, np.newaxis] * array[at])


def sparse_values(
    indptr: np.ndarray, indices: np.ndarray, values: np.ndarray, vector: np.ndarray, out: np.ndarray
) -> None:
    """Add S v."""
    row, column, value = _entries((indptr, indices, values))
    np.add.at(out, row, value * vector[column])


def sparse_sums(
    indptr: np.ndarray, indices: np.ndarray, values: np.ndarray, vector: np.ndarray, out: np.ndarray
) -> None:
    """Add S' v."""
    row, column, value = _entries((indptr, indices, values))
    np.add.at(out, column, value * vector[row])


def sparse_gram(
    indptr: np.ndarray, indices: np.ndarray, values: np.ndarray, weights: np.ndarray, out: np.ndarray
) -> None:
    """Add S' diag(w) S on and above the diagonal."""
    whole = np.zeros_like(out)
    sparse_pair(indptr, indices, values, indptr, indices, values, weights, whole)
    out += np.triu(whole)


def sparse_with_dense(
    indptr: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray,
    array: np.ndarray,
    weights: np.ndarray,
    out: np.ndarray,
) -> None:
    """Add S' diag(w) B of a sparse and a dense matrix."""
    row, column, value = _entries((indptr, indices, values))
    np.add.at(out, column, (weights[row] * value)[:, np.newaxis] * array[row])


def sparse_with_coded(
    indptr: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray,
    codes: np.ndarray,
    scale: np.ndarray,
    weights: np.ndarray,
    out: np.ndarray,
) -> None:
    """Add A' diag(w) S of a coded and a sparse matrix."""
    row, column, value = _entries((indptr, indices, values))
    used = codes[row] >= 0
    row, column, value = row[used], column[used], value[used]
    factor = scale[row] if scale.size else 1.0
    np.add.at(out, (codes[row], column), weights[row] * factor * value)


def sparse_pair(
    indptr: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray,
    other_indptr: np.ndarray,
    other_indices: np.ndarray,
    other_values: np.ndarray,
    weights: np.ndarray,
    out: np.ndarray,
) -> None:
    """Add S' diag(w) R of two sparse matrices, every entry of a row with every entry of the other."""
    row, column, value = _entries((indptr, indices, values))
    other_row, other_column, other_value = _entries((other_indptr, other_indices, other_values))
    first, second = np.nonzero(row[:, np.newaxis] == other_row)
    np.add.at(out, (column[first], other_column[second]), weights[row[first]] * value[first] * other_value[second])


def contrasts(name: str, n_levels: int) -> np.ndarray:
    """Give the contrast matrix of a factor, one row a level, as the textbooks write it."""
    levels = np.eye(n_levels)
    if name == "treatment":
        return levels[:, 1:]
    if name == "sum":
        return levels[:, :-1] - levels[:, -1:]
    if name == "helmert":  # level j + 1 against the mean of those before it, times j + 1
        out = np.zeros((n_levels, n_levels - 1))
        for j in range(n_levels - 1):
            out[: j + 1, j] = -1.0
            out[j + 1, j] = j + 1.0
        return out
    if name == "poly":  # Gram-Schmidt on the powers of the level's number
        basis: list[np.ndarray] = [np.full(n_levels, n_levels**-0.5)]
        for degree in range(1, n_levels):
            column = (np.arange(n_levels) - (n_levels - 1) / 2) ** degree
            for _ in range(2):
                for before in basis:
                    column = column - before * (before @ column)
            basis.append(column / np.linalg.norm(column))
        return np.column_stack(basis)[:, 1:]
    raise ValueError(name)
