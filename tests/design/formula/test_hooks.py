"""What is used of formulaic and not promised by it: a new version that moves a part is told which part it moved."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pandas as pd
import pytest
from formulaic import Formula, ModelSpec
from formulaic.materializers import PandasMaterializer
from formulaic.materializers.types import FactorValues
from formulaic.parser.types import Factor
from formulaic.transforms import TRANSFORMS
from formulaic.transforms import contrasts as coding
from formulaic.transforms.hashed import hashed
from scipy.sparse import eye

from logitkit.design.formula.language import LEARNING
from logitkit.design.formula.materializer import BlockMaterializer
from logitkit.design.formula.specs import new_spec

FRAME = pd.DataFrame({"x": [1.0, 2.0, 4.0, 3.0], "g": ["a", "b", "c", "b"]})

SIGNATURES = {
    "_init": ["self"],
    "data_context": ["self"],
    "_evaluate_factor": ["self", "factor", "spec", "drop_rows"],
    "_evaluate": ["self", "expr", "metadata", "spec"],
    "_check_for_nulls": ["self", "name", "values", "na_action", "drop_rows"],
    "_build_model_matrix": ["self", "spec", "drop_rows"],
    "_encode_constant": ["self", "value", "metadata", "encoder_state", "spec", "drop_rows"],
    "_encode_numerical": ["self", "values", "metadata", "encoder_state", "spec", "drop_rows"],
    "_encode_categorical": ["self", "values", "metadata", "encoder_state", "spec", "drop_rows", "reduced_rank"],
    "_get_columns_for_term": ["self", "factors", "spec", "scale"],
    "_combine_columns": ["self", "cols", "spec", "drop_rows"],
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_method_that_is_overridden_or_called(name: str) -> None:
    method = inspect.getattr_static(PandasMaterializer, name, None)
    assert method is not None, f"formulaic's PandasMaterializer has no {name} any more"
    function = method.fget if isinstance(method, property) else method
    assert list(inspect.signature(function).parameters) == SIGNATURES[name], f"the arguments of {name} changed"


def test_formulaic_calls_every_override(monkeypatch: pytest.MonkeyPatch) -> None:
    # An override that is called no more would leave formulaic's own way in its place, without an error.
    called: set[str] = set()

    def noting(name: str, method: Any) -> Any:
        def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
            called.add(name)
            return method(self, *args, **kwargs)

        return wrapped

    names = [name for name in SIGNATURES if inspect.isfunction(vars(BlockMaterializer).get(name))]
    assert len(names) == 9
    for name in names:
        monkeypatch.setattr(BlockMaterializer, name, noting(name, vars(BlockMaterializer)[name]))
    spec = new_spec("1 + g + C(g):x + I(x)")
    materializer = BlockMaterializer(FRAME, {})
    materializer.evaluate(spec)
    materializer.build(spec)
    assert called == set(names)


def test_signatures_of_functions_that_are_called() -> None:
    for name in LEARNING:
        assert TRANSFORMS[name].__is_stateful_transform__, f"{name} is no longer marked as one that learns"
    state: dict[str, Any] = {}
    centred = TRANSFORMS["center"](FRAME["x"], _state=state, _metadata=None, _spec=new_spec("x"), _context={})
    assert centred.tolist() == [-1.5, -0.5, 1.5, 0.5], "what a transform that learns is handed changed"
    assert state["center"] == 2.5
    assert list(inspect.signature(coding.C).parameters) == ["data", "contrasts", "levels", "spans_intercept"], (
        "C() has other arguments, and the C() of the materializer must have them too"
    )
    assert list(inspect.signature(hashed).parameters) == [
        "data",
        "levels",
        "contrasts",
        "hash_func",
        "spans_intercept",
    ], "hashed() has other arguments"
    apply = inspect.signature(coding.Contrasts.apply).parameters
    assert list(apply) == ["self", "dummies", "levels", "reduced_rank", "output"], "Contrasts.apply changed"


def test_what_the_caller_gives_comes_before_formulaics_transforms() -> None:
    assert {"C", "hashed"} <= set(TRANSFORMS), "formulaic has no transform C() or hashed() any more"
    materializer = BlockMaterializer(FRAME, {})
    assert materializer._scope.function("C") == materializer._factor
    assert materializer._scope.function("hashed") == materializer._hashed
    assert materializer._scope.column("x") is materializer._columns["x"]
    assert materializer.layered_context["x"] is materializer._columns["x"]


def test_values_of_factors_and_what_they_carry() -> None:
    spec = ModelSpec(formula=Formula("C(g)"), output="numpy")
    materializer = PandasMaterializer(FRAME, {})
    factor = next(factor for term in spec.formula for factor in term.factors if factor.expr == "C(g)")
    values = materializer._evaluate_factor(factor, spec, set()).values
    assert materializer.factor_cache["C(g)"].values is values, "factor_cache is laid out otherwise"
    assert isinstance(values, FactorValues)
    assert values.__wrapped__ is not None
    metadata = values.__formulaic_metadata__
    assert metadata.kind is Factor.Kind.CATEGORICAL
    arguments = list(inspect.signature(metadata.encoder).parameters)
    assert arguments == ["values", "reduced_rank", "drop_rows", "encoder_state", "model_spec"], (
        "the encoder that C() leaves with its values has other arguments"
    )


def test_the_layout_of_what_transforms_and_encoders_learn() -> None:
    built = PandasMaterializer(FRAME, {}).get_model_matrix(
        ModelSpec(formula=Formula("center(x) + C(g)"), output="numpy")
    )
    kind, state = built.model_spec.encoder_state["C(g)"]
    assert kind is Factor.Kind.CATEGORICAL
    assert state["categories"] == ["a", "b", "c"], "encoder_state is laid out otherwise"
    assert built.model_spec.transform_state == {"center(x)": {"ddof": 1, "center": 2.5, "scale": None}}, (
        "transform_state is laid out otherwise"
    )
    assert isinstance(built.__wrapped__, np.ndarray), "a ModelMatrix wraps no array any more"
    assert list(built.model_spec.term_indices.values()) == [[0], [1], [2, 3]]
    assert built.model_spec.column_names == ("Intercept", "center(x)", "C(g)[T.b]", "C(g)[T.c]")


@pytest.mark.parametrize("name", ["TreatmentContrasts", "SumContrasts", "HelmertContrasts", "DiffContrasts"])
@pytest.mark.parametrize("reduced", [True, False])
def test_contrasts_apply_to_one_row_a_level(name: str, reduced: bool) -> None:
    contrasts = getattr(coding, name)()
    levels = ["a", "b", "c"]
    applied = contrasts.apply(eye(3, format="csc"), levels=levels, reduced_rank=reduced, output="sparse")
    expected = contrasts.get_coding_matrix(levels, reduced_rank=reduced)
    np.testing.assert_array_equal(applied.__wrapped__.toarray(), expected)
    metadata = applied.__formulaic_metadata__
    assert metadata.column_names == tuple(expected.columns), "the names of contrasts are kept elsewhere"
    assert metadata.spans_intercept is not reduced
    assert metadata.drop_field == (None if reduced else "a")


def test_the_classes_of_contrasts_by_which_a_description_is_told() -> None:
    assert coding.CustomContrasts(np.eye(2)).contrasts.shape == (2, 2)
    assert issubclass(coding.TreatmentContrasts, coding.Contrasts)
    assert TRANSFORMS["contr"].treatment is coding.TreatmentContrasts
