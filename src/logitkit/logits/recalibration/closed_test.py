r"""Which update of a model the outcomes of new rows ask for, by a closed test.

From the most modest update on, each is compared with the most extensive by the likelihood ratio: the first that is not
rejected is chosen, else the most extensive. With the original model first, one that is right is kept with probability
``level``. The most extensive is the refit of all coefficients where one is given, else intercept and slope.

References
----------
Vergouwe, Y., Nieboer, D., Oostenbrink, R., Debray, T. P. A., Murray, G. D., Kattan, M. W., Koffijberg, H., Moons, K. G.
M. and Steyerberg, E. W. (2017) A closed testing procedure to select an appropriate method for updating prediction
models. Statistics in Medicine 36, 4529-4539.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import chdtrc

from logitkit.engine.law import require_level
from logitkit.logits.read import read_logits, read_outcomes, read_weights
from logitkit.logits.recalibration.fitting import learn
from logitkit.logits.recalibration.recalibrator import Recalibrator
from logitkit.logits.scores import log_loss
from logitkit.typing import FloatArray

__all__ = ["ClosedTest", "Refit", "closed_test", "closed_test_of"]


@dataclass(frozen=True)
class Refit:
    """The most extensive update: all coefficients are estimated again.

    Parameters
    ----------
    loglik : float
        Log-likelihood of the refit on the same rows, without the binomial constant of counts.
    n_params : int
        Number of coefficients.

    Examples
    --------
    >>> Refit(-10.0, 3).n_params
    3
    """

    loglik: float
    n_params: int


@dataclass(frozen=True)
class ClosedTest:
    """Result of a closed test of updates of a model.

    Parameters
    ----------
    updates : tuple of str
        The updates compared: ``'none'``, ``'intercept'``, ``'logistic'``, and ``'refit'`` where one was given.
    loglik : (u,) array
        Log-likelihood of each update, without the binomial constant of counts.
    against : str
        The most extensive update, against which the others are tested.
    statistic, p_value : (u - 1,) array
        Likelihood ratio test of each other update against the most extensive.
    dof : (u - 1,) int array
        Degrees of freedom.
    level : float
        Probability with which a correct model is kept.
    chosen : str
        The chosen update.
    recalibrator : Recalibrator
        Recalibrator of the chosen update; for ``'none'`` and ``'refit'`` it leaves logits unchanged.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> l = rng.standard_normal(500)
    >>> closed_test(l, rng.random(500) < 1 / (1 + np.exp(-l))).chosen
    'none'
    """

    updates: tuple[str, ...]
    loglik: FloatArray
    against: str
    statistic: FloatArray
    dof: FloatArray
    p_value: FloatArray
    level: float
    chosen: str
    recalibrator: Recalibrator


def closed_test(
    logits: Any, y: Any, weights: Any = None, *, refit: Refit | None = None, level: float = 0.95
) -> ClosedTest:
    """Choose between keeping logits, updating their intercept, updating intercept and slope, and a refit.

    Parameters
    ----------
    logits : (n,) or (n, K) array-like
        Logits by a model that was not fitted to these rows.
    y : (n,) array-like
        0 or 1, or the proportion of events; for K outcomes, their numbers from 0 to K - 1.
    weights : (n,) array-like, optional
        How often each row counts.
    refit : Refit, optional
        The refit of the model to these rows.
    level : float, default 0.95
        Probability with which a correct model is kept.

    Returns
    -------
    ClosedTest
        The test, with the recalibrator of the chosen update.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> l = rng.standard_normal(500)
    >>> closed_test(l, rng.random(500) < 1 / (1 + np.exp(1 - l))).chosen
    'intercept'
    """
    values = read_logits(logits)
    return closed_test_of(values, read_outcomes(y, values), read_weights(weights, values.shape[0]), refit, level)


def closed_test_of(
    logits: FloatArray, shares: FloatArray, weights: FloatArray, refit: Refit | None, level: float
) -> ClosedTest:
    """Choose an update from arrays that were checked.

    Parameters
    ----------
    logits, shares : (n,) or (n, K) array
        Logits, and proportions of what happened.
    weights : (n,) array
        How often each row counts.
    refit : Refit or None
        The refit of the model to these rows.
    level : float
        Probability with which a correct model is kept.

    Returns
    -------
    ClosedTest
        The test, with the recalibrator of the chosen update.

    Examples
    --------
    >>> found = closed_test_of(np.zeros(40), np.repeat([0.0, 1.0], [4, 36]), np.ones(40), Refit(-13.0, 1), 0.95)
    >>> found.updates, found.chosen
    (('none', 'intercept', 'refit'), 'intercept')
    """
    require_level(level)
    event = logits.ndim == 1
    varies = bool(np.ptp(logits if event else logits - logits[:, :1], axis=0).any())
    names = ("intercept", "logistic") if varies else ("intercept",)
    found = {name: learn(logits, shares, weights, name) for name in names}
    total = float(weights.sum())
    loglik = [-total * log_loss(logits, shares, weights), *(-total * each.log_loss[1] for each in found.values())]
    size = [0, *(each.estimate.size for each in found.values())]
    updates = ["none", *found]
    if refit is not None:
        # A refit with no more coefficients than a recalibration has is the same as that one, or less.
        kept = [j for j, q in enumerate(size) if q < refit.n_params or updates[j] == "intercept"]
        updates, loglik, size = ([values[j] for j in kept] for values in (updates, loglik, size))  # type: ignore[assignment]
        updates, loglik, size = [*updates, "refit"], [*loglik, refit.loglik], [*size, refit.n_params]
    ratio = np.maximum(2.0 * (loglik[-1] - np.array(loglik[:-1])), 0.0)
    dof = size[-1] - np.array(size[:-1])
    p = np.where(dof > 0, chdtrc(np.maximum(dof, 1), ratio), 1.0)
    kept_first = np.flatnonzero(p > 1.0 - level)
    chosen = updates[int(kept_first[0])] if kept_first.size else updates[-1]
    nothing = (
        Recalibrator("none", 2) if event else Recalibrator("none", logits.shape[1], slopes=np.ones(logits.shape[1]))
    )
    return ClosedTest(
        tuple(updates), np.array(loglik), updates[-1], ratio, dof, p, level, chosen, found.get(chosen, nothing)
    )
