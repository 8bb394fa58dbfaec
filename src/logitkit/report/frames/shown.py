"""Data frames of results that are shown in full at 80 columns, and are pandas data frames in all else.

pandas prints six significant digits and, where these do not fit, dots in place of the middle columns, which may be the
limits. Here the digits are those of the summary (``estimate_columns``) and every column is shown: columns move closer,
long labels are cut in the middle, a single wide row is shown as a list of its columns, and what is still too wide in
panels that repeat the labels. Only what is shown is rounded. Whatever is made from such a frame is an ordinary one.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import takewhile
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd

from logitkit.design.labels import step_text
from logitkit.report.estimate_columns import format_estimates, format_ratios, format_strengths
from logitkit.report.formats.text import display_width
from logitkit.report.number_format import column_decimals, format_column, format_integer, format_number, format_p
from logitkit.typing import FloatArray

__all__ = ["ResultFrame"]

Cells = tuple[str, ...]

RATIOS = ("odds_ratio", "hazard_ratio", "risk_ratio")
LIMITS = ("conf_low", "conf_high")
UNITS = (("estimate", "std_error", "bias", *LIMITS), ("logit", "logit_std_error"))  # an estimate, its error, the rest
SHORTEST = 7  # characters of a label that is cut
WIDTH = 80
LIKELIHOODS = ("loglik", "deviance", "aic", "aicc", "bic", "ebic")
PROPORTIONS = ("deviance_ratio",)  # as good as zero where they are near it
NO_LABELS = ("status", "aliased", "collinear", "separated")  # text that says something of a row, and does not name it


class _LikeAnyFrame(type):
    """Takes every data frame for an instance, so that ``pandas.testing`` compares the two in either order."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, pd.DataFrame)


class ResultFrame(pd.DataFrame, metaclass=_LikeAnyFrame):
    """A data frame of results, shown with every column.

    Parameters
    ----------
    data, index, columns, dtype, copy : object
        As in ``pandas.DataFrame``. Numbers are kept to the last bit.

    Examples
    --------
    >>> frame = ResultFrame({"term": ["limit"], "estimate": [-2.7515e-6], "conf_low": [-3.1e-6], "p_value": [1e-54]})
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
        table = _as_text(self)
        text = _listed(self, most) if _is_list(self, table, most) else _fitted(table, most, _labels(self, table))
        return text + "".join(f"\n\n[{remark}]" for remark in _remarks(self))

    def _repr_html_(self) -> str | None:
        """Return the frame as HTML, for notebooks."""
        if _is_left_to_pandas(self):
            return _html_of_pandas(self)
        table = _as_text(self)
        if _is_list(self, table, WIDTH):
            table = pd.DataFrame({"": dict(_single_cells(self))})
        with pd.option_context("display.max_columns", None):
            html = _html_of_pandas(table)
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


def _is_list(frame: pd.DataFrame, table: pd.DataFrame, most: int) -> bool:
    """Return whether a frame is one row that is shown as a list of its columns, because it is too wide."""
    return len(frame) == 1 and _width(str(table.to_string())) > most and not _labels(frame, table)


def _single_cells(frame: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield the names and cells of a frame of one row, each number in the digits that it has standing alone."""
    for name in map(str, frame.columns):
        value = frame[name].iloc[0]
        if not isinstance(value, float | np.floating):
            yield name, str(value)
        elif name.endswith("p_value"):
            yield name, format_p(float(value)) or "NaN"
        elif _are_whole(np.array([value])):
            yield name, format_integer(float(value))
        else:
            yield name, format_number(float(value)) or "NaN"


def _listed(frame: pd.DataFrame, most: int) -> str:
    """Return one row as lines of a name and a value; values that are text wrap."""
    cells = list(_single_cells(frame))
    head = max(display_width(name) for name, _ in cells) + 2
    room = max(most - head, 20)
    size = max((display_width(cell) for _, cell in cells if _is_number(cell)), default=0)
    lines = []
    for name, cell in cells:
        first, *rest = wrap(cell, room) or [""]
        lines.append(name.ljust(head) + (cell.rjust(size) if _is_number(cell) else first))
        lines += [" " * head + line for line in rest]
    return "\n".join(lines)


def _labels(frame: pd.DataFrame, table: pd.DataFrame) -> list[str]:
    """Return the columns that name the rows: up to the term where there is one, else the first ones of text."""
    names = list(table.columns)
    if "term" in names:
        return names[: names.index("term") + 1]
    return list(takewhile(lambda name: frame[name].dtype.kind == "O" and name not in NO_LABELS, names))


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
        found["unit"] = tuple("" if np.isnan(unit) else step_text(unit) for unit in numbers["unit"])
    if "strength" in numbers and np.isfinite(numbers["strength"]).all():
        found["strength"] = format_strengths(numbers["strength"])
    rest = {name: values for name, values in numbers.items() if name not in found}
    likelihoods = column_decimals(x for name in LIKELIHOODS if name in rest for x in rest[name])
    for name, values in rest.items():
        if name.endswith("p_value"):
            found[name] = format_column(values, "p_value")
        elif _are_whole(values):
            found[name] = format_column(values, "integer")
        elif name in PROPORTIONS:
            found[name] = format_column(values, "statistic", 4)
        else:
            found[name] = format_column(values, "estimate", likelihoods if name in LIKELIHOODS else None)
    for name in names:
        yield name, tuple(cell or "NaN" for cell in found[name]) if name in found else tuple(map(str, rows[name]))


def _are_whole(values: FloatArray) -> bool:
    """Return whether numbers are counts, or missing, so that decimals would say nothing."""
    known = values[np.isfinite(values)]
    return bool(known.size) and bool((known == np.round(known)).all() and (np.abs(known) < 1e9).all())


def _fitted(table: pd.DataFrame, most: int, labels: list[str]) -> str:
    """Return a table as text: too wide, with its columns closer, then with labels cut, and at last in panels."""
    text = str(table.to_string())
    if _width(text) <= most:
        return text
    closer = _closer(text)
    if _width(closer) <= most:
        return closer
    closer = _closer(_cut(table, _width(closer) - most).to_string())
    if _width(closer) <= most:
        return closer
    return "\n\n".join(_panel(table[names], most) for names in _panels(table, most, labels))


def _panels(table: pd.DataFrame, most: int, labels: list[str]) -> list[list[str]]:
    """Return the columns of each panel: the labels, and as many others as have room beside them."""
    panels = [list(labels)]
    for name in table.columns[len(labels) :]:
        if len(panels[-1]) > len(labels) and _width(_panel(table[[*panels[-1], name]], most)) > most:
            panels.append(list(labels))
        panels[-1].append(name)
    return panels


def _panel(table: pd.DataFrame, most: int) -> str:
    text = str(table.to_string())
    return text if _width(text) <= most else str(_cut(table, _width(text) - most).to_string())


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
