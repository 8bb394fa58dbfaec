r"""Which columns of a wide design make its Gram matrix an arrow.

The indicator columns of one factor are orthogonal, so with the factor first

.. math:: X' W X = \begin{pmatrix} D & C \\ C' & A \end{pmatrix}

has a diagonal D, however many levels there are. The factor is the *head*, all other columns the *rest*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.design.matrix.blocks import Blocks
from logitkit.design.matrix.categorical import Categorical
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.recoded import Recoded
from logitkit.typing import FloatArray, IntArray

__all__ = ["ArrowLayout", "arrow_layout", "parts_of"]


@dataclass(frozen=True)
class ArrowLayout:
    """Where the columns of head and rest stand.

    Parameters
    ----------
    levels : (m,) int array
        Codes of the head that have a column.
    head, rest : int arrays
        Positions of their columns in the design.
    recode : scipy.sparse.csr_array or None
        The columns of the rest in terms of the inner columns after the head, as T in ``Recoded``. None where they are
        the same, in the order of ``rest``: a Hessian is then never put in another order.
    """

    levels: IntArray
    head: IntArray
    rest: IntArray
    recode: Any

    def collect_border(self, border: FloatArray) -> FloatArray:
        """Return C over the columns, from sums over all codes and inner columns."""
        kept = border if self.levels.size == border.shape[0] else border[self.levels]
        return kept if self.recode is None else np.asarray((self.recode.T @ kept.T).T, order="C")

    def collect_rest(self, rest: FloatArray) -> FloatArray:
        """Return A over the columns, from sums over inner columns."""
        if self.recode is None:
            return rest
        half = np.ascontiguousarray((self.recode.T @ rest).T)
        gram = np.asarray(self.recode.T @ half)
        return np.asarray(0.5 * (gram + gram.T))

    def rest_recode(self) -> Any:
        """Return T as a sparse matrix in any case."""
        from scipy.sparse import eye_array

        return eye_array(self.rest.size, format="csr") if self.recode is None else self.recode


def arrow_layout(matrix: Matrix) -> ArrowLayout | None:
    """Return how the columns fall into head and rest, or None for a design without a factor at its head.

    Examples
    --------
    >>> from logitkit.design.matrix.dense import Dense
    >>> factor = Categorical(np.array([0, 1], dtype=np.int32), 2)
    >>> layout = arrow_layout(Blocks((Dense(np.ones((2, 1))), factor), (np.array([0]), np.array([1, 2]))))
    >>> layout.head.tolist(), layout.rest.tolist()
    ([1, 2], [0])
    """
    from scipy.sparse import csr_array

    parts, inner = parts_of(matrix)
    if not isinstance(parts[0], Categorical) or parts[0].scaled:
        return None
    n_levels = parts[0].n_columns
    top = csr_array(inner[:n_levels])
    entries = np.diff(top.indptr)
    head = top.indices.astype(np.int64)
    is_head = np.zeros(inner.shape[1], dtype=bool)
    is_head[head] = True
    if entries.max(initial=0) > 1 or np.any(top.data != 1.0) or np.count_nonzero(is_head) < head.size:
        return None
    levels = np.flatnonzero(entries == 1)
    bottom = csr_array(inner[n_levels:])
    if head.size == 0 or is_head[bottom.indices].any():
        return None
    rest = np.flatnonzero(~is_head)
    one_each = bottom.shape[0] == rest.size and np.array_equal(bottom.indptr, np.arange(rest.size + 1))
    if one_each and np.all(bottom.data == 1.0) and np.unique(bottom.indices).size == rest.size:
        return ArrowLayout(levels, head, bottom.indices.astype(np.int64), None)
    return ArrowLayout(levels, head, rest, csr_array(bottom[:, rest]))


def parts_of(matrix: Matrix) -> tuple[tuple[Matrix, ...], Any]:
    """Return the parts that a design is stored in, and its columns in terms of theirs."""
    from scipy.sparse import csr_array, eye_array

    recode = None
    while isinstance(matrix, Recoded):
        recode = matrix.recode if recode is None else csr_array(matrix.recode @ recode)
        matrix = matrix.matrix
    if recode is None:
        recode = eye_array(matrix.n_columns, format="csr")
    if not isinstance(matrix, Blocks):
        return (matrix,), csr_array(recode)
    return matrix.joined.parts, csr_array(recode)[matrix.positions]
