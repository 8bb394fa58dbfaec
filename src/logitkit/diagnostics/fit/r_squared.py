r"""Coefficients of determination, on the rows of a fit and, where they have a meaning, on new ones.

With log-likelihood :math:`\ell`, that of the null model :math:`\ell_0`, k coefficients of which :math:`k_0` are in the
null model, and n trials:

* McFadden, Cox and Snell, Nagelkerke and, of an event, Tjur: as ``inference/fit_statistics.py`` has them;
* adjusted McFadden :math:`1 - \{\ell - (k - k_0)\} / \ell_0`: what a coefficient explains by chance is taken off;
* Efron, of an event: :math:`1 - \sum (y - p)^2 / \sum (y - \bar y)^2`;
* McKelvey and Zavoina: the variance of the linear predictor over itself plus the variance of the error of a latent
  variable, :math:`\pi^2/3` with the logit, 1 with the probit and :math:`\pi^2/6` with the log-log links.

On new rows :math:`\ell_0` and :math:`\bar y` are of the proportions of outcomes among the rows of the fit, known as the
predictions are: a coefficient is negative where the predictions are worse than these proportions. The adjusted
coefficient has no meaning there, since nothing was estimated from the rows.

References
----------
McFadden, D. (1974) in Frontiers in Econometrics, 105-142. Ben-Akiva, M. and Lerman, S. (1985) Discrete Choice Analysis,
167 (adjusted). Efron, B. (1978) Journal of the American Statistical Association 73, 113-121. McKelvey, R. D. and
Zavoina, W. (1975) Journal of Mathematical Sociology 4, 103-120. Cox, D. R. and Snell, E. J. (1989), 208. Nagelkerke,
N. J. D. (1991) Biometrika 78, 691-692. Tjur, T. (2009) The American Statistician 63, 366-372.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.rows.ranking import PredictedRows, predicted_rows
from logitkit.engine.record import FitRecord
from logitkit.inference.fit_statistics import fit_statistics
from logitkit.inference.sample import is_sample
from logitkit.typing import FloatArray

__all__ = ["PseudoRSquared", "pseudo_r_squared"]


@dataclass(frozen=True)
class PseudoRSquared:
    """Pseudo R-squared measures; nan if a measure is not defined.

    Parameters
    ----------
    mcfadden, mcfadden_adjusted, cox_snell, nagelkerke : float
        Measures based on the likelihood.
    tjur, efron : float
        Measures based on the predicted probabilities of an event.
    mckelvey_zavoina : float
        Measure based on the latent variable.
    in_sample : bool
        Whether the rows are those of the fit.

    Examples
    --------
    >>> PseudoRSquared(0.1, 0.08, 0.12, 0.2, 0.1, 0.1, 0.2, True).tjur
    0.1
    """

    mcfadden: float
    mcfadden_adjusted: float
    cox_snell: float
    nagelkerke: float
    tjur: float
    efron: float
    mckelvey_zavoina: float
    in_sample: bool


@dataclass(frozen=True)
class _Task:
    """Sums some rows."""

    record: FitRecord
    own: bool

    def __call__(self, part: Design) -> FloatArray:
        """Return sums of weights, losses, squared errors, events, and of the predictor, shape (8 + K,)."""
        rows = predicted_rows(self.record, part, self.own)
        return np.concatenate([_of_event(rows), rows.totals])


def _of_event(rows: PredictedRows) -> FloatArray:
    """Return what is summed beside the totals of outcomes, shape (8,)."""
    w, eta = rows.weights, np.where(np.isfinite(rows.eta[0]), rows.eta[0], np.nan)
    y, p = rows.shares[-1], rows.probability[-1]
    squares = w @ (y * (1.0 - p) ** 2 + (1.0 - y) * p**2)
    return np.array([w.sum(), w @ rows.loss, squares, w @ y, w @ (y * p), w @ ((1.0 - y) * p), w @ eta, w @ eta**2])


def _plus(one: FloatArray, other: FloatArray) -> FloatArray:
    return one + other


def pseudo_r_squared(record: FitRecord, design: Design) -> PseudoRSquared:
    """Return pseudo R-squared measures.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome: those of the fit, or new ones.

    Returns
    -------
    PseudoRSquared
        Likelihood-based measures are nan if there is only a quasi-likelihood, and on new rows with an offset, clusters
        or weights that are not counts; McFadden's adjusted measure is nan on all new rows. Tjur's and Efron's are nan
        for more than two outcomes. McKelvey and Zavoina's is nan if the outcomes have no latent variable with a single
        linear predictor.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = pseudo_r_squared(fit.record, fit.design)
    >>> bool(np.isclose(found.mcfadden, fit.r_squared["mcfadden"])), 0 < found.efron < 1
    (True, True)
    """
    own = is_sample(record, design)
    sums = design.reduce(_Task(record, own), _plus)
    n, loss, squares, events, hit, false, eta, eta2 = sums[:8]
    known, totals = fit_statistics(record), sums[8:]
    mcfadden, cox_snell, nagelkerke, tjur = known.mcfadden, known.cox_snell, known.nagelkerke, known.tjur
    adjusted, efron = np.nan, np.nan
    base = totals / n if own else record.totals / record.totals.sum()
    if own:
        null = record.log_constant - record.null_loglik
        if null > 0.0 and np.isfinite(mcfadden):
            adjusted = mcfadden - (record.n_params - record.n_intercepts) / null
    else:
        mcfadden, cox_snell, nagelkerke = _of_new_rows(record, design, n, loss, totals, base)
        tjur = hit / events - false / (n - events) if record.has_event and 0.0 < events < n else np.nan
    if record.has_event:
        rate = base[1]
        around = events * (1.0 - rate) ** 2 + (n - events) * rate**2
        efron = 1.0 - squares / around if around > 0.0 else np.nan
    variance, error = max(eta2 / n - (eta / n) ** 2, 0.0), _latent(record)
    return PseudoRSquared(
        float(mcfadden),
        float(adjusted),
        float(cox_snell),
        float(nagelkerke),
        float(tjur),
        float(efron),
        float(variance / (variance + error)),
        own,
    )


def _of_new_rows(
    record: FitRecord, design: Design, n: float, loss: float, totals: FloatArray, base: FloatArray
) -> tuple[float, float, float]:
    """Return McFadden's coefficient and Cox and Snell's, as it is and over its largest value, of new rows."""
    given = design.sample.response
    counted = given.prior is None or given.weight_kind == "frequency"
    if given.offset is not None or not counted or given.clusters is not None or record.family.words.quasi:
        return np.nan, np.nan, np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        null = -float(np.sum(np.where(totals > 0.0, totals * np.log(base), 0.0)))
        gain, per_trial = null - loss, 2.0 / n
        cox_snell, most = (-float(np.expm1(-per_trial * each)) for each in (gain, null))
        return 1.0 - loss / null, cox_snell, cox_snell / most


def _latent(record: FitRecord) -> float:
    """Return the variance of the error of the latent variable; nan where there is none of one predictor."""
    link = record.family.tail_link
    columns = len(record.info.names) - len(record.aliased)
    one = record.is_single or record.n_params == len(record.outcomes) - 2 + columns
    return float(link.error_variance) if link is not None and one else np.nan
