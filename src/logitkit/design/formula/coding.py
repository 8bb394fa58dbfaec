"""From terms to columns and back again on new rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from formulaic import ModelSpec
from formulaic.errors import FormulaicError
from formulaic.parser.types import Factor

from logitkit.design.formula.bare_dates import require_no_bare_dates
from logitkit.design.formula.columns import Column, lay_out
from logitkit.design.formula.materializer import BlockMaterializer
from logitkit.design.formula.parse import ParsedFormula
from logitkit.design.formula.plain_terms import known_columns, remember
from logitkit.design.formula.specs import coded_by_sum, learnt_factors, new_spec
from logitkit.design.formula.terms import INTERCEPT, Term
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.table.levels import Coded
from logitkit.errors import DataError, FormulaError, LogitkitError, LogitkitWarning
from logitkit.numerics.once import once
from logitkit.typing import BoolArray, FactorCoding, FloatArray, IntArray

if TYPE_CHECKING:
    from logitkit.design.formula.main_effects import MainEffects

__all__ = ["Beforehand", "CodedRows", "Coding", "cause_of", "learn_coding", "materialised", "raise_in_words"]

LAG = re.compile(r"(?<![\w.])lag\(")


@dataclass(frozen=True)
class CodedRows:
    """Columns of the design for some rows.

    Parameters
    ----------
    matrix : Matrix
        Rows that could be coded, m of them.
    offset : (m,) array or None
        Sum of the formula's offsets.
    kept : (n,) bool array
        Which of the rows given are among them.
    unseen : (n,) bool array
        Which hold a level that the fit never saw.
    factors : dict
        Levels of each categorical factor at the n rows, by its expression; when the coding is learnt.
    """

    matrix: Matrix
    offset: FloatArray | None
    kept: BoolArray
    unseen: BoolArray
    factors: dict[str, Coded] = field(default_factory=dict)

    def among(self, keep: BoolArray) -> tuple[Matrix, FloatArray | None]:
        """Return matrix and offset of those of the n rows that are to be kept, all of which could be coded."""
        if int(np.count_nonzero(keep)) == self.matrix.n_rows:
            return self.matrix, self.offset
        rows = np.flatnonzero(keep[self.kept])
        return self.matrix.take(rows), None if self.offset is None else self.offset[rows]


@dataclass(frozen=True)
class Coding:
    """The coding that rebuilds the columns of a design: the terms, and the state learnt by each transform.

    Parameters
    ----------
    right : str
        Right side of the formula.
    offsets : tuple of str
        Its offsets.
    spec, offset_spec : ModelSpec
        Formulaic's terms with their state; ``offset_spec`` is None without offsets.
    variables : tuple of str
        Columns of the table that are needed.
    functions : dict
        Objects of the caller that the formula uses.
    names : tuple of str
        Names of the columns, formulaic's.
    seen : dict
        Levels of each categorical factor that occur in the rows of the fit, by its expression. A level that is
        declared and does not occur is not among them: formulaic codes it, and nothing was learnt about it.
    left_variables : tuple of str
        Columns of the table that the left side needs: a column of new rows that is called like a constant of the
        caller is not taken for it.
    """

    right: str
    offsets: tuple[str, ...]
    spec: ModelSpec
    offset_spec: ModelSpec | None
    variables: tuple[str, ...]
    functions: dict[str, Any]
    names: tuple[str, ...]
    seen: dict[str, list[Any]] = field(default_factory=dict)
    left_variables: tuple[str, ...] = ()

    @property
    def empty_terms(self) -> tuple[str, ...]:
        """Terms without a column, such as a factor of one level."""
        return tuple(str(term) for term, columns in self.spec.term_indices.items() if not columns)

    @property
    def references(self) -> tuple[tuple[str, str], ...]:
        """Reference level of each factor that is coded by treatment contrasts, by the factor's expression."""
        pieces = {piece for name in self.names for piece in (name, *name.split(":"))}
        found = []
        for factor, levels in self.coded_levels().items():
            # The level that has no column of its own, beside others that do.
            bare = [level for level in levels if not self._has_column(f"{factor}[T.{level}]", pieces)]
            if len(bare) == 1 < len(levels):
                found.append((factor, str(bare[0])))
        return tuple(found)

    def _has_column(self, name: str, pieces: set[str]) -> bool:
        if name in pieces or ":" not in name:
            return name in pieces
        pattern = re.compile(rf"(?<![\w.)]){re.escape(name)}")
        return any(pattern.search(column) for column in self.names)

    @property
    def deviations(self) -> tuple[str, ...]:
        """Factors that are coded by deviations from the mean of their levels, where the formula does not say so."""
        return coded_by_sum(self.spec)

    @property
    def learnt(self) -> tuple[str, ...]:
        """Transforms that learnt numbers from the rows of the fit, as they are written: means, knots, bases."""
        specs = (self.spec,) if self.offset_spec is None else (self.spec, self.offset_spec)
        return tuple(written for spec in specs for written, state in spec.transform_state.items() if state)

    @property
    def uses_neighbours(self) -> bool:
        """Whether a column depends on the rows before it, so that no row may be left out."""
        factors = (factor.expr for term in self.spec.formula for factor in term.factors)
        return any(map(LAG.search, (*factors, *self.offsets)))

    def with_seen(self, factors: Mapping[str, Coded], rows: IntArray | None) -> Coding:
        """Return the coding with the levels that occur in the rows used; None for all rows."""
        seen = {name: coded.occurring(rows) for name, coded in factors.items()}
        return replace(self, seen=seen) if seen or self.seen else self

    def require_repeated_levels(self, n_rows: int) -> None:
        """Refuse a factor with one level per row of a 0/1 response: such a model is not informative."""
        for factor, levels in self.seen.items():
            if 1 < n_rows == len(levels):
                raise DataError(
                    f"{factor} has {len(levels)} levels in {n_rows} rows, one level per row, such as "
                    f"{', '.join(map(_shown, levels[:3]))}. Leave out a column that only identifies rows; merge "
                    "levels, or use absorb=..., if they are groups; enter a measurement as a number, not as a factor."
                )

    @property
    def terms(self) -> tuple[Term, ...]:
        """Terms and their columns, in formula order; a term without columns is left out."""
        return tuple(
            Term(INTERCEPT if str(term) == "1" else str(term), tuple(columns))
            for term, columns in self.spec.term_indices.items()
            if columns
        )

    @once
    def factors(self) -> dict[str, tuple[str, ...]]:
        """The expressions that each term is the product of, by the name of the term."""
        return {str(term): tuple(factor.expr for factor in term.factors) for term in self.spec.formula}

    @once
    def main_effects(self) -> MainEffects | None:
        """Which column of a table gives which columns of the design, where each term is one column; None elsewhere."""
        from logitkit.design.formula.main_effects import main_effects

        plain = self.offset_spec is None and not self.uses_neighbours
        return main_effects(self.spec, self.variables, self.functions, self.seen) if plain else None

    def coded_levels(self) -> dict[str, list[Any]]:
        """Return the levels that formulaic codes of each categorical factor, by the factor's expression."""
        return learnt_factors(self.spec)[0]

    def code(self, frame: Any, unseen: str = "raise") -> CodedRows:
        """Build the columns for new rows."""
        n = len(frame)
        if n == 0:
            none = np.zeros(0, dtype=bool)
            offset = None if self.offset_spec is None else np.empty(0)
            return CodedRows(Dense(np.empty((0, len(self.names)))), offset, none, none)
        materializer = BlockMaterializer(frame, self.functions)
        self._require_numbers(materializer.columns)
        spec = BlockMaterializer.fresh(self.spec)
        offset_spec = None if self.offset_spec is None else BlockMaterializer.fresh(self.offset_spec)
        materializer.learns = False
        strange = self._unseen(materializer, spec, n, unseen)
        if strange.any() and self.uses_neighbours:
            raise DataError("lag() uses the previous row, and some rows have a level that the fit never saw.")
        if strange.any():
            materializer.release()
            rest = np.flatnonzero(~strange)
            inner = self.code(frame.iloc[rest].reset_index(drop=True), unseen)
            kept = np.zeros(n, dtype=bool)
            kept[rest] = inner.kept
            return CodedRows(inner.matrix, inner.offset, kept, strange)
        matrix, offset, spec, _ = materialised(materializer, spec, offset_spec)
        if tuple(spec.column_names) != self.names:
            raise DataError(
                f"The new rows do not give the columns of the fit ({_difference(spec.column_names, self.names)}); have "
                "the functions or levels of the saved model been changed?"
            )
        kept = materializer.kept
        materializer.release()
        return CodedRows(matrix, offset, kept, strange)

    def _require_numbers(self, columns: Mapping[str, Any]) -> None:
        """Refuse text where the fit had numbers."""
        for factor in learnt_factors(self.spec)[1]:
            if factor in columns and columns[factor].dtype.kind not in "fiub":
                raise DataError(
                    f"Column {factor!r} was numeric in the fit and is now {columns[factor].dtype}, for example "
                    f"{_shown(columns[factor].iloc[0])}."
                )

    def _unseen(self, materializer: BlockMaterializer, spec: ModelSpec, n: int, policy: str) -> BoolArray:
        """Compare every categorical factor with the levels that the fit saw, before it is coded."""
        strange = np.zeros(n, dtype=bool)
        for factor in BlockMaterializer.factors(spec):
            if (known := self.seen.get(factor.expr)) is None:
                continue
            coded = _factor_codes(materializer, factor, spec)
            if not (strangers := set(coded.levels).difference(known)):
                continue
            outside = coded.among(strangers)
            if policy == "raise" and outside.any():
                found = sorted({_shown(level) for level in coded.occurring() if level in strangers})
                raise DataError(
                    f"{factor.expr} has a level that the fit never saw in {_rows(int(outside.sum()))}: "
                    f"{', '.join(found[:5])}{', ...' if len(found) > 5 else ''}. "
                    f"Its levels are {', '.join(_shown(level) for level in known[:12])}"
                    f"{', ...' if len(known) > 12 else ''}. Use unseen='missing' to get missing predictions there."
                )
            strange |= outside
        return strange


@dataclass(frozen=True)
class Beforehand:
    """What was learnt from more rows than those of the table that is coded.

    Parameters
    ----------
    transforms : dict
        The state of each transform, by how its call is written.
    levels : dict
        The levels of each categorical factor, by its expression.
    seen : dict
        Those of them that occur in rows of positive weight.
    n_counted : int
        Rows of positive weight.
    """

    transforms: Mapping[str, Any] = field(default_factory=dict)
    levels: Mapping[str, list[Any]] = field(default_factory=dict)
    seen: Mapping[str, list[Any]] = field(default_factory=dict)
    n_counted: int = 0


def learn_coding(
    parsed: ParsedFormula, frame: Any, factors_by: FactorCoding = "treatment", before: Beforehand | None = None
) -> tuple[Coding, CodedRows]:
    """Code the rows of a fit and return the coding that rebuilds the columns."""
    learns = before is not None or bool(parsed.offsets)
    if not learns and (plain := known_columns(parsed.right, parsed.terms, frame)) is not None:
        return _as_known(parsed, *plain, len(frame))
    known = before or Beforehand()
    materializer = BlockMaterializer(frame, parsed.functions)
    require_no_bare_dates(parsed, materializer.columns)
    materializer.factors_by = factors_by
    offset_spec = new_spec("0 + " + " + ".join(parsed.offsets), known.transforms) if parsed.offsets else None
    new = new_spec(list(parsed.terms), known.transforms, known.levels)
    matrix, offset, spec, offset_spec = materialised(materializer, new, offset_spec)
    names = tuple(spec.column_names)
    _require_distinct_names(names, spec)
    coding = Coding(
        parsed.right,
        parsed.offsets,
        spec,
        offset_spec,
        parsed.variables,
        dict(parsed.functions),
        names,
        left_variables=parsed.left_variables,
    )
    categorical = coding.coded_levels()
    if before is not None:
        coding = replace(coding, seen={name: before.seen[name] for name in categorical})
    factors = {
        factor.expr: _factor_codes(materializer, factor, spec)
        for factor in BlockMaterializer.factors(spec)
        if factor.expr in categorical
    }
    kept = materializer.kept
    materializer.release()
    if not learns:
        remember(parsed.right, parsed.terms, frame, spec)
    return coding, CodedRows(matrix, offset, kept, np.zeros(len(frame), dtype=bool), factors)


def _as_known(
    parsed: ParsedFormula, columns: tuple[Column, ...], spec: ModelSpec, n_rows: int
) -> tuple[Coding, CodedRows]:
    """Return the coding of columns of numbers whose formula was read before, and the rows."""
    names, functions = tuple(spec.column_names), dict(parsed.functions)
    coding = Coding(parsed.right, (), spec, None, parsed.variables, functions, names, {}, parsed.left_variables)
    every, none = np.ones(n_rows, dtype=bool), np.zeros(n_rows, dtype=bool)
    return coding, CodedRows(lay_out(columns, n_rows, None), None, every, none)


def _factor_codes(materializer: BlockMaterializer, factor: Factor, spec: ModelSpec) -> Coded:
    """Return the values of a factor before its contrasts."""
    try:
        return materializer.codes(factor, spec)
    except Exception as error:
        # The caller's own functions run here, so any error can come out; its cause stays attached.
        raise DataError(
            f"{factor.expr} cannot be evaluated on the new rows as it was in the fit, where it was text or "
            f"categories: {error}"
        ) from error


def _require_distinct_names(names: Sequence[str], spec: ModelSpec) -> None:
    """Refuse columns that could not be told apart by name."""
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise FormulaError(f"Two columns of the design would both be called {twice!r}; rename a column of the table.")
    if any(factor.expr == INTERCEPT for factor in BlockMaterializer.factors(spec)):
        raise FormulaError(f"A column called {INTERCEPT!r} would be mistaken for the intercept; rename it.")


def materialised(
    materializer: BlockMaterializer, spec: ModelSpec, offset_spec: ModelSpec | None
) -> tuple[Matrix, FloatArray | None, ModelSpec, ModelSpec | None]:
    """Return the matrix and the offset of the rows that are complete, and the specs with what they learnt."""
    offset = None
    try:
        materializer.evaluate(spec)
        if offset_spec is not None:
            materializer.evaluate(offset_spec)
            columns, offset_spec = materializer.build(offset_spec)
            _require_numeric_offset(offset_spec)
            offset = columns.to_dense().sum(axis=1)
        matrix, spec = materializer.build(spec)
    except LogitkitError:
        raise
    except Exception as error:  # noqa: BLE001 - the caller's own functions run here, so any error can come out
        raise_in_words(error)
    return matrix, offset, spec, offset_spec


def raise_in_words(error: Exception) -> NoReturn:
    """Raise an error that came out of a term as one of this package."""
    cause = cause_of(error)
    if isinstance(cause, LogitkitError | LogitkitWarning):
        raise cause from cause.__cause__
    reason = str(error) if isinstance(error, FormulaicError) else f"{type(error).__name__}: {error}"
    raise FormulaError(f"The formula's terms cannot be evaluated on the data. {reason}") from cause


def cause_of(error: Exception) -> Exception:
    """Return the cause behind an error of formulaic."""
    while isinstance(error, FormulaicError) and isinstance(error.__cause__, Exception):
        error = error.__cause__
    return error


def _require_numeric_offset(spec: ModelSpec) -> None:
    if len(learnt_factors(spec)[1]) < len(BlockMaterializer.factors(spec)) or len(spec.column_names) != len(
        spec.formula
    ):
        raise FormulaError("offset(...) must be one number per row, not a factor or several columns.")


def _shown(value: Any) -> str:
    """Return a value as Python writes it, so that the text '0' and the number 0 differ."""
    return repr(value.item() if hasattr(value, "item") else value)


def _difference(found: Sequence[str], expected: Sequence[str]) -> str:
    """Say where two lists of names first differ."""
    for given, wanted in zip(found, expected, strict=False):
        if given != wanted:
            return f"{given!r} in place of {wanted!r}"
    return f"{len(found)} columns in place of {len(expected)}"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
