r"""The logistic function, the softmax, and what they are made of: arrays in, arrays out.

Nothing overflows at logits of 10,000, and small probabilities keep their digits. Results have the type of the logits,
float32 or float64; sums are taken in float64. ``docs/maths/logit_functions.md`` proves the bounds of the errors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from logitkit.errors import DataError
from logitkit.logits.arrays import as_array
from logitkit.logits.read import read_numbers, refuse_probabilities
from logitkit.logits.threads import over_rows
from logitkit.numerics.kernels import logit_functions as kernels
from logitkit.numerics.kernels import logit_losses as of_rows
from logitkit.typing import AnyFloats

__all__ = [
    "entropy",
    "kl_divergence",
    "log1mexp",
    "log_sigmoid",
    "log_softmax",
    "logsumexp",
    "sigmoid",
    "softmax",
    "softplus",
]


def sigmoid(logits: Any) -> AnyFloats:
    r"""Return the probability of an event from its log odds, :math:`1 / (1 + e^{-x})`.

    Parameters
    ----------
    logits : array-like
        Log odds, of any shape.

    Returns
    -------
    array
        Accurate to two units in the last place; of the same shape (``docs/maths/logit_functions.md``, equations 1-3).

    Raises
    ------
    DataError
        If a logit is not finite.

    Examples
    --------
    >>> import logitkit as lk
    >>> lk.logits.sigmoid([0.0, -1e4]).tolist()
    [0.5, 0.0]
    """
    return _each(logits, kernels.logistic)


def log_sigmoid(logits: Any) -> AnyFloats:
    r"""Return the log probability of an event, :math:`-\log(1 + e^{-x})`.

    Parameters
    ----------
    logits : array-like
        Log odds, of any shape.

    Returns
    -------
    array
        The values, of the same shape, accurate to two units in the last place.

    Raises
    ------
    DataError
        If a logit is not finite.

    Examples
    --------
    >>> import logitkit as lk
    >>> lk.logits.log_sigmoid([-1e4]).tolist()
    [-10000.0]
    """
    return _each(logits, lambda x, out: kernels.softened(x, -1.0, out))


def softplus(logits: Any) -> AnyFloats:
    r"""Return :math:`\log(1 + e^x)`, minus the log probability that the event does not occur.

    Parameters
    ----------
    logits : array-like
        Log odds, of any shape.

    Returns
    -------
    array
        Accurate to two units in the last place, of the same shape (``docs/maths/logit_functions.md``, equation 4).

    Raises
    ------
    DataError
        If a logit is not finite.

    Examples
    --------
    >>> import logitkit as lk
    >>> lk.logits.softplus([1e4]).tolist()
    [10000.0]
    """
    return _each(logits, lambda x, out: kernels.softened(x, 1.0, out))


def log1mexp(x: Any) -> AnyFloats:
    r"""Return :math:`\log(1 - e^x)` for x at most zero: the log of one minus a probability, from its log.

    Parameters
    ----------
    x : array-like
        Log probabilities, of any shape.

    Returns
    -------
    array
        The values, of the same shape, accurate to two units in the last place; minus infinity at zero.

    Raises
    ------
    DataError
        If a number is above zero or not finite.

    References
    ----------
    Mächler, M. (2012) Accurately computing ``log(1 - exp(-|a|))``. Vignette of the R package Rmpfr.

    Examples
    --------
    >>> import logitkit as lk
    >>> lk.logits.log1mexp([-1e-300]).round(3).tolist()
    [-690.776]
    """
    values = read_numbers(x, "Log probabilities")
    if values.max() > 0.0:
        raise DataError(f"log1mexp is of numbers at most 0, and the largest here is {values.max():g}.")
    return _each(values, kernels.log_one_less_exp)


def softmax(logits: Any, axis: int = -1, mask: Any = None, offset: Any = None) -> AnyFloats:
    r"""Return the probabilities of outcomes, :math:`e^{\eta_k} / \sum_j e^{\eta_j}`.

    Parameters
    ----------
    logits : array-like
        Logits, of any shape; the outcomes lie along one axis.
    axis : int, default -1
        The axis of the outcomes.
    mask : array-like of bool, optional
        True for outcomes that are allowed; of the shape of the logits, or one that broadcasts to it.
    offset : array-like, optional
        Added to the logits; broadcast in the same way.

    Returns
    -------
    array
        Probabilities, of the same shape; 0 for outcomes that are not allowed.

    Raises
    ------
    DataError
        If a logit is not finite, the logits look like probabilities, or a mask allows no outcome.

    Examples
    --------
    >>> import logitkit as lk
    >>> lk.logits.softmax([[1e4, 1e4, 0.0]]).tolist()
    [[0.5, 0.5, 0.0]]
    >>> lk.logits.softmax([3.0, 0.0, 0.0], mask=[False, True, True]).tolist()
    [0.0, 0.5, 0.5]
    """
    return _like(logits, axis, mask, offset, lambda rows, out: of_rows.softmax(rows, False, out))


def log_softmax(logits: Any, axis: int = -1, mask: Any = None, offset: Any = None) -> AnyFloats:
    r"""Return the log probabilities of outcomes, :math:`\eta_k - \log \sum_j e^{\eta_j}`.

    Parameters
    ----------
    logits, axis, mask, offset : array-like, int, array-like, array-like
        As for ``softmax``.

    Returns
    -------
    array
        Log probabilities, of the same shape; minus infinity for outcomes that are not allowed.

    Raises
    ------
    DataError
        As for ``softmax``.

    Examples
    --------
    >>> import logitkit as lk
    >>> lk.logits.log_softmax([[1e4, 0.0]]).tolist()
    [[0.0, -10000.0]]
    """
    return _like(logits, axis, mask, offset, lambda rows, out: of_rows.softmax(rows, True, out))


def logsumexp(logits: Any, axis: int = -1, mask: Any = None, offset: Any = None) -> AnyFloats:
    r"""Return :math:`\log \sum_k e^{\eta_k}`, the log of the sum that a softmax divides by.

    Parameters
    ----------
    logits, axis, mask, offset : array-like, int, array-like, array-like
        As for ``softmax``.

    Returns
    -------
    array
        Logs of sums, of the shape of the logits without the axis.

    Raises
    ------
    DataError
        As for ``softmax``.

    Examples
    --------
    >>> import logitkit as lk
    >>> lk.logits.logsumexp([[1e4, 1e4 - 1.0]]).round(6).tolist()
    [10000.313262]
    """
    return _fewer(of_rows.log_sum_exp, _opened(logits, axis, mask, offset))


def entropy(logits: Any, axis: int = -1, mask: Any = None, offset: Any = None) -> AnyFloats:
    r"""Return the entropy of each row of logits in nats, :math:`-\sum_k p_k \log p_k`.

    Parameters
    ----------
    logits, axis, mask, offset : array-like, int, array-like, array-like
        As for ``softmax``.

    Returns
    -------
    array
        Entropies, of the shape of the logits without the axis; from 0 to the log of the number of allowed outcomes.

    Raises
    ------
    DataError
        As for ``softmax``.

    Examples
    --------
    >>> import logitkit as lk
    >>> lk.logits.entropy([[0.0, 0.0]]).round(6).tolist()
    [0.693147]
    """
    return _fewer(of_rows.entropy, _opened(logits, axis, mask, offset))


def kl_divergence(logits: Any, other: Any, axis: int = -1, mask: Any = None) -> AnyFloats:
    r"""Return the Kullback-Leibler divergence of q from p in nats, :math:`\sum_k p_k \log(p_k / q_k)`.

    Parameters
    ----------
    logits, other : array-like
        Logits of p and of q, of the same shape.
    axis : int, default -1
        The axis of the outcomes.
    mask : array-like of bool, optional
        True for outcomes that both allow.

    Returns
    -------
    array
        Divergences, of the shape of the logits without the axis; never negative.

    Raises
    ------
    DataError
        As for ``softmax``, or if the shapes differ.

    Examples
    --------
    >>> import logitkit as lk
    >>> lk.logits.kl_divergence([[0.0, 0.0]], [[0.0, 1.0]]).round(6).tolist()
    [0.120115]
    """
    p, q = _opened(logits, axis, mask, None), _opened(other, axis, mask, None)
    if p.shape != q.shape:
        raise DataError(f"Logits of p have shape {np.shape(logits)} and those of q {np.shape(other)}: give one shape.")
    return _fewer(of_rows.divergence, p, q)


def _each(values: Any, kernel: Callable[[AnyFloats, AnyFloats], None]) -> AnyFloats:
    """Return what a kernel makes of each number."""
    array = read_numbers(values)
    flat = np.ascontiguousarray(array).reshape(-1)
    out = np.empty_like(flat)
    over_rows(lambda a, b: kernel(flat[a:b], out[a:b]), flat.size, 1)
    return out.reshape(array.shape)


def _opened(logits: Any, axis: int, mask: Any, offset: Any) -> AnyFloats:
    """Return logits with their outcomes last; minus infinity where an outcome is not allowed."""
    array = read_numbers(logits)
    if not isinstance(axis, int | np.integer):
        raise DataError(f"axis={axis!r}: give the number of one axis.")
    if array.ndim == 0 or not -array.ndim <= axis < array.ndim:
        raise DataError(f"Logits have shape {array.shape}, and there is no axis {axis}.")
    refuse_probabilities(array, axis)
    if offset is not None:
        moved = _broadcast(read_numbers(offset, "Offsets"), array, "offset").astype(array.dtype, copy=False)
        with np.errstate(over="ignore"):  # refused by the reader
            array = read_numbers(array + moved, "Sums of logits and offsets")
    if mask is not None:
        allowed = _broadcast(as_array(mask), array, "mask")
        if allowed.dtype != np.bool_:
            raise DataError(f"A mask holds True and False, and this one is of {allowed.dtype}.")
        empty = ~allowed.any(axis=axis)
        if empty.any():
            first = np.argwhere(empty)[0].tolist()
            where = f" in row {', '.join(map(str, first))} (counted from 0), {int(empty.sum())} in all" if first else ""
            raise DataError(f"The mask leaves no outcome{where}.")
        array = np.where(allowed, array, array.dtype.type(-np.inf))
    return np.moveaxis(array, axis, -1)


def _broadcast(values: Any, like: AnyFloats, name: str) -> Any:
    """Return an array of the shape of the logits."""
    try:
        return np.broadcast_to(values, like.shape)
    except ValueError as error:
        raise DataError(f"{name} has shape {np.shape(values)}, and the logits have {like.shape}.") from error


def _as_rows(opened: AnyFloats) -> AnyFloats:
    return np.ascontiguousarray(opened).reshape(-1, opened.shape[-1])


def _like(logits: Any, axis: int, mask: Any, offset: Any, kernel: Callable[[AnyFloats, AnyFloats], None]) -> AnyFloats:
    """Return what a kernel makes of each row, in the place of the logits."""
    opened = _opened(logits, axis, mask, offset)
    rows = _as_rows(opened)
    out = np.empty_like(rows)
    over_rows(lambda a, b: kernel(rows[a:b], out[a:b]), *rows.shape)
    return np.moveaxis(out.reshape(opened.shape), -1, axis)


def _fewer(kernel: Callable[..., None], *opened: AnyFloats) -> AnyFloats:
    """Return the one number that a kernel makes of each row."""
    rows = [_as_rows(each) for each in opened]
    out = np.empty(rows[0].shape[0], np.result_type(*rows))
    over_rows(lambda a, b: kernel(*(each[a:b] for each in rows), out[a:b]), *rows[0].shape)
    return out.reshape(opened[0].shape[:-1])
