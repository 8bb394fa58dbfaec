"""From terms to columns and back again on new rows: the one file that knows formulaic's insides.

Used of formulaic and not promised by it: ``PandasMaterializer._evaluate_factor``, ``factor_cache``, the meaning
of ``drop_rows``, and the layout of ``encoder_state`` and ``transform_state``. A test names what broke when a
new version moves one of them.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from formulaic import Formula, ModelSpec
from formulaic.errors import DataMismatchWarning, FormulaicError
from formulaic.materializers import PandasMaterializer
from formulaic.parser.types import Factor

from logitkit.design.formula import ParsedFormula
from logitkit.design.frame import is_missing, levels_of
from logitkit.design.terms import INTERCEPT, Term
from logitkit.errors import DataError, FormulaError
from logitkit.typing import BoolArray, FloatArray

__all__ = ["CodedRows", "Coding", "learn_coding"]

LAG = re.compile(r"(?<![\w.])lag\(")


@dataclass(frozen=True)
class CodedRows:
    """Columns of the design for some rows.

    Parameters
    ----------
    matrix : (m, p) array
        Rows that could be coded.
    offset : (m,) array or None
        Sum of the formula's offsets.
    kept : (n,) bool array
        Which of the rows given are among them.
    unseen : (n,) bool array
        Which hold a level that the fit never saw.
    factors : dict
        Values of each categorical factor at the n rows, by its expression; when the coding is learnt.
    """

    matrix: FloatArray
    offset: FloatArray | None
    kept: BoolArray
    unseen: BoolArray
    factors: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Coding:
    """All that rebuilds a design's columns: the terms, and what each transform learnt from the rows of the fit.

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
    """

    right: str
    offsets: tuple[str, ...]
    spec: ModelSpec
    offset_spec: ModelSpec | None
    variables: tuple[str, ...]
    functions: dict[str, Any]
    names: tuple[str, ...]
    seen: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def empty_terms(self) -> tuple[str, ...]:
        """Terms without a column, such as a factor of one level."""
        return tuple(str(term) for term, columns in self.spec.term_indices.items() if not columns)

    @property
    def references(self) -> tuple[tuple[str, str], ...]:
        """Reference level of each factor that is coded by treatment contrasts, by the factor's expression."""
        found = []
        for factor, levels in self.coded_levels().items():
            # The level that has no column of its own, beside others that do.
            bare = [level for level in levels if not self._has_column(f"{factor}[T.{level}]")]
            if len(bare) == 1 < len(levels):
                found.append((factor, str(bare[0])))
        return tuple(found)

    def _has_column(self, name: str) -> bool:
        pattern = re.compile(rf"(?<![\w.)]){re.escape(name)}")
        return any(pattern.search(column) for column in self.names)

    @property
    def uses_neighbours(self) -> bool:
        """Whether a column depends on the rows before it, so that no row may be left out."""
        ours = "lag" not in self.functions and "lag" not in self.variables
        return ours and any(LAG.search(f.expr) for term in self.spec.formula for f in term.factors)

    def with_seen(self, factors: Mapping[str, Any], used: BoolArray) -> Coding:
        """Return the coding with the levels that occur in the rows used."""
        return replace(self, seen={name: levels_of(values[used]) for name, values in factors.items()})

    @property
    def terms(self) -> tuple[Term, ...]:
        """Terms and their columns, in formula order; a term without columns is left out."""
        return tuple(
            Term(INTERCEPT if str(term) == "1" else str(term), tuple(columns))
            for term, columns in self.spec.term_indices.items()
            if columns
        )

    def coded_levels(self) -> dict[str, list[Any]]:
        """Return the levels that formulaic codes of each categorical factor, by the factor's expression."""
        return {
            expression: list(state["categories"])
            for expression, (kind, state) in self.spec.encoder_state.items()
            if kind is Factor.Kind.CATEGORICAL and "categories" in state
        }

    def code(self, frame: Any, unseen: str = "raise") -> CodedRows:
        """Build the columns for new rows.

        Parameters
        ----------
        frame : pandas.DataFrame
            The columns in ``variables``, without missing values, rows numbered from 0.
        unseen : {'raise', 'missing'}
            What to do with a level that the fit never saw.

        Returns
        -------
        CodedRows
            Rows with an unseen level, or missing after a transform, are left out and marked.

        Raises
        ------
        DataError
            For an unseen level, naming column and level.
        """
        n = len(frame)
        if n == 0:
            none = np.zeros(0, dtype=bool)
            offset = None if self.offset_spec is None else np.empty(0)
            return CodedRows(np.empty((0, len(self.names))), offset, none, none)
        self._require_numbers(frame)
        frame = self._without_idle_categories(frame)
        materializer = PandasMaterializer(frame, self._context())
        strange = self._unseen(materializer, n, unseen)
        if strange.any() and self.uses_neighbours:
            raise DataError("lag() looks at the row before, and some rows have a level that the fit never saw.")
        if strange.any():
            rest = np.flatnonzero(~strange)
            inner = self.code(frame.iloc[rest].reset_index(drop=True), unseen)
            kept = np.zeros(n, dtype=bool)
            kept[rest] = inner.kept
            return CodedRows(inner.matrix, inner.offset, kept, strange)
        matrix, spec, dropped = _materialise(materializer, self._fresh(self.spec))
        if tuple(spec.column_names) != self.names:
            raise DataError(
                "The new rows do not give the columns of the fit; were the saved model's functions changed?"
            )
        kept = _all_but(dropped, n)
        if self.offset_spec is None:
            return CodedRows(matrix, None, kept, strange)
        fresh = self._fresh(self.offset_spec)
        columns, _, dropped = _materialise(PandasMaterializer(frame, self._context()), fresh, dropped)
        whole = _all_but(dropped, n)
        return CodedRows(matrix[whole[kept]], columns.sum(axis=1), whole, strange)

    def _without_idle_categories(self, frame: Any) -> Any:
        """Take out categories that no row has and the fit did not know: pandas warns of them when formulaic codes."""
        levels = self.coded_levels()
        for name in frame.columns:
            if not hasattr(frame[name], "cat"):
                continue
            own = [known for factor, known in levels.items() if factor == name or factor.startswith(f"C({name}")]
            present = set(frame[name].unique()).union(*own)
            idle = [level for level in frame[name].cat.categories if level not in present]
            if own and idle:
                frame = frame.assign(**{name: frame[name].cat.remove_categories(idle)})
        return frame

    def _require_numbers(self, frame: Any) -> None:
        """Refuse text where the fit had numbers."""
        for factor, (kind, _) in self.spec.encoder_state.items():
            if kind is Factor.Kind.NUMERICAL and factor in frame.columns and frame[factor].dtype.kind not in "fiub":
                raise DataError(
                    f"Column {factor!r} was numbers in the fit and is {frame[factor].dtype} now, for example "
                    f"{_shown(frame[factor].iloc[0])}."
                )

    @staticmethod
    def _fresh(spec: ModelSpec) -> ModelSpec:
        """Return a spec with state of its own: formulaic writes into what it is given, also on the way to an error."""
        return spec.update(
            transform_state={name: dict(state) for name, state in spec.transform_state.items()},
            encoder_state={name: (kind, dict(state)) for name, (kind, state) in spec.encoder_state.items()},
        )

    def _context(self) -> dict[str, Any]:
        return {**self.functions, "offset": _identity}

    def _unseen(self, materializer: PandasMaterializer, n: int, policy: str) -> BoolArray:
        """Compare every categorical factor with its stored levels, before formulaic codes it."""
        strange = np.zeros(n, dtype=bool)
        for factor in {f.expr: f for term in self.spec.formula for f in term.factors}.values():
            if factor.expr not in self.seen:
                continue
            values = _factor_values(materializer, factor, self._fresh(self.spec))
            known = self.seen[factor.expr]
            strangers = set(values.tolist()).difference(known)
            if not strangers:
                continue
            outside = np.fromiter((value in strangers for value in values), dtype=bool, count=n) & ~is_missing(values)
            if outside.any() and policy == "raise":
                found = sorted({_shown(value) for value in values[outside]})
                raise DataError(
                    f"{factor.expr} has a level that the fit never saw in {_rows(int(outside.sum()))}: "
                    f"{', '.join(found[:5])}{', ...' if len(found) > 5 else ''}. "
                    f"Its levels are {', '.join(_shown(level) for level in known[:12])}"
                    f"{', ...' if len(known) > 12 else ''}. "
                    "Use unseen='missing' to get missing predictions there."
                )
            strange |= outside
        return strange


def learn_coding(parsed: ParsedFormula, frame: Any) -> tuple[Coding, CodedRows]:
    """Code the rows of a fit and keep what rebuilds the columns.

    Parameters
    ----------
    parsed : ParsedFormula
        The formula.
    frame : pandas.DataFrame
        The columns that it uses, without missing values, rows numbered from 0.

    Returns
    -------
    coding : Coding
        Names, terms and what the transforms learnt.
    rows : CodedRows
        The columns of the rows given.

    Raises
    ------
    FormulaError
        If a term cannot be evaluated.
    """
    _require_no_bare_dates(parsed, frame)
    context = {**parsed.functions, "offset": _identity}
    spec = ModelSpec(formula=Formula(list(parsed.terms)), output="numpy", na_action="drop")
    materializer = PandasMaterializer(frame, context)
    matrix, spec, dropped = _materialise(materializer, spec)
    kept = _all_but(dropped, len(frame))
    offset, offset_spec = None, None
    if parsed.offsets:
        offset_spec = ModelSpec(formula=Formula("0 + " + " + ".join(parsed.offsets)), output="numpy", na_action="drop")
        columns, offset_spec, dropped = _materialise(PandasMaterializer(frame, context), offset_spec, dropped)
        _require_numeric_offset(offset_spec, len(parsed.offsets))
        offset = columns.sum(axis=1)
        whole = _all_but(dropped, len(frame))
        matrix, kept = matrix[whole[kept]], whole
    names = tuple(spec.column_names)
    _require_distinct_names(names, spec)
    coding = Coding(parsed.right, parsed.offsets, spec, offset_spec, parsed.variables, dict(parsed.functions), names)
    categorical = coding.coded_levels()
    factors = {
        factor.expr: _factor_values(materializer, factor, spec)
        for term in spec.formula
        for factor in term.factors
        if factor.expr in categorical
    }
    return coding, CodedRows(matrix, offset, kept, np.zeros(len(frame), dtype=bool), factors)


def _factor_values(materializer: PandasMaterializer, factor: Factor, spec: ModelSpec) -> Any:
    """Return the values of a factor before they are coded, shape (n,), from formulaic's cache where it has them."""
    try:
        values = materializer._evaluate_factor(factor, spec, set()).values  # noqa: SLF001
    except Exception as error:
        # The caller's own functions run here, so any error can come out; its cause stays attached.
        raise DataError(
            f"{factor.expr} cannot be evaluated on the new rows as it was in the fit, where it was "
            f"{'text or categories' if factor.expr in spec.encoder_state else 'of another kind'}: {error}"
        ) from error
    return np.asarray(getattr(values, "__wrapped__", values), dtype=object)


def _require_distinct_names(names: Sequence[str], spec: ModelSpec) -> None:
    """Refuse columns that could not be told apart by name."""
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise FormulaError(f"Two columns of the design would be called {twice!r}; rename a column of the table.")
    if any(factor.expr == INTERCEPT for term in spec.formula for factor in term.factors):
        raise FormulaError(f"A column called {INTERCEPT!r} would be taken for the intercept; rename it.")


def _materialise(
    materializer: PandasMaterializer, spec: ModelSpec, drop: set[int] | None = None
) -> tuple[FloatArray, ModelSpec, set[int]]:
    """Return the matrix in float64, the spec with what it learnt, and the rows that a transform left missing."""
    dropped: set[int] = set() if drop is None else set(drop)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DataMismatchWarning)
            built = materializer.get_model_matrix(spec, drop_rows=dropped)
    except DataMismatchWarning as error:
        raise DataError(f"A term names levels that the data go beyond: {error}") from error
    except Exception as error:
        # The caller's own functions run here, so any error can come out; its cause stays attached.
        reason = f"{type(error).__name__}: {error}" if not isinstance(error, FormulaicError) else str(error)
        if "extend beyond upper and/or lower bounds" in reason:
            reason += (
                " The range is that of the fit's rows; extrapolation is 'extend', 'clip', 'zero' or 'na', written in "
                "the formula: bs(x, df=4, extrapolation='extend')."
            )
        raise FormulaError(f"The formula's terms cannot be evaluated on the data. {reason}") from error
    array = np.asarray(built)
    if array.dtype.kind not in "fiub":
        raise DataError(
            f"The columns {', '.join(built.model_spec.column_names)} are not all numbers (they come out as "
            f"{array.dtype}); turn dates and other objects into numbers first."
        )
    return np.ascontiguousarray(array, dtype=np.float64), built.model_spec, dropped


def _all_but(dropped: set[int], n: int) -> BoolArray:
    """Return where rows were not dropped, shape (n,)."""
    kept = np.ones(n, dtype=bool)
    kept[list(dropped)] = False
    return kept


def _require_no_bare_dates(parsed: ParsedFormula, frame: Any) -> None:
    """Refuse a date or a duration that stands in the formula as it is; a function may turn it into a number."""
    for factor in {factor.expr for term in parsed.terms for factor in term.factors}:
        if factor in frame.columns and getattr(frame[factor].dtype, "kind", "O") in "mM":
            raise DataError(
                f"Column {factor!r} holds dates or durations ({frame[factor].dtype}), not numbers: write for example "
                f"'I({factor}.dt.year)', or count the days since a date."
            )


def _require_numeric_offset(spec: ModelSpec, n_offsets: int) -> None:
    kinds: Sequence[Any] = [kind for kind, _ in spec.encoder_state.values()]
    if any(kind is Factor.Kind.CATEGORICAL for kind in kinds) or len(spec.column_names) != n_offsets:
        raise FormulaError("offset(...) must be one number a row, not a factor or several columns.")


def _identity(values: Any) -> Any:
    """What ``offset`` does to its argument."""
    return values


def _shown(value: Any) -> str:
    """Return a value as Python writes it, so that the text '0' and the number 0 differ."""
    return repr(value.item() if hasattr(value, "item") else value)


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
