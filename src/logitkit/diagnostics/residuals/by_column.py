r"""Residuals with a value per coefficient or term: scores, and partial residuals.

The score of a row by coefficient j is :math:`w_i u_i x_{ij}`, with :math:`u_i` the derivative of the log-likelihood by
the linear predictor, summed over predictors where there are several. The partial residual of a term is the working
residual plus what the term adds to the predictor, less its mean, as R's ``residuals(type = "partial")`` has it.

References
----------
Landwehr, J. M., Pregibon, D. and Shoemaker, A. C. (1984) Graphical methods for assessing logistic regression models.
Journal of the American Statistical Association 79, 61-71.
"""

from __future__ import annotations

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.residuals.kinds import residuals
from logitkit.engine.record import FitRecord
from logitkit.inference.prediction import fitted_rows
from logitkit.inference.verbs import require
from logitkit.typing import FloatArray

__all__ = ["partial_residuals", "score_residuals"]


def score_residuals(record: FitRecord, design: Design) -> FloatArray:
    """Return the derivative of each row's log-likelihood with respect to each coefficient.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        n rows with their outcome.

    Returns
    -------
    (n, p) array
        Score residuals. With frequency weights they are those of one copy of the row. They are 0 if separation fits a
        row perfectly.

    Examples
    --------
    They sum to zero at the estimate:

    >>> import logitkit as lk
    >>> fit = lk.multinomial("race ~ age", lk.datasets.load_lbw())
    >>> bool(np.allclose(score_residuals(fit.record, fit.design).sum(axis=0), 0.0, atol=1e-6))
    True
    """
    response = design.response
    slopes = np.nan_to_num(record.family.slopes(fitted_rows(record, design).eta, response))
    X = design.matrix.to_dense()
    return np.asarray(record.predictors.rows(X, (-response.row_weights * slopes).T))


def partial_residuals(record: FitRecord, design: Design) -> tuple[tuple[str, ...], FloatArray]:
    """Return partial residuals: the working residual plus the centred contribution of each term.

    Parameters
    ----------
    record : FitRecord
        The fit of two outcomes.
    design : Design
        n rows with their outcome.

    Returns
    -------
    names : tuple of str
        The t terms, or the columns if there is no formula, without intercepts.
    values : (n, t) array
        Partial residuals; nan if a coefficient of the term is not finite.

    Raises
    ------
    UnsupportedError
        If there are several outcomes, because a term then contributes to several linear predictors.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> names, values = partial_residuals(fit.record, fit.design)
    >>> names, values.shape
    (('age', 'lwt'), (189, 2))
    """
    require(record, "partial residuals")
    working, info = residuals(record, design, "working"), record.info
    coef = record.coef.copy()
    coef[record.aliased] = 0.0
    members = [(term.name, np.array(term.columns, dtype=np.int64)) for term in info.terms] or [
        (name, np.array([j])) for j, name in enumerate(info.names)
    ]
    members = [(name, columns) for name, columns in members if list(columns) != [info.intercept]]
    used = design.response.weights > 0.0
    out = np.empty((design.n_rows, len(members)))
    for place, (_, columns) in enumerate(members):
        part = design.matrix.columns(columns).matvec(np.ascontiguousarray(coef[columns]))
        out[:, place] = working + part - part[used].mean()
    return tuple(name for name, _ in members), out
