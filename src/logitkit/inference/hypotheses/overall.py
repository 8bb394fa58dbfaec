r"""The Wald test that the columns have no effect: every linear predictor is constant.

For several outcomes, the hypothesis concerns the differences between the outcomes' predictors. If a combination of
columns is an intercept, the test concerns the directions of the coefficients that are orthogonal to it.
"""

from __future__ import annotations

import numpy as np

from logitkit.design.formula.terms import INTERCEPT
from logitkit.engine.law import NORMAL, Law
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.conditions.model import within_model
from logitkit.inference.functions import function_sides, slope_contrasts
from logitkit.inference.hypotheses.chi_square import wald_of_finite
from logitkit.inference.hypotheses.wald import OVERALL_MOST
from logitkit.inference.verbs import require
from logitkit.typing import FloatArray

__all__ = ["but_for_constant", "overall_test", "overall_wald"]


def overall_test(record: FitRecord) -> tuple[float, int, float]:
    """Wald test that all slopes are zero; slopes without a standard error are excluded.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    statistic : float
        Chi-square statistic; nan if there is nothing to test, if the covariance is rank-deficient, or if there are more
        than ``OVERALL_MOST`` coefficients, since the time grows with the cube of their number.
    dof : int
        Degrees of freedom; 0 when there is nothing to test.
    p_value : float
        Upper tail probability.

    Raises
    ------
    UnsupportedError
        After a penalty.

    Examples
    --------
    With one predictor it is the square of the z statistic:

    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> bool(abs(overall_test(fit.record)[0] - (fit.coef["x"] / fit.std_error["x"]) ** 2) < 1e-9)
    True

    The statistic is the same in symmetric form and with a reference outcome:

    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> one, other = (lk.multinomial("y ~ x", data, reference=r).record for r in ("a", None))
    >>> bool(np.isclose(overall_test(one)[0], overall_test(other)[0]))
    True
    """
    return overall_wald(record)[:3]


def overall_wald(record: FitRecord) -> tuple[float, int, float, Law]:
    """Return the same test with its reference distribution.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    statistic, dof, p_value
        As from ``overall_test``.
    law : Law
        Normal for a chi-square test; otherwise it has the denominator degrees of freedom of F.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> overall_wald(lk.logit("y ~ x", data).record)[3].is_normal
    True
    """
    if within_model(record) is not None:
        return np.nan, 0, np.nan, NORMAL
    require(record, "test")
    columns = np.array([j for j, name in enumerate(record.info.names) if name != INTERCEPT], dtype=np.int64)
    if record.is_single:
        columns = columns[record.std_error[columns] > 0.0]
        if columns.size > OVERALL_MOST:
            return np.nan, columns.size, np.nan, NORMAL
    tested = [_tested(record, contrasts) for contrasts in slope_contrasts(record, columns)]
    functions = np.vstack([np.empty((0, record.predictors.n_flat)), *tested])
    if not len(functions):
        return np.nan, 0, np.nan, NORMAL
    if len(functions) > OVERALL_MOST:
        return np.nan, len(functions), np.nan, NORMAL
    statistic, dof = wald_of_finite(record, functions)
    if np.isnan(statistic):
        return statistic, dof, np.nan, NORMAL
    try:
        law = record.law.joint_of(record.coordinates.jacobian(functions))
    except UnsupportedError:  # as few clusters leave no degrees of freedom
        return np.nan, dof, np.nan, NORMAL
    return statistic, dof, float(law.joint(np.array(statistic), np.array(dof))), law


def _tested(record: FitRecord, contrasts: FloatArray) -> FloatArray:
    """Return the contrasts that are finite and estimated, less what makes the predictor constant but not zero."""
    contrasts = contrasts[function_sides(record, contrasts) == 0.0]
    contrasts = contrasts[(record.coordinates.jacobian(contrasts) != 0.0).any(axis=1)]
    if record.info.constant is None or not len(contrasts):
        return contrasts
    columns = np.argmax(contrasts != 0.0, axis=1) % record.predictors.n_columns
    return but_for_constant(record.info.constant[columns]) @ contrasts


def but_for_constant(constant: FloatArray) -> FloatArray:
    """Return orthonormal functions of coefficients that are zero if and only if X beta is constant.

    Parameters
    ----------
    constant : (p,) array
        The vector b with X b = 1 on every row; zeros if no combination is constant.

    Returns
    -------
    (p - 1, p) array
        A basis of the space orthogonal to b; p rows if b is zero.

    Examples
    --------
    For two cell means, it is their difference:

    >>> np.abs(but_for_constant(np.ones(2)).sum(axis=1)).round(9).tolist()
    [0.0]
    """
    if not constant.any():
        return np.eye(constant.size)
    return np.asarray(np.linalg.qr(constant[:, None], mode="complete")[0].T[1:])
