"""Terms that are a number each, as formulaic evaluates and arranges them, without what only other terms need.

Formulaic looks for the rank of every product of factors, and wraps each value several times on its way. Of an intercept
and columns of numbers there are no products: each term is its column. What is returned here is what formulaic returns,
to the bit, and ``tests/design/formula/test_plain_terms.py`` holds the two side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from formulaic import ModelSpec
from formulaic.materializers.base import EncodedTermStructure
from formulaic.materializers.types import EvaluatedFactor, FactorValues, ScopedFactor, ScopedTerm
from formulaic.parser.types import Factor
from formulaic.utils.variables import Variable

from logitkit.design.formula.columns import Column, as_numbers
from logitkit.design.formula.terms import INTERCEPT

__all__ = ["evaluated_number", "plain_columns"]

REMEMBERED = 64  # formulas
ONE = "1"  # as a formula has its intercept
NUMBER = (Factor.Kind.NUMERICAL, Factor.Kind.UNKNOWN)


_read_before: dict[tuple[str, tuple[str, ...]], ModelSpec] = {}


def evaluated_number(factor: Factor, columns: Mapping[str, Any], states: Mapping[str, Any]) -> EvaluatedFactor | None:
    """Return a factor that is a column of numbers of the table, evaluated; None for any other.

    Parameters
    ----------
    factor : Factor
        Of a term.
    columns : mapping of str to pandas.Series
        The table, without missing values.
    states : mapping
        What was learnt of each factor: its kind and its state.

    Examples
    --------
    >>> import pandas as pd
    >>> table = {"x": pd.Series([1.0, 2.0]), "g": pd.Series(["a", "b"])}
    >>> evaluated_number(Factor("x"), table, {}).metadata.kind, evaluated_number(Factor("g"), table, {})
    (<Kind.NUMERICAL: 'numerical'>, None)
    """
    name = factor.expr
    if name not in columns or factor.eval_method is not Factor.EvalMethod.LOOKUP or factor.kind not in NUMBER:
        return None
    if name in states and states[name][0] is not Factor.Kind.NUMERICAL:
        return None
    dtype = columns[name].dtype
    if not (isinstance(dtype, np.dtype) and dtype.kind in "iuf"):
        return None
    values = FactorValues(columns[name], kind=Factor.Kind.NUMERICAL, spans_intercept=False)
    return EvaluatedFactor(factor, values, {Variable(name, roles=("value",), source="data")})


def plain_columns(
    spec: ModelSpec, evaluated: Mapping[str, EvaluatedFactor], n_rows: int
) -> tuple[tuple[Column, ...], ModelSpec] | None:
    """Return the columns of terms that are an intercept or one column of numbers each, and the spec with that noted.

    Parameters
    ----------
    spec : ModelSpec
        The terms. Numbers learn nothing: their state in it is empty.
    evaluated : mapping of str to EvaluatedFactor
        Their factors.
    n_rows : int
        Length of a column.

    Returns
    -------
    (tuple of Column, ModelSpec) or None
        None if some term is another, which is formulaic's to build.
    """
    terms = [part.term for part in spec.structure] if spec.structure else list(spec.formula)
    names = [term.factors[0].expr if len(term.factors) == 1 else "" for term in terms]
    if not all(_is_plain(evaluated.get(name), n_rows) for name in names):
        return None
    columns = []
    for name in names:
        if name != ONE:
            spec.encoder_state.setdefault(name, (Factor.Kind.NUMERICAL, {}))
        columns.append(Column() if name == ONE else Column((as_numbers(evaluated[name].values.__wrapped__),)))
    if not spec.structure:
        scoped = [() if name == ONE else (ScopedFactor(evaluated[name].replace(values=None)),) for name in names]
        shown = [INTERCEPT if name == ONE else name for name in names]
        parts = zip(terms, scoped, shown, strict=True)
        spec = spec.update(
            structure=[EncodedTermStructure(term, [ScopedTerm(own)], [name]) for term, own, name in parts]
        )
    return tuple(columns), spec


def known_columns(right: str, terms: Sequence[Any], table: Any) -> tuple[tuple[Column, ...], ModelSpec] | None:
    """Return the columns of a formula of numbers that was read before, and its spec, which no number changes.

    Parameters
    ----------
    right : str
        Right side of the formula.
    terms : sequence of Term
        What it was read as.
    table : table
        Columns without missing values.

    Returns
    -------
    (tuple of Column, ModelSpec) or None
        None where it was not read before, or some column is not one of numbers in this table.
    """
    names = _names(terms)
    spec = _read_before.get((right, names))
    if spec is None or not all(name == ONE or _is_number(table, name) for name in names):
        return None
    return tuple(Column() if name == ONE else Column((as_numbers(table[name]),)) for name in names), spec


def remember(right: str, terms: Sequence[Any], table: Any, spec: ModelSpec) -> None:
    """Keep the spec of a formula whose terms are an intercept and columns of numbers, for the next fit of it."""
    names = _names(terms)
    factors = [term.factors[0] for term in terms if len(term.factors) == 1]
    looked_up = all(
        factor.eval_method is (Factor.EvalMethod.LITERAL if factor.expr == ONE else Factor.EvalMethod.LOOKUP)
        for factor in factors
    )
    if not looked_up or not all(name == ONE or _is_number(table, name) for name in names) or spec.transform_state:
        return
    if len(_read_before) >= REMEMBERED:
        _read_before.clear()
    _read_before[right, names] = spec


def _names(terms: Sequence[Any]) -> tuple[str, ...]:
    """Return the only factor of each term, empty for a product."""
    return tuple(term.factors[0].expr if len(term.factors) == 1 else "" for term in terms)


def _is_number(table: Any, name: str) -> bool:
    """Tell whether a column of a table is one of numbers."""
    if name not in table.columns:
        return False
    dtype = table[name].dtype
    return isinstance(dtype, np.dtype) and dtype.kind in "iuf"


def _is_plain(found: EvaluatedFactor | None, n_rows: int) -> bool:
    """Tell whether a factor is the intercept, or a column of numbers of the table as it is."""
    if found is None:
        return False
    if found.factor.eval_method is Factor.EvalMethod.LITERAL:
        return bool(found.expr == ONE)
    if found.factor.eval_method is not Factor.EvalMethod.LOOKUP or found.metadata.kind is not Factor.Kind.NUMERICAL:
        return False
    if found.expr == ONE:  # a column of that name
        return False
    values = found.values.__wrapped__
    return isinstance(getattr(values, "dtype", None), np.dtype) and values.shape == (n_rows,)
