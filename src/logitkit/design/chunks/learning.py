r"""What rows show of what their columns are to become, and a sample of them; that of other rows can be added.

What a design learns from rows is merged over chunks: the levels of factors, the first row of each outcome, how many
rows are complete, and the states of transforms (``transforms.py``). A transform of what another has learnt takes one
pass more, and so does one that is learnt in two steps.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping, Sequence
from copy import copy, deepcopy
from dataclasses import replace
from typing import Any

import numpy as np

from logitkit.design.chunks.budget import LEARNT_PART
from logitkit.design.chunks.columns import is_measure, missing_in
from logitkit.design.chunks.factor_levels import FactorLevels
from logitkit.design.chunks.learnt_rows import Learnt
from logitkit.design.chunks.outcomes import OutcomeRows
from logitkit.design.chunks.sample import Sample
from logitkit.design.chunks.source import Chunk
from logitkit.design.chunks.transform_states import Pending, Transforms
from logitkit.design.chunks.transforms import may_add_missing
from logitkit.design.formula.coding import LAG, Beforehand, cause_of, raise_in_words
from logitkit.design.formula.expression import read_expression
from logitkit.design.formula.main_effects import column_of
from logitkit.design.formula.materializer import BlockMaterializer
from logitkit.design.formula.parse import ParsedFormula
from logitkit.design.formula.specs import new_spec
from logitkit.design.response.binary import evaluate_left, missing_outcome
from logitkit.design.table.frame import Table, is_missing, numeric_values, read_table
from logitkit.errors import UnsupportedError
from logitkit.typing import BoolArray, IntArray

__all__ = ["KEY_MOST", "Learning"]

KEY_MOST = (1 << 64) - 1  # of a row of the sample
TRANSFORM = "a transform in the formula"  # what its missing values are counted as


class Learning:
    """What consecutive rows have shown so far; that of later rows can be added.

    Parameters
    ----------
    parsed : ParsedFormula
        The formula.
    roles : mapping of str to str
        Columns of weights, offsets and clusters, by their role.
    sample : int
        Rows to draw.
    limit : int
        The largest key of a row that may be drawn.
    memory : int
        Bytes that may be held.
    before : Learning, optional
        What the pass before has shown.
    """

    def __init__(
        self,
        parsed: ParsedFormula,
        roles: Mapping[str, str],
        sample: int,
        limit: int = KEY_MOST,
        memory: int = 1 << 30,
        before: Learning | None = None,
    ) -> None:
        _require_no_neighbours(parsed)
        self.parsed, self.roles, self.memory = parsed, roles, memory
        self.transforms: Transforms = Transforms(memory) if before is None else before.transforms.again()
        self.known: Learnt | None = None if before is None else before.known
        self.n_passes: int = 1 if before is None else before.n_passes + 1
        self.n_bytes_before: int = 0 if before is None else before.n_bytes
        self.n_bytes: int = self.n_bytes_before
        self.variables = tuple(dict.fromkeys((*parsed.left_variables, *parsed.variables)))
        self.columns = tuple(dict.fromkeys((*self.variables, *roles.values())))
        self.found = Learnt(missing=dict.fromkeys(self.variables, 0))
        self.found.missing |= {f"{role} ({name})": 0 for role, name in roles.items()}
        self.found.missing |= {parsed.left: self.found.missing.get(parsed.left, 0), TRANSFORM: 0}
        self.sample = Sample(sample, limit)
        self.outcomes = OutcomeRows(parsed.left)
        self.levels: dict[str, FactorLevels] = {}
        self.empty: Any = None
        self.specs = [new_spec(list(parsed.terms))]
        if parsed.offsets:
            self.specs.append(new_spec("0 + " + " + ".join(parsed.offsets)))

    def __deepcopy__(self, memo: dict[int, Any]) -> Learning:
        """Return a copy to which rows can be added, which has the same formula, and the same tables of rows."""
        kept = (self.parsed, self.roles, self.specs, *self.sample.tables, *self.outcomes.tables)
        memo |= {id(each): each for each in kept}
        made = copy(self)
        made.__dict__ = {name: deepcopy(value, memo) for name, value in self.__dict__.items()}
        return made

    @property
    def used(self) -> list[int]:
        """Rows of each chunk that take part."""
        return self.found.used

    @property
    def n_rows(self) -> int:
        """Rows so far, complete or not."""
        return self.found.n_rows

    @property
    def is_whole(self) -> bool:
        """Whether levels, outcomes and the sample are looked for: a pass before may have found them."""
        return self.known is None

    @property
    def n_columns(self) -> int:
        """The most columns that the design may have, as far as levels tell: of a transform, one."""
        total = 0
        for term in self.parsed.terms:
            sizes = [len(self.levels[each.expr].found) for each in term.factors if each.expr in self.levels]
            total += math.prod(sizes)
        return total

    def another(self) -> Learning | None:
        """End the pass, and return the next one; None where nothing is left to be learnt."""
        self.transforms.finish()
        if self.known is None and not self.transforms.are_unsure:
            self.known = self._finish()
        if self.known is not None and not self.transforms.learners:
            return None
        return Learning(self.parsed, self.roles, self.sample.size, int(self.sample.first), self.memory, self)

    def sent(self) -> Learning:
        """Return the same as it is sent to where the rows are, without those that the pass before has drawn."""
        made = copy(self)
        made.known = None if self.known is None else Learnt()
        return made

    def learnt(self) -> Learnt:
        """Return what was found, once no other pass is needed."""
        if self.known is None:
            self.another()
        assert self.known is not None
        before = self.known.before
        states = Beforehand(self.transforms.states, before.levels, before.seen, before.n_counted)
        return replace(self.known, before=states, n_passes=self.n_passes, n_bytes=self.n_bytes)

    def blank(self) -> Learning:
        """Return what learns from later rows, to be merged into this."""
        made = copy(self)
        made.found = Learnt(missing=dict.fromkeys(self.found.missing, 0))
        made.sample = Sample(self.sample.size, int(self.sample.limit))
        made.outcomes, made.levels, made.transforms = self.outcomes.blank(), {}, Transforms(self.memory)
        made.n_bytes = self.n_bytes_before
        return made

    def merge(self, later: Learning) -> None:
        """Add what later rows have shown."""
        found, more = self.found, later.found
        self.empty = later.empty if self.empty is None else self.empty
        found.n_rows += more.n_rows
        self.n_bytes += later.n_bytes - self.n_bytes_before
        found.used += more.used
        found.n_counted += more.n_counted
        for name, count in more.missing.items():
            found.missing[name] = found.missing.get(name, 0) + count
        for name, levels in later.levels.items():
            if name in self.levels:
                self.levels[name].merge(levels)
            else:
                self.levels[name] = deepcopy(levels)
        self.outcomes.dictionary |= later.outcomes.dictionary
        for table in later.outcomes.tables:  # of which each row is complete
            self._outcomes_of(read_table(table), table, None)
        self.sample.merge(later.sample)
        self.transforms.merge(later.transforms)

    def trim(self, sample: int | None = None, limit: int = KEY_MOST) -> None:
        """Keep so many rows of the sample, and none with a larger key."""
        drawn = self.sample
        drawn.size = drawn.size if sample is None else sample
        drawn.limit = min(drawn.limit, np.uint64(limit))
        drawn.trim()

    def in_types(self, schema: Any, sample: int, limit: int) -> Learning:
        """Return the same of rows in other types, with fewer of the sample, as :meth:`trim` leaves them."""
        made = copy(self)
        made.outcomes = copy(self.outcomes)
        made.outcomes.tables = [table.cast(schema) for table in self.outcomes.tables]
        types = dict(zip(schema.names, schema.types, strict=True))
        made.levels = {
            name: each.in_type(types.get(column_of(name, types) or "")) for name, each in self.levels.items()
        }
        made.sample = self.sample.cast(schema)
        made.empty = None if self.empty is None else self.empty.cast(schema)
        made.trim(sample, limit)
        return made

    def add(self, chunk: Chunk) -> None:
        """Add the rows of the next chunk."""
        self.empty = chunk.table.slice(0, 0) if self.empty is None else self.empty
        self.found.n_rows += chunk.table.num_rows
        self.n_bytes += chunk.table.nbytes
        table = read_table(chunk.table)
        kept = self._complete(chunk.table)
        used = np.empty(0, dtype=np.int64)
        if kept is None or kept.size:
            used = self._evaluated(chunk, table, kept)
        self.found.used.append(used.size)
        if self.is_whole:
            self.sample.offer(chunk.start + used, chunk.table, used)

    def _complete(self, rows: Any) -> IntArray | None:
        """Return the rows without a missing value, None for all."""
        absent = missing_in(rows, self.columns)
        named = {name: name for name in self.variables}
        named |= {f"{role} ({name})": name for role, name in self.roles.items()}
        for label, name in named.items():
            if name in absent:
                self.found.missing[label] += int(absent[name].sum())
        return np.flatnonzero(~np.logical_or.reduce(list(absent.values()))) if absent else None

    def _evaluated(self, chunk: Chunk, table: Table, kept: IntArray | None) -> IntArray:
        """Evaluate the formula on the complete rows, and return the rows that take part."""
        columns, wanted = self._needed(chunk.table.schema)
        frame = table.frame(columns, kept)
        self.transforms.added = set()
        materializer = BlockMaterializer(frame, self.parsed.functions)
        materializer.watch = self.transforms.call
        try:
            coded, gaps = self._factors(materializer, wanted)
            coded_rows = materializer.kept & ~gaps
        finally:
            materializer.release()
        if not self.is_whole:
            return np.empty(0, dtype=np.int64)
        gone = self._outcomes_of(table, chunk.table, kept, frame, coded_rows)
        there = coded_rows & ~gone
        counted = there & self._weighty(table, kept)
        self.found.missing[self.parsed.left] += int(gone.sum())
        self.found.missing[TRANSFORM] += int(np.count_nonzero(~coded_rows))
        self.found.n_counted += int(np.count_nonzero(counted))
        for name, values in coded.items():
            levels = self.levels.setdefault(name, FactorLevels(name, values.declared, self.memory // LEARNT_PART))
            levels.add(values, np.flatnonzero(coded_rows), np.flatnonzero(counted))
        return (np.arange(len(frame)) if kept is None else kept)[there]

    def _outcomes_of(
        self, table: Table, rows: Any, kept: IntArray | None, frame: Any = None, coded: BoolArray | None = None
    ) -> BoolArray:
        """Take the outcomes of the complete rows of a table, and return where they are missing."""
        frame = table.frame(self.parsed.left_variables, kept) if frame is None else frame
        outcome = evaluate_left(self.parsed.left, frame, self.parsed.functions)
        gone = missing_outcome(outcome)
        there = ~gone if coded is None else coded & ~gone
        counted = there & self._weighty(table, kept)
        everything = np.arange(len(frame)) if kept is None else kept
        self.outcomes.add(outcome, np.flatnonzero(there), np.flatnonzero(counted), everything, rows)
        return gone

    def _weighty(self, table: Table, kept: IntArray | None) -> BoolArray:
        """Return which complete rows have a positive weight."""
        if "weights" not in self.roles:
            return np.ones(table.n_rows if kept is None else kept.size, dtype=bool)
        weights = numeric_values(table.column(self.roles["weights"]), "weights")
        return np.asarray((weights if kept is None else weights[kept]) > 0.0)

    def _needed(self, schema: Any) -> tuple[list[str], set[str]]:
        """Return the columns that have to be looked at, and the factors to be evaluated: not those that are numbers."""
        types = dict(zip(schema.names, schema.types, strict=True))
        written = {factor.expr for spec in self.specs for factor in BlockMaterializer.factors(spec)}
        rest = written - {name for name in written if name in types and is_measure(types[name])}
        columns = [column_of(factor, types) for factor in rest if factor != "1"]
        if None in columns:
            return list(self.variables), rest
        return list(dict.fromkeys((*self.parsed.left_variables, *filter(None, columns)))), rest

    def _factors(self, materializer: BlockMaterializer, wanted: set[str]) -> tuple[dict[str, Any], BoolArray]:
        """Return the categorical factors, and the rows in which a transform will be missing that has not learnt yet."""
        coded = {}
        gaps = np.zeros(materializer.nrows, dtype=bool)
        for spec in self.specs:
            for factor in (each for each in materializer.factors(spec) if each.expr in wanted):
                try:
                    found = materializer.levels_of(factor, BlockMaterializer.fresh(spec))
                except Exception as error:  # noqa: BLE001 - the caller's own functions run here
                    cause = cause_of(error)
                    if not isinstance(cause, Pending):
                        raise_in_words(error)
                    gaps |= self._gaps(factor.expr, cause, gaps.size)
                    continue
                if found is not None:
                    coded[factor.expr] = found
        return coded, gaps

    def _gaps(self, expression: str, pending: Pending, n_rows: int) -> BoolArray:
        """Return where a factor will be missing, if it is a transform that has not learnt yet and nothing else."""
        read = read_expression(expression)
        plain = isinstance(read.tree, ast.Call) and read.written(read.tree) == pending.written
        if not plain or may_add_missing(self.transforms.options[pending.written], None):
            self.transforms.are_unsure = True
        values = getattr(pending.values, "__wrapped__", pending.values)
        if np.shape(values)[:1] != (n_rows,):
            return np.zeros(n_rows, dtype=bool)
        return np.asarray(is_missing(values).reshape(n_rows, -1).any(axis=1))

    def _finish(self) -> Learnt:
        """Return what the pass has found."""
        found = self.found
        self.sample.trim()
        if self.sample.tables:
            found.rows, found.sample = self.sample.tables[0], self.sample.positions[0]
        else:
            found.rows = self.empty
        if found.rows is not None:
            found.outcomes = self.outcomes.table(self.empty)
            found.rows = self.outcomes.in_order(found.rows)
        levels = {name: each.levels for name, each in self.levels.items()}
        seen = {name: each.seen for name, each in self.levels.items()}
        found.before = Beforehand({}, levels, seen, found.n_counted)
        found.weightless = self.outcomes.weightless
        found.met = {name: each.met for name, each in self.levels.items()}
        return found


def _require_no_neighbours(parsed: ParsedFormula) -> None:
    """Refuse ``lag()``."""
    texts: Sequence[str] = [factor.expr for term in parsed.terms for factor in term.factors]
    for text in (parsed.left, *texts, *parsed.offsets):
        if LAG.search(text):
            raise UnsupportedError(
                f"{text} uses the previous row, which a chunk need not have, and rows are read in chunks: compute the "
                "column beforehand."
            )
