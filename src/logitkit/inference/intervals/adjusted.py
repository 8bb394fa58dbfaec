"""The coefficient table with p-values adjusted for multiple testing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.engine.record import FitRecord
from logitkit.inference.delta import Estimates
from logitkit.inference.hypotheses.wald import covariance_root
from logitkit.inference.intervals.simultaneous import Adjustment, adjusted_p_values
from logitkit.inference.verbs import require

__all__ = ["ADJUSTMENTS", "adjusted_coefficients"]

#: Adjustments as they are printed.
ADJUSTMENTS = {
    "bonferroni": "Bonferroni",
    "holm": "Holm",
    "benjamini-hochberg": "Benjamini-Hochberg",
    "single-step": "single-step",
}


def adjusted_coefficients(record: FitRecord, table: Estimates, adjust: Adjustment) -> Estimates:
    """Return the coefficient table with adjusted p-values.

    Parameters
    ----------
    record : FitRecord
        The fit.
    table : Estimates
        All coefficients.
    adjust : {'bonferroni', 'holm', 'benjamini-hochberg', 'single-step'}
        Method of adjustment, for the number of coefficients that have a p-value.

    Returns
    -------
    Estimates
        The table, otherwise unchanged.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.inference.hypotheses.wald import coefficient_estimates
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> table = coefficient_estimates(fit.record)
    >>> found = adjusted_coefficients(fit.record, table, "bonferroni")
    >>> bool(np.allclose(found.p_value, 2 * table.p_value))
    True
    """
    require(record, "test")
    root = np.zeros((0, 0))
    if adjust == "single-step":
        root = covariance_root(record, record.coordinates.jacobian(np.eye(record.coef.size)))
    p_value = adjusted_p_values(table.statistic, table.p_value, root, record.coefficient_law, adjust)
    return replace(table, p_value=p_value)
