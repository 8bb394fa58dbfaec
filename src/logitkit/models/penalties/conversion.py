r"""Conversion of the penalty strengths of other systems.

Systems differ in whether the penalty is added to the sum or to the mean of the losses of the rows.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, get_args, overload

import numpy as np
from numpy.typing import ArrayLike

from logitkit.errors import DataError, nearest_name
from logitkit.options import is_finite_number
from logitkit.typing import FloatArray

__all__ = ["System", "strength_from"]

System: TypeAlias = Literal["scikit-learn", "statsmodels Logit", "statsmodels GLM", "glmnet", "glum"]

#: What each calls its strength.
NAMES = {
    "scikit-learn": "C",
    "statsmodels Logit": "alpha",
    "statsmodels GLM": "alpha",
    "glmnet": "lambda",
    "glum": "alpha",
}
EITHER = "give n_obs=, the number of rows, or weights=, one value per row"


@overload
def strength_from(
    system: System, value: float, *, n_obs: float | None = None, weights: ArrayLike | None = None
) -> float: ...
@overload
def strength_from(
    system: System, value: ArrayLike, *, n_obs: float | None = None, weights: ArrayLike | None = None
) -> FloatArray: ...
def strength_from(system: System, value: Any, *, n_obs: float | None = None, weights: Any = None) -> float | FloatArray:
    r"""Return the penalty strength that reproduces the penalised fit of another system.

    .. math:: \lambda = \frac{1}{C\,W}, \qquad \lambda = \frac{\alpha}{n}, \qquad \lambda = \frac{\alpha\,n}{W}

    for scikit-learn and for ``Logit`` and ``GLM`` of statsmodels, in this order, where W is the sum of the weights and
    n the number of rows. The lambda of glmnet and the alpha of glum are the strength itself.

    Parameters
    ----------
    system : {'scikit-learn', 'statsmodels Logit', 'statsmodels GLM', 'glmnet', 'glum'}
        The system that the value is from: scikit-learn's ``LogisticRegression``, ``fit_regularized`` of statsmodels,
        ``glmnet``, or glum's ``GeneralizedLinearRegressor``.
    value : float or array-like
        C of scikit-learn, which is positive; lambda of glmnet; alpha of the others.
    n_obs : float, optional
        Number of rows of the fit, or of trials for grouped rows. Required for scikit-learn and ``Logit``, unless
        weights are given.
    weights : (n,) array-like, optional
        Weights of the rows, in place of ``n_obs``, including any class weights.

    Returns
    -------
    float or array
        :math:`\lambda`, the ``strength`` of ``Ridge``, ``Lasso`` and ``ElasticNet``; an array for an array.

    Raises
    ------
    DataError
        If the system is unknown, a number is out of range, or the number of rows is required but missing.

    Notes
    -----
    The strength alone does not determine the penalty. All systems except glmnet penalise the columns as they are,
    ``standardize=False`` here. glmnet standardises by default, and glum with ``scale_predictors=True``; these
    correspond to the default here. So does scikit-learn after ``StandardScaler``, without weights. statsmodels
    penalises the intercept as well unless its entry of alpha is 0. The mix is ``l1_ratio`` in scikit-learn and glum, as
    here; it is ``L1_wt`` in statsmodels and ``alpha`` in glmnet.

    Examples
    --------
    >>> import logitkit as lk
    >>> lk.strength_from("scikit-learn", 0.5, n_obs=200), lk.strength_from("glmnet", 0.02)
    (0.01, 0.02)

    A grid of C gives a grid of strengths:

    >>> lk.strength_from("scikit-learn", [0.1, 1.0, 10.0], n_obs=100)
    array([0.1  , 0.01 , 0.001])

    If every row counts twice, the same C corresponds to half the strength:

    >>> lk.strength_from("scikit-learn", 0.5, weights=[2.0] * 200)
    0.005
    """
    if system not in get_args(System):
        raise DataError(f"system={system!r} is not known. {nearest_name(str(system), get_args(System))}")
    name = NAMES[system]
    numbers = _numbers(value, name)
    if not np.all((numbers > 0.0) if name == "C" else (numbers >= 0.0) & (numbers < np.inf)):
        kind = "positive numbers" if name == "C" else "finite numbers that are not negative"
        raise DataError(f"{name}={value!r} of {system}: give {kind}.")
    rows, total = _sizes(system, n_obs, weights)
    if system == "scikit-learn":
        found = 1.0 / (numbers * total)
    elif system == "statsmodels Logit":
        found = numbers / total
    elif system == "statsmodels GLM" and weights is not None:
        found = numbers * (rows / total)  # it divides the weighted sum of the losses by the number of rows
    else:
        found = numbers
    return found if numbers.ndim else float(found)


def _sizes(system: System, n_obs: float | None, weights: Any) -> tuple[float, float]:
    """Return the number of rows and the sum of their weights; nan where neither is given nor needed."""
    if n_obs is not None and weights is not None:
        raise DataError("n_obs and weights were both given; the weights, one value per row, determine both.")
    if weights is not None:
        if system == "statsmodels Logit":
            raise DataError("statsmodels' Logit takes no weights: give n_obs=, or name 'statsmodels GLM'.")
        values = _numbers(weights, "weights")
        if values.ndim != 1 or not np.all((values >= 0.0) & (values < np.inf)) or not values.sum() > 0.0:
            raise DataError("weights: give one finite number per row, none negative and not all zero.")
        return float(values.size), float(values.sum())
    if n_obs is not None:
        if not is_finite_number(n_obs) or n_obs <= 0.0:
            raise DataError(f"n_obs={n_obs!r:.60}: give the number of rows.")
        return float(n_obs), float(n_obs)
    if system in {"scikit-learn", "statsmodels Logit"}:
        raise DataError(f"The {NAMES[system]} of {system} multiplies the sum of the losses: {EITHER}.")
    return np.nan, np.nan


def _numbers(given: Any, name: str) -> FloatArray:
    """Return real numbers, or refuse."""
    try:
        found = np.asarray(given)
    except ValueError:
        found = np.asarray(None)
    if found.dtype.kind not in "fiu":
        raise DataError(f"{name}={given!r}: give numbers.")
    return found.astype(np.float64)
