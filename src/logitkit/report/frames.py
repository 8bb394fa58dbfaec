"""Data frames of estimates that are shown in full at 80 columns, and are pandas data frames in all else.

pandas prints six significant digits and, where these do not fit, dots in place of the middle columns, which may be the
limits. Here the digits are those of the summary (``estimate_columns``) and every column is shown; labels that leave no
room are cut in the middle. Only what is shown is rounded. Whatever is made from such a frame is an ordinary one.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from logitkit.report.estimate_columns import format_estimates, format_ratios
from logitkit.report.number_format import format_column
from logitkit.report.text import display_width

__all__ = ["EstimateFrame"]

Cells = tuple[str, ...]

RATIOS = ("odds_ratio", "risk_ratio")
LIMITS = ("conf_low", "conf_high")
UNITS = (("estimate", "std_error", "bias", *LIMITS), ("logit", "logit_std_error"))  # an estimate, its error, the rest
SHORTEST = 7  # characters of a label that is cut


class _LikeAnyFrame(type):
    """Takes every data frame for an instance, so that ``pandas.testing`` compares the two in either order."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, pd.DataFrame)


class EstimateFrame(pd.DataFrame, metaclass=_LikeAnyFrame):
    """A data frame of estimates with their limits, shown with every column.

    Parameters
    ----------
    data, index, columns, dtype, copy : object
        As in ``pandas.DataFrame``. Numbers are kept to the last bit.

    Examples
    --------
    >>> frame = EstimateFrame({"term": ["limit"], "estimate": [-2.7515e-6], "conf_low": [-3.1e-6], "p_value": [1e-54]})
    >>> frame
        term  estimate  conf_low p_value
    0  limit -2.75e-06 -3.10e-06 <0.0001
    >>> type(frame[["term"]]).__name__, float(frame.loc[0, "estimate"])
    ('DataFrame', -2.7515e-06)
    """

    def __repr__(self) -> str:
        """Return the frame as text, in the width that pandas has for it."""
        if _is_left_to_pandas(self):
            return str(super().__repr__())
        most = pd.get_option("display.width") or 80
        return _fitted(_as_text(self), most) + "".join(f"\n\n[{text}]" for text in _remarks(self))

    def _repr_html_(self) -> str | None:
        """Return the frame as HTML, for notebooks."""
        if _is_left_to_pandas(self):
            return _html_of_pandas(self)
        html = _html_of_pandas(_as_text(self))
        return None if html is None else html + "".join(f"<p>{escape(text)}</p>" for text in _remarks(self))


def _html_of_pandas(frame: pd.DataFrame) -> str | None:
    html: str | None = pd.DataFrame._repr_html_(frame)  # type: ignore[attr-defined]
    return html


def _is_left_to_pandas(frame: pd.DataFrame) -> bool:
    """Whether the user has told pandas how numbers are to be shown, or the columns are not such as ours."""
    given = pd.get_option("display.float_format") is not None or pd.get_option("display.precision") != 6
    return given or frame.columns.nlevels > 1 or not frame.columns.is_unique or frame.empty


def _rows_shown(frame: pd.DataFrame) -> tuple[int, int]:
    """Return how many of the first and last rows pandas would show."""
    most, fewer = pd.get_option("display.max_rows"), pd.get_option("display.min_rows")
    if not most or len(frame) <= most:
        return len(frame), 0
    least = min(fewer or most, most)
    return least - least // 2, least // 2


def _remarks(frame: pd.DataFrame) -> Iterator[str]:
    """Yield what the columns' name says of all of them, and the size where rows are left out."""
    if frame.columns.name is not None:
        yield str(frame.columns.name)
    if sum(_rows_shown(frame)) < len(frame):
        yield f"{len(frame)} rows x {len(frame.columns)} columns"


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that are shown, as text."""
    first, last = _rows_shown(frame)
    cut = first + last < len(frame)
    given = pd.DataFrame(frame)
    rows = pd.concat([given.iloc[:first], given.iloc[len(given) - last :]]) if cut else given
    columns = {name: list(cells) for name, cells in _cells(rows)}
    labels = [[str(part) for part in (label if isinstance(label, tuple) else (label,))] for label in rows.index]
    if cut:
        for cells in columns.values():
            cells.insert(first, "...")
        labels.insert(first, ["..."] * rows.index.nlevels)
    # One level stays one: a column of labels repeats them, as a multi-index does not.
    index: Any = pd.Index([label[0] for label in labels], name=rows.index.name)
    if rows.index.nlevels > 1:
        index = pd.MultiIndex.from_tuples([tuple(label) for label in labels], names=rows.index.names)
    return pd.DataFrame(columns, index=index)


def _cells(rows: pd.DataFrame) -> Iterator[tuple[str, Cells]]:
    """Yield each column as text, those that are in one unit with one notation."""
    names = list(rows.columns)
    numbers = {name: rows[name].to_numpy(dtype=np.float64) for name in names if rows[name].dtype.kind == "f"}
    none = np.full(len(rows), np.nan)
    found: dict[str, Cells] = {}
    ratio = next((name for name in RATIOS if name in numbers), None)
    if ratio is not None:
        group = [ratio, *(name for name in LIMITS if name in numbers)]
        errors = numbers.get("std_error", none)
        with np.errstate(divide="ignore", invalid="ignore"):
            own = errors / numbers[ratio]
        found.update(zip(group, format_ratios([numbers[name] for name in group], own), strict=True))
        found["std_error"] = format_estimates(errors, none)[0]
    for estimate, error, *ends in UNITS:
        group = [name for name in (estimate, *ends) if name in numbers and name not in found]
        if group:
            first, *others = (numbers[name] for name in group)
            cells, error_cells, *more = format_estimates(first, numbers.get(error, none), *others)
            found.update(zip(group, (cells, *more), strict=True))
            found[error] = error_cells
    if "statistic" in numbers:
        found["statistic"] = format_column(numbers["statistic"], "statistic", 2)
    if "p_value" in numbers:
        found["p_value"] = format_column(numbers["p_value"], "p_value")
    if "unit" in numbers:
        found["unit"] = tuple("" if np.isnan(unit) else f"{unit:,.12g}" for unit in numbers["unit"])
    for name in names:
        yield name, tuple(cell or "NaN" for cell in found[name]) if name in found else tuple(map(str, rows[name]))


def _fitted(table: pd.DataFrame, most: int) -> str:
    """Return a table as text: too wide, with its columns nearer to each other, and then with its labels cut."""
    text = str(table.to_string())
    if _width(text) <= most:
        return text
    text = _closer(text)
    return text if _width(text) <= most else _closer(_cut(table, _width(text) - most).to_string())


def _width(text: str) -> int:
    return max(map(display_width, text.splitlines()), default=0)


def _closer(text: str) -> str:
    """Return lines with one blank where all of them have several."""
    lines = text.splitlines()
    size = max(map(len, lines))
    blank = [all(line[place : place + 1] in (" ", "") for line in lines) for place in range(size)]
    left_out = {place for place in range(1, size) if blank[place] and blank[place - 1]}
    return "\n".join("".join(char for place, char in enumerate(line) if place not in left_out) for line in lines)


def _cut(text: pd.DataFrame, excess: int) -> pd.DataFrame:
    """Return the table with its longest labels cut, by so many characters of a row together."""
    names = text.index.names
    levels = [list(text.index.get_level_values(level)) for level in range(text.index.nlevels)]
    columns = {name: list(text[name]) for name in text.columns if not any(map(_is_number, text[name]))}
    labels = [*levels, *columns.values()]
    widths = [max(map(len, each), default=0) for each in labels]
    least = [max(SHORTEST, len(str(name))) for name in (*names, *columns)]
    for _ in range(excess):
        spare = [width - short for width, short in zip(widths, least, strict=True)]
        if max(spare) <= 0:
            break
        widths[spare.index(max(spare))] -= 1
    for each, width in zip(labels, widths, strict=True):
        each[:] = [_shortened(label, width) for label in each]
    index = pd.Index(levels[0], name=names[0]) if len(levels) == 1 else pd.MultiIndex.from_arrays(levels, names=names)
    return text.assign(**columns).set_axis(index)


def _is_number(cell: str) -> bool:
    return cell[:1].isdigit() or cell[1:2].isdigit() or cell == "NaN"


def _shortened(label: str, size: int) -> str:
    """Return a label whose ends are shown: the last of it is the level."""
    if len(label) <= size:
        return label
    tail = (size - 3) * 2 // 3
    return f"{label[: size - 3 - tail]}...{label[len(label) - tail :]}"
