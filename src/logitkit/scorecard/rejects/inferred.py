r"""What follows from outcomes assumed of rejects: coefficients, and their errors in two steps.

Coefficients solve :math:`\sum_A w_i x_i (y_i - p_i) + \sum_R v_j x_j (q_j - p_j) = 0` with :math:`q_j` the proportion
of bad that is assumed of reject j. Where :math:`q` follows from accepts, their outcomes enter twice: what they add
through :math:`q` is carried into the scores of the second step (``docs/maths/reject_inference.md``, equations 3 and 4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from logitkit.errors import SeparationError
from logitkit.scorecard.rejects.applicants import Applicants, information, mean
from logitkit.typing import FloatArray

__all__ = ["Inferred", "accepts_alone", "from_proportions", "predicted_rate_error", "sandwich"]


@dataclass(frozen=True, slots=True, eq=False)
class Inferred:
    """A card under one assumption about rejects.

    Parameters
    ----------
    method : str
        Name of the method.
    assumption : str
        The assumption, in a sentence.
    coef : (p,) array
        Coefficients, the intercept first.
    vcov : (p, p) array or None
        Their covariance, if the assumption holds; None if outcomes were assigned by a cut-off.
    naive_error : (p,) array
        Standard errors of a fit that treats assumed outcomes as observed.
    rates : (r,) array
        Assumed probability of bad of each reject; if none is assumed, the probability from the card.
    rate_error : float
        Standard error of their mean, conditional on the rejects; nan if there is none.
    accept_weights : (n,) array
        Weights of accepts in the card.
    with_rejects : bool
        Whether rejects are in the card too, with their rates.
    facts : tuple of (str, float)
        Further facts, by name.
    mean_rate : float, optional
        Overall bad rate of rejects, if only that is assumed.
    """

    method: str
    assumption: str
    coef: FloatArray
    vcov: FloatArray | None
    naive_error: FloatArray
    rates: FloatArray
    rate_error: float
    accept_weights: FloatArray
    with_rejects: bool
    facts: tuple[tuple[str, float], ...] = ()
    mean_rate: float | None = None

    def rate(self, reject_weights: FloatArray) -> float:
        """Return the bad rate of rejects."""
        return mean(self.rates, reject_weights) if self.mean_rate is None else self.mean_rate

    @property
    def std_error(self) -> FloatArray:
        """Standard errors of the coefficients, shape (p,); nan if there are none."""
        return np.full(self.coef.size, np.nan) if self.vcov is None else np.sqrt(np.diag(self.vcov))


def accepts_alone(applicants: Applicants) -> Inferred:
    """Return the card of accepts: no reject inference."""
    x, w, p = applicants.accepts, applicants.accept_weights, expit(applicants.accepts @ applicants.coef)
    bread = information(x, w * p * (1 - p))
    vcov = sandwich(bread, w, applicants.scores)
    return Inferred(
        "none",
        "A reject is as often bad as an accept with the same values of the card's variables, and the model of the card "
        "holds where there are few accepts or none.",
        applicants.coef,
        vcov,
        np.sqrt(np.diag(np.linalg.inv(bread))),
        applicants.of_rejects,
        predicted_rate_error(applicants, applicants.coef, vcov),
        w,
        False,
    )


def from_proportions(
    applicants: Applicants,
    method: str,
    assumption: str,
    proportion: FloatArray,
    carried: FloatArray | None,
    facts: tuple[tuple[str, float], ...] = (),
) -> Inferred:
    """Return the card under assumed proportions of bad.

    Parameters
    ----------
    applicants : Applicants
        Accepts and rejects.
    method, assumption : str
        As in ``Inferred``.
    proportion : (r,) array
        Assumed proportion of bad of each reject.
    carried : (n, p) array or None
        What one accept adds to the scores of the second step through the proportions; None where they are no smooth
        function of the outcomes of accepts, so that there are no standard errors.
    facts : tuple of (str, float)
        As in ``Inferred``.

    Returns
    -------
    Inferred

    Raises
    ------
    SeparationError
        If a coefficient is infinite under these proportions.
    """
    coef, separated = applicants.refitted(proportion)
    if separated:
        raise SeparationError(
            f"{method}: the outcomes that it assumes separate good from bad; there is no finite card."
        )
    p, own = expit(applicants.accepts @ coef), expit(applicants.rejects @ coef)
    w, v = applicants.accept_weights, applicants.reject_weights
    bread = information(applicants.accepts, w * p * (1 - p)) + information(applicants.rejects, v * own * (1 - own))
    vcov, rate_error = None, np.nan
    if carried is not None:
        accepts = applicants.accepts * (applicants.bad - p)[:, None] + carried
        rejects = applicants.rejects * (proportion - own)[:, None]
        vcov = sandwich(bread, np.concatenate([w, v]), np.vstack([accepts, rejects]), float(w.sum()))
        moved = carried[:, 0]  # of the sum of the proportions, because the first column is of ones
        rate_error = float(np.sqrt(w @ moved**2 * w.sum() / (w.sum() - 1.0)) / v.sum())
    naive = np.sqrt(np.diag(np.linalg.inv(bread)))
    return Inferred(method, assumption, coef, vcov, naive, proportion, rate_error, w, True, facts)


def predicted_rate_error(applicants: Applicants, coef: FloatArray, vcov: FloatArray) -> float:
    """Return the standard error of the mean probability of rejects by a card, by the delta method."""
    p = expit(applicants.rejects @ coef)
    v = applicants.reject_weights / applicants.reject_weights.sum()
    slope = (v * p * (1 - p)) @ applicants.rejects
    return float(np.sqrt(slope @ vcov @ slope))


def sandwich(bread: FloatArray, weights: FloatArray, scores: FloatArray, n: float | None = None) -> FloatArray:
    """Return a covariance from scores of single applicants and numbers of these, times n / (n - 1)."""
    n = float(weights.sum()) if n is None else n
    inverse = np.linalg.inv(bread)
    return np.asarray(inverse @ information(scores, weights) @ inverse * n / (n - 1.0))
