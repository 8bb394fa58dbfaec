"""Formulaic's terms as our own columns: with ``specs.py`` all that depends on the internals of formulaic.

Formulaic decides which terms there are, which of them are of full rank, how columns are called and what transforms
learn. It would then write every factor out as dummy columns. Here its encoders return light columns instead (codes
and the contrast that a column is), and these are laid out as a matrix of parts.

Used of formulaic and not promised by it, each checked by ``tests/design/test_hooks.py``: the methods of
``PandasMaterializer`` that are overridden or called here, ``factor_cache``, ``layered_context``, what a transform that
learns is handed (``_state`` and the like), the encoder that a value of ``C()`` carries, the layout of
``encoder_state`` and ``transform_state``, and ``Contrasts.apply``.
"""

# ruff: noqa: ARG002 - the signatures are formulaic's, which checks them
from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import reduce
from typing import Any, TypeVar

import numpy as np
from formulaic import ModelSpec
from formulaic.materializers import PandasMaterializer
from formulaic.materializers.types import FactorValues
from formulaic.parser.types import Factor
from formulaic.transforms.contrasts import Contrasts, CustomContrasts, SumContrasts, TreatmentContrasts
from formulaic.transforms.hashed import hashed

from logitkit.design.formula.columns import CodedFactor, Column, as_numbers, lay_out
from logitkit.design.formula.evaluation import Scope
from logitkit.design.formula.expression import ONE_AT_A_TIME
from logitkit.design.formula.learnt import Learnt, Watch
from logitkit.design.formula.plain_terms import evaluated_number, plain_columns
from logitkit.design.formula.specs import STATED
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.table.frame import as_levels, coded_values, is_missing
from logitkit.design.table.levels import Coded
from logitkit.design.table.memory import require_room
from logitkit.errors import DataError
from logitkit.typing import BoolArray, FactorCoding, IntArray

__all__ = ["BlockMaterializer"]

MANY_COLUMNS = 100_000
BYTES_A_COLUMN = 500  # of its name, its light column and formulaic's notes of it


Marked = TypeVar("Marked")


def _standing_in(method: Marked) -> Marked:
    """Mark a method that stands in for formulaic's, which compares the signatures of those that are marked."""
    marked: Marked = PandasMaterializer.override(method)
    return marked


class BlockMaterializer(PandasMaterializer):  # type: ignore[misc]
    """Columns of a formula for the rows of one table.

    Parameters
    ----------
    data : pandas.DataFrame
        Columns without missing values, rows numbered from 0.
    context : mapping
        Objects of the caller that the formula uses.
    **params : object
        None; formulaic hands them on.
    """

    @_standing_in
    def _init(self) -> None:
        super()._init()
        # A dictionary is asked for a name in no time, a data frame in some microseconds, and formulaic asks often.
        self._columns = dict(self.data.items())
        own = {"C": self._factor, "hashed": self._hashed, "offset": _identity}
        self._scope = Scope(self._columns, dict(self.context), own)
        self.learns = True
        self.watch: Watch | None = None
        self.factors_by: FactorCoding = "treatment"
        self.absent: BoolArray | None = None
        self._positions: IntArray | None = None
        self._coded: dict[int, tuple[Any, Coded]] = {}
        self._light: tuple[Column, ...] = ()

    # What the rest of the package calls

    @property
    def columns(self) -> Mapping[str, Any]:
        """The columns of the table by name."""
        return self._columns

    @staticmethod
    def factors(spec: ModelSpec) -> list[Factor]:
        """Return the factors of the terms, each once, in the order of the formula."""
        return list({factor.expr: factor for term in spec.formula for factor in term.factors}.values())

    @staticmethod
    def fresh(spec: ModelSpec) -> ModelSpec:
        """Return a spec with state of its own: formulaic writes into what it is given, also on the way to an error."""
        return spec.update(
            transform_state={name: dict(state) for name, state in spec.transform_state.items()},
            encoder_state={name: (kind, dict(state)) for name, (kind, state) in spec.encoder_state.items()},
        )

    def keep(self, evaluated: Mapping[str, Any], codes: dict[int, tuple[Any, Coded]]) -> None:
        """Take factors as they were evaluated on the same rows, and share the codes of their levels."""
        self.factor_cache.update(evaluated)
        self._coded = codes

    def evaluate(self, spec: ModelSpec) -> None:
        """Evaluate every factor of a spec, and mark the rows that a transform leaves missing."""
        for factor in self.factors(spec):
            self._evaluate_factor(factor, spec, set())

    def release(self) -> None:
        """Let go of the table, which formulaic's closures would keep, since they refer to one another."""
        self.__dict__.clear()

    def levels_of(self, factor: Factor, spec: ModelSpec) -> Coded | None:
        """Evaluate a factor, and return its values before any contrast if it is a categorical one."""
        evaluated = self._evaluate_factor(factor, spec, set())
        return self._codes(evaluated.values) if evaluated.metadata.kind is Factor.Kind.CATEGORICAL else None

    def values_of(self, factor: Factor, spec: ModelSpec) -> Any:
        """Evaluate a factor, and return its values as they are."""
        values = self._evaluate_factor(factor, spec, set()).values
        return getattr(values, "__wrapped__", values)

    def build(self, spec: ModelSpec) -> tuple[Matrix, ModelSpec]:
        """Return the columns of the rows that are nowhere missing, and the spec with what it learnt."""
        self._positions = None if self.absent is None else np.flatnonzero(~self.absent)
        plain = plain_columns(spec, self.factor_cache, self.nrows)
        if plain is not None:
            self._light, spec = plain
            return lay_out(self._light, self.nrows, self._positions), spec
        built = self._build_model_matrix(spec, drop_rows=())
        return built.__wrapped__, built.model_spec

    def light_columns(self, spec: ModelSpec) -> tuple[tuple[Column, ...], dict[str, list[int]], dict[int, str]]:
        """Return columns before they are laid out, those of each term, and by ``id`` of a factor its expression."""
        built = self.build(spec)[1]
        expressions = {}
        for key, encoded in self.encoded_cache.items():
            for value in encoded.values() if isinstance(encoded, dict) else ():
                for factor, _ in self._column(value).contrasts:
                    expressions[id(factor)] = key if isinstance(key, str) else key[0]
        return self._light, {str(term): places for term, places in built.term_indices.items()}, expressions

    @property
    def kept(self) -> BoolArray:
        """Rows in which no evaluated factor is missing, shape (n,)."""
        return np.ones(self.nrows, dtype=bool) if self.absent is None else ~self.absent

    def codes(self, factor: Factor, spec: ModelSpec) -> Coded:
        """Return the values of a factor, at all rows, as codes before any contrast."""
        return self._codes(self._evaluate_factor(factor, spec, set()).values)

    # What formulaic calls

    def _factor(
        self, data: Any, contrasts: Any = None, *, levels: Any = None, spans_intercept: bool = True
    ) -> FactorValues:
        """The function ``C()`` of formulas."""

        def encoder(
            values: Any, reduced_rank: bool, drop_rows: Any, encoder_state: dict[str, Any], model_spec: ModelSpec
        ) -> FactorValues:
            del drop_rows, model_spec
            return self._encode(values, contrasts, levels, reduced_rank, encoder_state)

        return FactorValues(data, kind="categorical", spans_intercept=spans_intercept, encoder=encoder)

    def _hashed(
        self, data: Any, levels: int, contrasts: Any = None, *, spans_intercept: bool = False, **options: Any
    ) -> FactorValues:
        """The function ``hashed()`` of formulas: its buckets are fixed, so nothing is learnt."""
        contrasts = TreatmentContrasts() if contrasts is None else contrasts
        buckets = hashed(data, levels, contrasts, spans_intercept=spans_intercept, **options)
        factor = self._factor(buckets.__wrapped__, contrasts, levels=np.arange(levels), spans_intercept=spans_intercept)
        encode = factor.__formulaic_metadata__.encoder

        def encoder(
            values: Any, reduced_rank: bool, drop_rows: Any, encoder_state: dict[str, Any], model_spec: ModelSpec
        ) -> FactorValues:
            encoder_state.clear()
            return encode(values, reduced_rank, drop_rows, {}, model_spec)

        return FactorValues(factor, encoder=encoder)

    @_standing_in  # type: ignore[prop-decorator]
    @property
    def data_context(self) -> Mapping[str, Any]:
        """The columns of the table by name."""
        return self._columns

    @_standing_in
    def _evaluate(self, expr: str, metadata: Any, spec: ModelSpec) -> tuple[Any, set[Any]]:
        # Formulaic has Python evaluate the text, by numpy's rules for booleans and with all that Python has in reach.
        learnt = Learnt(spec, self.learns, (expr, metadata), self.layered_context, self.watch)
        return learnt.evaluate(self._scope), set()

    @_standing_in
    def _evaluate_factor(self, factor: Factor, spec: ModelSpec, drop_rows: set[int]) -> Any:
        if factor.expr in self.factor_cache:
            return self.factor_cache[factor.expr]
        number = evaluated_number(factor, self._columns, spec.encoder_state)
        if number is not None:
            return self.factor_cache.setdefault(factor.expr, number)
        with ONE_AT_A_TIME if factor.eval_method.value == "literal" else nullcontext():  # read as a syntax tree
            return super()._evaluate_factor(factor, spec, drop_rows)

    @_standing_in
    def _check_for_nulls(self, name: str, values: Any, na_action: Any, drop_rows: set[int]) -> None:
        if name in self._columns:  # complete, or it would not be here
            return
        plain = getattr(values, "__wrapped__", values)
        for part in plain.values() if isinstance(plain, dict) else (plain,):
            self._mark_absent(name, part, na_action)

    def _mark_absent(self, name: str, values: Any, na_action: Any) -> None:
        if values is None or isinstance(values, str) or np.ndim(values) == 0:
            super()._check_for_nulls(name, values, na_action, set())
            return
        if hasattr(values, "indptr"):
            entries = values.tocoo()
            where: BoolArray = np.zeros(values.shape[0], dtype=bool)
            where[entries.coords[0][np.isnan(entries.data)]] = True
        else:
            where = np.asarray(is_missing(values).reshape(len(values), -1).any(axis=1))
        if where.size != self.nrows:
            raise ValueError(f"`{name}` gives {where.size} values for {self.nrows} rows.")
        if where.any():
            self.absent = where if self.absent is None else self.absent | where

    @_standing_in
    def _encode_constant(
        self, value: Any, metadata: Any, encoder_state: dict[str, Any], spec: ModelSpec, drop_rows: Sequence[int]
    ) -> Column:
        return Column(constant=value)

    @_standing_in
    def _encode_numerical(
        self, values: Any, metadata: Any, encoder_state: dict[str, Any], spec: ModelSpec, drop_rows: Sequence[int]
    ) -> Column:
        return self._number(values)

    @_standing_in
    def _encode_categorical(
        self,
        values: Any,
        metadata: Any,
        encoder_state: dict[str, Any],
        spec: ModelSpec,
        drop_rows: Sequence[int],
        reduced_rank: bool = False,
    ) -> FactorValues:
        # Of full rank, as in formulaic: it takes the first level out itself where that is called for.
        by_sum = self._coded_by(encoder_state) == "sum"
        return self._encode(values, None, None, reduced_rank and by_sum, encoder_state)

    @_standing_in
    def _get_columns_for_term(
        self, factors: list[dict[str, Any]], spec: ModelSpec, scale: float = 1
    ) -> dict[str, Column]:
        n_columns = math.prod(map(len, factors))
        if n_columns > MANY_COLUMNS:
            sizes = " x ".join(f"{len(each):,}" for each in factors)
            names = ":".join(next(iter(each)) for each in factors)
            require_room(
                BYTES_A_COLUMN * n_columns,
                f"The {n_columns:,} columns ({sizes}) of the term that begins with {names}",
                "Use factors with fewer levels: merge rare levels, or leave the interaction out.",
            )
        # The last factor varies slowest in the columns, and the factors stand in their order in a name.
        products = [product[::-1] for product in itertools.product(*(each.items() for each in reversed(factors)))]
        alone = [len(each) == 1 for each in factors]
        # Factors of one column are multiplied first, as in formulaic: the last bits are then its own.
        order = sorted(range(len(factors)), key=lambda i: not alone[i])
        out = {}
        for product in products:
            column = reduce(Column.times, (self._column(product[i][1]) for i in order))
            out[":".join(name for name, _ in product)] = scale * column
        return out

    @_standing_in
    def _combine_columns(self, cols: Sequence[tuple[str, Any]], spec: ModelSpec, drop_rows: Sequence[int]) -> Matrix:
        for name, column in cols:
            for numbers in column.numbers:
                if numbers.dtype.kind not in "fiub":
                    raise DataError(
                        f"The column {name!r} is not numeric (its type is {numbers.dtype}); convert dates and other "
                        "objects to numbers first."
                    )
        self._light = tuple(column for _, column in cols)
        return lay_out(self._light, self.nrows, self._positions)

    # Values to light columns

    def _column(self, value: Any) -> Column:
        plain = getattr(value, "__wrapped__", value)
        return plain if isinstance(plain, Column) else self._number(plain)

    def _number(self, values: Any) -> Column:
        numbers = as_numbers(getattr(values, "__wrapped__", values))
        if numbers.shape[0] != self.nrows:
            raise ValueError(f"A term gives {numbers.shape[0]} values for {self.nrows} rows.")
        return Column((numbers,))

    def _codes(self, values: Any) -> Coded:
        plain = getattr(values, "__wrapped__", values)
        if id(plain) not in self._coded:
            # The values are kept too, so that no other object can get their id.
            self._coded[id(plain)] = plain, coded_values(plain)
        return self._coded[id(plain)][1]

    def _encode(
        self, values: Any, contrasts: Any, levels: Any, reduced_rank: bool, state: dict[str, Any]
    ) -> FactorValues:
        """Return the columns of a factor by name, as formulaic's ``encode_contrasts`` would, but not written out."""
        coded = self._codes(values)
        if coded.codes.size != self.nrows:
            raise ValueError(f"A factor gives {coded.codes.size} values for {self.nrows} rows.")
        wanted = levels if levels is not None else state.get("categories")
        if wanted is not None:
            known = as_levels(wanted)
            place = set(known)
            others = not place.issuperset(coded.levels)  # which need not occur
            extra = [level for level in coded.occurring(self._positions) if level not in place] if others else []
            if extra:
                raise DataError(
                    "A term lists levels, and the data have others: "
                    f"{', '.join(map(repr, extra[:5]))}{', ...' if len(extra) > 5 else ''}. List them too, or drop "
                    "those rows."
                )
        elif coded.declared or self._positions is None:
            known = coded.levels
        else:
            known = coded.occurring(self._positions)
        state["categories"] = known
        if contrasts is None and self._coded_by(state) == "sum":
            state[STATED], contrasts = "sum", SumContrasts()
        return self._apply(_contrasts(contrasts), coded.recoded(known), known, reduced_rank)

    def _coded_by(self, state: Mapping[str, Any]) -> FactorCoding:
        """Return how a factor is coded whose coding the formula does not state: as the fit had it."""
        return self.factors_by if self.learns else state.get(STATED, "treatment")

    @staticmethod
    def _apply(contrasts: Contrasts, codes: Any, levels: list[Any], reduced_rank: bool) -> FactorValues:
        """Let formulaic apply the contrasts to one row for each level: this is the coding, and its names."""
        from scipy.sparse import eye

        rows = eye(len(levels), format="csc")  # a sparse matrix, not an array: formulaic knows no other
        applied = contrasts.apply(rows, levels=levels, reduced_rank=reduced_rank, output="sparse")
        metadata = applied.__formulaic_metadata__
        factor = CodedFactor.of(codes, applied.__wrapped__)
        names = metadata.column_names
        return FactorValues({name: Column(contrasts=((factor, j),)) for j, name in enumerate(names)}, metadata=metadata)


def _contrasts(given: Any) -> Contrasts:
    """Return contrasts of any description as formulaic's object."""
    if given is None:
        return TreatmentContrasts()
    if inspect.isclass(given) and issubclass(given, Contrasts):
        return given()
    return given if isinstance(given, Contrasts) else CustomContrasts(given)


def _identity(values: Any) -> Any:
    """What ``offset`` does to its argument."""
    return values
