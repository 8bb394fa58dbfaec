"""Models that a function of the user makes from rows of the table, with selection, bins and imputation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from logitkit.design.design import Design
from logitkit.design.table.frame import read_table
from logitkit.errors import DataError, LogitkitError, UnsupportedError
from logitkit.inference.resampling.units import prior_weights
from logitkit.inference.validation.refitting import End, Refitted, ended
from logitkit.typing import FloatArray, IntArray

__all__ = ["Recipe", "recipe_of", "rows_of_table"]


def rows_of_table(table: Any, rows: IntArray) -> Any:
    """Return rows of a table, in their order and as often as they are named, as a table of the same kind.

    Examples
    --------
    >>> rows_of_table({"x": [10, 20, 30]}, np.array([2, 2, 0]))["x"].tolist()
    [30, 30, 10]
    """
    if isinstance(table, pd.DataFrame):
        return table.iloc[rows].reset_index(drop=True)
    if isinstance(table, dict):
        return {name: np.asarray(values)[rows] for name, values in table.items()}
    import narwhals as nw

    return nw.from_native(table, eager_only=True)[rows.tolist()].to_native()


@dataclass(frozen=True, eq=False)
class Recipe:
    """Makes models by a function of rows of the table.

    Parameters
    ----------
    make : callable
        Takes a table, and returns a fit or another object whose ``predict`` takes a table.
    table : object
        The table of the fit.
    design : Design
        The rows that were used.
    n_outcomes : int
        K.
    """

    make: Callable[[Any], Any]
    table: Any
    design: Design
    n_outcomes: int

    together = 1
    on_threads = False
    calibrated = False
    words = "The recipe was carried out again in each resample."

    def fit(self, prior: FloatArray) -> Refitted:
        """Return the predictions of models made from rows that are drawn as often as prior weights say."""
        found = [self.one(weights) for weights in prior]
        return Refitted(np.stack([each for each, _ in found]), np.array([end for _, end in found]), False)

    def one(self, prior: FloatArray) -> tuple[FloatArray, End]:
        """Return what one model predicts for all rows, and how it ended."""
        own = prior_weights(self.design)
        counts = np.rint(prior / np.where(own > 0.0, own, 1.0)).astype(np.int64)
        rows = np.repeat(self.design.places, counts)
        try:
            made = self.make(rows_of_table(self.table, rows))
            record: Any = getattr(made, "record", None)
            end = ended(record) if hasattr(record, "is_separated") else End.CERTAIN
            return self._predictions(made), End.CERTAIN if end is End.ALIASED else end
        except LogitkitError as error:
            if isinstance(error, UnsupportedError) or (prior == own).all():
                raise
            return np.full((self._n_values, self.design.n_rows), np.nan), End.FAILED

    @property
    def _n_values(self) -> int:
        return 1 if self.n_outcomes == 2 else self.n_outcomes

    def _predictions(self, made: Any) -> FloatArray:
        """Return log odds of the event, or probabilities of the outcomes, of all rows."""
        if not hasattr(made, "predict"):
            raise UnsupportedError(
                f"The recipe returned {type(made).__name__}, which has no predict: return a fit, or an object whose "
                "predict(rows) gives probabilities."
            )
        given = made.predict(rows_of_table(self.table, self.design.places))
        p = np.asarray(given, dtype=np.float64)
        shape = (self.design.n_rows,) if self.n_outcomes == 2 else (self.design.n_rows, self.n_outcomes)
        if p.shape != shape:
            raise UnsupportedError(
                f"predict of what the recipe returned gave an array of shape {p.shape}, and {shape} was expected: one "
                "probability per row (and outcome), missing where there is none."
            )
        if ((p < 0.0) | (p > 1.0)).any():
            raise UnsupportedError("predict of what the recipe returned gave numbers outside 0 and 1.")
        if self.n_outcomes > 2:
            return p.T
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(p) - np.log1p(-p))[None]


def recipe_of(make: Any, design: Design, n_outcomes: int) -> Recipe:
    """Return the recipe for a function of the user, or raise an error that says why there is none.

    It may come with the table that it begins from, such as the one before values were imputed.
    """
    make, table = make if isinstance(make, tuple) and len(make) == 2 else (make, design.table)
    if not callable(make):
        raise DataError(f"recipe={make!r:.60} is not a function of a table that returns a fit.")
    if table is not None and (given := read_table(table).n_rows) != design.counts.given:
        raise DataError(
            f"The table beside the recipe has {given:,} rows, and that of the fit {design.counts.given:,}: give the "
            "same rows, in the same order."
        )
    if table is None:
        raise UnsupportedError(
            "recipe= is called with rows of the table, and the fit was made from a matrix: use a formula."
        )
    response = design.response
    if response.prior is not None and response.weight_kind == "frequency":
        raise UnsupportedError(
            "recipe= is called with rows that are drawn one by one, and the fit has frequency weights: give the table "
            "with each observation in a row of its own."
        )
    return Recipe(make, table, design, n_outcomes)
