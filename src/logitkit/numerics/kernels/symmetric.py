"""Symmetric matrices updated, or made of others, in one pass over them."""

from __future__ import annotations

from logitkit.numerics.kernels import compiled
from logitkit.typing import FloatArray, IntArray

__all__ = ["add_outer_products", "fill_rest", "gather_upper"]


@compiled
def add_outer_products(array: FloatArray, first: FloatArray, plus: float, second: FloatArray, minus: float) -> None:
    r"""Add :math:`a u u' - b v v'` to a matrix.

    Parameters
    ----------
    array : (m, m) array
        In C order, of which the first q rows and columns are changed.
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


@compiled
def fill_rest(
    array: FloatArray, rest: IntArray, shares: FloatArray, cross: FloatArray, border: FloatArray, out: FloatArray
) -> None:
    r"""Write :math:`D A_{RR} D - C' B`.

    Parameters
    ----------
    array : (p, p) array
        A, symmetric.
    rest : (q,) int array
        R.
    shares : (q,) array
        The diagonal of D.
    cross, border : (u, q) array
        C and B, with C'B symmetric.
    out : (m, m) array
        Of which the first q rows and columns are overwritten.
    """
    q = rest.shape[0]
    for i in range(q):
        row, target, own = array[rest[i]], out[i], shares[i]
        for j in range(q):
            target[j] = row[rest[j]] * (own * shares[j])
        for k in range(cross.shape[0]):
            factor, of_free = cross[k, i], border[k]
            for j in range(q):
                target[j] -= factor * of_free[j]


@compiled
def gather_upper(array: FloatArray, index: IntArray, ridge: FloatArray, out: FloatArray) -> None:
    r"""Write the upper triangle of some rows and columns, with a diagonal added.

    Parameters
    ----------
    array : (m, m) array
        Symmetric, in C order.
    index : (k,) int array
        Which.
    ridge : (k,) array
        The diagonal.
    out : (k, k) array
        On and above its diagonal overwritten.
    """
    k = index.shape[0]
    for i in range(k):
        row, target = array[index[i]], out[i]
        for j in range(i, k):
            target[j] = row[index[j]]
        target[i] += ridge[i]
