r"""Overdispersed counts: a factor for the covariance, or weights that depend on the size of each row.

*A factor*: :math:`\phi = X^2 / \nu`, where :math:`X^2` is Pearson's statistic or the deviance and :math:`\nu` the
residual degrees of freedom; the covariance is :math:`\phi` times the inverse information. *Williams's procedure III*:
the variance of the proportion of m trials is :math:`\mu(1 - \mu)\{1 + \rho(m - 1)\}/m`; rows get weights :math:`1/\{1 +
\rho(m - 1)\}`, and :math:`\rho` makes Pearson's statistic of the weighted fit equal to :math:`\nu`. Estimates over
their standard errors are compared with t, and joint tests with F, on :math:`\nu` degrees of freedom
(``docs/maths/quasi.md``).

References
----------
McCullagh, P. and Nelder, J. A. (1989) Generalized Linear Models, 2nd edition, sections 4.5 and 9.2.
Williams, D. A. (1982) Extra-binomial variation in logistic linear models. Applied Statistics 31, 144-148.
Collett, D. (2003) Modelling Binary Data, 2nd edition, chapter 6.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.curvature.vcov import DenseVcov
from logitkit.engine.facts import Covariance
from logitkit.engine.fit import fit_design
from logitkit.engine.law import Law
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import ConvergenceError, UnsupportedError
from logitkit.inference.prediction import fitted_rows
from logitkit.inference.predictor_variance import predictor_covariances
from logitkit.options import require_choice
from logitkit.typing import FloatArray

__all__ = ["DispersionKind", "pearson_chi_square", "with_dispersion"]

DispersionKind = Literal["pearson", "deviance", "williams"]
PASSES_MOST = 200
SIZE_MOST = 5_000  # coefficients whose covariance is written out
CLOSE = 1e-10  # of Pearson's statistic to its degrees of freedom


def pearson_chi_square(record: FitRecord, design: Design) -> float:
    r"""Return Pearson's statistic, the weighted sum of (observed - expected) squared over expected.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its n rows.

    Returns
    -------
    float
        Sum over rows and outcomes; for two outcomes :math:`\sum m_i (y_i - \mu_i)^2 / \mu_i (1 - \mu_i)`.

    Examples
    --------
    For one proportion and two rows of ten trials, it is the statistic of the two-by-two table:

    >>> import logitkit as lk
    >>> fit = lk.logit("cbind(a, b) ~ 1", {"a": [2, 6], "b": [8, 4]})
    >>> bool(np.isclose(pearson_chi_square(fit.record, fit.design), 20 * (2 * 4 - 6 * 8) ** 2 / (10 * 10 * 8 * 12)))
    True
    """
    response = design.response
    probabilities = fitted_rows(record, design).probabilities
    away = response.indicators() - probabilities
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(away == 0.0, 0.0, away**2 / probabilities)
    return float(response.weights @ terms.sum(axis=0))


def with_dispersion(
    record: FitRecord, design: Design, kind: DispersionKind, *, exact: bool = True
) -> tuple[FitRecord, Design]:
    """Return a fit whose standard errors allow for overdispersion, and its rows.

    Parameters
    ----------
    record : FitRecord
        The fit, with its model-based covariance.
    design : Design
        Its n rows of counts.
    kind : {'pearson', 'deviance', 'williams'}
        How the dispersion is estimated.
    exact : bool
        Whether statistics are compared with t and F; otherwise with the normal and chi-square distributions.

    Returns
    -------
    record : FitRecord
        The fit with the new covariance; with ``'williams'`` its coefficients change too.
    design : Design
        The rows; for ``'williams'``, with the estimated weights.

    Raises
    ------
    UnsupportedError
        For rows of one trial each, and for a fit with a sandwich covariance, a penalty or an absorbed factor.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("cbind(a, b) ~ 1", {"a": [2, 6, 9], "b": [8, 4, 1]})
    >>> wide, _ = with_dispersion(fit.record, fit.design, "pearson")
    >>> ratio = wide.std_error[0] ** 2 / fit.std_error.iloc[0] ** 2
    >>> bool(np.isclose(ratio, pearson_chi_square(fit.record, fit.design) / 2)), wide.law
    (True, Law(dof=2.0))
    """
    require_choice("dispersion", kind, get_args(DispersionKind))
    _require_counts(record, design, kind)
    dof = float(record.dof_residual)
    law = Law(dof) if exact else Law()
    if kind == "williams":
        rho, found, design = _williams(record, design)
        record = replace(found, totals=record.totals, total=record.total, n_trials=record.n_trials)
        label = f"model-based, rows of m trials weighted by 1 / (1 + {rho:.4g} (m - 1)) (Williams)"
        made = Covariance("dispersion", label, law=law, dispersion=rho)
        return replace(record, covariance=made), design
    statistic = pearson_chi_square(record, design) if kind == "pearson" else record.deviance
    phi, name = statistic / dof, "Pearson chi-square" if kind == "pearson" else "deviance"
    label = f"model-based, variances times the dispersion {phi:.4g} ({name} / {dof:g})"
    made = Covariance("dispersion", label, law=law, dispersion=phi)
    return record.with_covariance(DenseVcov(phi * record.inner_vcov.array()), made), design


def _require_counts(record: FitRecord, design: Design, kind: DispersionKind) -> None:
    """Refuse what has no dispersion that could be estimated, or errors of another kind."""
    response, given = design.response, f"dispersion={kind!r}"
    if record.adjustment is not None:
        raise UnsupportedError(f"{given} cannot be combined with a reduction of bias: leave one of the two out.")
    if not record.has_likelihood:
        raise UnsupportedError(
            f"{given} belongs to model-based errors, and those of this fit are: {record.covariance.label}. Leave "
            "one of the two out."
        )
    if record.nuisance.n_parameters or record.inner_coef.size > SIZE_MOST:
        raise UnsupportedError(f"{given} is not offered where the levels of a factor are eliminated.")
    if response.trials is None or response.trials.max(initial=0.0) <= 1.0:
        raise UnsupportedError(
            f"{given}: every row has one trial, and outcomes that are 0 or 1 cannot vary more than binomially; what "
            "rows share shows only in counts. Give cbind(events, nonevents), or errors by cluster=."
        )
    if record.dof_residual < 1:
        raise UnsupportedError(f"{given}: the model has as many parameters as there are rows, which leaves none to it.")
    if kind == "williams" and not record.is_single:
        raise UnsupportedError(f"{given} is defined for two outcomes; use dispersion='pearson'.")
    if kind == "williams" and response.prior is not None:
        raise UnsupportedError(
            f"{given} makes weights of its own, and there are weights already. Leave one of them out."
        )


def _williams(record: FitRecord, design: Design) -> tuple[float, FitRecord, Design]:
    """Return rho, the weighted fit and its rows."""
    trials, dof = np.asarray(design.response.trials), float(record.dof_residual)
    rho, weights = 0.0, np.ones(trials.size)
    found, rows = record, design
    for _ in range(PASSES_MOST):
        statistic = pearson_chi_square(found, rows)
        if abs(statistic - dof) <= CLOSE * dof or (rho == 0.0 and statistic <= dof):
            return rho, found, rows
        left = weights * (1.0 - _leverage(found, rows))
        rho = max((statistic - float(left.sum())) / float(left @ np.maximum(trials - 1.0, 0.0)), 0.0)
        weights = 1.0 / (1.0 + rho * np.maximum(trials - 1.0, 0.0))
        response = replace(design.response, prior=weights, weight_kind="precision")
        rows = replace(design, response=response)
        found = fit_design(rows, record.form, Newton(), record.level)
        if not found.converged or found.is_separated:
            break
    raise ConvergenceError(
        "dispersion='williams' has not converged: no rho was found that makes Pearson's statistic equal to its degrees "
        "of freedom. Use dispersion='pearson'."
    )


def _leverage(record: FitRecord, design: Design) -> FloatArray:
    """Return the leverage of each row: its working weight times the variance of its linear predictor, (n,)."""
    eta = fitted_rows(record, design).eta
    curvature = record.family.curvatures(eta)[0, 0] * design.response.weights
    out = np.empty(curvature.size)
    for rows, covariance in predictor_covariances(record, design.matrix, record.inner_model_vcov):
        out[rows] = curvature[rows] * np.asarray(covariance).reshape(-1)
    return out
