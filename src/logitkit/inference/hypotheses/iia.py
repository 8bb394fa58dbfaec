r"""Tests of the independence of irrelevant alternatives.

The odds of two outcomes in a multinomial logit do not depend on the other outcomes. If that holds, a fit without the
rows of one outcome estimates the same coefficients of the others.

*Hausman and McFadden*: let :math:`d` be the difference between the estimates of the fit without one outcome (r) and
those of the full fit (f). The statistic :math:`d'(V_r - V_f)^{-1} d` is chi-square, with the rank of the matrix as
degrees of freedom. In a sample the matrix need not be positive definite, so the statistic can be negative.

*Small and Hsiao*: the observations are split into halves at random. Estimates of the full model from the two halves are
averaged with weights :math:`1/\sqrt 2` and :math:`1 - 1/\sqrt 2`. A likelihood ratio compares them with the fit to the
second half without the outcome, on the same rows.

Both are known to be poor: in simulations their size is far from nominal even in large samples, they disagree with each
other, and Small and Hsiao's depends on the draw of the halves (Fry and Harris 1996, Cheng and Long 2007). They are
provided because users ask for them.

References
----------
Hausman, J. and McFadden, D. (1984) Specification tests for the multinomial logit model. Econometrica 52, 1219-1240.
Small, K. A. and Hsiao, C. (1985) Multinomial logit specification tests. International Economic Review 26, 619-627.
Cheng, S. and Long, J. S. (2007) Testing for IIA in the multinomial logit model. Sociological Methods & Research 35,
583-600.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Integral

import numpy as np
from scipy.special import chdtrc

from logitkit.design.design import Design
from logitkit.design.response.response import Response
from logitkit.engine.fit import fit_design
from logitkit.engine.objective import outcomes_objective
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import DataError
from logitkit.inference.functions import contrast_functions
from logitkit.inference.verbs import require
from logitkit.models.form import outcomes_form
from logitkit.models.predictors import full_predictors
from logitkit.options import require_choice
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["IiaTests", "iia_tests"]

SHARE = 2.0**-0.5
RANK = 1e-10  # of the largest eigenvalue


@dataclass(frozen=True)
class IiaTests:
    """Tests of the independence of irrelevant alternatives, one for each outcome that is left out.

    Parameters
    ----------
    omitted : tuple of str
        The outcome that each test leaves out.
    statistic, p_value : (m,) array
        A negative Hausman-McFadden statistic has no p-value; both are missing where a fit does not exist.
    dof : (m,) int array
        Degrees of freedom.
    method : {'hausman', 'small_hsiao'}
        The kind of test.
    seed : int or None
        Seed of the random halves, for Small and Hsiao's test.

    Examples
    --------
    >>> IiaTests(("a",), np.ones(1), np.ones(1), np.ones(1, int), "hausman", None).omitted
    ('a',)
    """

    omitted: tuple[str, ...]
    statistic: FloatArray
    p_value: FloatArray
    dof: IntArray
    method: str
    seed: int | None


def iia_tests(record: FitRecord, design: Design | None, method: str = "hausman", seed: int = 0) -> IiaTests:
    """Test the independence of irrelevant alternatives by leaving out each outcome in turn.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        The rows of the fit, which are refitted.
    method : {'hausman', 'small_hsiao'}
        The kind of test.
    seed : int, default 0
        Seed of the random halves, for Small and Hsiao's test.

    Returns
    -------
    IiaTests
        One row per outcome.

    Raises
    ------
    DataError
        For a loaded model, an unknown method, or a seed that is not an integer.
    UnsupportedError
        After a penalty, with sampling weights or clusters, for counts, for two outcomes, and for predictors that differ
        between outcomes.

    Examples
    --------
    >>> import logitkit as lk
    >>> rng = np.random.default_rng(1)
    >>> data = {"y": rng.choice(["a", "b", "c"], 300), "x": rng.normal(size=300)}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> iia_tests(fit.record, fit.design).dof.tolist()
    [2, 2, 2]
    """
    require(record, "iia_tests")
    require_choice("method", method, ("hausman", "small_hsiao"))
    if isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0:
        raise DataError(f"seed={seed!r}: give a whole number that is not negative.")
    if design is None:
        raise DataError("A loaded model does not hold the rows, to which these tests refit it: fit it again.")
    response = design.response
    outcomes = range(len(record.outcomes))
    if method == "hausman":
        rows = [_hausman(record, design, omitted) for omitted in outcomes]
    else:
        halves = _halves(design, response, np.random.default_rng(seed))
        rows = [_small_hsiao(record, *halves, omitted) for omitted in outcomes]
    statistic = np.array([row[0] for row in rows])
    dof = np.array([row[1] for row in rows], dtype=np.int64)
    valid = (dof > 0) & (statistic >= 0.0)
    p_value = np.where(valid, chdtrc(np.maximum(dof, 1), np.where(valid, statistic, 0.0)), np.nan)
    return IiaTests(record.outcomes, statistic, p_value, dof, method, seed if method == "small_hsiao" else None)


def _hausman(record: FitRecord, design: Design, omitted: int) -> tuple[float, int]:
    """Return the statistic and its degrees of freedom."""
    remaining = [k for k in range(len(record.outcomes)) if k != omitted]
    smaller = _fit(record, _without(design, omitted))
    if smaller is None or record.is_separated:
        return np.nan, 0
    columns = np.setdiff1d(np.arange(len(record.info.names)), record.aliased)
    whole = np.vstack([contrast_functions(record, k, remaining[0], columns) for k in remaining[1:]])
    part = np.vstack([contrast_functions(smaller, k, 0, columns) for k in range(1, len(remaining))])
    difference = part @ smaller.coordinates.coef(smaller.inner_coef) - whole @ record.coordinates.coef(
        record.inner_coef
    )
    own, full = (
        (jacobian := fit.coordinates.jacobian(functions)) @ fit.inner_model_vcov.times(jacobian).T
        for fit, functions in ((smaller, part), (record, whole))
    )
    scale = np.sqrt(own.diagonal())
    values, vectors = np.linalg.eigh((own - full) / np.multiply.outer(scale, scale))
    keep = np.abs(values) > RANK * np.abs(values).max()
    rotated = vectors.T @ (difference / scale)
    return float(np.sum(rotated[keep] ** 2 / values[keep])), int(np.count_nonzero(keep))


def _halves(design: Design, response: Response, generator: np.random.Generator) -> tuple[Design, Design]:
    """Return the observations in two halves; of a row with a frequency weight each observation is drawn by itself."""
    if response.prior is None or response.weight_kind != "frequency":
        first = generator.permutation(design.n_rows) < design.n_rows // 2
        return _part(design, first), _part(design, ~first)
    drawn = generator.binomial(response.prior.astype(np.int64), 0.5).astype(np.float64)
    weights = (drawn, response.prior - drawn)
    one, other = (_part(replace(design, response=replace(response, prior=prior)), prior > 0.0) for prior in weights)
    return one, other


def _small_hsiao(record: FitRecord, first: Design, second: Design, omitted: int) -> tuple[float, int]:
    """Return the statistic and its degrees of freedom."""
    remaining = [k for k in range(len(record.outcomes)) if k != omitted]
    fits = [_fit(record, half, remaining[0]) for half in (first, second)]
    restricted = _without(second, omitted)
    smaller = _fit(record, restricted)
    if fits[0] is None or fits[1] is None or smaller is None:
        return np.nan, 0
    tables = [fit.finite_table for fit in fits if fit is not None]
    average = SHARE * tables[0] + (1.0 - SHARE) * tables[1]
    response = restricted.response
    predictors = full_predictors(len(remaining), record.predictors.n_columns, 0)
    objective = outcomes_objective(restricted.matrix, response, predictors)
    loss = objective.evaluate(average[remaining[1:]].reshape(-1), hessian=False).value
    best = objective.evaluate(smaller.finite_table[1:].reshape(-1), hessian=False).value
    return 2.0 * (loss - best), smaller.n_params


def _part(design: Design, rows: BoolArray) -> Design:
    index = np.flatnonzero(rows)
    return replace(
        design,
        matrix=design.matrix.take(index),
        response=design.response.take(index),
        positions=design.positions[index],
    )


def _without(design: Design, omitted: int) -> Design:
    """Return the rows of the other outcomes."""
    part = _part(design, design.response.y != omitted)
    response = part.response
    y = response.y - (response.y > omitted)
    offsets = None if response.offset is None else np.delete(response.offset, omitted, axis=0)
    given = part.info.response
    levels = tuple(level for k, level in enumerate(given.levels) if k != omitted)
    info = replace(part.info, response=replace(given, levels=levels))
    return replace(part, response=replace(response, y=y, n_outcomes=response.n_outcomes - 1, offset=offsets), info=info)


def _fit(record: FitRecord, design: Design, reference: int = 0) -> FitRecord | None:
    """Return the fit of some rows, None where it does not exist or other columns are aliased."""
    response = design.response
    if (response.totals == 0.0).any():
        return None
    predictors = full_predictors(response.n_outcomes, record.predictors.n_columns, reference)
    found = fit_design(design, outcomes_form(predictors, reference, design.info.response.levels), Newton())
    p = record.predictors.n_columns
    same = set((found.aliased % p).tolist()) == set((record.aliased % p).tolist())
    return found if found.converged and not found.is_separated and same else None
