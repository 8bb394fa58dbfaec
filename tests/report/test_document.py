from __future__ import annotations

import dataclasses

import pytest

from logitkit.errors import LogitkitError
from logitkit.report.document import Column, Document, Fact, Figure, Prose, Section, Table

COLUMNS = (Column("Term", "left"), Column("Estimate"))


def test_a_row_of_another_width_is_refused_with_both_sizes():
    with pytest.raises(LogitkitError, match=r"Table 'Fit': row 2 is .*of length 1, .*2 columns \(Term, Estimate\)"):
        Table("Fit", COLUMNS, (("age", "0.1"), ("lwt",)))


def test_a_cell_that_is_a_number_is_refused_with_its_place():
    with pytest.raises(LogitkitError, match=r"row 1, column 'Estimate' holds 0\.1, which is not text"):
        Table(None, COLUMNS, (("age", 0.1),))  # type: ignore[arg-type]


def test_a_table_without_columns_is_refused():
    with pytest.raises(LogitkitError, match="no columns"):
        Table(None, (), ())


def test_an_alignment_that_does_not_exist_is_refused():
    with pytest.raises(LogitkitError, match="align='center'"):
        Column("Term", "center")  # type: ignore[arg-type]


def test_a_figure_without_a_picture_is_refused():
    with pytest.raises(LogitkitError, match="Figure 'ROC' has no picture"):
        Figure("ROC", None, None, "", "")


@pytest.mark.parametrize("holder", [Document, Section])
def test_a_block_of_another_type_is_refused(holder):
    with pytest.raises(LogitkitError, match="block 2 is a str"):
        holder("Title", blocks=(Prose("fine"), "not a block"))


@pytest.mark.parametrize("name", ["notes", "warnings"])
def test_a_lone_string_in_place_of_a_tuple_is_refused(name):
    with pytest.raises(LogitkitError, match=f"{name} is one string"):
        Document("Title", **{name: "a note"})


def test_documents_are_frozen_hashable_and_equal_by_content():
    def build() -> Document:
        return Document("Fit", facts=(Fact("n", "3"),), blocks=(Table(None, COLUMNS, (("age", "0.1"),)),))

    assert build() == build()
    assert hash(build()) == hash(build())
    with pytest.raises(dataclasses.FrozenInstanceError):
        build().title = "other"  # type: ignore[misc]


def test_paragraphs_are_split_at_empty_lines_only():
    assert Prose("one\ntwo\n\n\n  three\r\n\r\nfour ").paragraphs == ("one two", "three", "four")
    assert Prose("  ").paragraphs == ()
