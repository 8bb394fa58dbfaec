r"""Covariances of survey designs: linearisation by strata and units, and replicate weights.

Let :math:`z_{hj}` be the weighted scores summed within unit j of the :math:`n_h` units of stratum h, and :math:`f_h`
the fraction of the stratum that was sampled. Then

.. math:: V = A^{-1} \Bigl\{\sum_h (1 - f_h) \tfrac{n_h}{n_h - 1} \sum_j d_{hj} d_{hj}'\Bigr\} A^{-1},
          \qquad d_{hj} = z_{hj} - \bar z_h.

Units without a row in the domain count with :math:`z = 0`. With replicate weights the covariance is :math:`\sum_r c_r
(\hat\theta_r - \bar\theta)(\hat\theta_r - \bar\theta)'` where :math:`\bar\theta` is the mean of the replicates.
Statistics are compared with t on the degrees of freedom of the design: units minus strata of the domain, or the rank of
the replicate weights minus one. The conventions of R subtract the number of coefficients minus one. Those of SAS
multiply the linearised covariance by (n - 1) / (n - k), take deviations of replicates from the estimate, and use t on
the number of replicates.

References
----------
Binder, D. A. (1983) International Statistical Review 51, 279-292. Lumley, T. (2004) Journal of Statistical Software 9
(8). Wolter, K. M. (2007) Introduction to Variance Estimation, 2nd edition, chapters 3 to 6.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.design.dependence import SurveyRows
from logitkit.design.design import Design
from logitkit.engine.curvature.vcov import DenseVcov, Vcov
from logitkit.engine.facts import Covariance
from logitkit.engine.law import Law
from logitkit.engine.rank import solved_from
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, SeparationError, UnsupportedError
from logitkit.inference.covariances.sandwich import scores
from logitkit.inference.covariances.sums_by_cluster import RowScores
from logitkit.inference.resampling.refits import refit
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["outside_weightless", "replicated_vcov", "survey_meat", "survey_vcov", "with_survey"]

RANK = 1e-10  # of the squares of replicate weights: less is a combination of others
REMEDIES = (
    "Merge strata; or state lonely='certainty' (the unit was sure to be drawn and adds nothing), 'centred' (its square "
    "about the mean of all units) or 'average' (the mean of the other strata)."
)


def with_survey(record: FitRecord, design: Design, rows: SurveyRows) -> FitRecord:
    """Return a fit with the covariance of its survey design.

    Parameters
    ----------
    record : FitRecord
        The fit, with sampling weights.
    design : Design
        Its n rows.
    rows : SurveyRows
        The design of the sample, for all rows of the table.

    Returns
    -------
    FitRecord
        The fit with the covariance and its reference distribution.

    Raises
    ------
    DataError
        For a stratum with a single unit, unless ``lonely`` says how it contributes, and if there are no degrees of
        freedom.
    SeparationError
        If the estimate of a replicate is infinite.

    Examples
    --------
    With one stratum and an infinite population it is the clustered sandwich:

    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> given = {"data": births.assign(w=1.0, u=births["id"] % 30), "weights": "w", "weight_kind": "sampling"}
    >>> one = lk.logit("low ~ age", **given, survey=lk.Survey(units="u"))
    >>> other = lk.logit("low ~ age", **given, cluster="u")
    >>> bool(np.allclose(one.vcov, other.vcov, rtol=1e-10))
    True
    """
    made = survey_vcov(record, design, rows) if rows.replicates is None else replicated_vcov(record, design, rows)
    return record.with_covariance(*made)


def survey_vcov(record: FitRecord, design: Design, rows: SurveyRows) -> tuple[Vcov, Covariance]:
    """Return the linearised covariance for strata and units.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its n rows.
    rows : SurveyRows
        The design of the sample.

    Returns
    -------
    vcov : Vcov
        Covariance of the coefficients that were solved for.
    covariance : Covariance
        Name and reference distribution of the covariance.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.design.survey import survey_rows
    >>> data = {"y": [0, 0, 1, 1, 1, 0], "s": [1, 1, 1, 2, 2, 2], "w": [1.0] * 6}
    >>> fit = lk.logit("y ~ 1", data, weights="w", weight_kind="sampling")
    >>> rows = survey_rows(lk.Survey(strata="s"), fit.design, data)
    >>> survey_vcov(fit.record, fit.design, rows)[1].law.dof
    4.0
    """
    with single_threaded_blas():
        meat, words_of_factor = survey_meat(scores(record, design), rows), ""
        if record.conventions.counts_parameters:
            n, k = record.n_obs, record.n_params
            meat *= (n - 1.0) / (n - k)
            words_of_factor = f"(n - 1) / (n - k) with n = {n} and k = {k}"
        bread = record.inner_model_vcov
        vcov = DenseVcov(bread.times(bread.times(meat).T))
    n_strata, n_units = len(rows.names), int(rows.units.max()) + 1
    open_alone = _alone(rows) & (rows.sampled < 1.0)
    used = rows.positions[design.response.weights > 0.0]
    dof = np.unique(rows.units[used]).size - np.unique(rows.strata[used]).size
    words = f"{n_strata:,} {'stratum' if n_strata == 1 else 'strata'}, {n_units:,} units"
    finite = ", finite population" if rows.sampled.any() else ""
    how = f", single units: {rows.lonely}" if open_alone.any() else ""
    label = f"linearised covariance of the survey design ({words}{finite}{how}{_domain(rows)})"
    return vcov, _named(record, label, dof, words_of_factor)


def survey_meat(found: RowScores, rows: SurveyRows) -> FloatArray:
    """Return the middle matrix of the linearised covariance for strata and units.

    Parameters
    ----------
    found : RowScores
        Weighted scores of the n rows of the fit.
    rows : SurveyRows
        The design of the sample.

    Returns
    -------
    (q, q) array
        A symmetric matrix.

    Raises
    ------
    DataError
        For a stratum with a single unit, unless ``lonely`` says how it contributes.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.design.survey import survey_rows
    >>> data = {"y": [0, 0, 1, 1], "w": [1.0] * 4}
    >>> fit = lk.logit("y ~ 1", data, weights="w", weight_kind="sampling")
    >>> survey_meat(scores(fit.record, fit.design), survey_rows(lk.Survey(), fit.design, data)).round(9).tolist()
    [[1.333333333]]
    """
    n_strata, stratum_of, alone = len(rows.names), _stratum_of(rows), _alone(rows)
    counts = np.bincount(stratum_of, minlength=n_strata)
    # A stratum that was sampled whole has no variance, however many units it has.
    open_alone = alone & (rows.sampled < 1.0)
    if open_alone.any() and rows.lonely == "refuse":
        names = [rows.names[h] for h in np.flatnonzero(open_alone)]
        raise DataError(f"Strata with a single unit have no variance: {', '.join(map(repr, names[:5]))}. {REMEDIES}")
    totals = _unit_totals(found, rows.units[rows.positions], stratum_of.size)
    centre = np.zeros((n_strata, found.size))
    np.add.at(centre, stratum_of, totals)
    centre /= np.maximum(counts, 1)[:, None]
    factor = (1.0 - rows.sampled) * np.where(alone, 0.0, counts / np.maximum(counts - 1.0, 1.0))
    if rows.lonely == "centred":
        centre[alone] = totals.mean(axis=0)
        factor = np.where(alone, 1.0 - rows.sampled, factor)
    away = (totals - centre[stratum_of]) * np.sqrt(factor[stratum_of])[:, None]
    meat = away.T @ away
    if rows.lonely == "average" and open_alone.any():
        if (~open_alone).sum() == 0:
            raise DataError("lonely='average' needs a stratum with two or more units.")
        meat *= n_strata / float(np.count_nonzero(~open_alone))
    return np.asarray(meat)


def _stratum_of(rows: SurveyRows) -> IntArray:
    """Return the stratum of each unit, (U,)."""
    found = np.empty(int(rows.units.max()) + 1, dtype=np.int64)
    found[rows.units] = rows.strata
    return found


def _alone(rows: SurveyRows) -> BoolArray:
    """Return which strata have a single unit, (H,)."""
    return np.asarray(np.bincount(_stratum_of(rows), minlength=len(rows.names)) == 1)


def replicated_vcov(record: FitRecord, design: Design, rows: SurveyRows) -> tuple[Vcov, Covariance]:
    """Return the covariance from replicate weights, with a fit to each set of weights.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its n rows.
    rows : SurveyRows
        The design of the sample, with replicate weights.

    Returns
    -------
    vcov : Vcov
        Covariance of the coefficients that were solved for.
    covariance : Covariance
        Name and reference distribution of the covariance.

    Examples
    --------
    The jackknife of rows by its replicate weights:

    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw().tail(80)
    >>> left_out = (1 - np.eye(80)) * 80 / 79
    >>> survey = lk.Survey(replicates=left_out, kind="JK1")
    >>> fit = lk.logit("low ~ age", births.assign(w=1.0), weights="w", survey=survey)
    >>> own = lk.logit("low ~ age", births).robust("jackknife")
    >>> bool(np.allclose(fit.vcov, own.vcov, rtol=1e-6))
    True
    """
    weights, scales = rows.replicates, rows.scales
    assert weights is not None and scales is not None  # noqa: PT018
    empty = ~(weights > 0.0).any(axis=0)
    if empty.any():
        raise DataError(f"Replicate {int(np.argmax(empty)) + 1} has no row of positive weight in the domain.")
    found = refit(record, design, weights.shape[1], prior=lambda r: weights[:, r])
    estimated = np.isfinite(record.coef)
    if not np.isfinite(found.coef[:, estimated]).all():
        bad = int(np.argmax(~np.isfinite(found.coef[:, estimated]).all(axis=1))) + 1
        raise SeparationError(
            f"The estimate of replicate {bad} is infinite, or its data do not determine it, so that the replicates "
            "have no covariance. Leave out what separates the rows, or use strata= and units=."
        )
    about = record.coef if record.conventions.replicates_about == "estimate" else found.coef.mean(axis=0)
    away = np.where(estimated, found.coef - about, 0.0) * np.sqrt(scales)[:, None]
    inner = solved_from(record.coordinates.jacobian(np.eye(record.coef.size)), away.T).T
    size = np.linalg.norm(weights, axis=0)
    values = np.linalg.eigvalsh((weights / size).T @ (weights / size))
    dof = int(np.count_nonzero(values > RANK * values[-1])) - 1
    dof = weights.shape[1] if record.conventions.replicates_dof == "count" else dof
    label = f"replicate weights of the survey ({rows.kind}, {weights.shape[1]} replicates{_domain(rows)})"
    return DenseVcov(inner.T @ inner), _named(record, label, dof)


def _domain(rows: SurveyRows) -> str:
    """Return how many rows the model is of, where these are not all."""
    return "" if rows.inside.all() else f", domain of {int(np.count_nonzero(rows.inside)):,} rows"


def _named(record: FitRecord, label: str, dof: int, factor: str = "") -> Covariance:
    """Return the name and the law of a covariance with degrees of freedom of the design."""
    if dof < 1:
        raise DataError(
            f"The survey design has no degrees of freedom ({dof}): more units, or fewer strata, are needed."
        )
    left = dof if record.conventions.survey_dof == "design" else dof + 1 - record.n_params
    if left < 1:
        raise DataError(
            f"By the conventions of {record.conventions.title} t has the {dof} degrees of freedom of the design less "
            f"the {record.n_params} coefficients but one, and none are left: use fewer terms, or other conventions."
        )
    return Covariance("survey", label, factor, None, Law(float(left)))


def _unit_totals(found: RowScores, units: IntArray, count: int) -> FloatArray:
    """Return the scores summed within the units, (U, q)."""
    totals = np.zeros((count, found.size))
    for start in range(0, units.size, found.block):
        rows = np.arange(start, min(start + found.block, units.size))
        np.add.at(totals, units[rows], found.of(rows))
    return totals


def outside_weightless(design: Design, rows: SurveyRows) -> Design:
    """Return the design in which rows outside the domain have weight zero.

    Parameters
    ----------
    design : Design
        n rows.
    rows : SurveyRows
        The design of the sample.

    Returns
    -------
    Design
        The same rows.

    Raises
    ------
    UnsupportedError
        Without sampling weights.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.design.survey import survey_rows
    >>> data = {"y": [0, 1, 0, 1], "a": [1, 1, 0, 1], "w": [2.0] * 4}
    >>> fit = lk.logit("y ~ 1", data, weights="w", weight_kind="sampling")
    >>> outside_weightless(fit.design, survey_rows(lk.Survey(domain="a"), fit.design, data)).response.prior.tolist()
    [2.0, 2.0, 0.0, 2.0]
    """
    response = design.response
    if response.prior is None:
        raise UnsupportedError("survey= needs weights=, the sampling weights; a column of ones where all are equal.")
    if rows.inside.all():
        return design
    return replace(design, response=replace(response, prior=response.prior * rows.inside))
