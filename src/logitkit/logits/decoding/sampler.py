"""Draws from the logits of many outcomes, such as the next word, with the improbable left out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.errors import DataError
from logitkit.logits.arrays import REAL
from logitkit.logits.generators import generator_of
from logitkit.logits.read import read_numbers, refuse_probabilities
from logitkit.logits.threads import over_rows
from logitkit.numerics.kernels.nucleus import draw_rows, keep_rows
from logitkit.typing import AnyFloats, BoolArray, FloatArray, IntArray

__all__ = ["Sampler"]


@dataclass(frozen=True)
class Sampler:
    r"""A rule for drawing one of many outcomes from their logits.

    The steps have the order of vLLM and of Hugging Face's ``generate``. Positive logits of outcomes that were seen are
    divided by the repetition penalty, and negative ones are multiplied by it. All are divided by the temperature. The
    ``top_k`` largest are kept, and of these the most probable that together have at least the probability ``top_p``.
    Equal logits are kept or left out together, so the order of the outcomes does not matter; no row is sorted
    (``docs/maths/decoding.md``, equations 1 to 4).

    Parameters
    ----------
    temperature : float, default 1
        Below 1, the most probable outcomes are drawn more often.
    top_k : int, optional
        Number of outcomes that are kept; more if the last of them have equal logits.
    top_p : float, default 1
        Smallest total probability of the outcomes that are kept, above 0 and at most 1 (Holtzman et al. 2020).
    repetition_penalty : float, default 1
        Above 1, outcomes that were seen become less probable (Keskar et al. 2019).

    References
    ----------
    Holtzman, A., Buys, J., Du, L., Forbes, M. and Choi, Y. (2020) The curious case of neural text degeneration. ICLR.
    Keskar, N. S. et al. (2019) CTRL: a conditional transformer language model for controllable generation.

    Examples
    --------
    >>> import logitkit as lk
    >>> sampler = lk.logits.Sampler(top_p=0.8)
    >>> sampler.kept([[3.0, 2.0, 0.0, -1.0]]).tolist()
    [[True, True, False, False]]
    >>> sampler.probabilities([[3.0, 2.0, 0.0, -1.0]]).round(3).tolist()
    [[0.731, 0.269, 0.0, 0.0]]
    >>> sampler.draw([[3.0, 2.0, 0.0, -1.0]] * 5, seed=1).tolist()
    [0, 1, 0, 1, 0]
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float = 1.0
    repetition_penalty: float = 1.0

    def __post_init__(self) -> None:
        for name in ("temperature", "repetition_penalty"):
            value = getattr(self, name)
            if not (isinstance(value, REAL) and value > 0.0 and math.isfinite(value)):
                raise DataError(f"{name}={value!r}: give a finite number above 0.")
        if self.top_k is not None and not (isinstance(self.top_k, int | np.integer) and self.top_k >= 1):
            raise DataError(f"top_k={self.top_k!r}: give a whole number of at least 1, or None for all.")
        if not (isinstance(self.top_p, REAL) and 0.0 < self.top_p <= 1.0):
            raise DataError(f"top_p={self.top_p!r}: give a probability above 0, and 1 for all.")

    def kept(self, logits: Any, seen: Any = None) -> BoolArray:
        """Return which outcomes can be drawn.

        Parameters
        ----------
        logits : (n, V) or (V,) array-like
            One logit per outcome.
        seen : sequence of sequences of int, or array-like of bool, optional
            The outcomes seen in each row, by number; or an array of the shape of the logits, True where seen.

        Returns
        -------
        array of bool
            True for outcomes that can be drawn; of the shape of the logits.

        Raises
        ------
        DataError
            If a logit is not finite, the logits look like probabilities, or a seen outcome does not exist.
        """
        rows, before, shape = self._read(logits, seen)
        found, none = np.empty(rows.shape, dtype=bool), np.empty((rows.shape[0], 0), rows.dtype)
        over_rows(lambda a, b: keep_rows(rows[a:b], before[a:b], *self._options, found[a:b], none[a:b]), *rows.shape)
        return found.reshape(shape)

    def probabilities(self, logits: Any, seen: Any = None) -> AnyFloats:
        """Return the probability with which each outcome is drawn.

        Parameters
        ----------
        logits, seen : array-like
            As for ``kept``.

        Returns
        -------
        array
            Probabilities, of the shape and the type of the logits; 0 for outcomes that are left out.

        Raises
        ------
        DataError
            As for ``kept``.
        """
        rows, before, shape = self._read(logits, seen)
        found, none = np.empty_like(rows), np.empty((rows.shape[0], 0), dtype=bool)
        over_rows(lambda a, b: keep_rows(rows[a:b], before[a:b], *self._options, none[a:b], found[a:b]), *rows.shape)
        return found.reshape(shape)

    def draw(self, logits: Any, seen: Any = None, *, seed: Any = None) -> IntArray:
        """Return one outcome for each row.

        Parameters
        ----------
        logits, seen : array-like
            As for ``kept``.
        seed : int or numpy.random.Generator, optional
            Seed that makes the draws repeatable.

        Returns
        -------
        (n,) or () int array
            Numbers of outcomes, from 0.

        Raises
        ------
        DataError
            As for ``kept``.
        """
        rows, before, shape = self._read(logits, seen)
        uniforms: FloatArray = generator_of(seed).random((rows.shape[0],))
        drawn = np.empty(rows.shape[0], np.int64)
        over_rows(
            lambda a, b: draw_rows(rows[a:b], before[a:b], *self._options, uniforms[a:b], drawn[a:b]), *rows.shape
        )
        return drawn.reshape(shape[:-1])

    @property
    def _options(self) -> tuple[float, float, int, float]:
        """The options as the kernels take them."""
        return float(self.repetition_penalty), float(self.temperature), int(self.top_k or 0), float(self.top_p)

    @staticmethod
    def _read(logits: Any, seen: Any) -> tuple[AnyFloats, BoolArray, tuple[int, ...]]:
        """Return rows of logits, what each has seen (no columns if nothing is said), and the shape of the logits."""
        values = read_numbers(logits)
        if values.ndim not in {1, 2} or values.shape[-1] < 2:
            raise DataError(f"logits have shape {values.shape}: give (n, V) or (V,), V at least 2.")
        refuse_probabilities(values)
        rows = np.ascontiguousarray(values.reshape(-1, values.shape[-1]))
        if seen is None:
            return rows, np.empty((rows.shape[0], 0), dtype=bool), values.shape
        if getattr(seen, "dtype", None) == np.bool_:
            if np.shape(seen) != values.shape:
                raise DataError(f"seen has shape {np.shape(seen)}, and the logits have {values.shape}.")
            return rows, np.ascontiguousarray(np.asarray(seen).reshape(rows.shape)), values.shape
        if not np.iterable(seen):
            raise DataError(f"seen={seen!r:.40}: give the numbers of outcomes that each row has seen.")
        lists = [seen] if values.ndim == 1 else list(seen)
        if len(lists) != rows.shape[0]:
            raise DataError(f"seen has {len(lists)} rows, and there are logits of {rows.shape[0]}.")
        before = np.zeros(rows.shape, dtype=bool)
        for i, row in enumerate(lists):
            numbers = np.asarray(row)
            if numbers.size == 0:
                continue
            if numbers.dtype.kind not in "iu" or numbers.min() < 0 or numbers.max() >= rows.shape[1]:
                raise DataError(f"seen has {row!r:.60} in row {i}: give numbers from 0 to {rows.shape[1] - 1}.")
            before[i, numbers] = True
        return rows, before, values.shape
