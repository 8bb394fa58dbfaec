"""The design of a fit with one more term, on the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from logitkit.design.absorbed import terms_without_intercept, without_intercept
from logitkit.design.design import Design
from logitkit.design.formula.coding import Coding, learn_coding
from logitkit.design.formula.parse import ParsedFormula, parse_formula, split_formula
from logitkit.design.formula.terms import INTERCEPT, Term
from logitkit.design.info import DesignInfo
from logitkit.design.table.extras import ARRAY
from logitkit.design.table.frame import read_table
from logitkit.errors import DataError, FormulaError
from logitkit.typing import FactorCoding

__all__ = ["design_of_terms", "extended_designs"]


def extended_designs(design: Design, scope: str, factors_by: FactorCoding = "treatment") -> list[tuple[str, Design]]:
    """Return the terms of a scope that the fit has not, each with the design that has it too.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 1, 1, 0], "x": [1.0, 2, 3, 4], "z": [1.0, 0, 0, 1]}
    >>> fit = lk.logit("y ~ x", data)
    >>> [(name, made.info.names) for name, made in extended_designs(fit.design, "x + z")]
    [('z', ('Intercept', 'x', 'z'))]
    """
    coding = _source(design)[0]
    right = split_formula(design.info.formula or "")[1]
    parsed = _parsed(design, scope, f"{right} + ")
    known = list(map(str, coding.spec.formula))
    present = set(map(str, parsed.terms))
    gone = [name for name in known if name not in present]
    if gone:
        name = "the intercept" if gone[0] == "1" else repr(gone[0])
        raise FormulaError(
            f"{scope!r:.60} takes {name} out of the model, and terms are only added here. fit.drop1() tests terms that "
            "are left out."
        )
    if len(parsed.offsets) > len(coding.offsets):
        raise FormulaError(f"{scope!r:.60} has an offset, which has no coefficient to test. Fit the model with it.")
    added = [term for term in parsed.terms if str(term) not in known]
    if not added:
        raise FormulaError(f"Every term of {scope!r} is in the model already; name others.")
    old = [term for term in parsed.terms if str(term) in known]
    return [(str(term), _with(design, replace(parsed, terms=(*old, term)), str(term), factors_by)) for term in added]


def design_of_terms(design: Design, terms: str, factors_by: FactorCoding = "treatment") -> Design:
    """Return the design of the same rows on other terms, with an intercept.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 1, 0], "x": [1.0, 2, 3, 4], "z": [1.0, 0, 0, 1]})
    >>> design_of_terms(fit.design, "z").info.names
    ('Intercept', 'z')
    """
    parsed = _parsed(design, terms)
    if "1" not in map(str, parsed.terms) or len(parsed.terms) < 2 or parsed.offsets:
        raise FormulaError(
            f"{terms!r:.60}: give terms to add, such as 'x + C(g)', without offsets; an intercept stays."
        )
    return _with(design, parsed, terms, factors_by)


def _parsed(design: Design, scope: str, before: str = "") -> ParsedFormula:
    """Return terms of the table of a design, read as the formula of the fit was."""
    coding, names, n_rows = _source(design)
    if not isinstance(scope, str) or not scope.strip() or "~" in scope:
        raise FormulaError(f"{scope!r:.60} are no terms: give the right side of a formula, such as 'x + C(g)'.")
    left, _ = split_formula(design.info.formula or "")
    given = design.info.response
    outer = [given.weights, given.offset, given.cluster, *design.info.nuisance.columns]
    reserved = [name for name in outer if name and name != ARRAY]
    own = [part.strip() for part in scope.split("+")]
    new = " + ".join(part for part in own if part != ".")
    return parse_formula(f"{left} ~ {before}{new}", names, coding.functions, reserved, n_rows=n_rows)


def _source(design: Design) -> tuple[Coding, Sequence[str], int | None]:
    """Return the coding of a design, and the names of the columns and the rows of what it was made from."""
    if design.stream is not None and design.info.coding is not None:
        return design.info.coding, design.stream.source.names, design.counts.given
    if design.info.coding is None or design.table is None:
        raise DataError(
            "Terms are added from the table of the fit, and this one has none: it was fitted to a ready matrix, or was "
            "loaded. Fit the larger model, and compare: lk.compare(fit, larger)."
        )
    table = read_table(design.table)
    return design.info.coding, table.names, table.n_rows


def _with(design: Design, parsed: ParsedFormula, name: str, factors_by: FactorCoding) -> Design:
    """Return the design with another formula on the same rows."""
    if design.stream is not None:
        from logitkit.design.chunks.extend import extended_in_chunks

        def known(coding: Coding) -> DesignInfo:
            return _info_of(design, coding, coding.names, coding.terms)

        return extended_in_chunks(design, design.stream, parsed, name, factors_by, known)
    table = read_table(design.table)
    absent = {column: int(where[design.positions].sum()) for column, where in table.missing(parsed.variables).items()}
    gone = {column: count for column, count in absent.items() if count}
    if gone:
        column, count = next(iter(gone.items()))
        raise DataError(
            f"{column!r} is missing in {count:,} of the rows of the fit, so that the model with {name!r} would be of "
            "other rows. Fit on the rows that are complete in both."
        )
    frame = table.frame(list(dict.fromkeys((*parsed.left_variables, *parsed.variables))), design.positions)
    coding, rows = learn_coding(parsed, frame, factors_by)
    if not rows.kept.all():
        raise DataError(
            f"{name!r} is missing in {int(np.count_nonzero(~rows.kept)):,} of the rows of the fit, so that the model "
            "with it would be of other rows. Fit on the rows that are complete in both."
        )
    counted = design.response.weights > 0.0
    coding = coding.with_seen(rows.factors, None if counted.all() else np.flatnonzero(counted))
    matrix, names, terms = rows.matrix, coding.names, coding.terms
    if design.info.nuisance.n_parameters:
        matrix, terms = without_intercept(matrix, names), terms_without_intercept(terms, names)
        names = tuple(each for each in names if each != INTERCEPT)
    return replace(design, matrix=matrix, info=_info_of(design, coding, names, terms))


def _info_of(design: Design, coding: Coding, names: tuple[str, ...], terms: tuple[Term, ...]) -> DesignInfo:
    """Return what is known of the columns of another formula, of the same outcome."""
    changes: dict[str, Any] = {"formula": f"{design.info.response.name} ~ {coding.right}", "coding": coding}
    return replace(
        design.info,
        names=names,
        terms=terms,
        empty_terms=coding.empty_terms,
        references=coding.references,
        constant=None,
        **changes,
    )
