r"""The penalty of an estimator: an object, a strength, or scikit-learn's C.

scikit-learn minimises :math:`C \sum_i w_i \ell_i + \rho \lVert\beta\rVert_1 + \tfrac{1-\rho}{2} \lVert\beta\rVert^2`
over columns that are not standardised. Divided by :math:`C W`, with W the sum of the weights, this is a mean loss with
strength :math:`1/(C W)` and the same mix.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import replace
from numbers import Real
from typing import Any, TypeVar

from logitkit.engine.regularised.sequence import STRENGTH_LEAST
from logitkit.errors import DataError, DataWarning, SeparationError
from logitkit.models.penalties.elastic_net import RelaxedLasso
from logitkit.models.penalties.specification import Specification

__all__ = ["chosen_penalty", "penalty_without_strength", "refit_or_lasso"]

T = TypeVar("T")


def chosen_penalty(penalty: Any, strength: Any, l1_ratio: Any, C: Any, total: Callable[[], float]) -> Any:
    """Return the penalty that the parameters of an estimator describe.

    Parameters
    ----------
    penalty : penalty object or None
        Such as ``lk.Lasso(0.1)``.
    strength : float or None
        Strength relative to the mean loss, on standardised columns.
    l1_ratio : float or None
        With ``strength`` or ``C``: proportion of the l1 penalty; the default is 0.
    C : float or None
        Inverse strength as in scikit-learn, for the sum of the losses, on columns that are not standardised.
    total : callable
        Function that returns the sum of the weights of the rows; called only if C needs it.

    Returns
    -------
    penalty object or None
        None for no penalty.

    Raises
    ------
    DataError
        If the penalty is given in more than one way, or if a value is out of range.

    Examples
    --------
    >>> chosen_penalty(None, None, None, float("inf"), lambda: 100.0) is None
    True
    """
    given = [name for name, value in (("penalty", penalty), ("strength", strength), ("C", C)) if value is not None]
    if len(given) > 1:
        raise DataError(
            f"{' and '.join(f'{name}=' for name in given)} were given together; each specifies the penalty: give one."
        )
    if isinstance(penalty, str):
        raise DataError(
            f"penalty={penalty!r} is a string; give strength= with l1_ratio=0 (ridge) or 1 (lasso), scikit-learn's C=, "
            "or an object such as penalty=lk.Lasso(0.1)."
        )
    if l1_ratio is not None and given not in (["strength"], ["C"]):
        raise DataError(
            f"l1_ratio={l1_ratio!r} mixes the penalty of strength= or C=, and neither was given."
            if not given
            else f"l1_ratio={l1_ratio!r} and penalty= were given together; the object has its own l1_ratio."
        )
    if penalty is not None or not given:
        return penalty
    from logitkit.models.penalties.elastic_net import ElasticNet

    mix = 0.0 if l1_ratio is None else l1_ratio
    if C is None:
        return ElasticNet(strength, mix)
    if isinstance(C, bool) or not isinstance(C, Real) or not float(C) > 0.0:
        raise DataError(f"C={C!r} must be a positive number, or infinite for no penalty.")
    if math.isinf(float(C)):
        return None
    strength = 1.0 / (float(C) * total())
    if strength < STRENGTH_LEAST:
        raise DataError(
            f"C={C!r} leaves a penalty that is lost to rounding: for a model without a penalty give C=float('inf'), or "
            "no C at all."
        )
    return ElasticNet(strength, mix, standardize=False)


def penalty_without_strength(penalty: Any, l1_ratio: Any, instead: str = "LogitClassifier") -> Any:
    """Return the penalty of an estimator that chooses the strength itself.

    Parameters
    ----------
    penalty : penalty object or None
        Such as ``lk.Lasso(keep="age")``.
    l1_ratio : float or None
        Proportion of the l1 penalty in an elastic net; the default is 1, the lasso.
    instead : str
        Name of the estimator that takes a strength, for the message.

    Returns
    -------
    penalty object
        The penalty without a strength.

    Raises
    ------
    DataError
        If both are given, or if the penalty is text or has a strength.

    Examples
    --------
    >>> penalty_without_strength(None, 0.5).words
    'elastic net (l1_ratio 0.5)'
    """
    from logitkit.models.penalties.elastic_net import ElasticNet

    if penalty is not None and l1_ratio is not None:
        raise DataError(f"l1_ratio={l1_ratio!r} and penalty= were given together; the object has its own l1_ratio.")
    if isinstance(penalty, str):
        raise DataError(
            f"penalty={penalty!r} is a string; give l1_ratio=0 (ridge) or 1 (lasso), or an object such as lk.Lasso()."
        )
    if getattr(penalty, "strength", None) is not None:
        raise DataError(
            f"penalty={penalty!r} has a strength, but this estimator chooses it: leave it out, or use {instead}."
        )
    return penalty if penalty is not None else ElasticNet(l1_ratio=1.0 if l1_ratio is None else l1_ratio)


def refit_or_lasso(fit: Callable[[Specification | None], T], penalty: Specification | None) -> T:
    """Return a fit; for a relaxed lasso whose columns separate the classes, return the lasso with a warning.

    scikit-learn requires finite coefficients, and one of the two vectors that a relaxed lasso combines is then
    infinite.

    Parameters
    ----------
    fit : callable
        Function that fits with a penalty.
    penalty : penalty object or None
        The penalty that was asked for.

    Returns
    -------
    object
        The result of ``fit``.

    Examples
    --------
    >>> refit_or_lasso(lambda penalty: penalty is None, None)
    True
    """
    try:
        return fit(penalty)
    except SeparationError as error:
        if not isinstance(penalty, RelaxedLasso) or penalty.gamma == 1.0:
            raise
        found = fit(replace(penalty, gamma=1.0))
        warnings.warn(f"{error} The lasso itself (gamma=1) is used.", DataWarning, stacklevel=3)
        return found
