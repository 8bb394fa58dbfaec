"""How wide the columns of a printed table are: as their cells need, and narrower where they break."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["column_widths"]

LONG = 24  # letters, from which a cell of text may be broken between words, and a word within


def column_widths(lines: Sequence[Sequence[str]], room: float, letter: float, padding: float) -> list[float]:
    """Return the width of every column.

    Parameters
    ----------
    lines : sequence of sequences of str
        Cells of all rows, the heads among them.
    room : float
        Width of the page.
    letter : float
        Mean width of a letter.
    padding : float
        Room at both sides of a cell together.

    Returns
    -------
    list of float
        In the unit of the room, whose sum is at most the room: what each column asks for on one line; where this is too
        much, the columns that may be broken between words share what the others leave.

    Examples
    --------
    >>> column_widths([("age", "12.5"), ("a long name of a variable", "1")], 14.0, 1.0, 0.0)
    [10.0, 4.0]
    """
    columns = list(zip(*lines, strict=True))
    whole = [padding + letter * max(map(len, cells)) for cells in columns]
    if sum(whole) <= room:
        return whole
    words = [padding + letter * max(map(_longest_word, cells)) for cells in columns]
    least = [
        word if max(map(len, cells)) > LONG or _is_text(cells[1:]) else full
        for word, full, cells in zip(words, whole, columns, strict=True)
    ]
    if sum(least) > room:
        least = words
    if sum(least) > room:  # words are broken too
        return [room * width / sum(least) for width in least]
    asked = [full - low for full, low in zip(whole, least, strict=True)]
    part = (room - sum(least)) / sum(asked)
    return [low + part * more for low, more in zip(least, asked, strict=True)]


def _longest_word(cell: str) -> int:
    """Return the letters of the longest word, of which a very long one is broken too."""
    return min(LONG, max((len(word) for word in cell.split()), default=0))


def _is_text(cells: Sequence[str]) -> bool:
    """Tell whether most cells begin with a letter, so that they may be broken between words."""
    return 2 * sum(cell[:1].isalpha() for cell in cells) > len(cells)
