"""The score test of a whole model against the null model, which fits only the null model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.law import NORMAL, Law
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.functions import term_functions
from logitkit.inference.hypotheses.chi_square import require_test
from logitkit.inference.hypotheses.likelihood_ratio import null_model_words
from logitkit.inference.hypotheses.nested import fit_without
from logitkit.inference.hypotheses.score import Larger, Null, score_at, score_statistic
from logitkit.inference.hypotheses.score_covariance import score_covariance

__all__ = ["ModelScoreTest", "model_score_test"]


@dataclass(frozen=True, slots=True)
class ModelScoreTest:
    """A score test of all coefficients that are not in the null model.

    Parameters
    ----------
    statistic : float
        Chi-square statistic.
    dof : int
        Degrees of freedom.
    p_value : float
        Upper tail probability.
    null_model : str
        The null model, in words.
    covariance : str
        How the covariance of the score was computed.
    law : Law
        Reference distribution; where it is not normal, statistic / dof is compared with F.

    Examples
    --------
    >>> ModelScoreTest(3.84, 1, 0.05).dof
    1
    """

    statistic: float
    dof: int
    p_value: float
    null_model: str = ""
    covariance: str = ""
    law: Law = NORMAL


def model_score_test(record: FitRecord, design: Design | None) -> ModelScoreTest:
    """Test all coefficients that are not in the null model by their score.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        The rows of the fit.

    Returns
    -------
    ModelScoreTest
        The test. It exists for separated data too, because the null model has finite estimates.

    Raises
    ------
    DataError
        Without the rows of the fit.
    UnsupportedError
        After a penalty, with an absorbed factor, and with a covariance that is computed from refits.

    Examples
    --------
    For a 2 x 2 table it is Pearson's chi-square, here 6 (1 x 1 - 2 x 2)^2 / 3^4:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [0, 0, 0, 1, 1, 1]})
    >>> round(fit.score_test().statistic, 12) == round(6 * 9 / 81, 12)
    True
    """
    require_test(record, design, "score", ("score",))
    assert design is not None
    spread = score_covariance(record, design)
    if record.nuisance.n_parameters:
        raise UnsupportedError(
            "A score test of the whole model is not offered where a factor is absorbed: fit.anova(test='score') tests "
            "each term given the levels, and fit.lr_test() all of them."
        )
    intercept = record.info.intercept
    others = np.array([j for j in range(len(record.info.names)) if j != intercept], dtype=np.int64)
    larger = Larger(design, record.form, term_functions(record, others))
    if intercept is not None and not others.size:
        statistic, dof = np.nan, 0
    elif intercept is not None:
        statistic, dof = score_statistic(*fit_without(record, design, others), larger, spread)
    elif record.info.constant is None:
        statistic, dof = score_at(Null.without_coefficients(record.form, design), design, larger, spread)
    else:
        raise UnsupportedError(
            "The columns have an intercept as a combination of several, and the score test of the whole model is not "
            "offered without an intercept of its own: leave out the '0 +' of the formula."
        )
    tested = dof > 0 and np.isfinite(statistic)
    p_value = float(spread.law.joint(np.array(statistic), np.array(dof))) if tested else np.nan
    return ModelScoreTest(statistic, dof, p_value, null_model_words(record), record.covariance.label, spread.law)
