"""Columns of a printed table are as wide as their cells, and fit the page."""

from __future__ import annotations

import pytest

from logitkit.report.column_widths import column_widths

NUMBERS = [("Rows", "Bad rate"), ("10,347", "1.43%"), ("9,597", "6.19%")]


def test_what_fits_is_on_one_line() -> None:
    assert column_widths(NUMBERS, 100.0, 1.0, 2.0) == [8.0, 10.0]


def test_text_gives_way_to_numbers() -> None:
    lines = [("Values", "Rows"), ("BANK OF AMERICA NATL ASSOC, U.S. BANK NATIONAL ASSOCIATION", "1,787")]
    values, rows = column_widths(lines, 30.0, 1.0, 2.0)
    assert rows == 7.0
    assert values + rows == pytest.approx(30.0)


def test_heads_are_broken_between_words_before_numbers_are() -> None:
    lines = [("Points to double", "Periods above 0.10"), ("20", "15")]
    assert sum(column_widths(lines, 20.0, 1.0, 0.0)) == pytest.approx(20.0)
    assert min(column_widths(lines, 20.0, 1.0, 0.0)) >= len("Periods")


@pytest.mark.parametrize("room", [5.0, 12.0, 40.0])
def test_no_table_is_wider_than_the_page(room: float) -> None:
    lines = [("a" * 30, "b c", ""), ("x", "1,234.5", "word " * 9)]
    widths = column_widths(lines, room, 1.0, 0.5)
    assert sum(widths) <= room * (1 + 1e-12)
    assert min(widths) > 0
