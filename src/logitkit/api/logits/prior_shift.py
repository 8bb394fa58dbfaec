"""The public function that estimates new proportions of outcomes without outcomes."""

from __future__ import annotations

from typing import Any

from logitkit.logits.shifted_priors.estimating import estimate_shift
from logitkit.results.foreign import in_our_words
from logitkit.results.logits.prior_shift import ShiftedPriors, held_shift

__all__ = ["prior_shift"]


@in_our_words
def prior_shift(
    logits: Any,
    *,
    method: str = "EM",
    priors: Any = None,
    held_out: Any = None,
    level: float = 0.95,
    weights: Any = None,
) -> ShiftedPriors:
    r"""Estimate the proportions of outcomes among new rows with unknown outcomes, and adjust logits to them.

    Only the proportions of outcomes are assumed to have changed, not the distribution of rows given the outcome.

    Parameters
    ----------
    logits : (n,) or (n, K) array-like
        Log odds of an event, or logits of K outcomes, of the new rows.
    method : {'EM', 'BBSE'}, default 'EM'
        ``'EM'``: maximum likelihood by the algorithm of Saerens and others (2002), which requires calibrated
        probabilities. ``'BBSE'``: black box shift estimation (Lipton and others 2018) from predicted outcomes and their
        confusion matrix, which works without calibration.
    priors : (K,) array-like, or float of an event, optional
        Proportions of outcomes that the logits are calibrated for; those of the held-out rows by default.
    held_out : (logits, y) or (logits, y, weights), optional
        Rows with outcomes that the model was not fitted to; ``'BBSE'`` needs them.
    level : float, default 0.95
        Confidence level of the intervals.
    weights : (n,) array-like, optional
        How many rows each new row stands for: results are those of the repeated rows. With survey weights the estimates
        are correct, but standard errors and tests are not.

    Returns
    -------
    ShiftedPriors
        ``priors`` with standard errors and confidence limits, a test of no shift, and ``transform(logits)``.

    Raises
    ------
    DataError
        If logits are not finite, proportions or outcomes are missing or out of range, or the confusion matrix has no
        inverse.

    Warns
    -----
    DataWarning
        If the condition number of the confusion matrix is above 30.

    Notes
    -----
    Standard errors of ``'EM'`` come from the observed information. They treat the logits, and old proportions given by
    ``priors=``, as known; old proportions counted in held-out rows add their own error. Standard errors of ``'BBSE'``
    come from the delta method and account for both the new and the held-out rows (``docs/maths/prior_shift.md``).

    References
    ----------
    Saerens, M., Latinne, P. and Decaestecker, C. (2002) Adjusting the outputs of a classifier to new a priori
    probabilities: a simple procedure. Neural Computation 14, 21-41. Lipton, Z. C., Wang, Y.-X. and Smola, A. J. (2018)
    Detecting and correcting for label shift with black box predictors. ICML.

    Examples
    --------
    A model calibrated for an event rate of one half, where the rate is one in ten:

    >>> import numpy as np
    >>> import logitkit as lk
    >>> rng = np.random.default_rng(1)
    >>> y = rng.random(5000) < 0.1
    >>> x = rng.normal(np.where(y, 1.0, -1.0), 1.0)
    >>> found = lk.logits.prior_shift(2.0 * x, priors=0.5)
    >>> round(float(y.mean()), 3), round(float(found.low[1]), 3), round(float(found.high[1]), 3)
    (0.1, 0.082, 0.108)
    >>> round(float(lk.logits.sigmoid(found.transform(2.0 * x)).mean()), 2)
    0.1
    """
    return held_shift(estimate_shift(logits, method, priors, held_out, level, weights))
