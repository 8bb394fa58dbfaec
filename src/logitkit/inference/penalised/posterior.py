"""Whether the standard errors of a penalised fit are those of a posterior, or there are none, and why.

A penalty shrinks coefficients towards zero or sets them to zero. If it consists of squares only, there is a posterior,
given the strength; after any other penalty there is no covariance (``docs/maths/penalties.md``).

References
----------
Leeb, H. and Pötscher, B. M. (2005) Model selection and inference: facts and fiction. Econometric Theory 21, 21-59.
le Cessie, S. and van Houwelingen, J. C. (1992) Ridge estimators in logistic regression. Applied Statistics 41, 191-201.
"""

from __future__ import annotations

import numpy as np

from logitkit.engine.curvature.vcov import WithheldVcov
from logitkit.engine.facts import PenaltyFacts
from logitkit.engine.record import FitRecord

__all__ = ["ELSEWHERE", "has_posterior", "interval_words", "is_withheld", "posterior_condition", "why_withheld"]

ELSEWHERE = "fit the columns that were chosen without a penalty to rows that took no part in the choice"


def is_withheld(record: FitRecord) -> bool:
    """Return whether there is no covariance: a penalty leaves none, or only the coefficients were requested.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    bool
        False after maximum likelihood with standard errors, and if there is a posterior.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> [is_withheld(lk.logit("y ~ x", data, penalty=p).record) for p in (lk.Lasso(0.1), lk.Ridge(0.1), None)]
    [True, False, False]
    """
    return record.covariance.kind in ("withheld", "none")


def has_posterior(record: FitRecord) -> bool:
    """Return whether the covariance is that of a posterior.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    bool
        True after a ridge or a Gaussian prior.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> [has_posterior(lk.logit("y ~ x", data, penalty=p).record) for p in (lk.Lasso(0.1), lk.Ridge(0.1), None)]
    [False, True, False]
    """
    return record.covariance.kind == "posterior"


def why_withheld(record: FitRecord) -> str:
    """Return why there is no covariance, and what is valid instead.

    Parameters
    ----------
    record : FitRecord
        A fit whose covariance is withheld.

    Returns
    -------
    str
        One or more sentences.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> why_withheld(lk.logit("y ~ x", data, penalty=lk.Lasso(0.1)).record).split(",")[0]
    'The penalty chose the coefficients with the same data'
    """
    facts = record.penalty
    if facts is None or facts.penalty.smooth:
        vcov = record.inner_vcov
        return vcov.reason if isinstance(vcov, WithheldVcov) else "There is no covariance."
    how = "chose the coefficients with the same data" if _chooses(facts) else "bounds the coefficients"
    return (
        f"The penalty {how}, so there are no standard errors, intervals or p-values: the distribution of such "
        f"estimates is far from normal. For inference, {ELSEWHERE}; or use lk.Ridge, whose posterior has intervals."
    )


def interval_words(record: FitRecord) -> str:
    """Return the name of an interval of the fit.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    str
        "interval", or "posterior interval".

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> interval_words(lk.logit("y ~ x", data, penalty=lk.Ridge(0.1)).record)
    'posterior interval'
    """
    return "posterior interval" if has_posterior(record) else "interval"


def posterior_condition(facts: PenaltyFacts) -> str:
    """Return what a posterior is conditional on.

    Parameters
    ----------
    facts : PenaltyFacts
        Facts about the penalty of a fit with a posterior.

    Returns
    -------
    str
        "given the strength", "given the prior" or both.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> posterior_condition(lk.logit("y ~ x", data, penalty=lk.GaussianPrior(precision=1.0)).penalty)
    'given the prior'
    """
    known = ["the strength"] if facts.strengths else []
    if facts.quadratic is not None:
        known.append("the prior")
    return f"given {' and '.join(known)}"


def _chooses(facts: PenaltyFacts) -> bool:
    """Tell whether a penalty has corners, which set coefficients to zero."""
    return facts.penalty.groups is not None or bool(np.any(facts.penalty.l1))
