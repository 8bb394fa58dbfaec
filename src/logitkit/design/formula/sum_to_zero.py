r"""The coefficients that a formula would have with sum-to-zero contrasts, as functions of those that it has.

A contrast that gives the levels of a factor the values :math:`v_1, \dots, v_k` is
:math:`\bar v + \sum_l (v_l - \bar v) s_l` in the sum-to-zero contrasts :math:`s_l`, which are one at level l and minus
one at the last. A column that is a product of contrasts and numbers is thus a sum of products of sum-to-zero contrasts
and the same numbers; a term has those of its products that no earlier term has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import product
from typing import Any, TypeAlias

import numpy as np

from logitkit.design.formula.coding import Coding
from logitkit.design.formula.columns import CodedFactor, Column
from logitkit.design.formula.materializer import BlockMaterializer
from logitkit.errors import DataError
from logitkit.typing import FloatArray

__all__ = ["sum_to_zero_functions"]

#: Numbers and factors that a product has, and the same with the contrast of each factor.
Kind: TypeAlias = tuple[tuple[int, ...], tuple[str, ...]]
Product: TypeAlias = tuple[tuple[int, ...], tuple[tuple[str, int], ...]]


def sum_to_zero_functions(coding: Coding, frame: Any, wanted: Collection[str]) -> dict[str, FloatArray]:
    """Return the coefficients of some terms in sum-to-zero coding, where columns of other terms take part in them.

    Parameters
    ----------
    coding : Coding
        Of the fit.
    frame : pandas.DataFrame
        Any rows that the coding can be applied to; they do not matter.
    wanted : collection of str
        Names of the terms.

    Returns
    -------
    dict of str to (k, p) array
        By the name of the term, over all columns of the formula. A term that is missing is tested alike in both.

    Examples
    --------
    The main effect of g is that at the mean over the levels of h:

    >>> import pandas as pd
    >>> from logitkit.design.formula.coding import learn_coding
    >>> from logitkit.design.formula.parse import parse_formula
    >>> frame = pd.DataFrame({"g": list("aabb"), "h": list("abab")})
    >>> coding, _ = learn_coding(parse_formula("y ~ g * h", ["y", "g", "h"], {}), frame)
    >>> coding.names
    ('Intercept', 'g[T.b]', 'h[T.b]', 'g[T.b]:h[T.b]')
    >>> sum_to_zero_functions(coding, frame, ["g"])["g"].tolist()
    [[0.0, -0.5, 0.0, -0.25]]
    """
    spec = BlockMaterializer.fresh(coding.spec)
    materializer = BlockMaterializer(frame, coding.functions)
    materializer.learns = False
    try:
        materializer.evaluate(spec)
        columns, terms, expressions = materializer.light_columns(spec)
    except Exception as error:
        # The caller's own functions run here, so any error can come out; its cause stays attached.
        raise DataError(f"The terms of the formula cannot be coded anew: {error}") from error
    found: dict[str, FloatArray] = {}
    taken: set[Kind] = set()
    for name, places in terms.items():
        kinds = {kind for j in places for kind in _kinds(columns[j], expressions)} - taken
        taken |= kinds
        if name not in wanted:
            continue
        own = {expressions[id(factor)] for j in places for factor, _ in columns[j].contrasts}
        rows: dict[Product, dict[int, float]] = {}
        for j, column in enumerate(columns):
            for one, size in _products(column, expressions, own, kinds):
                rows.setdefault(one, {})[j] = size
        functions = np.zeros((len(rows), len(columns)))
        for row, entries in zip(functions, rows.values(), strict=True):
            row[list(entries)] = list(entries.values())
        if np.setdiff1d(np.flatnonzero(functions.any(axis=0)), places).size:
            found[name] = functions
    return found


def _kinds(column: Column, expressions: Mapping[int, str]) -> Iterator[Kind]:
    """Yield what the products are of that a column is the sum of."""
    choices = []
    for factor, contrast in column.contrasts:
        values = _values(factor, contrast)
        varies = bool((values != values[0]).any())
        choices.append([expressions[id(factor)]] * varies + [""] * bool(values.mean()))
    for chosen in product(*choices):
        yield _numbers(column), tuple(sorted(filter(None, chosen)))


def _products(
    column: Column, expressions: Mapping[int, str], own: Collection[str], kinds: Collection[Kind]
) -> Iterator[tuple[Product, float]]:
    """Yield products of some kinds that a column is the sum of, and how often each."""
    choices: list[list[tuple[tuple[str, int] | None, float]]] = []
    for factor, contrast in column.contrasts:
        values, name = _values(factor, contrast), expressions[id(factor)]
        mean = float(values.mean())
        parts: list[tuple[tuple[str, int] | None, float]] = [(None, mean)] if mean else []
        if name in own:
            parts += [((name, k), float(value - mean)) for k, value in enumerate(values[:-1]) if value != mean]
        choices.append(parts)
    numbers = _numbers(column)
    for chosen in product(*choices):
        factors = tuple(sorted(part for part, _ in chosen if part is not None))
        if (numbers, tuple(name for name, _ in factors)) in kinds:
            yield (numbers, factors), column.constant * float(np.prod([size for _, size in chosen]))


def _values(factor: CodedFactor, contrast: int) -> FloatArray:
    """Return what a contrast is at each level."""
    return np.asarray(factor.coding[:, [contrast]].todense(), dtype=np.float64).ravel()


def _numbers(column: Column) -> tuple[int, ...]:
    return tuple(sorted(map(id, column.numbers)))
