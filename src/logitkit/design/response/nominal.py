"""Responses of several outcomes: one of K levels per row, or counts of each."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.design.formula.expression import read_expression
from logitkit.design.info import ResponseInfo
from logitkit.design.response.binary import Counts, count_column
from logitkit.design.table.frame import coded_values, is_missing
from logitkit.errors import ResponseError
from logitkit.typing import BoolArray, FloatArray

__all__ = ["CodedOutcomes", "code_outcomes", "count_labels"]

LEVELS_MOST = 10_000
ALIKE_LEAST, ALIKE_SHARE = 20, 0.5  # levels that are numbers and this many of the rows are measurements


@dataclass(frozen=True)
class CodedOutcomes:
    """Outcomes of rows as codes or counts.

    Parameters
    ----------
    codes : (n,) array
        Code of each row's outcome, or of the one counted most often.
    counts : (K, n) array or None
        Counts of each outcome.
    levels : list
        The K levels.
    kind : {'nominal', 'counts'}
        What a row has.
    """

    codes: FloatArray
    counts: FloatArray | None
    levels: list[Any]
    kind: str

    @property
    def trials(self) -> FloatArray | None:
        """Number of trials of each row, None where each is one."""
        if self.counts is None:
            return None
        return np.asarray(self.counts.sum(axis=0))

    @property
    def shares(self) -> FloatArray | None:
        """Proportions of the outcomes in each row; even ones where a row has no trial and counts for nothing."""
        if self.counts is None:
            return None
        trials = self.counts.sum(axis=0)
        even = np.full_like(self.counts, 1.0 / len(self.counts))
        return np.asarray(np.divide(self.counts, trials, out=even, where=trials > 0.0))

    def occurring(self, weights: FloatArray) -> BoolArray:
        """Return which outcomes occur among rows of positive weight, shape (K,)."""
        if self.counts is not None:
            return np.asarray((self.counts[:, weights > 0.0] > 0.0).any(axis=1))
        return np.asarray(np.bincount(self.codes[weights > 0.0].astype(np.int64), minlength=len(self.levels)) > 0)

    def among(self, keep: Any) -> CodedOutcomes:
        """Return the outcomes with the levels that are not kept left out; no row that counts may have one."""
        place = np.where(keep, np.cumsum(keep) - 1, 0)
        counts = None if self.counts is None else self.counts[keep]
        levels = [level for level, kept in zip(self.levels, keep, strict=True) if kept]
        return CodedOutcomes(place[self.codes.astype(np.int64)].astype(np.float64), counts, levels, self.kind)


def code_outcomes(values: Any, name: str, known: ResponseInfo | None = None) -> CodedOutcomes:
    """Code an evaluated left side of several outcomes.

    Examples
    --------
    >>> coded = code_outcomes(["bus", "car", "bus", "walk"], "mode")
    >>> coded.levels, coded.codes.tolist()
    (['bus', 'car', 'walk'], [0.0, 1.0, 0.0, 2.0])
    """
    if isinstance(values, Counts):
        labels = count_labels(name, len(values.columns))
        columns = zip(values.columns, labels, strict=True)
        counts = np.stack([count_column(column, label, name) for column, label in columns])
        if known is None and not counts.any():
            raise ResponseError(f"All counts of {name!r} are zero: there is nothing to fit.")
        return CodedOutcomes(counts.argmax(axis=0).astype(np.float64), counts, list(labels), "counts")
    array = np.asarray(values)
    if array.ndim != 1:
        raise ResponseError(f"The response {name!r} has shape {array.shape}; it must be one column, or cbind(a, b, c).")
    if array.size == 0:
        raise ResponseError(f"The response {name!r} has no rows.")
    if array.dtype.kind == "c":
        raise ResponseError(f"The response {name!r} holds complex numbers; its values must be names of outcomes.")
    coded = coded_values(values)
    if known is not None:
        return CodedOutcomes(_known_codes(coded, name, known), None, list(known.coded), "nominal")
    levels = coded.levels
    if array.dtype.kind == "f" and len(levels) > max(ALIKE_LEAST, ALIKE_SHARE * array.size):
        raise ResponseError(
            f"The response {name!r} holds {len(levels)} different numbers in {array.size} rows, such as {levels[0]!r}: "
            "it looks like a measurement. Cut it into classes, or convert it to text if each value is an outcome."
        )
    if len(levels) > LEVELS_MOST:
        raise ResponseError(f"The response {name!r} has {len(levels):,} levels; at most {LEVELS_MOST:,} can be fitted.")
    return CodedOutcomes(coded.codes.astype(np.float64), None, levels, "nominal")


def count_labels(left: str, n: int) -> tuple[str, ...]:
    """Return the names of counted outcomes: the expressions within ``cbind``.

    Examples
    --------
    >>> count_labels("cbind(low, medium, high)", 3)
    ('low', 'medium', 'high')
    """
    read = read_expression(left)
    call = read.tree
    if not isinstance(call, ast.Call) or len(call.args) != n:
        return tuple(f"count {k + 1}" for k in range(n))
    labels = tuple(read.aliases.get(label, label) for label in (ast.unparse(argument) for argument in call.args))
    if len(set(labels)) < n:
        raise ResponseError(f"{left!r} names the same counts twice.")
    return labels


def _known_codes(coded: Any, name: str, known: ResponseInfo) -> FloatArray:
    """Return codes among the outcomes of a fit."""
    codes: FloatArray = coded.recoded(list(known.coded)).astype(np.float64)
    if (codes < 0.0).any():
        seen = coded.occurring(codes < 0.0)
        levels = ", ".join(repr(level) for level in list(known.coded)[:8]) + (", ..." if len(known.coded) > 8 else "")
        raise ResponseError(f"The response {name!r} holds {seen[0]!r}, which the fit never saw; it had {levels}.")
    if is_missing(codes).any():
        raise ResponseError(f"The response {name!r} has missing values.")
    return codes
