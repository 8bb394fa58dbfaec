"""Whether a saved formula is the one that its model evaluates, and is of the closed language.

What a file says is evaluated only after this: that the formula that it shows gives the terms, offsets and left side
that it holds, and that all of them consist of columns, numbers, text, operators and listed names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from formulaic.errors import FormulaicError
from formulaic.parser import DefaultFormulaParser
from formulaic.parser.types import Factor

from logitkit.design.formula.coding import Coding
from logitkit.design.formula.expression import read_expression
from logitkit.design.formula.language import require_closed
from logitkit.design.formula.parse import parse_formula, split_formula
from logitkit.design.formula.terms import INTERCEPT
from logitkit.design.info import DesignInfo
from logitkit.design.table.extras import ARRAY
from logitkit.errors import DataError, FormulaError

__all__ = ["require_closed_coding", "require_saved_formula"]

TERMS_MOST = 1_000_000


def require_closed_coding(formula: str, coding: Coding) -> None:
    """Refuse a formula with a part that a saved model may not hold."""
    columns = {*coding.variables, *coding.left_variables}
    left = split_formula(formula)[0]
    python = (
        factor.expr
        for term in coding.spec.formula
        for factor in term.factors
        if factor.eval_method is Factor.EvalMethod.PYTHON
    )
    for text in (*python, *coding.offsets, *(() if left in columns else (left,))):
        try:
            require_closed(read_expression(text), columns, coding.functions)
        except SyntaxError as error:
            raise FormulaError(f"{text[:60]!r} in the formula cannot be read: {error.msg}.") from error


def require_saved_formula(info: DesignInfo) -> None:
    """Refuse a saved model whose formula is not the one that is shown, or is not of the closed language."""
    coding = info.coding
    if coding is None:
        return
    if info.formula is None:
        raise DataError("The saved model is damaged: it has terms but no formula.")
    try:
        _require_agreement(info, info.formula, coding)
    except RecursionError as error:
        raise FormulaError(f"The saved formula {info.formula[:80]!r} is nested too deeply.") from error


def _require_agreement(info: DesignInfo, formula: str, coding: Coding) -> None:
    _require_few_terms(formula, len(coding.variables))
    require_closed_coding(formula, coding)
    response = info.response
    reserved = {response.weights, response.offset, response.cluster, *(column for _, column in response.offsets)}
    reserved.update(info.nuisance.columns)
    columns = tuple(dict.fromkeys((*coding.left_variables, *coding.variables)))
    parsed = parse_formula(formula, columns, coding.functions, [r for r in reserved if r and r != ARRAY])
    for what, shown, held in (
        ("left side", parsed.left, response.name),
        ("right side", parsed.right, coding.right),
        ("terms", _factors(parsed.terms), _factors(coding.spec.formula)),
        ("offsets", parsed.offsets, coding.offsets),
        ("columns of the left side", set(parsed.left_variables), set(coding.left_variables)),
        ("columns", set(parsed.variables), set(coding.variables)),
        ("functions", set(parsed.functions), set(coding.functions)),
        ("reference levels", coding.references, info.references),
    ):
        if shown != held:
            raise DataError(
                f"The saved model shows the formula {formula!r} and holds other {what}: the file was changed."
            )
    for wrong in _misnamed(info, coding):
        raise DataError(f"The saved model is damaged: {wrong}.")


def _factors(terms: Any) -> set[tuple[tuple[str, str], ...]]:
    """Return terms as the expressions that are multiplied, and how each is evaluated."""
    return {tuple(sorted((factor.expr, factor.eval_method.value) for factor in term.factors)) for term in terms}


def _misnamed(info: DesignInfo, coding: Coding) -> Iterator[str]:
    """Name a term that the formula does not have, and an absorbed column that it has."""
    named = {INTERCEPT if str(term) == "1" else str(term) for term in coding.spec.formula}
    for name in (*(term.name for term in info.terms), *info.empty_terms):
        if name not in named:
            yield f"it has a term {name!r}, and its formula does not"
    for name in info.nuisance.columns:
        if name in {*coding.variables, *coding.left_variables}:
            yield f"{name!r} is absorbed, and the formula uses it too"
    if info.nuisance.spans_constant and INTERCEPT in info.names:
        yield "it absorbs a factor and has an intercept"


def _require_few_terms(formula: str, n_columns: int) -> None:
    """Refuse a formula whose products would expand to more terms than any model has."""
    try:
        root = DefaultFormulaParser().get_ast(split_formula(formula)[1])
    except (FormulaicError, SyntaxError, TypeError, RecursionError) as error:
        raise FormulaError(f"The saved formula {formula[:80]!r} cannot be read.") from error
    counts: dict[int, int] = {}
    waiting = [root]
    while waiting:  # a formula of many terms is nested too deeply for a function that calls itself
        node = waiting[-1]
        parts = list(getattr(node, "args", ()))
        missing = [part for part in parts if id(part) not in counts]
        if missing:
            waiting += missing
            continue
        waiting.pop()
        counts[id(node)] = _expanded(node, [counts[id(part)] for part in parts], n_columns)
        if counts[id(node)] > TERMS_MOST:
            raise FormulaError(f"The saved formula {formula[:80]!r} expands to more than {TERMS_MOST:,} terms.")


def _expanded(node: Any, sizes: list[int], n_columns: int) -> int:
    """Return how many terms a part of a formula expands to, at most."""
    operator = getattr(node, "operator", None)
    if operator is None:
        return 1
    if operator.symbol in {"**", "^"} and len(sizes) == 2:
        power = str(getattr(list(node.args)[1], "token", "1"))
        exponent = min(int(power), 64) if power.isdecimal() else 1
        return int(min(sizes[0] ** exponent, 2 * TERMS_MOST))
    if len(sizes) == 2 and operator.symbol in {":", "*", "/", "%in%"}:
        return min(sizes[0] * sizes[1] + sum(sizes), 2 * TERMS_MOST)
    return sum(sizes) + (n_columns if operator.symbol == "." else 0)
