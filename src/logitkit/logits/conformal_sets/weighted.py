r"""Thresholds of weighted rows, which depend on the weight of the new row.

With weights :math:`w_i` of the rows of the threshold and w of a new row, the threshold is the largest conformity t with
:math:`\sum_{c_i \ge t} w_i \ge level \cdot (\sum_i w_i + w)`; minus infinity where there is none, as where w is large,
and then every outcome is in the set (``docs/maths/conformal.md``, equations 14 and 15).

References
----------
Tibshirani, R. J., Barber, R. F., Candès, E. J. and Ramdas, A. (2019) Conformal prediction under covariate shift.
NeurIPS.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from logitkit.errors import DataError
from logitkit.typing import FloatArray, IntArray

__all__ = ["WeightedRows", "weighted_rows"]

ROUNDING = 1e-12  # relative: sums of weights are not exact


@dataclass(frozen=True, eq=False)
class WeightedRows:
    """Conformities of the rows of the thresholds, from the largest on, with sums of weights.

    Parameters
    ----------
    conformity : (n,) array
        Descending within each of g groups: all rows, or those of each outcome.
    mass : (n,) array
        Sums of weights up to and with each row of its group.
    starts : (g + 1,) int array
        Where groups begin, and n.

    Examples
    --------
    >>> rows = weighted_rows([np.array([0.1, 0.9, 0.5])], [np.array([1.0, 2.0, 3.0])])
    >>> rows.limits(np.array([0.0, 1.0, 50.0]), 0.8).tolist()
    [[0.5], [0.1], [-inf]]
    """

    conformity: FloatArray = field(repr=False)
    mass: FloatArray = field(repr=False)
    starts: IntArray = field(repr=False)

    def limits(self, weights: FloatArray, level: float) -> FloatArray:
        """Return the threshold of each group, (m, g), for new rows with these weights, (m,)."""
        found = np.empty((weights.size, self.starts.size - 1))
        for j, (a, b) in enumerate(zip(self.starts[:-1], self.starts[1:], strict=True)):
            wanted = level * (self.mass[b - 1] + weights) * (1.0 - ROUNDING)
            found[:, j] = np.append(self.conformity[a:b], -np.inf)[np.searchsorted(self.mass[a:b], wanted)]
        return found

    def mean_limits(self, level: float) -> FloatArray:
        """Return the threshold of each group, (g,), for a new row with the mean weight of the group."""
        sizes = np.diff(self.starts)
        each = self.mass[self.starts[1:] - 1] / sizes
        return np.array([self.limits(each[[j]], level)[0, j] for j in range(sizes.size)])


def weighted_rows(conformities: list[FloatArray], weights: list[FloatArray]) -> WeightedRows:
    """Return rows by group, sorted.

    Parameters
    ----------
    conformities, weights : list of (m,) array
        Of each group.

    Returns
    -------
    WeightedRows
        With the rows of all groups.

    Raises
    ------
    DataError
        If a group has no row with a weight above zero.

    Examples
    --------
    >>> weighted_rows([np.array([0.1, 0.9])], [np.array([1.0, 2.0])]).mass.tolist()
    [2.0, 3.0]
    """
    sums = []
    for j, own in enumerate(weights):
        if not own.sum() > 0.0:
            where = f" with outcome {j}" if len(weights) > 1 else ""
            raise DataError(f"There is no row{where} with a weight above 0: nothing is known of a threshold.")
        sums.append(np.cumsum(own[np.argsort(-conformities[j], kind="stable")]))
    starts = np.cumsum([0, *(each.size for each in sums)])
    ordered = [-np.sort(-each) for each in conformities]
    return WeightedRows(np.concatenate(ordered), np.concatenate(sums), starts.astype(np.int64))
