r"""The ladder of updates of a model: what each asks of new rows, and how it predicts rows that are held out.

original, intercept, intercept and slope, revision: each holds all before it. The closed test climbs it (Vergouwe et al.
2017); a prior at the earlier coefficients lies between its rungs, and an extension by new predictors beside it.

References
----------
Vergouwe, Y., Nieboer, D., Oostenbrink, R., Debray, T. P. A., Murray, G. D., Kattan, M. W., Koffijberg, H., Moons, K. G.
M. and Steyerberg, E. W. (2017) A closed testing procedure to select an appropriate method for updating prediction
models. Statistics in Medicine 36, 4529-4539.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, expit

from logitkit.inference.validation.held_out import held_out_measures
from logitkit.logits.scores import brier_score, log_loss
from logitkit.selection.updating.strength import PriorStrength
from logitkit.typing import FloatArray

__all__ = ["MEASURES", "UPDATES", "UpdateLadder", "chi_square", "held_out_scores"]

#: Updates, from the most modest.
UPDATES = ("original", "intercept", "slope", "revision", "prior", "extension")
#: Columns of scores on rows that are held out.
MEASURES = ("log_loss", "brier", "c", "slope", "in_the_large")


@dataclass(frozen=True)
class UpdateLadder:
    """Comparison of updates of a model based on new rows.

    Parameters
    ----------
    updates : tuple of str
        Names of the updates: ``'original'``, ``'intercept'``, ``'slope'`` (with the intercept), ``'revision'`` (all
        coefficients), ``'prior'`` and ``'extension'``.
    n_params : (u,) array
        Number of parameters estimated from the new rows; with a prior, the effective number.
    loglik : (u,) array
        Log-likelihood of the new rows, without the constant of counts.
    against : tuple of str
        Update with which each is compared by a likelihood-ratio test; empty if there is no test. Closed-test updates
        are compared with the largest of them, an extension with intercept and slope.
    statistic, dof, p_value : (u,) array
        Likelihood-ratio statistic, its degrees of freedom and its p-value; nan if there is no test.
    held_out : (u, 5) array
        Log loss, Brier score, c, calibration slope and calibration-in-the-large on held-out rows; nan if there are
        none. The last three are nan with several outcomes.
    chosen : str
        Name of the chosen update.
    closed_test : str
        Update chosen by the closed test, whether or not it was used.
    level : float
        Probability that the closed test keeps a correct model.
    n, n_held_out : float
        Total weight of the new rows, and of the held-out rows.
    strength : PriorStrength or None
        Strength of the prior, and how it was chosen.
    by_distance : bool
        Whether statistics are Wald statistics with sandwich covariances, as required for sampling weights and clusters.
        Log-likelihoods then treat the weighted rows as independent.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fit = lk.logit("low ~ age + lwt + smoke", births[::2])
    >>> fit.update(births[1::2]).ladder.updates
    ('original', 'intercept', 'slope', 'revision')
    """

    updates: tuple[str, ...]
    n_params: FloatArray
    loglik: FloatArray
    against: tuple[str, ...]
    statistic: FloatArray
    dof: FloatArray
    p_value: FloatArray
    held_out: FloatArray
    chosen: str
    closed_test: str
    level: float
    n: float
    n_held_out: float = 0.0
    strength: PriorStrength | None = None
    by_distance: bool = False


def chi_square(smaller: float, larger: float, dof: int) -> tuple[float, float]:
    """Return a likelihood-ratio statistic and its p-value.

    Parameters
    ----------
    smaller, larger : float
        Log-likelihoods of the smaller and larger model.
    dof : int
        Difference in the number of parameters.

    Returns
    -------
    float, float
        Statistic and p-value.

    Examples
    --------
    >>> [round(value, 4) for value in chi_square(-12.0, -10.0, 1)]
    [4.0, 0.0455]
    """
    ratio = max(2.0 * (larger - smaller), 0.0)
    return ratio, float(chdtrc(dof, ratio))


def held_out_scores(logits: FloatArray, shares: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the scores of logits on held-out rows.

    Parameters
    ----------
    logits, shares : (n,) or (n, K) array
        Logits, and observed proportions of outcomes.
    weights : (n,) array
        Weight of each row.

    Returns
    -------
    (5,) array
        Scores in the order of ``MEASURES``; with several outcomes, only the first two are not nan.

    Examples
    --------
    >>> held_out_scores(np.zeros(4), np.array([0.0, 1.0, 0.0, 1.0]), np.ones(4))[:3].round(4).tolist()
    [0.6931, 0.25, 0.5]
    """
    found = np.full(len(MEASURES), np.nan)
    found[0], found[1] = log_loss(logits, shares, weights), brier_score(logits, shares, weights)
    if logits.ndim == 1:
        scaled, _ = held_out_measures(shares, logits, weights)
        found[2:] = expit(scaled[0]), scaled[2], scaled[3]
    return found
