"""Sums over rows of which a score statistic is made, which add."""

from __future__ import annotations

from dataclasses import dataclass

from logitkit.inference.covariances.cluster_sums import ClusterSums, merged_sums
from logitkit.typing import FloatArray

__all__ = ["ScoreSums"]


@dataclass(frozen=True, eq=False)
class ScoreSums:
    """Sums over rows of which a score statistic is made.

    Parameters
    ----------
    score : (q,) array
        Score of the larger model at the estimates of the smaller.
    information : (q, q) array
        Information at the same estimates.
    middle : (q, q) array, list of ClusterSums or None
        From ``ScoreCovariance.middle``.

    Examples
    --------
    >>> import numpy as np
    >>> one = ScoreSums(np.ones(1), np.eye(1))
    >>> one.plus(one).score.tolist()
    [2.0]
    """

    score: FloatArray
    information: FloatArray
    middle: FloatArray | list[ClusterSums] | None = None

    def plus(self, other: ScoreSums) -> ScoreSums:
        """Return the sums over both.

        Parameters
        ----------
        other : ScoreSums
            Sums over other rows.

        Returns
        -------
        ScoreSums
            Sums over all rows.
        """
        left, right = self.middle, other.middle
        middle: FloatArray | list[ClusterSums] | None = None
        if isinstance(left, list) and isinstance(right, list):
            middle = merged_sums(left, right)
        elif left is not None and right is not None and not isinstance(left, list) and not isinstance(right, list):
            middle = left + right
        return ScoreSums(self.score + other.score, self.information + other.information, middle)
