r"""Wald inference: the coefficient table, and tests of linear hypotheses.

For :math:`H_0: L\beta = c` the statistic is :math:`(L\hat\beta - c)'(L V L')^{-1}(L\hat\beta - c)`, chi-square
with as many degrees of freedom as L has independent rows.

References
----------
Rao, C. R. (1973) Linear Statistical Inference and its Applications, 2nd edition, section 6e.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from logitkit.engine.law import NORMAL, Law
from logitkit.engine.rank import Coordinates
from logitkit.engine.record import FitRecord
from logitkit.errors import FormulaError, SeparationError, UnsupportedError
from logitkit.inference.delta import Estimates, linear_estimates, wald_estimates
from logitkit.inference.verbs import require
from logitkit.typing import BoolArray, FloatArray

if TYPE_CHECKING:
    from logitkit.design.formula.nonlinear import NonlinearFunctions

__all__ = [
    "OVERALL_MOST",
    "WaldTest",
    "chi_square_of",
    "coefficient_estimates",
    "wald_chi_square",
    "wald_test",
]

FIXED = 1e-13  # of the size of its terms: what is left of a function that the model fixes is rounding
OVERALL_MOST = 500  # coefficients that a summary tests at once: half a second


@dataclass(frozen=True)
class WaldTest:
    """A test of hypotheses about the coefficients.

    Parameters
    ----------
    statistic : float
        The quadratic form: chi-square, or ``dof`` times F if the covariance has finite degrees of freedom.
    dof : int
        Degrees of freedom: the number of independent hypotheses.
    p_value : float
        Upper tail probability.
    hypotheses : tuple of str
        Each hypothesis in words.
    estimates : Estimates
        Left side minus right side of each hypothesis, with its standard error.
    covariance : str
        How the covariance was computed.
    contained : tuple of (str, tuple of str)
        The tested terms that are contained in interactions of the model, each with these interactions.
    n_clusters : int or None
        Number of clusters behind the covariance.
    law : Law
        Reference distribution of the statistic; F where it is not normal.
    method : {'linear', 'delta', 'profile'}
        ``'linear'`` for linear hypotheses; for others, whether the delta method or the profile likelihood was used.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> fit.test("x = 0").hypotheses
    ('x = 0',)
    """

    statistic: float
    dof: int
    p_value: float
    hypotheses: tuple[str, ...]
    estimates: Estimates
    covariance: str
    contained: tuple[tuple[str, tuple[str, ...]], ...] = ()
    n_clusters: int | None = None
    law: Law = NORMAL
    method: str = "linear"


def coefficient_estimates(record: FitRecord, level: float | None = None) -> Estimates:
    """Return the coefficient table.

    Parameters
    ----------
    record : FitRecord
        The fit.
    level : float, optional
        Confidence level; by default that of the fit.

    Returns
    -------
    Estimates
        One entry per coefficient. Infinite, undetermined and aliased coefficients have no standard error, statistic or
        interval. After a penalty there is no statistic or p-value, and the other columns describe the posterior.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> table = coefficient_estimates(fit.record)
    >>> bool((table.statistic == table.estimate / table.std_error).all())
    True
    """
    level = record.level if level is None else level
    found = wald_estimates(record.coef, record.std_error, level, record.coefficient_law)
    if record.penalty is None:
        return found
    missing = np.full(record.coef.size, np.nan)
    return replace(found, statistic=missing, p_value=missing)


def wald_test(record: FitRecord, hypothesis: str, level: float | None = None) -> WaldTest:
    """Test hypotheses about the coefficients.

    Parameters
    ----------
    record : FitRecord
        The fit.
    hypothesis : str
        For example ``"age = 0, smoke = 2 * ht"``, with the names of coefficients. The name of a term of the formula,
        ``"race"`` or ``"age:race"``, means that all its coefficients that are not aliased are zero. Nonlinear
        functions, such as ``"age / lwt = 1"`` with ``* / ** exp log sqrt``, are tested by the delta method.
    level : float, optional
        Confidence level of the intervals; by default that of the fit.

    Returns
    -------
    WaldTest
        Joint test of all hypotheses.

    Raises
    ------
    FormulaError
        For an unknown name, contradictory hypotheses, or a hypothesis that the model itself fixes.
    SeparationError
        If a hypothesis involves an infinite, undetermined or aliased coefficient.
    UnsupportedError
        If the covariance is rank-deficient, as with few clusters, and after a penalty.

    Examples
    --------
    The statistic of a single hypothesis is the square of its z statistic:

    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> found = wald_test(fit.record, "x = 0")
    >>> bool(abs(found.statistic - found.estimates.statistic[0] ** 2) < 1e-9)
    True
    """
    from logitkit.design.formula.constraints import parse_hypothesis
    from logitkit.design.formula.nonlinear import nonlinear_functions

    require(record, "test")
    curved = nonlinear_functions(hypothesis, record.names, record.naming, record.term_places())
    if curved is not None:
        return _delta_test(record, curved, record.level if level is None else level)
    from logitkit.inference.functions import column_of, function_sides
    from logitkit.inference.hypotheses.marginality import contained_terms

    left, right, texts = parse_hypothesis(hypothesis, record.names, record.naming, record.term_places())
    if len(left) > OVERALL_MOST:
        raise UnsupportedError(
            f"{len(left):,} hypotheses are too many to test jointly: the time grows with the cube of their number, and "
            f"at most {OVERALL_MOST} are allowed."
        )
    used = np.any(left != 0.0, axis=0)
    without = _without_errors(record, used)
    # Of coefficients that run to infinity a difference may be finite.
    if without and (not record.is_separated or np.any(function_sides(record, left) != 0.0)):
        raise _infinite(without)
    finite = record.coordinates.coef(record.inner_coef) if without else record.coef
    difference = left @ np.where(used, finite, 0.0) - right
    jacobian = record.coordinates.jacobian(left)
    fixed = _fixed_by_the_model(record, left, jacobian)
    if fixed.any():
        raise FormulaError(
            f"{texts[int(np.argmax(fixed))]} cannot be tested: it is fixed by the model, whatever the data. Its "
            "coefficients sum to zero or are equal by definition, or are not in the model."
        )
    found = _tested(record, difference, jacobian, texts, record.level if level is None else level)
    zero = column_of(record)[left[(right == 0.0) & (np.count_nonzero(left, axis=1) == 1)].nonzero()[1]]
    return replace(found, contained=contained_terms(record.info, zero))


def _delta_test(record: FitRecord, functions: NonlinearFunctions, level: float) -> WaldTest:
    """Test functions that are not linear by their derivatives at the estimates."""
    used = np.zeros(len(record.names), dtype=bool)
    used[functions.used] = True
    without = _without_errors(record, used)
    if without:
        raise _infinite(without)
    difference, slopes = functions.at(np.where(used, record.coef, 0.0))
    jacobian = record.coordinates.jacobian(slopes)
    flat = ~jacobian.any(axis=1) | _fixed_by_the_model(record, slopes, jacobian)
    if flat.any():
        raise FormulaError(
            f"{functions.texts[int(np.argmax(flat))]} cannot be tested by the delta method: its derivatives by the "
            "coefficients that were estimated are zero at the estimates."
        )
    return replace(_tested(record, difference, jacobian, functions.texts, level), method="delta")


def _without_errors(record: FitRecord, used: BoolArray) -> list[str]:
    """Return the coefficients among some that have no standard error."""
    return [name for name, u, c in zip(record.names, used, record.std_error, strict=True) if u and np.isnan(c)]


def _infinite(names: list[str]) -> SeparationError:
    return SeparationError(
        f"{', '.join(names)} has no finite estimate with a standard error (separated, undetermined or aliased), "
        "so a Wald test of it is not defined. Test the other coefficients, or compare models by a "
        "likelihood-ratio test."
    )


def _tested(
    record: FitRecord, difference: FloatArray, jacobian: FloatArray, texts: tuple[str, ...], level: float
) -> WaldTest:
    """Return the test that some differences are zero, by their Jacobian."""
    rank, statistic, contradicted = wald_chi_square(record, difference, jacobian)
    if rank < int(np.linalg.matrix_rank(jacobian)):
        raise UnsupportedError(
            f"The covariance ({record.covariance.label}) lacks the rank to test {', '.join(texts)} jointly: "
            f"at most {rank} independent hypotheses can be tested. Test fewer, or use more clusters."
        )
    if contradicted:
        raise FormulaError(f"The hypotheses {', '.join(texts)} contradict one another.")
    product = record.inner_vcov.times(jacobian)
    estimates = linear_estimates(difference, jacobian, product, level, record.law.of(jacobian))
    joint, made = record.law.joint_of(jacobian), record.covariance
    p_value = float(joint.joint(np.array(statistic), np.array(rank)))
    return WaldTest(statistic, rank, p_value, texts, estimates, made.label, (), made.n_clusters, joint)


def _fixed_by_the_model(record: FitRecord, functions: FloatArray, jacobian: FloatArray) -> BoolArray:
    """Return which functions do not depend on what was solved for: rounding of them would look like an estimate."""
    transform = record.coordinates.transform if isinstance(record.coordinates, Coordinates) else None
    if transform is None:
        return np.zeros(len(functions), dtype=bool)
    size = np.abs(functions) @ np.abs(transform)
    return np.asarray((np.abs(jacobian) <= FIXED * size).all(axis=1))


def wald_chi_square(record: FitRecord, difference: FloatArray, jacobian: FloatArray) -> tuple[int, float, bool]:
    """Return the rank of the covariance of differences, their Wald statistic, and whether they lie outside its range.

    Parameters
    ----------
    record : FitRecord
        The fit.
    difference : (m,) array
        Values of functions that are zero under the hypothesis.
    jacobian : (m, q) array
        Derivatives of the functions with respect to the coefficients that were solved for.

    Returns
    -------
    rank : int
        Rank of the covariance of the differences.
    statistic : float
        The chi-square statistic.
    outside : bool
        Whether a difference is nonzero in a direction without variance.

    Examples
    --------
    A hypothesis that is stated twice counts once, and its statistic is the square of its z statistic:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> twice = np.array([[0.0, 1.0], [0.0, 1.0]])
    >>> value = twice @ fit.record.coordinates.coef(fit.record.inner_coef)
    >>> rank, statistic, _ = wald_chi_square(fit.record, value, fit.record.coordinates.jacobian(twice))
    >>> rank, bool(np.isclose(statistic, fit.tidy()["statistic"].iloc[1] ** 2))
    (1, True)
    """
    return chi_square_of(difference, covariance_root(record, jacobian))


def chi_square_of(difference: FloatArray, root: FloatArray) -> tuple[int, float, bool]:
    """Return the rank, Wald statistic and range check of differences, from a root of their covariance.

    Parameters
    ----------
    difference : (m,) array
        Estimates of functions that are zero under the hypothesis.
    root : (m, r) array
        A root R of the covariance: R R' is the covariance.

    Returns
    -------
    rank : int
        Rank of the covariance.
    statistic : float
        The chi-square statistic.
    outside : bool
        Whether a difference is nonzero in a direction without variance.

    Examples
    --------
    >>> chi_square_of(np.array([3.0, 4.0]), np.eye(2))
    (2, 25.0, False)
    """
    length = np.linalg.norm(root, axis=1)
    length = np.where(length > 0.0, length, 1.0)
    rotation, values, _ = np.linalg.svd(root / length[:, None], full_matrices=False)
    keep = values > 1e-10 * values[0]
    scaled = difference / length
    rotated = rotation.T @ scaled
    outside = scaled - rotation[:, keep] @ rotated[keep]
    contradicted = bool(np.any(np.abs(outside) > 1e-8 * max(1.0, float(np.abs(scaled).max()))))
    return int(np.count_nonzero(keep)), float(np.sum((rotated[keep] / values[keep]) ** 2)), contradicted


def covariance_root(record: FitRecord, jacobian: FloatArray, *, model: bool = False) -> FloatArray:
    """Return R, where R R' is the covariance of functions; R is more accurate than R R' for nearly equal functions.

    Parameters
    ----------
    record : FitRecord
        The fit.
    jacobian : (m, q) array
        Derivatives of the functions with respect to the coefficients that were solved for.
    model : bool, default False
        Whether to use the model-based covariance (inverse information), whatever the covariance of the fit.

    Returns
    -------
    (m, r) array
        One row per function.
    """
    support = np.flatnonzero(np.any(jacobian != 0.0, axis=0))
    if not support.size:  # of what does not vary, as where all rows are separated
        return np.zeros((len(jacobian), 1))
    vcov = record.inner_model_vcov if model else record.inner_vcov
    return np.asarray(jacobian[:, support] @ _root(vcov.block(support)))


def _root(vcov: FloatArray) -> FloatArray:
    """Return R with R R' = vcov, from the eigenvectors of the correlations, for a covariance that may lack rank."""
    scale = np.sqrt(np.maximum(vcov.diagonal(), 0.0))
    scale = np.where(scale > 0.0, scale, 1.0)
    values, vectors = np.linalg.eigh(vcov / scale[:, None] / scale)
    # What is left of a lacking rank is rounding, whose root would not be small.
    values = np.where(values > 1e-12 * values.max(initial=0.0), values, 0.0)
    return np.asarray(scale[:, None] * vectors * np.sqrt(values))
