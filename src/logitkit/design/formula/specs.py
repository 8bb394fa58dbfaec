"""The state that formulaic keeps with its terms: levels of factors, and what transforms learnt."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from formulaic import Formula, ModelSpec
from formulaic.parser.types import Factor

from logitkit.design.formula.expression import read_expression

__all__ = ["STATED", "coded_by_sum", "learnt_factors", "new_spec", "packed_state", "restored_spec"]

STATED = "coding"  # of a factor, in the state that formulaic keeps with it, where it is not by treatment contrasts


def new_spec(
    formula: Any, transforms: Mapping[str, Any] | None = None, levels: Mapping[str, list[Any]] | None = None
) -> ModelSpec:
    """Return terms without learnt state, but for what transforms and factors learnt from other rows."""
    spec = ModelSpec(formula=formula if isinstance(formula, Formula) else Formula(formula), output="numpy")
    if not transforms and not levels:
        return spec
    factors = [factor for term in spec.formula for factor in term.factors]
    own = {factor.expr for factor in factors}
    # A column of any name is looked up, not evaluated.
    calls = {
        call for factor in factors if factor.eval_method is not Factor.EvalMethod.LOOKUP for call in _calls(factor.expr)
    }
    states = {
        name: (Factor.Kind.CATEGORICAL, {"categories": found}) for name, found in (levels or {}).items() if name in own
    }
    known = {written: state for written, state in (transforms or {}).items() if written in calls}
    return spec.update(transform_state=known, encoder_state=states)


def _calls(expression: str) -> list[str]:
    """Return the calls in an expression, as they are written."""
    read = read_expression(expression)
    return [read.written(node) for node in ast.walk(read.tree) if isinstance(node, ast.Call)]


def learnt_factors(spec: ModelSpec) -> tuple[dict[str, list[Any]], list[str]]:
    """Return the kind of each factor."""
    states = spec.encoder_state.items()
    levels = {
        name: list(state["categories"])
        for name, (kind, state) in states
        if kind is Factor.Kind.CATEGORICAL and "categories" in state
    }
    return levels, [name for name, (kind, _) in states if kind is Factor.Kind.NUMERICAL]


def coded_by_sum(spec: ModelSpec) -> tuple[str, ...]:
    """Return the factors that are coded by deviations from their mean, which the formula does not say."""
    return tuple(name for name, (_, state) in spec.encoder_state.items() if state.get(STATED) == "sum")


def packed_state(spec: ModelSpec, encode: Any) -> dict[str, Any]:
    """Return the state of a spec as plain values."""
    return {
        "transform": {name: encode(state, name) for name, state in spec.transform_state.items()},
        "encoder": {name: [kind.value, encode(state, name)] for name, (kind, state) in spec.encoder_state.items()},
    }


def restored_spec(formula: Any, packed: Mapping[str, Any], decode: Any) -> ModelSpec:
    """Return a spec with its learnt state."""
    kinds = {name: (Factor.Kind(kind), decode(state)) for name, (kind, state) in packed["encoder"].items()}
    transforms = {name: decode(state) for name, state in packed["transform"].items()}
    return new_spec(formula).update(transform_state=transforms, encoder_state=kinds)
