"""Documents of a path and of a cross-validation: their facts are those of the record."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.engine.regularised.path import PathStatus
from logitkit.report.document import Table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.formats.html import render_html
from logitkit.report.formats.latex import render_latex
from logitkit.report.formats.markdown import render_markdown
from logitkit.report.formats.text import render_text
from logitkit.report.path import ROWS_MOST, cross_validation_document, path_document

FORMULA = "low ~ age + lwt + C(race) + smoke + ht"
RENDERERS = (render_text, render_html, render_latex, render_markdown)


def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


@pytest.fixture(scope="module")
def path():
    return lk.path(FORMULA, births(), penalty=lk.Lasso())


@pytest.fixture(scope="module")
def cv():
    return lk.cross_validate(FORMULA, births(), penalty=lk.Lasso(), folds=lk.Folds(5, seed=4))


def table(document) -> Table:
    (block,) = document.blocks
    assert isinstance(block, Table)
    return block


def test_the_facts_of_a_path(path) -> None:
    facts = {fact.label: fact.value for fact in path.summary().facts}
    assert facts["Penalty"] == "lasso"
    assert facts["Strengths"] == str(path.strengths.size)
    assert float(facts["Largest strength"]) == pytest.approx(path.strengths[0], rel=1e-3)  # four digits
    assert facts["Nonzero at the end"] == str(path.n_nonzero[-1])
    assert facts["Deviance explained"] == f"{100 * path.deviance_ratio.iloc[-1]:.1f}%"
    assert facts["Path"] == path.status


def test_every_coefficient_comes_in_where_it_is_first_not_zero(path) -> None:
    found = table(path.summary())
    assert len(found.rows) == ROWS_MOST
    listed = [float(row[0]) for row in found.rows]
    places = [int(np.abs(path.strengths - strength).argmin()) for strength in listed]
    first = (path.coef.to_numpy() != 0.0).argmax(axis=0)
    before = -1
    for row, place in zip(found.rows, places, strict=True):
        new = {name for name, step in zip(path.coef.columns, first, strict=True) if before < step <= place}
        said = set(row[3].replace(" and ", ", ").split(", ")) - {""}
        assert said == new if len(new) <= 3 else len(said) == 4
        assert row[1] == str(path.n_nonzero[place])
        before = place


def test_a_ridge_has_nothing_that_comes_in() -> None:
    found = table(lk.path(FORMULA, births(), penalty=lk.Ridge(), n_strengths=5).summary())
    assert [column.name for column in found.columns] == ["Strength", "Nonzero", "Deviance explained"]
    assert (len(found.rows), found.title, found.notes) == (5, "Strengths", ())


def test_a_path_that_did_not_converge_warns(path) -> None:
    document = path_document(replace(path.record, status=PathStatus.NOT_CONVERGED))
    assert "did not reach its tolerance" in document.warnings[0]
    assert path.summary().warnings == ()


def test_the_choices_of_a_cross_validation(cv) -> None:
    best, one_se = table(cv.summary()).rows
    for row, strength in ((best, cv.best_strength), (one_se, cv.one_se_strength)):
        place = list(cv.strengths).index(strength)
        assert float(row[1]) == pytest.approx(strength, rel=1e-3)  # four digits
        assert float(row[2]) == pytest.approx(cv.scores["mean"].iloc[place], abs=5e-5)
        assert row[4] == str(cv.path.n_nonzero[place])
    facts = {fact.label: fact.value for fact in cv.summary().facts}
    assert facts["Folds"] == cv.record.folds.words
    assert facts["Measure"].startswith(cv.record.measure.label)
    assert any("seed 4" in note for note in cv.summary().notes)


def test_a_choice_at_the_end_of_the_grid_warns() -> None:
    few = lk.cross_validate(FORMULA, births(), penalty=lk.Lasso(), folds=lk.Folds(5, seed=4), strengths=[0.06, 0.03])
    assert few.best_strength == 0.03
    assert any("smallest that was compared" in warning for warning in few.summary().warnings)


def test_strengths_that_are_not_compared_are_counted(cv) -> None:
    fewer = cv.record.curve.n_scores.copy()
    fewer[-3:] -= 1
    document = cross_validation_document(replace(cv.record, curve=replace(cv.record.curve, n_scores=fewer)))
    assert any("3 strengths" in note for note in document.notes)


@pytest.mark.parametrize("render", RENDERERS)
def test_every_renderer_takes_them(path, cv, render) -> None:
    for document in (path.summary(), cv.summary()):
        assert "lasso" in render(document)
    assert repr(path) == render_text(path.summary())
    assert cv._repr_html_() == render_html(cv.summary())


def test_what_transforms_learnt_from_all_rows_is_said_where_there_are_any(cv) -> None:
    words = "learnt from all rows, including those held out"
    assert not any(words in note for note in cv.summary().notes)
    options = {"folds": 3, "n_strengths": 4, "penalty": lk.Ridge()}
    learning = lk.cross_validate("low ~ scale(age) + bs(lwt, df=4) + C(race)", births(), **options)
    for notes in (learning.summary().notes, finding_document(learning.nested()).notes):
        assert sum(f"scale(age), bs(lwt, df=4) {words}" in note for note in notes) == 1
    several = lk.cross_validate(
        "race ~ center(age) + poly(lwt, 2, raw=True)", births(), model=lk.Multinomial(), **options
    )
    assert any(f"center(age) {words}" in note for note in several.summary().notes)
