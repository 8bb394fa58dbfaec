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
from logitkit.scorecard.rejects.applicants import Applicants, information
from logitkit.typing import FloatArray

__all__ = ["Inferred", "accepts_alone", "from_proportions", "sandwich"]


@dataclass(frozen=True, slots=True, eq=False)
class Inferred:
    """A card under one assumption about rejects.

    Parameters
    ----------
    method : str
        What the method is called.
    assumption : str
        What it assumes, in a sentence.
    coef : (p,) array
        Coefficients, the intercept first.
    std_error : (p,) array
        Their standard errors, given that the assumption holds; nan where outcomes were assigned by a cut-off.
    naive_error : (p,) array
        What a fit would print that takes the rows for observed.
    rates : (r,) array
        Probability of bad of each reject, as assumed; where none is assumed, by the card.
    facts : tuple of (str, float)
        What else there is to know, by name.
    """

    method: str
    assumption: str
    coef: FloatArray
    std_error: FloatArray
    naive_error: FloatArray
    rates: FloatArray
    facts: tuple[tuple[str, float], ...] = ()


def accepts_alone(applicants: Applicants) -> Inferred:
    """Return the card of accepts: no reject inference."""
    x, w, p = applicants.accepts, applicants.accept_weights, expit(applicants.accepts @ applicants.coef)
    bread = information(x, w * p * (1 - p))
    return Inferred(
        "none",
        "A reject is as often bad as an accept with the same values of the card's variables, and the model of the card "
        "holds where there are few accepts or none.",
        applicants.coef,
        sandwich(bread, w, applicants.scores),
        np.sqrt(np.diag(np.linalg.inv(bread))),
        applicants.of_rejects,
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
        Of bad, assumed of each reject.
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
    error = np.full(coef.size, np.nan)
    if carried is not None:
        accepts = applicants.accepts * (applicants.bad - p)[:, None] + carried
        rejects = applicants.rejects * (proportion - own)[:, None]
        error = sandwich(bread, np.concatenate([w, v]), np.vstack([accepts, rejects]), float(w.sum()))
    return Inferred(method, assumption, coef, error, np.sqrt(np.diag(np.linalg.inv(bread))), proportion, facts)


def sandwich(bread: FloatArray, weights: FloatArray, scores: FloatArray, n: float | None = None) -> FloatArray:
    """Return standard errors from scores of single applicants and numbers of these, times n / (n - 1) for variances."""
    n = float(weights.sum()) if n is None else n
    inverse = np.linalg.inv(bread)
    return np.asarray(np.sqrt(np.diag(inverse @ information(scores, weights) @ inverse) * n / (n - 1.0)))
