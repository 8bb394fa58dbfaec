"""Rows in ascending order of their prediction, from which statistics of ranks start.

Two rows with the same columns can differ in the last bits of their linear predictor, depending on where in a
block the product was formed. Statistics of ranks would see a difference where there is none, so values that
differ by rounding are one value here, called the score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.left_out import EVERY_ROW, LeftOut, rows_left_out
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError
from logitkit.inference.prediction import design_predictor
from logitkit.typing import FloatArray, IntArray

__all__ = ["RankedRows", "merge_rounding", "rank_rows"]

ROUNDING = 1e-11  # of the largest linear predictor


@dataclass(frozen=True)
class RankedRows:
    """Rows of positive weight with a prediction, in ascending order of it.

    Parameters
    ----------
    eta, score : (m,) array
        Linear predictor, and the same with differences of rounding merged. May be infinite at the limit of a
        separated fit.
    mu : (m,) array
        Probability of the event.
    y, weights : (m,) array
        Proportion of events, and total weight.
    order : (m,) int array
        Place of each row in the design.
    undetermined : int
        Rows that were left out because the limit of a separated fit is undetermined there.
    left_out : LeftOut
        Rows given, used and left out.

    Examples
    --------
    Events and non-events add up to the weights:

    >>> zero, half = np.zeros(1), np.full(1, 0.5)
    >>> rows = RankedRows(zero, zero, half, 0.25 * np.ones(1), 4.0 * np.ones(1), np.zeros(1, dtype=np.int64), 0)
    >>> rows.events.tolist(), rows.nonevents.tolist()
    ([1.0], [3.0])
    """

    eta: FloatArray
    score: FloatArray
    mu: FloatArray
    y: FloatArray
    weights: FloatArray
    order: IntArray
    undetermined: int
    left_out: LeftOut = EVERY_ROW

    @property
    def events(self) -> FloatArray:
        """Weighted events of each row, shape (m,)."""
        return self.weights * self.y

    @property
    def nonevents(self) -> FloatArray:
        """Weighted non-events of each row, shape (m,)."""
        return self.weights * (1.0 - self.y)


def rank_rows(record: FitRecord, design: Design) -> RankedRows:
    """Return the rows of a design in ascending order of their prediction.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome.

    Returns
    -------
    RankedRows
        Rows of weight zero are left out, and rows without a determined prediction, which are counted.

    Raises
    ------
    DataError
        If no row is left.

    Examples
    --------
    >>> from logitkit.design.ready import ready_design
    >>> from logitkit.models.binomial import Binomial
    >>> from logitkit.engine.fit import fit_design
    >>> from logitkit.engine.solvers.newton import Newton
    >>> design = ready_design(np.array([[2.0], [-1.0], [1.0]]), [1, 0, 0], names=["x"])
    >>> rank_rows(fit_design(design, Binomial(), Newton()), design).order.tolist()
    [1, 2, 0]
    """
    eta = design_predictor(record, design)
    weights = design.response.weights
    used = weights > 0.0
    missing = np.isnan(eta)
    kept = np.flatnonzero(used & ~missing)
    if kept.size == 0:
        raise DataError(
            f"None of the {design.n_rows} rows has a positive weight and a prediction; there is nothing to compare."
        )
    order = kept[np.argsort(eta[kept], kind="stable")]
    ranked = eta[order]
    return RankedRows(
        eta=ranked,
        score=merge_rounding(ranked),
        mu=record.family.mean(ranked),
        y=design.response.y[order],
        weights=weights[order],
        order=order,
        undetermined=int(np.count_nonzero(used & missing)),
        left_out=rows_left_out(design, missing),
    )


def merge_rounding(values: FloatArray) -> FloatArray:
    """Return ascending values with neighbours that differ by rounding made equal to the first of them.

    Parameters
    ----------
    values : (m,) array
        In ascending order; may begin and end with infinities.

    Returns
    -------
    (m,) array
        In ascending order.

    Examples
    --------
    >>> third = 0.1 + 0.2
    >>> bool(third == 0.3), np.unique(merge_rounding(np.array([0.1, 0.3, third]))).size
    (False, 2)
    """
    finite = np.abs(values[np.isfinite(values)])
    rounding = ROUNDING * max(1.0, float(finite.max(initial=0.0)))
    with np.errstate(invalid="ignore"):
        fresh = np.diff(values) > rounding  # equal infinities differ by nan, which is not larger
    first = np.concatenate([np.zeros(min(values.size, 1), dtype=np.int64), np.flatnonzero(fresh) + 1])
    lengths = np.diff(np.append(first, values.size))
    return np.repeat(values[first], lengths)
