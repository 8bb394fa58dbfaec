"""What is said of numbers and labels that cannot be used: which, where, and what to do."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from logitkit.errors import DataError
from logitkit.typing import AnyFloats

__all__ = ["place_of", "refuse_missing_labels", "refuse_not_finite", "refuse_not_numbers"]

KINDS = {"c": "complex numbers", "m": "durations", "M": "times", "U": "text", "S": "bytes", "V": "records"}
ROWS = "leave these rows out"
NUMBERED = " Outcomes are numbered from 0: np.unique(y, return_inverse=True)[1] numbers labels."
MASK = "; an outcome that cannot be is ruled out by mask=, where a function has it"


def place_of(index: tuple[int, ...]) -> str:
    """Return where a number is, in words.

    Examples
    --------
    >>> place_of((7,)), place_of((7, 0)), place_of(())
    ('in row 7 (counted from 0)', 'in row 7, at [7, 0] (counted from 0)', 'here')
    """
    if not index:
        return "here"
    at = f", at {list(index)}" if len(index) > 1 else ""
    return f"in row {index[0]}{at} (counted from 0)"


def refuse_not_numbers(found: Any, name: str) -> NoReturn:
    """Refuse an array of something else than real numbers: what it is, or the first element that is none.

    Examples
    --------
    >>> refuse_not_numbers(np.array([1.0, None, "a"], dtype=object), "logits")
    Traceback (most recent call last):
    logitkit.errors.DataError: logits must be real numbers in an array; in row 2 (counted from 0) is 'a'.
    """
    said = f"{name} must be real numbers in an array"
    more = NUMBERED if name == "Outcomes" else ""
    if found.dtype.kind in KINDS:
        raise DataError(f"{said}, and these are {KINDS[found.dtype.kind]}.{more}")
    for index, value in np.ndenumerate(found):
        try:
            if isinstance(value, str | bytes):
                raise TypeError
            float(value)
        except (TypeError, ValueError):
            if value is not None:
                end = ", a missing value: leave such rows out." if _is_missing(value) else f".{more}"
                raise DataError(f"{said}; {place_of(index)} is {value!r:.40}{end}") from None
        except OverflowError:
            raise DataError(f"{said}; {place_of(index)} is a number too large for float64.") from None
    raise DataError(f"{said}, with rows of one length.")


def refuse_not_finite(array: AnyFloats, name: str, advice: str = ROWS) -> NoReturn:
    """Refuse numbers of which some are missing or infinite: the first is named.

    Examples
    --------
    >>> refuse_not_finite(np.array([0.0, np.inf]), "Rewards")
    Traceback (most recent call last):
    logitkit.errors.DataError: Rewards are not finite in row 1 (counted from 0): inf; 1 in all. Leave these rows out.
    """
    bad = ~np.isfinite(array)
    index = tuple(np.argwhere(bad)[0].tolist())
    value = float(array[index])
    shown = "nan, as if missing" if np.isnan(value) else f"{value}"
    if not index:
        raise DataError(f"{name} are not finite: {shown}.")
    told = f" {advice[:1].upper()}{advice[1:]}" if advice else ""
    mask = MASK if name == "logits" and len(index) > 1 and advice == ROWS else ""
    end = f"{told}{mask}." if told else ""
    raise DataError(f"{name} are not finite {place_of(index)}: {shown}; {int(bad.sum())} in all.{end}")


def refuse_missing_labels(labels: Any, name: str) -> None:
    """Refuse labels of rows of which one is missing: None, nan, or what pandas has for it.

    Examples
    --------
    >>> refuse_missing_labels(np.array(["a", None], dtype=object), "groups")
    Traceback (most recent call last):
    logitkit.errors.DataError: The label of row 1 (counted from 0) in groups is missing: leave such rows out.
    """
    if labels.dtype.kind in "fmM":
        missing = labels != labels  # noqa: PLR0124 - nan and NaT
    elif labels.dtype.kind == "O":
        missing = np.fromiter(map(_is_missing, labels), np.bool_, labels.size)
    else:
        return
    if missing.any():
        row = int(np.argmax(missing))
        raise DataError(f"The label of row {row} (counted from 0) in {name} is missing: leave such rows out.")


def _is_missing(value: Any) -> bool:
    """Whether an object stands for a missing value."""
    return (
        value is None
        or type(value).__name__ in {"NAType", "NaTType"}
        or (isinstance(value, float | np.floating) and bool(np.isnan(value)))
    )
