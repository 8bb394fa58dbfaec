"""The description of a dataset: its source, the meaning of its columns, and the columns that leak the outcome."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["DatasetDescription"]

#: Width in characters of the text that a frame carries along.
TEXT_WIDTH = 100


@dataclass(frozen=True, kw_only=True)
class DatasetDescription:
    """Source, licence, columns and pitfalls of a dataset; ``str()`` gives them as text.

    Parameters
    ----------
    name : str
        Short name, as in ``load_<name>`` and :func:`logitkit.datasets.describe`.
    title : str
        The content of the table, in one line.
    file : str
        Name of the file of the table.
    n_rows : int
        Number of rows.
    source : str
        Origin of the data, and how the file was obtained.
    licence : str
        Terms under which the file is distributed.
    citation : str
        The publication to cite.
    target : str
        Name of the outcome column.
    leaks : tuple of str
        Columns that are known only after the outcome or that reveal it; they must not be predictors.
    notes : tuple of str
        Notes on pitfalls, missing values and codes.
    columns : mapping of str to str
        Meaning of each column with its unit, in the order of the file.
    in_wheel : bool, default True
        Whether the wheel has the file; larger files are only in the repository.

    Notes
    -----
    ``predictors`` has all columns except the target and the leaks. It may still have identifiers and columns that are
    not useful.

    Examples
    --------
    >>> from logitkit.datasets import describe
    >>> lbw = describe("lbw")
    >>> lbw.target, lbw.leaks
    ('low', ('id', 'bwt'))
    >>> set(lbw.columns) == {lbw.target, *lbw.leaks, *lbw.predictors}
    True
    """

    name: str
    title: str
    file: str
    n_rows: int
    source: str
    licence: str
    citation: str
    target: str
    leaks: tuple[str, ...]
    notes: tuple[str, ...]
    columns: Mapping[str, str]
    in_wheel: bool = True

    @property
    def predictors(self) -> tuple[str, ...]:
        """Columns that are neither the target nor a leak, in the order of the file."""
        return tuple(name for name in self.columns if name != self.target and name not in self.leaks)

    @property
    def meanings(self) -> Mapping[str, str]:
        """Meanings by column; neighbouring columns with one meaning are combined as ``first to last``."""
        runs = [list(run) for _, run in itertools.groupby(self.columns, self.columns.__getitem__)]
        return {run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}": self.columns[run[0]] for run in runs}

    def __str__(self) -> str:
        """Return the description as text of at most 100 characters a line."""
        facts = [
            ("Rows", f"{self.n_rows:,}"),
            ("Target", self.target),
            ("Leaks", ", ".join(self.leaks) or "none known"),
            ("Source", self.source),
            ("Licence", self.licence),
            ("Cite", self.citation),
        ]
        lines = [_hanging(f"{self.name}: ", self.title), ""]
        lines += [_hanging(f"{label + ':':<9}", text) for label, text in facts]
        lines += ["", "Notes", *(_hanging("  - ", note) for note in self.notes)]
        meanings = self.meanings
        width = max(len(label) for label in meanings) + 2
        lines += ["", "Columns"]
        lines += [_hanging(f"  {label:<{width}}", meaning) for label, meaning in meanings.items()]
        return "\n".join(lines)


def _hanging(label: str, text: str) -> str:
    """Return ``label`` followed by ``text``, wrapped lines standing under the first."""
    return textwrap.fill(
        text,
        TEXT_WIDTH,
        initial_indent=label,
        subsequent_indent=" " * len(label),
        break_long_words=False,
        break_on_hyphens=False,
    )
