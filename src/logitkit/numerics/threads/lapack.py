"""Cholesky factors and solutions by LAPACK, without the interpreter's lock.

scipy's own functions hold the lock of the interpreter while LAPACK works, so that other threads wait. Here its routines
are called by their addresses, which scipy publishes for compiled code; numbers are the same to the last bit. Where the
addresses are not to be had, or the matrix is small, scipy's functions do it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dpotrs, spotrf, spotrs

from logitkit.typing import FloatArray

__all__ = ["cholesky", "cholesky_solve", "inverse_of_factor", "single_cholesky", "single_solve"]

SMALL = 48  # columns of a matrix whose factor takes no longer than the call
UPPER, LOWER = ctypes.c_char_p(b"U"), ctypes.c_char_p(b"L")
INT = "int *"  # as scipy's signatures have it; another width of integers is not ours to call


def cholesky(array: FloatArray, overwrite: bool = False) -> tuple[FloatArray, int]:
    """Return the upper Cholesky factor of a symmetric matrix.

    Parameters
    ----------
    array : (p, p) array
        Of which the upper triangle is read.
    overwrite : bool, default False
        Whether the factor may take the place of the array, which is spared the memory of another.

    Returns
    -------
    factor : (p, p) array
        Its upper triangle; what is below is not to be read.
    info : int
        0, or the order of the first leading minor that is not positive.

    Examples
    --------
    >>> factor, info = cholesky(np.array([[4.0, 2.0], [2.0, 5.0]]))
    >>> np.triu(factor).tolist(), info
    ([[2.0, 1.0], [0.0, 2.0]], 0)
    """
    size, routine = array.shape[0], _routine("dpotrf", 3)
    # The upper triangle of an array in C order is to LAPACK the lower one of its transpose: no array is turned over.
    by_row = array.flags.c_contiguous
    if size < SMALL or routine is None:
        factor, info = dpotrf(array.T, lower=1) if by_row else dpotrf(array)
        return np.asarray(factor.T if by_row else factor), int(info)
    factor = array if overwrite and (by_row or array.flags.f_contiguous) and array.dtype == np.float64 else None
    if factor is None:
        factor = np.array(array, dtype=np.float64, order="C" if by_row else "F")
    return factor, _factorise(routine, factor, by_row)


def single_cholesky(array: NDArray[np.float32]) -> tuple[NDArray[np.float32], int]:
    """Return the upper Cholesky factor in single precision, which takes half the time.

    Parameters
    ----------
    array : (p, p) float32 array
        In C order, of which the upper triangle is read; overwritten.

    Returns
    -------
    factor, info
        As of ``cholesky``.

    Examples
    --------
    >>> factor, info = single_cholesky(np.array([[4.0, 2.0], [2.0, 5.0]], dtype=np.float32))
    >>> np.triu(factor).tolist(), info
    ([[2.0, 1.0], [0.0, 2.0]], 0)
    """
    routine = _routine("spotrf", 3)
    if array.shape[0] < SMALL or routine is None:
        factor, info = spotrf(array.T, lower=1, clean=0, overwrite_a=1)
        return factor.T, int(info)
    return array, _factorise(routine, array, True)


def single_solve(factor: NDArray[np.float32], side: FloatArray) -> NDArray[np.float32]:
    """Return the solution of a system whose matrix has been factorised in single precision.

    Parameters
    ----------
    factor : (p, p) float32 array
        From ``single_cholesky``.
    side : (p,) array
        Right-hand side.

    Returns
    -------
    (p,) float32 array
        The solution.

    Examples
    --------
    >>> factor, _ = single_cholesky(np.array([[4.0, 0.0], [0.0, 5.0]], dtype=np.float32))
    >>> single_solve(factor, np.array([4.0, 10.0])).tolist()
    [1.0, 2.0]
    """
    routine, solved = _routine("spotrs", 5), side.astype(np.float32)
    if factor.shape[0] < SMALL or routine is None:
        return np.asarray(spotrs(factor.T, solved, lower=1)[0])
    _solve_in_place(routine, factor, solved, True)
    return solved


def _factorise(routine: Callable[..., None], array: NDArray[Any], by_row: bool) -> int:
    """Overwrite a matrix with its factor; returns the information."""
    order, info = ctypes.c_int(array.shape[0]), ctypes.c_int()
    routine(LOWER if by_row else UPPER, ctypes.byref(order), _address(array), ctypes.byref(order), ctypes.byref(info))
    return info.value


def _solve_in_place(routine: Callable[..., None], factor: NDArray[Any], sides: NDArray[Any], by_row: bool) -> None:
    """Overwrite right-hand sides with the solution."""
    size = factor.shape[0]
    order, columns, info = ctypes.c_int(size), ctypes.c_int(sides.size // size), ctypes.c_int()
    n, result = ctypes.byref(order), ctypes.byref(info)
    routine(LOWER if by_row else UPPER, n, ctypes.byref(columns), _address(factor), n, _address(sides), n, result)


def inverse_of_factor(array: FloatArray) -> FloatArray | None:
    """Return the inverse of a symmetric matrix by its Cholesky factor, None where it is not positive definite.

    Parameters
    ----------
    array : (p, p) array
        In C order; overwritten.

    Examples
    --------
    >>> inverse_of_factor(np.array([[4.0, 0.0], [0.0, 5.0]])).tolist()
    [[0.25, 0.0], [0.0, 0.2]]
    """
    from scipy.linalg.lapack import dpotri

    factor, info = cholesky(array, overwrite=True)
    if info:
        return None
    below, info = dpotri(factor.T, lower=1, overwrite_c=1)
    if info:
        return None
    lower = np.asarray(np.tril(below))
    lower += np.tril(lower, -1).T
    return lower


def cholesky_solve(factor: FloatArray, sides: FloatArray) -> FloatArray:
    """Return the solution of a system whose matrix has been factorised.

    Parameters
    ----------
    factor : (p, p) array
        From ``cholesky``.
    sides : (p,) or (p, k) array
        Right-hand sides.

    Returns
    -------
    (p,) or (p, k) array
        The solution.

    Examples
    --------
    >>> matrix = np.array([[4.0, 2.0], [2.0, 5.0]])
    >>> cholesky_solve(cholesky(matrix)[0], matrix @ np.array([1.0, -1.0])).tolist()
    [1.0, -1.0]
    """
    size, routine = factor.shape[0], _routine("dpotrs", 5)
    by_row = factor.flags.c_contiguous
    if size < SMALL or routine is None or not (by_row or factor.flags.f_contiguous) or sides.shape[0] != size:
        return np.asarray(dpotrs(factor.T, sides, lower=1)[0] if by_row else dpotrs(factor, sides)[0])
    solved = np.array(sides, dtype=np.float64, order="F")
    _solve_in_place(routine, factor, solved, by_row)
    return solved


def _address(array: NDArray[Any]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.__array_interface__["data"][0])


@cache
def _routine(name: str, n_integers: int) -> Callable[..., None] | None:
    """Return a routine of LAPACK, or None where scipy does not give it as expected."""
    try:
        import scipy.linalg.cython_lapack as published

        capsule = published.__pyx_capi__[name]
        signature_of = ctypes.PYFUNCTYPE(ctypes.c_char_p, ctypes.py_object)(("PyCapsule_GetName", ctypes.pythonapi))
        address_in = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
            ("PyCapsule_GetPointer", ctypes.pythonapi)
        )
        signature = signature_of(capsule)
        arguments = signature.decode().partition("(")[2].rstrip(")").split(",")
        if [one.strip() for one in arguments].count(INT) != n_integers or "char *" not in arguments[0]:
            return None
        kinds = (ctypes.c_char_p, *(ctypes.c_void_p for _ in arguments[1:]))
        return ctypes.CFUNCTYPE(None, *kinds)(address_in(capsule, signature))
    except (ImportError, AttributeError, KeyError):  # not CPython, or another scipy
        return None
