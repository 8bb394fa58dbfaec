r"""The bias that many intercepts with few rows each cause in the other coefficients, and two corrections for it.

With T rows in each level of an absorbed factor, the estimate converges, as levels are added, to a value that differs
from the truth by a term of order 1/T (Neyman and Scott's incidental parameters). The *analytic* correction subtracts
the leading term, :math:`\hat\beta - V \hat b`; the *split-panel jackknife* fits the two halves of each level's rows,
whose bias is twice as large, and takes twice the estimate less their mean (``docs/maths/incidental.md``, equations 6 to
10). The remaining bias is of order 1/T squared. If the correction is larger than a proportion ``SHARE_MOST`` of the
estimate, too much bias remains for a test, and the test is withheld. Neither correction changes the asymptotic
variance, so standard errors are those of the estimate.

References
----------
Hahn, J. and Newey, W. (2004) Jackknife and analytical bias reduction for nonlinear panel models. Econometrica 72,
1295-1319. Fernandez-Val, I. (2009) Fixed effects estimation of structural parameters and marginal effects in panel
probit models. Journal of Econometrics 150, 71-85. Dhaene, G. and Jochmans, K. (2015) Split-panel jackknife estimation
of fixed-effect models. Review of Economic Studies 82, 991-1030.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.estimate import fit_model
from logitkit.engine.law import NORMAL, Law
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import ConvergenceError, SeparationError, UnsupportedError
from logitkit.inference.delta import wald_estimates
from logitkit.inference.prediction import fitted_rows
from logitkit.inference.predictor_variance import working_columns
from logitkit.inference.verbs import require
from logitkit.numerics.ascending import by_code
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray

__all__ = ["BiasCorrection", "CorrectionMethod", "bias_correction"]

CorrectionMethod = Literal["analytic", "jackknife"]

#: Largest share of the estimate that a correction may take away and still be tested: about 5 per cent is then left.
SHARE_MOST: dict[CorrectionMethod, float] = {"analytic": 0.3, "jackknife": 0.15}


@dataclass(frozen=True)
class BiasCorrection:
    """Coefficients corrected for bias, with inference.

    Parameters
    ----------
    method : {'analytic', 'jackknife'}
        How the bias was estimated.
    terms : tuple of str
        Names of the p coefficients.
    estimate : (p,) array
        Maximum-likelihood estimates.
    corrected : (p,) array
        Estimates minus their bias; nan where aliased, or where half of the rows do not determine the coefficient.
    std_error, statistic, p_value, low, high : (p,) array
        Inference for the corrected coefficients, with the standard errors of the fit; nan where ``withheld``.
    level : float
        Confidence level.
    covariance : str
        How the standard errors were computed.
    absorbed : str
        Name of the absorbed factor.
    n_levels : int
        Number of levels that contribute to the fit.
    rows_per_level : float
        Mean number of observations in these levels.
    n_levels_halves : float
        Mean number of levels that contribute to a fit of half the rows; equals ``n_levels`` for the analytic
        correction.
    share : float
        Length of the correction as a proportion of the length of the estimate, both in the metric of the information.
    law : Law
        Reference distribution of estimates over their standard errors.

    Examples
    --------
    >>> one = np.ones(1)
    >>> found = BiasCorrection(
    ...     "analytic", ("x",), one, 0.9 * one, one, one, one, one, one, 0.95, "", "firm", 2, 8.0, 2.0
    ... )
    >>> found.bias.round(9).tolist()
    [0.1]
    """

    method: CorrectionMethod
    terms: tuple[str, ...]
    estimate: FloatArray
    corrected: FloatArray
    std_error: FloatArray
    statistic: FloatArray
    p_value: FloatArray
    low: FloatArray
    high: FloatArray
    level: float
    covariance: str
    absorbed: str
    n_levels: int
    rows_per_level: float
    n_levels_halves: float
    share: float = 0.0
    law: Law = NORMAL

    @property
    def withheld(self) -> bool:
        """Whether tests are withheld because so large a correction leaves too much bias."""
        return self.share > SHARE_MOST[self.method]

    @property
    def bias(self) -> FloatArray:
        """The bias that was subtracted, shape (p,)."""
        return self.estimate - self.corrected


def bias_correction(
    record: FitRecord, design: Design, method: CorrectionMethod = "analytic", level: float | None = None
) -> BiasCorrection:
    """Correct the coefficients of a fit with an absorbed factor for their bias of order 1/T.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        The rows of the fit.
    method : {'analytic', 'jackknife'}
        ``'analytic'`` requires that the rows of a level are independent given the columns, and that the columns are
        strictly exogenous: those of all rows of a level are independent of the outcomes of its earlier rows. A lagged
        outcome is therefore not allowed. ``'jackknife'`` splits the rows of each level in the order of the table, which
        should be the order of time, and requires only that both halves have the same distribution.
    level : float, optional
        Confidence level; by default that of the fit.

    Returns
    -------
    BiasCorrection
        One entry per coefficient.

    Raises
    ------
    UnsupportedError
        Without an absorbed factor, for an unknown method, and for the analytic method with sampling weights or
        clusters.
    ConvergenceError, SeparationError
        If the fit, or the fit of a half, has no finite estimates.

    Examples
    --------
    The estimates lie too far from zero, and the correction moves them back:

    >>> import logitkit as lk
    >>> rng = np.random.default_rng(1)
    >>> g, x = np.repeat(np.arange(300), 8), rng.normal(size=2400)
    >>> y = (rng.random(2400) < 1 / (1 + np.exp(-x - rng.normal(size=300)[g]))).astype(int)
    >>> found = lk.logit("y ~ x", {"y": y, "x": x, "g": g}, absorb="g").bias_correction()
    >>> bool(found.estimate[0] > found.corrected[0] > 0)
    True
    """
    require(record, "bias_correction")
    if method not in get_args(CorrectionMethod):
        raise UnsupportedError(f"method={method!r} is not offered; use 'analytic' or 'jackknife'.")
    (factor,) = record.nuisance.factors
    halves = float(factor.n_levels)
    if method == "analytic":
        corrected = _analytic(record, design)
    else:
        corrected, halves = _split_panel(record, design)
    share = _share(record, corrected)
    # With a correction this large a test would be of what is left of the bias.
    error = np.full_like(record.std_error, np.nan) if share > SHARE_MOST[method] else record.std_error
    law = record.coefficient_law
    found = wald_estimates(corrected, error, record.level if level is None else level, law)
    return BiasCorrection(
        method,
        record.names,
        record.coef,
        corrected,
        found.std_error,
        found.statistic,
        found.p_value,
        found.low,
        found.high,
        found.level,
        record.covariance.label,
        factor.name,
        factor.n_levels,
        factor.rows_per_level,
        halves,
        share,
        law,
    )


def _share(record: FitRecord, corrected: FloatArray) -> float:
    """Return the length of the correction as a proportion of that of the estimate."""
    known = np.isfinite(corrected)
    if not known.any():
        return 0.0
    information = np.linalg.inv(record.model_vcov[np.ix_(known, known)])
    bias, estimate = (record.coef - corrected)[known], record.coef[known]
    length = float(estimate @ information @ estimate)
    return float(np.sqrt(bias @ information @ bias / length)) if length > 0.0 else 0.0


def _analytic(record: FitRecord, design: Design) -> FloatArray:
    """Return the estimate less the leading term of its bias, shape (p,): equations 6 to 8."""
    require(record, "analytic correction")
    codes = design.level_codes
    assert codes is not None
    eta = fitted_rows(record, design).eta[0]
    curvature = design.response.weights * record.family.curvatures(eta[None])[0, 0]
    own = np.bincount(codes, curvature)[codes]
    # mu (1 - mu) (1 - 2 mu), the third derivative of the loss, without cancellation: 1 - 2 mu = -tanh(eta / 2).
    third = -curvature * np.tanh(0.5 * eta)
    with single_threaded_blas():
        score = working_columns(record, design).rmatvec(-0.5 * third / own)
        shift = record.inner_model_vcov.times(score[None, :])[0] if score.size else score
    corrected = np.array(record.coordinates.coef(record.inner_coef - shift))
    corrected[record.aliased] = np.nan
    return corrected


def _split_panel(record: FitRecord, design: Design) -> tuple[FloatArray, float]:
    """Return twice the estimate less the mean of the half-panel estimates, and how many levels these rest on.

    A level with an odd number of observations is split both ways (equations 9 and 10).
    """
    found = []
    levels = []
    for extra in (0, 1):
        shares, odd = _first_half(design, extra)
        for half in (shares, 1.0 - shares):
            coef, n_varied = _fit_part(record, design, half)
            found.append(coef)
            levels.append(n_varied)
        if not odd:
            break
    return 2.0 * record.coef - np.mean(found, axis=0), float(np.mean(levels))


def _first_half(design: Design, extra: int) -> tuple[FloatArray, bool]:
    """Return the proportion of each row assigned to the first half of its level, and whether some level is odd.

    Observations are counted one by one, so that a row of frequency weight two is the row twice.
    """
    codes, response = design.level_codes, design.response
    assert codes is not None
    counted = response.prior is not None and response.weight_kind == "frequency"
    size = response.prior if counted and response.prior is not None else (response.weights > 0.0).astype(np.float64)
    order = by_code(codes)
    total = np.bincount(codes, size)
    running = np.cumsum(size[order])
    before = np.empty(codes.size)
    before[order] = running - size[order] - np.concatenate([[0.0], np.cumsum(total)])[codes[order]]
    half = np.floor(0.5 * (total + extra))[codes]
    share = np.clip(half - before, 0.0, size) / np.where(size > 0.0, size, 1.0)
    return share, bool(np.any(total % 2.0 == 1.0))


def _fit_part(record: FitRecord, design: Design, share: FloatArray) -> tuple[FloatArray, int]:
    """Return the coefficients of a fit to a proportion of each row, nan where undetermined, and its levels."""
    response, codes = design.response, design.level_codes
    assert codes is not None
    rows = np.flatnonzero((share > 0.0) & (response.weights > 0.0))
    part = response.take(rows)
    if np.any(share[rows] < 1.0):
        prior = share[rows] if part.prior is None else part.prior * share[rows]
        part = replace(part, prior=prior)
    # The intercepts of the fit stay in the offset: those of the part are then differences from them, near zero.
    given = replace(
        design,
        matrix=design.matrix.take(rows),
        response=replace(part, clusters=None),
        positions=design.positions[rows],
        level_codes=codes[rows],
    )
    try:
        found, _ = fit_model(given, record.form, Newton(), record.level)
    except SeparationError as error:
        raise SeparationError(
            "No level has both outcomes in one half of its rows, so the half-panel jackknife cannot be computed: it "
            "needs many levels with at least four rows each. Use method='analytic', or gather more rows per level."
        ) from error
    if not found.converged:
        raise ConvergenceError(
            f"The fit to one half of the rows has not converged ({found.status.value}); use method='analytic'."
        )
    return found.coef, found.nuisance.n_parameters
