r"""Profit and cut-off: what is approved, lost and earned at every number of points from which applicants are approved.

A good that is approved earns its gain, a bad costs its loss (exposure at default times loss given default). At each
cut-off there is the profit of these rows, with the error of a sum over rows that were drawn, and the profit and loss
that the card's probabilities expect. Where gain and loss are the same for all, the best cut-off is at the probability
of bad gain / (gain + loss) (Thomas, Edelman and Crook 2002; ``docs/maths/scorecard_validation.md``, equations 17 and
18).

References
----------
Thomas, L. C., Edelman, D. B. and Crook, J. N. (2002) Credit Scoring and Its Applications. SIAM.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from logitkit.engine.law import NORMAL
from logitkit.errors import DataError
from logitkit.scorecard.validation.outcomes import ScoredRows
from logitkit.scorecard.weighting import UNWEIGHTED, Weighting
from logitkit.typing import FloatArray

__all__ = ["Profit", "profit_curve"]


@dataclass(frozen=True, eq=False)
class Profit:
    """Profit by cut-off, the strictest first; the last approves everybody.

    Parameters
    ----------
    cuts : (k,) array
        Points from which applicants are approved.
    approval : (k,) array
        Proportion of rows that are approved.
    bad_rate : (k,) array
        Bad rate of approved applicants.
    profit, profit_low, profit_high : (k,) arrays
        Gains minus losses on these rows, with normal intervals that hold for a cut-off chosen in advance.
    expected_profit, expected_loss : (k,) arrays
        Profit and loss of approved applicants that the probabilities of the card predict.
    break_even : float
        Probability of bad at which an applicant with average gain and loss has expected profit zero.
    level : float
        Confidence level of the intervals.
    weighting : Weighting
        Meaning of the weights of the rows.
    """

    cuts: FloatArray
    approval: FloatArray
    bad_rate: FloatArray
    profit: FloatArray
    profit_low: FloatArray
    profit_high: FloatArray
    expected_profit: FloatArray
    expected_loss: FloatArray
    break_even: float
    level: float
    weighting: Weighting = UNWEIGHTED

    @property
    def best(self) -> int:
        """Position of the cut-off with the largest profit on these rows; the strictest one if tied."""
        return int(np.argmax(self.profit))

    @property
    def best_expected(self) -> int:
        """Position of the cut-off with the largest expected profit."""
        return int(np.argmax(self.expected_profit))

    def at_approval(self, proportion: float) -> int:
        """Return the position of the loosest cut-off that approves at most this proportion, or else the strictest."""
        return max(int(np.searchsorted(self.approval, proportion * (1.0 + 1e-12), side="right")) - 1, 0)


def profit_curve(rows: ScoredRows, gain: FloatArray, loss: FloatArray, level: float = 0.95) -> Profit:
    """Return the profit at every cut-off, for gains of goods and losses of bads by row."""
    for name, values in (("gain", gain), ("loss", loss)):
        if not (np.isfinite(values) & (values >= 0)).all():
            raise DataError(f"{name}= must be numbers that are not negative, and none may be missing.")
    if not gain.any() and not loss.any():
        raise DataError("gain= and loss= are 0 in all rows: there is no profit to compare.")
    order = np.argsort(-rows.safer * rows.points, kind="stable")
    points, bad, p = rows.points[order], rows.bad[order], rows.probability[order]
    gain, loss, w = gain[order], loss[order], rows.w[order]
    last = np.append(np.flatnonzero(points[1:] != points[:-1]), points.size - 1)
    worth = np.where(bad, -loss, gain)
    count = np.cumsum(w)[last]
    total, squares = np.cumsum(w * worth)[last], np.cumsum(rows.spread[order] * worth**2)[last]
    # Rows that are not approved are worth nothing, and are rows that were drawn all the same.
    n = rows.bad.size if rows.sampling else rows.n
    half = NORMAL.quantile(level) * np.sqrt(np.maximum(squares - total**2 / n, 0.0))
    mean_gain, mean_loss = float(w @ gain) / rows.n, float(w @ loss) / rows.n
    return Profit(
        cuts=points[last],
        approval=count / rows.n,
        bad_rate=np.cumsum(w * bad)[last] / count,
        profit=total,
        profit_low=total - half,
        profit_high=total + half,
        expected_profit=np.cumsum(w * ((1.0 - p) * gain - p * loss))[last],
        expected_loss=np.cumsum(w * p * loss)[last],
        break_even=mean_gain / (mean_gain + mean_loss) if mean_gain + mean_loss > 0 else math.nan,
        level=level,
        weighting=rows.weighting,
    )
