"""Terms that are a number each against formulaic's own way through the same methods: columns, state and arrangement."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from formulaic import ModelSpec
from formulaic.materializers import PandasMaterializer
from numpy.testing import assert_array_equal

from logitkit.design.build import build_design
from logitkit.design.formula import materializer as module
from logitkit.design.formula import plain_terms
from logitkit.design.formula.materializer import BlockMaterializer
from logitkit.design.formula.specs import new_spec

FRAME = pd.DataFrame(
    {
        "x": [1.5, -2.0, 4.25, 3.0],
        "small": np.array([1, 2, 100, 120], dtype=np.int8),
        "single": np.array([0.1, 0.2, 0.3, 0.4], dtype=np.float32),
        "whole": np.array([2**60 + 1, 5, -7, 0]),
        "a b": [4.0, 3.0, 2.0, 1.0],
        "flag": [True, False, True, True],
        "g": ["a", "b", "c", "b"],
    }
)
PLAIN = ("1 + x", "0 + x", "x + small + single + whole", "x + `a b`", "1", "whole + 1 + x", "x + flag")
OTHERS = ("x + g", "0 + g + x", "x:small", "x * g", "x + I(x)", "2:x", "x + C(small)", "x + poly(x, 2)")


def _built(formula: str, spec: ModelSpec | None = None) -> tuple[Any, ModelSpec, tuple[Any, ...]]:
    """Return the dense columns, the spec afterwards, and the light columns."""
    materializer = BlockMaterializer(FRAME, {})
    spec = new_spec(formula) if spec is None else BlockMaterializer.fresh(spec)
    materializer.learns = spec.structure is None
    materializer.evaluate(spec)
    matrix, made = materializer.build(spec)
    return matrix.to_dense(), made, materializer._light


def _by_formulaic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "plain_columns", lambda *_: None)
    monkeypatch.setattr(module, "evaluated_number", lambda *_: None)


def _arrangement(spec: ModelSpec) -> list[tuple[str, str, list[str], list[Any]]]:
    return [
        (
            repr(part.term),
            repr(part.scoped_terms),
            list(part.columns),
            [
                (each.factor.factor.eval_method, each.reduced, each.factor.values, sorted(each.factor.variables or ()))
                for scoped in part.scoped_terms
                for each in scoped.factors
            ],
        )
        for part in spec.structure or ()
    ]


@pytest.mark.parametrize("formula", [*PLAIN, *OTHERS])
def test_columns_and_what_is_kept_are_formulaics(formula: str, monkeypatch: pytest.MonkeyPatch) -> None:
    values, spec, light = _built(formula)
    again = _built(formula, spec)[0]
    _by_formulaic(monkeypatch)
    expected, kept, columns = _built(formula)
    np.testing.assert_array_equal(values.view(np.int64), expected.view(np.int64))
    np.testing.assert_array_equal(again.view(np.int64), _built(formula, spec)[0].view(np.int64))
    assert spec.column_names == kept.column_names
    assert _arrangement(spec) == _arrangement(kept)
    assert spec.encoder_state == kept.encoder_state
    assert [each.constant for each in light] == [each.constant for each in columns]
    assert sorted(map(str, spec.get_term_indices(spec.formula))) == sorted(
        map(str, kept.get_term_indices(kept.formula))
    )
    assert spec.term_variables == kept.term_variables


@pytest.mark.parametrize(("formula", "plain"), [*((each, True) for each in PLAIN), *((each, False) for each in OTHERS)])
def test_formulaic_builds_the_other_terms(formula: str, plain: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    whole = PandasMaterializer._build_model_matrix
    monkeypatch.setattr(
        BlockMaterializer, "_build_model_matrix", lambda *given, **named: calls.append(1) or whole(*given, **named)
    )
    _built(formula)
    assert bool(calls) is not plain


def test_rows_that_a_transform_loses_are_left_out_of_plain_columns() -> None:
    materializer = BlockMaterializer(FRAME, {})
    materializer.evaluate(new_spec("lag(x)"))
    spec = new_spec("x + small")
    materializer.evaluate(spec)
    matrix, _ = materializer.build(spec)
    assert matrix.to_dense()[:, 1].tolist() == [-2.0, 4.25, 3.0]


def test_a_spec_of_plain_terms_can_be_pickled() -> None:
    spec = _built("x + small")[1]
    assert _arrangement(pickle.loads(pickle.dumps(spec))) == _arrangement(spec)


def test_a_column_called_one_is_not_the_intercept() -> None:
    spec, column = new_spec("0 + `1`"), np.array([3.0, 1.0, 4.0])
    materializer = BlockMaterializer(pd.DataFrame({"1": column}), {})
    materializer.evaluate(spec)
    np.testing.assert_array_equal(materializer.build(spec)[0].to_dense()[:, 0], column)


@pytest.mark.parametrize("formula", ["y ~ x + small", "y ~ 0 + x + whole", "y ~ ."])
def test_a_formula_of_numbers_that_was_read_before_gives_the_same_design(formula):
    plain_terms._read_before.clear()
    table = FRAME[["x", "small", "single", "whole"]].assign(y=[0, 1, 1, 0])
    first, second = (build_design(formula, table, namespace={}) for _ in range(2))
    assert len(plain_terms._read_before) == 1
    assert second.info.coding.spec is first.info.coding.spec
    assert (first.info.names, first.info.terms) == (second.info.names, second.info.terms)
    assert_array_equal(first.matrix.to_dense(), second.matrix.to_dense())
    assert_array_equal(second.matrix.to_dense()[:, second.info.names.index("x")], FRAME["x"])


def test_a_column_that_is_text_in_the_next_table_is_read_anew():
    numbers = pd.DataFrame({"y": [0, 1, 1, 0], "x": [1.0, 2.0, 4.0, 3.0]})
    names = [
        build_design("y ~ x", table, namespace={}).info.names
        for table in (
            numbers,
            numbers.assign(x=["a", "b", "a", "b"]),
            numbers.assign(x=[True, False, True, False]),
            numbers,
        )
    ]
    assert names == [("Intercept", "x"), ("Intercept", "x[T.b]"), ("Intercept", "x"), ("Intercept", "x")]


@pytest.mark.parametrize(
    "formula", ["y ~ x + g", "y ~ x:small", "y ~ I(x)", "y ~ C(g)", "y ~ scale(x)", "y ~ x + offset(small)"]
)
def test_no_other_formula_is_remembered(formula):
    plain_terms._read_before.clear()
    build_design(formula, FRAME.assign(y=[0, 1, 1, 0]), namespace={})
    assert not plain_terms._read_before
