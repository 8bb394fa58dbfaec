r"""Likelihood-ratio tests of a fit against a smaller one, which lacks columns or has common coefficients.

Under separation the suprema of both likelihoods are finite, and the statistic is twice the difference of their
logarithms. Only functions of the coefficients that the data determine count as degrees of freedom.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.linalg import qr

from logitkit.design.design import Design
from logitkit.engine.estimate import fit_model
from logitkit.engine.null import null_loss_of_rows
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.inference.functions import determined_functions
from logitkit.inference.hypotheses.chi_square import not_aliased
from logitkit.typing import FloatArray, IntArray

__all__ = ["design_of_columns", "fit_without", "likelihood_ratio", "ratio_to_nothing"]


def ratio_to_nothing(record: FitRecord, design: Design) -> tuple[float, int]:
    """Return the test against the model without coefficients, which has only absorbed levels and offsets.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its rows.

    Returns
    -------
    statistic : float
        Twice the difference of the log-likelihoods.
    dof : int
        Rank of the columns.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 0 + x", {"y": [0, 0, 1, 0, 1, 1], "x": [-1.0, -2.0, 2.5, 1.0, -3.5, 5.0]})
    >>> statistic, dof = ratio_to_nothing(fit.record, fit.design)
    >>> bool(np.isclose(statistic, 12 * np.log(2) + 2 * fit.loglik)), dof
    (True, 1)
    """
    if record.nuisance.n_parameters:
        return max(record.null_deviance - record.deviance, 0.0), record.n_params - record.n_intercepts
    loss = null_loss_of_rows(design, record.form, False)
    return max(2.0 * (loss - (record.log_constant - record.loglik)), 0.0), record.n_params


def likelihood_ratio(larger: FitRecord, smaller: FitRecord, functions: FloatArray) -> tuple[float, int]:
    """Return twice the difference of the log-likelihoods of two fits, and its degrees of freedom.

    Parameters
    ----------
    larger, smaller : FitRecord
        Fits to the same rows.
    functions : (k, p) array
        Functions of the larger fit's coefficients that are zero in the smaller. Functions that the data do not
        determine do not count as degrees of freedom: the supremum of the likelihood is the same with and without them.

    Returns
    -------
    statistic : float
        Missing if the smaller fit did not converge, or if every row is fitted perfectly.
    dof : int
        Degrees of freedom; 0 if nothing is tested.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> larger, smaller = lk.logit("y ~ x", data), lk.logit("y ~ 1", data)
    >>> statistic, dof = likelihood_ratio(larger.record, smaller.record, np.array([[0.0, 1.0]]))
    >>> bool(np.isclose(statistic, larger.lr_test().statistic)), dof
    (True, 1)
    """
    dof = larger.n_params - smaller.n_params
    if not smaller.converged:
        return np.nan, 0
    if larger.separated_completely:  # the statistic would be the smaller model's deviance, whatever the larger has
        return np.nan, max(dof, 0)
    if larger.is_separated:
        tested = not_aliased(larger, functions)
        if _rank(larger, tested) != dof:  # other columns stand in for an aliased one
            return np.nan, 0
        dof = _rank(larger, determined_functions(larger, tested))
    return max(smaller.deviance - larger.deviance, 0.0), dof


def _rank(record: FitRecord, functions: FloatArray) -> int:
    """Return how many functions are independent, by a pivoted QR: a factor of many levels has as many as levels."""
    if not len(functions):
        return 0
    jacobian = record.coordinates.jacobian(functions)
    pivots = np.abs(np.diag(qr(jacobian, mode="r", pivoting=True, check_finite=False)[0]))
    return int(np.sum(pivots > pivots[0] * max(jacobian.shape) * np.finfo(float).eps))


def design_of_columns(design: Design, keep: IntArray) -> Design:
    """Return the design with some of its columns.

    Parameters
    ----------
    design : Design
        n rows.
    keep : (k,) int array
        Positions of the columns, in order.

    Returns
    -------
    Design
        The same rows; each term keeps those of its columns that remain.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x + z", {"y": [0, 1, 0, 1], "x": [1.0, 2, 3, 3], "z": [1.0, 1, 2, 0]})
    >>> [term.name for term in design_of_columns(fit.design, np.array([0, 2])).info.terms]
    ['Intercept', 'z']
    """
    info, place = design.info, {int(j): k for k, j in enumerate(keep)}
    terms = tuple(replace(term, columns=tuple(place[j] for j in term.columns if j in place)) for term in info.terms)
    names = tuple(info.names[j] for j in keep)
    info = replace(info, names=names, terms=tuple(term for term in terms if term.columns), constant=None)
    from logitkit.design.chunks.build import of_columns

    return of_columns(design, keep, info)


def fit_without(record: FitRecord, design: Design, columns: IntArray) -> tuple[FitRecord, Design]:
    """Return the fit without some columns, at least one of which must remain, and its design.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its rows.
    columns : (k,) int array
        Columns to leave out.

    Returns
    -------
    record : FitRecord
        A fit of the same family, with the restrictions that concern the remaining columns.
    design : Design
        Its rows.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> bool(np.isclose(fit_without(fit.record, fit.design, np.array([1]))[0].deviance, fit.null_deviance))
    True
    """
    keep = np.setdiff1d(np.arange(len(record.info.names)), columns)
    part = design_of_columns(design, keep)
    # Intercepts of absorbed levels stay in the offset: those of the smaller fit are differences from them.
    return fit_model(part, record.form.keep(keep), Newton(), record.level)
