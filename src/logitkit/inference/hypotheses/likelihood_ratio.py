r"""The likelihood-ratio test against the null model.

:math:`2(\ell - \ell_0)` is chi-square, with the number of coefficients that the model has beyond the null model as
degrees of freedom. The null model has the offset and

* the intercepts of the levels, where a factor is absorbed: the other columns are tested given the levels;
* else an intercept, where the columns span one, as a column or as a combination such as the indicators of all levels of
  a factor (of several outcomes, one for each but the reference);
* else nothing: every linear predictor is the offset.

``null_model`` names it in words. ``docs/maths/inference.md`` has the table for every statistic.
"""

from __future__ import annotations

from dataclasses import dataclass

from logitkit.engine.record import FitRecord
from logitkit.inference.verbs import require
from logitkit.numerics.tails import chi_square_tail

__all__ = ["LikelihoodRatioTest", "null_model_words", "null_test"]


@dataclass(frozen=True, slots=True)
class LikelihoodRatioTest:
    """A likelihood-ratio test.

    Parameters
    ----------
    statistic : float
        Twice the difference between the log-likelihoods.
    dof : int
        Difference between the numbers of coefficients.
    p_value : float
        Upper tail probability; nan without degrees of freedom or under complete separation.
    null_model : str
        The null model, in words.

    Examples
    --------
    >>> LikelihoodRatioTest(3.84, 1, 0.05).dof
    1
    """

    statistic: float
    dof: int
    p_value: float
    null_model: str = ""


def null_test(record: FitRecord) -> LikelihoodRatioTest:
    """Test jointly all coefficients that are not in the null model.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    LikelihoodRatioTest
        The test. Under separation it uses the limit of the likelihood. Under complete separation the statistic is the
        deviance of the null model, whatever the columns, and there is no p-value.

    Raises
    ------
    UnsupportedError
        With sampling weights or clusters, where the likelihood is only a pseudo-likelihood, and after a penalty.

    Examples
    --------
    The statistic is the decrease in deviance:

    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> bool(abs(null_test(fit.record).statistic - (fit.null_deviance - fit.deviance)) < 1e-12)
    True
    """
    require(record, "lr_test")
    facts = record.adjustment
    fall = record.null_deviance - record.deviance if facts is None else 2.0 * (facts.value - facts.null_value)
    statistic = max(fall, 0.0)
    dof = record.n_params - record.n_intercepts
    known = dof > 0 and not record.separated_completely
    p_value = float(chi_square_tail(statistic, dof)) if known else float("nan")
    return LikelihoodRatioTest(statistic, dof, p_value, null_model_words(record))


def null_model_words(record: FitRecord) -> str:
    """Return a description of the null model of a fit.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    str
        A phrase without a full stop.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 1, 0, 1, 0, 1, 0, 1], "g": list("aaaabbbb"), "x": [1, 2, 3, 2, 1, 2, 3, 2]}
    >>> null_model_words(lk.logit("y ~ x", data, absorb="g").record)
    'the intercepts of the 2 levels of g'
    >>> null_model_words(lk.logit("y ~ 0 + x", data).record)
    'probability one half in every row'
    """
    response, words = record.info.response, record.nuisance.words.null_model
    several, offset = bool(response.levels), bool(response.offset or response.offsets)
    if record.n_intercepts == 0:
        nothing = "the same probability for every outcome" if several else "probability one half in every row"
        return "the offset only" if offset else nothing
    if not words:
        words = "one intercept per outcome but the first" if several else "an intercept"
    return f"{words}, and the offset" if offset else words
