r"""A nomogram: a model of one linear predictor as scales of points that are added by hand.

Variable j contributes :math:`f_j(x_j) = \sum_{c \in C_j} x_c(x_j) \beta_c` to the linear predictor, which requires that
no column contains two variables. With :math:`R = \max_j (\max f_j - \min f_j)` its points are

.. math:: P_j(x_j) = 100 \, \{f_j(x_j) - \min f_j\} / R,

and the linear predictor of a row is :math:`\beta_0 + \sum_j \min f_j + (R / 100) \sum_j P_j(x_j)`
(``docs/maths/nomogram.md``).

References
----------
Harrell, F. E. (2015) Regression Modeling Strategies, second edition, section 5.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from logitkit.engine.record import FitRecord
from logitkit.errors import DataError
from logitkit.typing import FloatArray

__all__ = ["Contribution", "Nomogram", "Scale", "nomogram"]

POINTS = 100.0  # of the variable that contributes over the widest range
PROBABILITIES = (0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)


class Contribution(NamedTuple):
    """The contribution of a variable to the linear predictor at some of its values.

    Parameters
    ----------
    variable : str
        Name of the variable.
    values : tuple of str
        The k values, in words.
    added : (k,) array
        Contribution of each value.
    numeric : bool
        Whether the values are points on a numeric scale.

    Examples
    --------
    >>> Contribution("smoke", ("0", "1"), np.array([0.0, 0.7]), False).variable
    'smoke'
    """

    variable: str
    values: tuple[str, ...]
    added: FloatArray
    numeric: bool


class Scale(NamedTuple):
    """A variable on a scale of points.

    Parameters
    ----------
    variable : str
        Name of the variable.
    values : tuple of str
        The k values, in words.
    points : (k,) array
        Their points, from 0 to at most 100.
    numeric : bool
        Whether the values are points on a numeric scale.

    Examples
    --------
    >>> Scale("smoke", ("0", "1"), np.array([0.0, 100.0]), False).points.max().item()
    100.0
    """

    variable: str
    values: tuple[str, ...]
    points: FloatArray
    numeric: bool


@dataclass(frozen=True)
class Nomogram:
    """Scales of points, and the predictions for their total.

    Parameters
    ----------
    scales : tuple of Scale
        One per variable.
    most : float
        The largest possible total.
    probabilities : (g,) array
        Probabilities of the event that are marked on the scale of totals.
    totals : (g,) array
        The total for each probability.
    least : float
        Linear predictor at zero points.
    per_point : float
        Change in the linear predictor per point.
    event : str
        The event in words.

    Examples
    --------
    >>> none = np.zeros(0)
    >>> Nomogram((), 100.0, none, none, -2.0, 0.04, "y = 1").predictor(50.0)
    0.0
    """

    scales: tuple[Scale, ...]
    most: float
    probabilities: FloatArray
    totals: FloatArray
    least: float
    per_point: float
    event: str

    def predictor(self, points: float) -> float:
        """Return the linear predictor for a total.

        Parameters
        ----------
        points : float
            Total points of all variables.

        Returns
        -------
        float
            The linear predictor, on the link scale.
        """
        return self.least + self.per_point * points


def nomogram(record: FitRecord, intercept: float, parts: Sequence[Contribution]) -> Nomogram:
    """Return a model as scales of points.

    Parameters
    ----------
    record : FitRecord
        A fit of a model for an event.
    intercept : float
        The linear predictor when every variable contributes zero.
    parts : sequence of Contribution
        The contribution of each variable.

    Returns
    -------
    Nomogram
        The variable with the widest range of contributions has 100 points.

    Raises
    ------
    DataError
        If no variable changes the prediction.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ smoke", lk.datasets.load_lbw())
    >>> part = Contribution("smoke", ("0", "1"), np.array([0.0, fit.coef["smoke"]]), False)
    >>> found = nomogram(fit.record, fit.coef["Intercept"], [part])
    >>> found.scales[0].points.tolist(), bool(np.isclose(found.predictor(100.0), fit.coef.sum()))
    ([0.0, 100.0], True)
    """
    spread = max((float(np.ptp(part.added)) for part in parts), default=0.0)
    if not spread > 0.0:
        raise DataError("No variable changes the prediction, so there is no nomogram to draw.")
    unit = POINTS / spread
    scales = tuple(
        Scale(part.variable, part.values, unit * (part.added - part.added.min()), part.numeric) for part in parts
    )
    most = float(sum(scale.points.max() for scale in scales))
    least = intercept + float(sum(part.added.min() for part in parts))
    link = record.family.tail_link
    totals = (link.link(np.array(PROBABILITIES)) - least) * unit
    inside = (totals >= 0.0) & (totals <= most)
    shown = np.array(PROBABILITIES)[inside], totals[inside]
    return Nomogram(scales, most, *shown, least, 1.0 / unit, record.info.response.event_in_words)
