r"""The change of the mean score, split by variable and bin.

Points add up, and so do their means: the mean score moves by the sum over variables and bins of the points of a bin,
less the mean of the variable, times the change of its proportion (``docs/maths/stability.md``, equations 5 and 6).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.scorecard.card import Card
from logitkit.scorecard.monitoring.counted import Counted
from logitkit.typing import FloatArray

__all__ = ["ScoreChange", "score_change"]


@dataclass(frozen=True, eq=False)
class ScoreChange:
    """Points by which each variable changed the mean score.

    Parameters
    ----------
    names : tuple of str
        Variables of the card.
    base, recent : (v,) arrays
        Mean points of each variable in the two samples, over rows that have a score.
    std_error : (v,) array
        Standard errors of the differences of the means, for independent rows.
    parts : tuple of (k + 1,) arrays
        Contribution of each bin of each variable to the change: its points minus the mean of the base, times the
        change of its proportion.
    mean_base, mean_recent : float
        Mean scores.
    mean_std_error : float
        Standard error of their difference.
    """

    names: tuple[str, ...]
    base: FloatArray
    recent: FloatArray
    std_error: FloatArray
    parts: tuple[FloatArray, ...]
    mean_base: float
    mean_recent: float
    mean_std_error: float

    @property
    def difference(self) -> FloatArray:
        """Contribution of each variable to the change of the mean score, shape (v,)."""
        return self.recent - self.base


def score_change(card: Card, base: Counted, recent: Counted) -> ScoreChange:
    """Return the change of the mean score from one sample to another, split by variable.

    Parameters
    ----------
    card : Card
        Points of the bins.
    base, recent : Counted
        The two samples.

    Returns
    -------
    ScoreChange
        Differences that sum to that of the mean scores.
    """
    means = np.empty((2, len(card.variables)))
    errors = np.empty(len(card.variables))
    parts = []
    for j, variable in enumerate(card.variables):
        points = np.where(np.isnan(variable.points), 0.0, variable.points)  # rows of these bins have no score
        shares = [sample.scored[j] / sample.n_scored for sample in (base, recent)]
        means[:, j] = [share @ points for share in shares]
        offs = [points - share @ points for share in shares]
        errors[j] = np.sqrt(base.variance_of(j, offs[0]) + recent.variance_of(j, offs[1]))
        parts.append((points - means[0, j]) * (shares[1] - shares[0]))
    error = np.sqrt(base.mean_variance + recent.mean_variance)
    return ScoreChange(card.names, means[0], means[1], errors, tuple(parts), base.mean, recent.mean, float(error))
