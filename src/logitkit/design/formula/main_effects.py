"""Formulas whose terms are one column of the table each: what a row adds to a linear predictor can be looked up there.

An intercept is a constant, a number is multiplied by its coefficient, and of a factor each level has a value, whatever
its contrasts. What is learnt here is which column gives what; products, transforms and offsets have no such form.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from formulaic import ModelSpec
from formulaic.parser.types import Factor

from logitkit.design.formula.columns import Column
from logitkit.design.formula.materializer import BlockMaterializer
from logitkit.design.table.frame import read_table, with_levels
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["FactorEffect", "MainEffects", "column_of", "main_effects"]

FACTOR = re.compile(r"C\(\s*([^\W\d]\w*)\s*(?:,.*)?\)", re.DOTALL)


@dataclass(frozen=True, eq=False)
class FactorEffect:
    """A factor of the table and its columns of the design.

    Parameters
    ----------
    name : str
        Its column of the table.
    levels : list
        The k levels that are coded.
    seen : (k,) bool array
        Which of them the fit saw.
    coding : scipy sparse array, shape (k, q)
        The q columns at each level.
    places : (q,) int array
        Where these columns are in the design.
    """

    name: str
    levels: list[Any]
    seen: BoolArray
    coding: Any
    places: IntArray

    def values(self, coef: FloatArray) -> FloatArray:
        """Return what each level adds to the linear predictor, nan for one that the fit never saw, shape (k,)."""
        return np.where(self.seen, self.coding @ coef[self.places], np.nan)


@dataclass(frozen=True, eq=False)
class MainEffects:
    """Which column of a table gives which columns of the design.

    Parameters
    ----------
    constants : tuple of int
        Columns of the design that are one in every row.
    numbers : tuple of (str, int)
        Columns of numbers, and the column of the design that each is.
    factors : tuple of FactorEffect
        Columns of levels.
    """

    constants: tuple[int, ...]
    numbers: tuple[tuple[str, int], ...]
    factors: tuple[FactorEffect, ...]


def main_effects(
    spec: ModelSpec, variables: Collection[str], functions: Mapping[str, Any], seen: Mapping[str, list[Any]]
) -> MainEffects | None:
    """Return what the columns of a table give, None where some term is not an intercept, a number or a factor.

    Parameters
    ----------
    spec : ModelSpec
        Terms with what was learnt.
    variables : collection of str
        Columns of the table that are needed.
    functions : mapping
        Objects of the caller that the formula uses.
    seen : mapping of str to list
        Levels of each factor that the fit saw, by its expression.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 1, 0, 1, 1, 0], "x": [1.0, 2.0, 3.0, 5.0, 4.0, 6.0], "g": list("abcabc")}
    >>> coding = lk.logit("y ~ x + g", data).record.info.coding
    >>> found = coding.main_effects
    >>> found.constants, found.numbers
    ((0,), (('x', 1),))
    >>> found.factors[0].levels, found.factors[0].values(np.array([9.0, 9.0, 0.5, 0.7])).tolist()
    (['a', 'b', 'c'], [0.0, 0.5, 0.7])
    """
    columns: dict[str, Any] = {}
    names: dict[str, str] = {}  # of the column that each term is
    for term in spec.formula:
        if len(term.factors) != 1:
            return None
        factor = term.factors[0]
        if factor.eval_method is Factor.EvalMethod.LITERAL:
            continue
        name = column_of(factor.expr, variables)
        kind, state = spec.encoder_state.get(factor.expr, (None, {}))
        if name is None or name in columns:
            return None
        names[str(term)] = name
        if kind is Factor.Kind.NUMERICAL and factor.eval_method is Factor.EvalMethod.LOOKUP:
            columns[name] = [0.0]
        elif kind is Factor.Kind.CATEGORICAL and factor.expr in seen and state.get("categories"):
            columns[name] = with_levels(state["categories"][:1], state["categories"])
        else:
            return None
    laid = _light_columns(spec, columns, functions) if columns else None
    if laid is None:
        return None
    light, places, expressions = laid
    return _arranged(light, places, expressions, names, spec, seen)


def column_of(expression: str | None, columns: Collection[str]) -> str | None:
    """Return the column that a factor is, or whose levels it has; None where it has to be evaluated.

    Examples
    --------
    >>> [column_of(written, {"x", "g"}) for written in ("x", "C(g)", "C(g, Sum)", "np.log(x)")]
    ['x', 'g', 'g', None]
    """
    if expression is None or expression in columns:
        return expression
    found = FACTOR.fullmatch(expression)
    return found[1] if found is not None and found[1] in columns else None


def _light_columns(spec: ModelSpec, columns: Mapping[str, Any], functions: Mapping[str, Any]) -> Any:
    """Return the columns of one row before they are laid out, None where they cannot be coded."""
    own = BlockMaterializer.fresh(spec)
    try:
        materializer = BlockMaterializer(read_table(columns).frame(list(columns), None), dict(functions))
        materializer.learns = False
        materializer.evaluate(own)
        found = materializer.light_columns(own)
    except Exception:  # noqa: BLE001 - the caller's own functions run here; the rows themselves say what is wrong
        return None
    materializer.release()
    return found


def _arranged(
    light: Sequence[Column],
    places: Mapping[str, list[int]],
    expressions: Mapping[int, str],
    names: Mapping[str, str],
    spec: ModelSpec,
    seen: Mapping[str, list[Any]],
) -> MainEffects | None:
    """Return the columns of one row by what they are, None where one of them is something else."""
    constants: list[int] = []
    numbers: list[tuple[str, int]] = []
    factors: list[FactorEffect] = []
    for term, own in places.items():
        columns = [light[place] for place in own]
        coded = {id(factor): factor for column in columns for factor, _ in column.contrasts}
        if any(column.constant != 1.0 or len(column.numbers) + len(column.contrasts) > 1 for column in columns):
            return None
        if not coded:
            for place, column in zip(own, columns, strict=True):
                if column.numbers:
                    numbers.append((names[term], place))
                else:
                    constants.append(place)
            continue
        if len(coded) > 1 or any(column.numbers for column in columns):
            return None
        (key, factor) = coded.popitem()
        contrasts = [column.contrasts[0][1] for column in columns]
        written = expressions[key]
        levels = list(spec.encoder_state[written][1]["categories"])
        known = set(seen[written])
        factors.append(
            FactorEffect(
                names[term],
                levels,
                np.array([level in known for level in levels], dtype=bool),
                factor.coding[:, contrasts],
                np.array(own, dtype=np.int64),
            )
        )
    return MainEffects(tuple(constants), tuple(numbers), tuple(factors))
