"""Which rows a verb works on: those of the fit, those of a table, or those of a matrix."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np
import pandas as pd

from logitkit.design.chunks.opened import source_of
from logitkit.design.chunks.reading import Reading
from logitkit.design.chunks.source import Source
from logitkit.design.design import Design
from logitkit.design.info import DesignInfo
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.rebuild import NewRows, new_rows, rebuild_design, rebuild_ready
from logitkit.design.table.beside import values_beside
from logitkit.design.table.checks import require_finite, require_some_weight
from logitkit.design.table.extras import ARRAY
from logitkit.diagnostics.rows.left_out import rows_left_out
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, DataWarning, UnsupportedError, warn_caller
from logitkit.inference.estimable import not_estimable, require_estimable
from logitkit.inference.sample import is_sample, known_sides
from logitkit.numerics.once import once
from logitkit.numerics.threads.local import ordered_map
from logitkit.options import require_choice
from logitkit.report.left_out import left_out_words
from logitkit.typing import IntArray, UnseenPolicy

__all__ = ["Rows", "coded_rows", "rows_of_design"]

BLOCK = 16_384  # rows that are looked at at once


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows that a verb of a fit works on, as they were asked for.

    Parameters
    ----------
    record : FitRecord
        The fit.
    own : Design or None
        The rows of the fit, which a loaded model does not have.
    data : table, matrix or None
        Other rows; None for those of the fit.
    weights, offset, y : object
        Weights, offset and outcome of other rows; required if the fit was given arrays, and y if it was given a matrix.
    unseen : {'raise', 'missing'}
        Treatment of rows that the fit cannot predict, such as those with a new level: an error, or missing predictions.
        Rows with missing predictions are left out when outcomes are used.
    """

    record: FitRecord
    own: Design | None
    data: Any = None
    weights: Any = None
    offset: Any = None
    y: Any = None
    unseen: UnseenPolicy = "raise"

    def __post_init__(self) -> None:
        """Refuse a policy that is none, before any row is looked at."""
        require_choice("unseen", self.unseen, get_args(UnseenPolicy))

    @once
    def source(self) -> Source | None:
        """The source from which other rows are read in chunks; None if they are in memory."""
        return None if self.data is None else source_of(self.data, self.reading.executor)

    @property
    def in_chunks(self) -> bool:
        """Whether the rows are read in chunks instead of being held in memory."""
        return self.source is not None or (self.data is None and self.own is not None and self.own.in_chunks)

    @property
    def reading(self) -> Reading:
        """How other rows are read: with the memory limit of the fit, if that was read in chunks too."""
        own = None if self.own is None else self.own.stream
        return Reading() if own is None else Reading(own.memory, None, own.executor)

    @once
    def design(self) -> Design:
        """The rows with their outcome."""
        if self.data is None:
            self._require_nothing(weights=self.weights, offset=self.offset, y=self.y)
            if self.own is None:
                raise DataError("A loaded model does not hold the rows of the fit: pass data=..., with the outcome.")
            return self.own
        record = self.record
        if self.source is not None:
            return self._of_source(self.source)
        design = self._with_outcome()
        _require_finite_rows(design.matrix, design.info, design.positions)
        design = _own_or_all(record, design)
        if record.coordinates.vanishing is None:
            return design
        used = np.flatnonzero(design.response.weights > 0.0)
        if self.unseen == "missing":
            return _estimable_design(record, design, used)
        rows = design.take(used)
        require_estimable(record, rows.matrix, rows.positions, rows.level_codes)
        return design

    def _of_source(self, source: Source) -> Design:
        """Return the rows of a source with their outcome, which are refused where the fit says nothing of them."""
        if self.y is not None:
            raise DataError(f"y was given beside {source.label}: the formula names the outcome, a column there.")
        record = self.record
        from logitkit.design.chunks.again import design_of_source

        design = design_of_source(
            record.info, source, self.reading, weights=self.weights, offset=self.offset, unseen=self.unseen
        )
        if record.coordinates.vanishing is not None:
            if self.unseen == "missing":
                raise UnsupportedError(
                    "unseen='missing' does not go with dropped columns where rows are read in chunks: read the "
                    "files into a table."
                )
            for part in design.chunks():
                used = part.take(np.flatnonzero(part.response.weights > 0.0))
                require_estimable(record, used.matrix, used.positions, None)
        return design

    def beside(self, value: Any, role: str) -> tuple[Any, str]:
        """Return the values of a column of the table or of an array for the rows used, and their name."""
        design = self.design
        if self.data is not None and self.record.info.coding is not None and not design.in_chunks:
            design = replace(design, table=self.data)
        return values_beside(value, design, role)

    def told(self) -> Design:
        """Return the rows for a data frame, and warn if there are fewer than in the table."""
        left_out = () if self.data is None else left_out_words(replace(rows_left_out(self.design), weightless=0))
        for text in left_out:
            warn_caller(text, DataWarning)
        return self.design

    @once
    def to_predict(self) -> NewRows:
        """The rows without their outcome, which predictions do not need."""
        record = self.record
        if self.data is None:
            self._require_nothing(offset=self.offset)
            if self.own is None:
                raise DataError("A loaded model does not hold the rows of the fit: pass data=....")
            design = self.design
            rows = replace(rows_of_design(design), sides=known_sides(record, design))
            # A row of weight zero took no part.
            return rows if (design.response.weights > 0.0).all() else _estimable(record, rows)
        if self.source is not None:
            return rows_of_design(self.design)
        return self.coded(self.data)

    def coded(self, data: Any) -> NewRows:
        """Return the coded rows of a table for prediction, without rows that the fit cannot predict."""
        record = self.record
        rows = coded_rows(record.info, data, self.offset, self.unseen)
        if record.coordinates.vanishing is None:
            return rows
        if self.unseen == "missing":
            return _estimable(record, rows)
        remedy = ", or use unseen='missing' to get missing predictions there"
        require_estimable(record, rows.matrix, np.flatnonzero(rows.kept), rows.levels, remedy)
        return rows

    def _require_nothing(self, **given: Any) -> None:
        """Refuse what belongs to other rows where these are those of the fit."""
        if any(value is not None for value in given.values()):
            *others, last = given
            names = f"{', '.join(others)} or {last} were" if others else f"{last} was"
            raise DataError(f"{names} given without data; the rows of the fit have their own.")

    def _with_outcome(self) -> Design:
        """Return new rows with their outcome, as the fit was given them: by a table, or by a matrix and y."""
        info = self.record.info
        if info.coding is None:
            if self.y is None:
                raise DataError(
                    "The model was fitted on a ready matrix: pass y=... as well, the outcome of the rows of data: "
                    "fit.on(data, y=...)."
                )
            made = rebuild_ready(info, self.data, self.y, weights=self.weights, offset=self.offset)
            require_some_weight(made.response.prior, ARRAY)
            return made
        if self.y is not None:
            raise DataError(
                f"y was given, but the formula already names the outcome, {info.response.name}: put that column into "
                "data."
            )
        made = rebuild_design(info, self.data, weights=self.weights, offset=self.offset, unseen=self.unseen)
        given = info.response.weights if self.weights is None else self.weights
        require_some_weight(made.response.prior, given if isinstance(given, str) else ARRAY)
        return made


def rows_of_design(design: Design) -> NewRows:
    """Return the rows of a design as rows to predict for."""
    index = pd.RangeIndex(design.counts.given) if design.index is None else design.index
    kept = np.zeros(design.counts.given, dtype=bool)
    kept[design.positions] = True
    return NewRows(design.matrix, design.response.offset, kept, 0, index, levels=design.level_codes)


def coded_rows(info: DesignInfo, data: Any, offset: Any, unseen: UnseenPolicy) -> NewRows:
    """Return rows of a table or a matrix, coded as in a fit."""
    rows = new_rows(info, data, offset=offset, unseen=unseen)
    _require_finite_rows(rows.matrix, info, np.flatnonzero(rows.kept))
    return rows


def _own_or_all(record: FitRecord, design: Design) -> Design:
    """Return the rows of the fit where the others are those of its levels with one outcome, else all rows.

    The same table then gives what the fit gives on its own rows.
    """
    if design.response.offset is None:
        return design
    part = np.flatnonzero(~np.isinf(design.response.offset).any(axis=0))  # no offset that is given is infinite
    if part.size in (design.n_rows, 0):
        return design
    own = design.take(part)
    return own if is_sample(record, own) else design


def _require_finite_rows(matrix: Matrix, info: DesignInfo, positions: IntArray) -> None:
    """Refuse rows with a value that is not finite, which one sum of all tells at once."""

    def is_finite(block: int) -> bool:
        with np.errstate(invalid="ignore", over="ignore"):
            return matrix.rows(block * BLOCK, min((block + 1) * BLOCK, matrix.n_rows)).has_finite_sum

    if not all(list(ordered_map(is_finite, -(-matrix.n_rows // BLOCK), light=True))):
        require_finite(matrix, info.names, positions)


def _estimable_design(record: FitRecord, design: Design, used: IntArray) -> Design:
    """Return the rows whose linear predictor does not depend on which columns were dropped, the others counted."""
    rows = design.take(used)
    gone = used[not_estimable(record, rows.matrix, rows.level_codes)]
    if gone.size == 0:
        return design
    left = design.take(np.setdiff1d(np.arange(design.n_rows), gone))
    return replace(left, counts=replace(design.counts, unseen=design.counts.unseen + gone.size))


def _estimable(record: FitRecord, rows: NewRows) -> NewRows:
    """Return the rows whose linear predictor does not depend on which columns were dropped."""
    open_rows = not_estimable(record, rows.matrix, rows.levels)
    return rows.take(np.flatnonzero(~open_rows)) if open_rows.any() else rows
