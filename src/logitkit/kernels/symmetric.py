"""Updates of symmetric matrices in one pass over them."""

from __future__ import annotations

from logitkit.kernels import compiled
from logitkit.typing import FloatArray

__all__ = ["add_outer_products"]


@compiled
def add_outer_products(array: FloatArray, first: FloatArray, plus: float, second: FloatArray, minus: float) -> None:
    r"""Add :math:`a u u' - b v v'` to a matrix.

    Parameters
    ----------
    array : (q, q) array
        In C order; changed.
    first, second : (q,) array
        u and v.
    plus, minus : float
        a and b.
    """
    q = first.shape[0]
    for i in range(q):
        left, right = plus * first[i], minus * second[i]
        row = array[i]
        for j in range(q):
            row[j] += left * first[j] - right * second[j]
