"""What is eliminated from a model: every kind answers every question, and nothing is a kind."""

from __future__ import annotations

import pickle
from typing import get_args

import numpy as np
import pytest

from logitkit.design.absorbed import AbsorbedLevels
from logitkit.design.matrix.dense import Dense
from logitkit.design.nuisance import NOTHING, NoNuisance, Nuisance, NuisanceRows, NuisanceVerb
from logitkit.design.table.extras import gather_extras
from logitkit.design.table.frame import read_table
from logitkit.engine.estimate import PIPELINES
from logitkit.errors import DataError

FIRMS = AbsorbedLevels(
    "firm",
    ["a", "b", "c"],
    np.array([0.5, np.inf, -1.0]),
    np.array([4, 3, 2]),
    curvature=np.array([2.0, np.inf, 0.5]),
    means=np.array([[1.0], [0.0], [3.0]]),
    n_dropped_rows=3,
)
QUESTIONS = {name for name in vars(Nuisance) if not name.startswith("_")}


@pytest.mark.parametrize("nuisance", [NOTHING, FIRMS])
def test_every_kind_answers_every_question_and_has_a_pipeline(nuisance: Nuisance) -> None:
    assert len(QUESTIONS) > 10
    assert {name for name in QUESTIONS if not hasattr(nuisance, name)} == set()
    assert type(nuisance).__name__ in PIPELINES


def test_each_verb_is_refused_by_one_kind_and_offered_beside_the_other() -> None:
    """Of absorbed levels the bias is the only thing that can be asked; of nothing, the only one that cannot."""
    for verb in get_args(NuisanceVerb):
        refused = [bool(kind.why_not(verb)) for kind in (NOTHING, FIRMS)]
        assert refused == [verb == "bias_correction", verb != "bias_correction"]
    assert "cluster='firm'" in FIRMS.why_not("refit")
    assert "2 levels" in FIRMS.why_not("refit")


def test_nothing_changes_no_number() -> None:
    working, rows = Dense(np.array([[1.0], [3.0]])), np.array([[1.0], [np.nan]])
    assert NOTHING.within(working, None, None) is working
    assert NOTHING.left_of_formula(working, ["Intercept"]) is working
    assert NOTHING.from_anchors(rows, None) is rows
    assert NOTHING.variances(None, None, 2).tolist() == [0.0, 0.0]
    found = NOTHING.of_rows({}, np.arange(2), "raise")
    offset = np.ones((1, 2))
    assert found.codes is None
    assert not found.unknown.any()
    assert found.added_to(None) is None
    assert found.added_to(offset) is offset
    assert (NOTHING.n_parameters, NOTHING.n_dropped_rows, NOTHING.factors) == (0, 0, ())
    assert pickle.loads(pickle.dumps(NOTHING)) == NoNuisance()


def test_rows_of_levels_are_known_missing_or_refused() -> None:
    table = read_table({"g": ["c", "b", "z", "a"]})
    series = gather_extras(table, absorb=("g",)).series
    found = FIRMS.of_rows(series, np.arange(4), "missing")
    assert found.codes is not None
    assert found.codes.tolist() == [2, 1, -1, 0]
    assert found.unknown.tolist() == [False, False, True, False]
    assert np.array_equal(found.added_to(np.ones((1, 4))), [[0.0, np.inf, np.nan, 1.5]], equal_nan=True)
    assert FIRMS.of_rows(series, np.array([0, 3]), "raise").unknown.tolist() == [False, False]
    with pytest.raises(DataError, match="firm has a level that the fit never saw in 1 row: 'z'"):
        FIRMS.of_rows(series, np.arange(4), "raise")


def test_variance_and_rows_within_levels() -> None:
    codes, working = np.array([0, 2, 1]), Dense(np.array([[1.5], [2.0], [7.0]]))
    assert FIRMS.within(working, codes, None).to_dense().ravel().tolist() == [0.5, -1.0, 7.0]
    assert FIRMS.variances(codes, None, 3).tolist() == [0.5, 2.0, 0.0]
    assert FIRMS.variances(np.array([0, 0, 1]), np.array([1.0, 3.0, 0.0]), 3).tolist() == [0.25, 0.25, 0.0]
    with pytest.raises(DataError, match="without their level of firm"):
        FIRMS.within(working, None, None)


def test_sizes_of_the_factor() -> None:
    (factor,) = FIRMS.factors
    assert (factor.name, factor.n_levels, factor.n_dropped, factor.n_dropped_rows) == ("firm", 2, 1, 3)
    assert (factor.rows_per_level, factor.fewest_rows) == (3.0, 2)
    assert FIRMS.n_parameters == factor.n_levels


def test_what_is_added_to_offsets() -> None:
    rows = NuisanceRows(np.array([0, 1]), np.array([0.5, -1.0]), np.zeros(2, dtype=bool))
    added = rows.added_to(None)
    assert added is not None
    assert added.tolist() == [[0.5, -1.0]]
