r"""Variance inflation in models of several outcomes: how much the other terms cost each term, over all outcomes.

The factor of a term is Fox and Monette's (``collinearity.py``) for the set of its coefficients of all outcomes: that by
which the squared volume of their joint confidence region is larger than if they were uncorrelated with all coefficients
of other terms, intercepts left out. It depends on the information of the model and so on the probabilities, as in a
model of two outcomes, of which it is the factor; it does not depend on which outcome is the reference.

The root :math:`\mathrm{GVIF}^{1/(2 d)}` with d coefficients is comparable across terms.

References
----------
Fox, J. and Monette, G. (1992) Generalized collinearity diagnostics. JASA 87, 178-183, equation 10.
"""

from __future__ import annotations

import numpy as np

from logitkit.diagnostics.collinearity import Collinearity, inflation
from logitkit.engine.record import FitRecord
from logitkit.errors import SeparationError, UnsupportedError
from logitkit.inference.penalised import require_likelihood

__all__ = ["outcome_collinearity"]


def outcome_collinearity(record: FitRecord) -> Collinearity:
    """Return the generalised variance inflation factor of each term.

    Parameters
    ----------
    record : FitRecord
        The fit. Factors come from its model-based covariance, since they describe the design, whatever covariance the
        record carries.

    Returns
    -------
    Collinearity
        One entry a term. Coefficients without a finite estimate, aliased or separated, or that a predictor was given
        without, take no part; of coefficients that are equal for all outcomes there is one.

    Raises
    ------
    UnsupportedError
        If the model has no column but the intercept, and after a penalty.
    SeparationError
        If no coefficient but the intercepts has a finite estimate.

    Examples
    --------
    Any outcome may be the reference:

    >>> import logitkit as lk
    >>> data = {"y": list("abcbaccab") * 2, "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1] * 2, "z": [0, 1, 1] * 6}
    >>> first, other = (lk.multinomial("y ~ x + z", data, reference=outcome) for outcome in ("a", "c"))
    >>> bool(np.allclose(outcome_collinearity(first.record).gvif, outcome_collinearity(other.record).gvif))
    True
    """
    require_likelihood(record, "collinearity")
    intercept, p = record.info.intercept, record.predictors.n_columns
    m = record.predictors.active.size
    absent = np.zeros(m * p, dtype=bool) if record.absent is None else record.absent
    flat = [k * p + j for k in range(m) for j in range(p) if j != intercept and not absent[k * p + j]]
    if not flat:
        raise UnsupportedError("The model has no column but the intercept; nothing can be collinear.")
    covariance = record.model_vcov
    variance = np.diag(covariance)
    present = [j for j in flat if np.isfinite(record.coef[j]) and variance[j] > 0.0]
    left_out = tuple(record.names[j] for j in sorted(set(flat) - set(present)))
    if not present:
        raise SeparationError(
            f"No coefficient but the intercepts is finite ({', '.join(left_out)}); there are no variances to inflate."
        )
    place = {j: i for i, j in enumerate(present)}
    members = {
        term.name: np.array([place[k * p + j] for k in range(m) for j in term.columns if k * p + j in place], dtype=int)
        for term in record.info.terms
    }
    return inflation(
        covariance[np.ix_(present, present)], members, has_intercept=intercept is not None, left_out=left_out
    )
