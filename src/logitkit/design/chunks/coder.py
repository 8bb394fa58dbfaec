"""Chunks of rows coded by a plan that is made once: plain columns go from the table to the matrix as they lie there.

A formula whose terms are products of columns, of expressions that act on each number by itself (``np.log(x)``,
``I(x**2)``) and of factors, and an outcome that is one column, need no evaluation by formulaic: which column goes
where, and which contrast a level has, is the same in every chunk. All else is coded by
:func:`~logitkit.design.rebuild.rebuild_design`, and a plan is used only if it gives what that gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from logitkit.design.chunks.alike import are_equal
from logitkit.design.chunks.columns import ChunkColumns, is_half, is_numeric, may_be_levels
from logitkit.design.chunks.elementwise import Elementwise, elementwise, offsets_of
from logitkit.design.design import Design, RowCounts
from logitkit.design.formula.coding import Coding
from logitkit.design.formula.columns import CodedFactor, Column, lay_out
from logitkit.design.formula.main_effects import column_of
from logitkit.design.formula.materializer import BlockMaterializer
from logitkit.design.formula.parse import split_formula
from logitkit.design.info import DesignInfo
from logitkit.design.matrix.columnar import Columnar
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.rebuild import rebuild_design
from logitkit.design.response.response import Clusters, Response
from logitkit.design.table.checks import require_finite_offset, require_weights
from logitkit.design.table.extras import missing_counts
from logitkit.design.table.frame import read_table
from logitkit.errors import LogitkitError
from logitkit.numerics.once import once
from logitkit.typing import BoolArray, CodeArray, FloatArray, IntArray

__all__ = ["Coder", "coder_of"]

NO_CODES = np.empty(0, dtype=np.int32)
TRIED = 256  # rows that a plan is compared on with what it stands for


@dataclass(frozen=True)
class _Planned:
    """A column of the design: the columns of the table whose product it is, and contrasts of factors by number."""

    numbers: tuple[str, ...]
    contrasts: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class _Factor:
    """A factor: its column of the table, the place of each level that the fit saw, and its contrasts."""

    name: str
    places: dict[Any, int]
    contrasts: CodedFactor


@dataclass(frozen=True)
class Coder:
    """How chunks become designs.

    Parameters
    ----------
    info : DesignInfo
        What is rebuilt.
    outcome : str
        The column that is the outcome.
    values : dict
        Values of the outcome and their codes; empty where it holds the numbers themselves.
    variables : tuple of str
        Columns of the formula.
    planned : tuple
        The columns of the design.
    factors : tuple
        The factors; one that is coded in two ways is there twice.
    numeric : tuple of str
        Columns of numbers that are needed.
    computed : tuple of Elementwise
        Expressions that are numbers, too.
    shifts : tuple of Elementwise
        Offsets that the formula states.
    """

    info: DesignInfo
    outcome: str
    values: dict[Any, int]
    variables: tuple[str, ...]
    planned: tuple[_Planned, ...]
    factors: tuple[_Factor, ...]
    numeric: tuple[str, ...]
    computed: tuple[Elementwise, ...] = ()
    shifts: tuple[Elementwise, ...] = ()

    @once
    def numbered(self) -> tuple[str, ...]:
        """The numeric columns and the computed expressions that are needed."""
        return (*self.numeric, *(each.text for each in self.computed))

    @once
    def needed(self) -> dict[str, str]:
        """The columns that a chunk must have, keyed by their names in the count of missing values."""
        given = self.info.response
        roles = {"weights": given.weights, "offset": given.offset, "cluster": given.cluster}
        named = {f"{role} ({name})": name for role, name in roles.items() if name is not None}
        return {name: name for name in self.variables} | named

    @once
    def places(self) -> IntArray | None:
        """For each column of the design, its place among 1 and ``numbered``; None if any is not among these."""
        if any(each.contrasts or len(each.numbers) > 1 for each in self.planned):
            return None
        place = {name: k + 1 for k, name in enumerate(self.numbered)}
        return np.array([place[each.numbers[0]] if each.numbers else 0 for each in self.planned], dtype=np.int64)

    def serves(self, info: DesignInfo) -> bool:
        """Tell whether designs of some info are coded like this."""
        return info.coding is self.info.coding and info.response == self.info.response

    def design(self, table: Any, info: DesignInfo) -> Design | None:
        """Return the design of a chunk; None if a row has to be refused, or left out for its level."""
        columns = ChunkColumns(table)
        for each in self.computed:
            columns.keep(each.text, each.values(lambda name: np.asarray(columns.numbers(name))))
        numbers = columns.matrix(self.numbered)
        absent: dict[str, BoolArray] = {}
        positions: IntArray | None = None
        if columns.have_nulls(tuple(self.needed.values())) or numbers.holds_nan:
            absent, positions = self._absent(columns)
        n = columns.n_rows if positions is None else positions.size
        if n == 0 or not all(_are_finite(columns.numbers(each.text), positions) for each in self.computed):
            return None
        response = self._response(columns, positions)
        if response is None or (self.shifts and not _are_finite(response.offset, None)):
            return None
        matrix: Matrix | None
        if self.places is not None and positions is None:
            matrix = numbers.columns(self.places)
        else:
            matrix = self._matrix(columns, positions)
        if matrix is None:
            return None
        counts = RowCounts(columns.n_rows, columns.n_rows - n, missing_counts(absent))
        return Design(matrix, response, info, counts, np.arange(n) if positions is None else positions)

    def n_bytes(self, design: Design) -> int:
        """Return the most that a design takes besides the table that it was made from."""
        given = design.response
        numbers = 2 + sum(each is not None for each in (given.prior, given.offset)) + len(self.computed)
        if self.places is None or design.n_rows < design.counts.given:  # columns are copied
            numbers += len(self.numbered) + len(self.factors) + sum(len(each.numbers) > 1 for each in self.planned)
        return 8 * numbers * design.n_rows

    def _absent(self, columns: ChunkColumns) -> tuple[dict[str, BoolArray], IntArray | None]:
        """Return where columns are missing, and the rows that are complete; None for all."""
        found = {label: columns.missing(name) for label, name in self.needed.items()}
        absent = {label: where for label, where in found.items() if where is not None}
        if not absent:
            return absent, None
        return absent, np.flatnonzero(~np.logical_or.reduce(list(absent.values())))

    def _response(self, columns: ChunkColumns, positions: IntArray | None) -> Response | None:
        given = self.info.response
        y = self._outcome(columns, positions)
        if y is None:
            return None
        prior = offset = clusters = None
        if given.weights is not None or given.offset is not None:
            places = np.arange(y.size) if positions is None else positions
        if given.weights is not None:
            prior = _used(columns.numbers(given.weights), positions)
            require_weights(prior, given.weight_kind, given.weights, places)
        if given.offset is not None:
            offset = _used(columns.numbers(given.offset), positions)
            require_finite_offset(offset, places)
        for each in self.shifts:
            stated = _used(each.values(lambda name: np.asarray(columns.numbers(name))), positions)
            offset = stated if offset is None else offset + stated
        if given.cluster is not None:
            clusters = Clusters(np.zeros(y.size, dtype=np.int64), 1, given.cluster)  # whose numbers all chunks share
        shift = None if offset is None else offset[None]
        kind: Any = given.weight_kind
        return Response(y, None, prior, kind, shift, clusters, max(len(given.levels), 2))

    def _outcome(self, columns: ChunkColumns, positions: IntArray | None) -> FloatArray | None:
        """Return the coded outcome, None where a value is not one of the fit's."""
        if self.values:
            codes = columns.codes(self.outcome, self.values, positions)
            return None if codes is None else (codes if positions is None else codes[positions]).astype(np.float64)
        whole = np.asarray(columns.numbers(self.outcome))
        y = whole if positions is None else whole[positions]  # in its own type: whole numbers within are 0 or 1
        within = y.min() >= 0 and y.max() <= 1
        fraction = self.info.response.kind == "fraction" or y.dtype.kind in "iub"
        if not within or not (fraction or ((y == 0.0) | (y == 1.0)).all()):
            return None
        return np.asarray(y, dtype=np.float64)

    def _matrix(self, columns: ChunkColumns, positions: IntArray | None) -> Matrix | None:
        """Return the columns of the design, None where a row has a level that the fit never saw."""
        codes: dict[str, CodeArray] = {}
        factors = []
        for factor in self.factors:
            known = codes.get(factor.name)
            found = columns.codes(factor.name, factor.places, positions) if known is None else known
            if found is None:
                return None
            codes[factor.name] = found
            factors.append(replace(factor.contrasts, codes=found))
        numbers = {name: columns.numbers(name) for each in self.planned for name in each.numbers}
        light = [
            Column(
                tuple(numbers[name] for name in each.numbers),
                tuple((factors[number], j) for number, j in each.contrasts),
            )
            for each in self.planned
        ]

        def side_by_side(chosen: Sequence[Column], n_rows: int, rows: IntArray | None) -> Matrix:
            del n_rows
            sizes = columns.sizes if rows is None else [rows.size]
            return Columnar.of([_in_pieces(each, sizes, rows) for each in chosen], sizes)

        return lay_out(light, columns.n_rows, positions, side_by_side)


def coder_of(info: DesignInfo, table: Any) -> Coder | None:
    """Return how chunks with the columns of a table are coded, None where they take the long way.

    Parameters
    ----------
    info : DesignInfo
        What the fit learnt.
    table : pyarrow.Table
        Some rows, on which the plan is tried.
    """
    coder = _planned(info, table)
    if coder is None:
        return None
    some = table.slice(0, TRIED)
    try:
        long, short = rebuild_design(info, some), coder.design(some, info)
    except LogitkitError:
        return None  # whatever is wrong with the rows is found the long way
    return coder if short is not None and are_equal(long, short) else None


def _planned(info: DesignInfo, table: Any) -> Coder | None:
    """Return the plan of a formula of plain columns and factors, None for any other."""
    coding = info.coding
    types = {name: table.schema.field(name).type for name in table.column_names}
    outcome = split_formula(info.formula or "")[0]
    if coding is None or not _is_plain(info, outcome, types):
        return None
    shifts = offsets_of(coding.offsets, types)
    if shifts is None or (shifts and info.response.levels):
        return None
    laid = _light_columns(coding, table)
    if laid is None:
        return None
    light, places, expressions = laid
    factors: list[_Factor] = []
    numbers: dict[int, int] = {}  # by the id of a factor of those columns its number
    for factor in (factor for column in light for factor, _ in column.contrasts):
        if id(factor) not in numbers:
            made = _factor(factor, expressions.get(id(factor)), coding, types)
            if made is None:
                return None
            numbers[id(factor)] = len(factors)
            factors.append(made)
    computed = _computed(coding, types)
    planned: dict[int, _Planned] = {}
    for term in coding.spec.formula:
        numeric = tuple(
            each.expr for each in term.factors if each.expr in computed or _is_number(coding, each.expr, types)
        )
        for place in places[str(term)]:
            column = light[place]
            if len(column.numbers) == len(numeric) and column.constant == 1.0:
                contrasts = tuple((numbers[id(factor)], j) for factor, j in column.contrasts)
                planned[place] = _Planned(numeric, contrasts)
    if len(planned) < len(light):
        return None
    variables = tuple(dict.fromkeys((*coding.left_variables, *coding.variables)))
    whole = tuple(planned[place] for place in range(len(light)))
    given = info.response
    needed = [name for name in (*variables, given.weights, given.offset, given.cluster) if name is not None]
    numeric = tuple(dict.fromkeys(name for name in needed if is_numeric(types[name])))
    return Coder(
        info, outcome, dict(given.coded), variables, whole, tuple(factors), numeric, tuple(computed.values()), shifts
    )


def _is_plain(info: DesignInfo, outcome: str, types: dict[str, Any]) -> bool:
    """Tell whether outcome, weights and offset are columns, and nothing is eliminated from the model."""
    given = info.response
    if outcome not in types or given.kind not in ("binary", "fraction", "nominal") or info.nuisance.columns:
        return False
    if given.offsets or (given.offset is not None and given.levels) or any(map(is_half, types.values())):
        return False
    fits = may_be_levels if given.coded else is_numeric
    extras = [name for name in (given.weights, given.offset) if name is not None]
    return fits(types[outcome]) and all(name in types and is_numeric(types[name]) for name in extras)


def _factor(factor: CodedFactor, expression: str | None, coding: Coding, types: dict[str, Any]) -> _Factor | None:
    """Return where the levels of a factor come from, None where they are not those of a column."""
    name = column_of(expression, types)
    if expression is None or name is None or not may_be_levels(types[name]):
        return None
    seen = set(coding.seen.get(expression, ()))
    levels = coding.spec.encoder_state[expression][1]["categories"]
    return _Factor(name, {level: k for k, level in enumerate(levels) if level in seen}, replace(factor, codes=NO_CODES))


def _light_columns(coding: Coding, table: Any) -> Any:
    """Return the columns of some rows before they are laid out, None where these cannot be coded."""
    rows = read_table(table.slice(0, TRIED))
    absent = rows.missing(coding.variables)
    kept = np.flatnonzero(~np.logical_or.reduce(list(absent.values()))) if absent else None
    frame = rows.frame(coding.variables, kept)
    if not len(frame):
        return None
    materializer = BlockMaterializer(frame, coding.functions)
    materializer.learns = False
    spec = BlockMaterializer.fresh(coding.spec)
    try:
        materializer.evaluate(spec)
        return materializer.light_columns(spec)
    except Exception:  # noqa: BLE001 - the caller's own functions run here; the long way says what is wrong
        return None


def _is_number(coding: Coding, expression: str, types: dict[str, Any]) -> bool:
    """Tell whether a factor of a term is a column of numbers."""
    kind = coding.spec.encoder_state.get(expression)
    return expression in types and kind is not None and kind[0].value == "numerical" and is_numeric(types[expression])


def _computed(coding: Coding, types: dict[str, Any]) -> dict[str, Elementwise]:
    """Return the factors of terms that are expressions of numbers, by how they are written."""
    written = dict.fromkeys(each.expr for term in coding.spec.formula for each in term.factors)
    numerical = [
        text
        for text in written
        if text not in types and text in coding.spec.encoder_state
        if coding.spec.encoder_state[text][0].value == "numerical"
    ]
    found = {text: elementwise(text, types) for text in numerical}
    return {text: each for text, each in found.items() if each is not None}


def _are_finite(numbers: Any, positions: IntArray | None) -> bool:
    """Tell whether the numbers of the rows used are finite: a logarithm of zero is left to the long way."""
    whole = np.asarray(numbers)
    return bool(np.isfinite(whole if positions is None else whole[positions]).all())


def _used(numbers: Any, positions: IntArray | None) -> FloatArray:
    """Return the numbers of the rows used, in float64."""
    whole = np.asarray(numbers)
    return np.asarray(whole if positions is None else whole[positions], dtype=np.float64)


def _in_pieces(column: Column, sizes: Sequence[int], rows: IntArray | None) -> Any:
    """Return the numbers of a column of the design in pieces."""
    if not column.numbers:
        return 1
    if len(column.numbers) == 1:
        pieces = column.numbers[0].pieces
        return pieces if rows is None else [np.asarray(column.numbers[0])[rows]]
    product: Any = 1.0
    for each in column.numbers:
        product = product * np.asarray(each, dtype=np.float64)
    return np.split(product, np.cumsum(sizes)[:-1]) if rows is None else [product[rows]]
