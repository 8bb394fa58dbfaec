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
    r"""Estimate how often each outcome occurs among new rows without outcomes, and move logits to it.

    Rows of one outcome are taken to be alike before and after; only how often outcomes occur has changed.

    Parameters
    ----------
    logits : (n,) or (n, K) array-like
        Log odds of an event, or logits of K outcomes, of the new rows.
    method : {'EM', 'BBSE'}, default 'EM'
        The maximum of the likelihood, which the algorithm of Saerens and others (2002) finds; it relies on calibrated
        probabilities. Or black box shift estimation (Lipton and others 2018) from predicted outcomes and how often
        they are wrong, which does not.
    priors : (K,) array-like, or float of an event, optional
        Proportions of outcomes that the logits are calibrated for; those of the held-out rows by default.
    held_out : (logits, y) or (logits, y, weights), optional
        Rows with outcomes that the model was not fitted to; ``'BBSE'`` needs them.
    level : float, default 0.95
        Of the intervals.
    weights : (n,) array-like, optional
        How often each new row counts: estimates, errors and tests are those of rows that are repeated. Weights of a
        survey give right estimates, and errors that are not theirs.

    Returns
    -------
    ShiftedPriors
        ``priors`` with errors and limits, a test that nothing has shifted, ``transform(logits)``.

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
    Errors of ``'EM'`` are of the observed information and take the logits as given, and old proportions that are given
    by ``priors=``; those counted in held-out rows add their own error. Errors of ``'BBSE'`` are by the delta method, of
    the new rows and the held-out ones (``docs/maths/prior_shift.md``).

    References
    ----------
    Saerens, M., Latinne, P. and Decaestecker, C. (2002) Adjusting the outputs of a classifier to new a priori
    probabilities: a simple procedure. Neural Computation 14, 21-41. Lipton, Z. C., Wang, Y.-X. and Smola, A. J. (2018)
    Detecting and correcting for label shift with black box predictors. ICML.

    Examples
    --------
    A model calibrated for one event in two, where there is one in ten:

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
