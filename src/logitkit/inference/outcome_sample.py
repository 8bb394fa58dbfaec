"""Whether rows are those that a model of several outcomes was fitted to."""

from __future__ import annotations

import numpy as np

from logitkit.design.design import Design
from logitkit.design.response.response import NO_SHARES
from logitkit.engine.record import FitRecord
from logitkit.inference.outcome_prediction import limiting_logits

__all__ = ["is_outcome_sample"]

SAME_LOSS = 1e-8  # relative: sums of other blocks of rows differ by less


def is_outcome_sample(record: FitRecord, design: Design) -> bool:
    """Tell whether the rows of a design are those of the fit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        n rows with their outcome.

    Returns
    -------
    bool
        Sizes, outcomes, weights and a sample of the rows agree, and the loss of all rows is that of the fit.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> is_outcome_sample(fit.record, fit.design)
    True
    """
    if design.fingerprint != record.fingerprint:
        return False
    response = design.response
    eta, undetermined = limiting_logits(record, design.matrix, response.offset)
    used = response.weights > 0.0
    if undetermined is not None and undetermined[:, used].any():
        return False
    shares = NO_SHARES if response.shares is None else response.shares[:, used]
    loss = float(response.weights[used] @ record.family.loss(eta[:, used], response.codes[used], shares))
    known = record.log_constant - record.loglik
    return bool(np.isnan(known) or abs(loss - known) <= SAME_LOSS * max(abs(known), 1.0))
