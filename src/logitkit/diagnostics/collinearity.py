r"""Variance inflation: how much the other terms cost each term, as R's ``car::vif``.

With R the correlation matrix of the estimated coefficients (intercept left out), and A the columns of a term,

.. math:: \mathrm{GVIF}_A = \frac{\det R_{AA} \det R_{\bar A \bar A}}{\det R},

the factor by which the squared volume of the term's joint confidence region is larger than with uncorrelated
other terms. For one column it is the usual VIF, :math:`1/(1 - R_j^2)` with weights
:math:`w_i \mu_i (1 - \mu_i)`. The root :math:`\mathrm{GVIF}^{1/(2 d)}` with d columns is comparable across
terms: a factor on the length of an interval.

References
----------
Fox, J. and Monette, G. (1992) Generalized collinearity diagnostics. JASA 87, 178-183, equation 10.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from logitkit.engine.record import FitRecord
from logitkit.errors import SeparationError, UnsupportedError
from logitkit.inference.penalised import require_likelihood
from logitkit.typing import FloatArray, IntArray

__all__ = ["Collinearity", "collinearity", "inflation"]

DETERMINED = 1e-13  # of the largest variance of a combination: one that is this small is none


@dataclass(frozen=True)
class Collinearity:
    """Generalised variance inflation factors of the m terms.

    Parameters
    ----------
    terms : tuple of str
        Terms of the formula, without the intercept and those left out entirely.
    gvif : (m,) array
        Generalised variance inflation factor, at least 1 when the model has an intercept.
    dof : (m,) int array
        Columns that count for each term.
    gvif_scaled : (m,) array
        GVIF^(1 / (2 dof)).
    has_intercept : bool
        Without an intercept columns are not centred, and the factors measure their distance from zero as much
        as their correlation: read them with care.
    left_out : tuple of str
        Columns without a finite estimate, aliased or separated, which take no part.

    Examples
    --------
    >>> one = Collinearity(("x",), np.array([4.0]), np.array([1]), np.array([2.0]), True, ())
    >>> float(one.gvif[0] ** (1 / (2 * one.dof[0])))
    2.0
    """

    terms: tuple[str, ...]
    gvif: FloatArray
    dof: IntArray
    gvif_scaled: FloatArray
    has_intercept: bool
    left_out: tuple[str, ...]


def collinearity(record: FitRecord) -> Collinearity:
    """Return the generalised variance inflation factor of each term.

    Parameters
    ----------
    record : FitRecord
        The fit. Factors come from its model-based covariance, since they describe the design, whatever
        covariance the record carries.

    Returns
    -------
    Collinearity
        One entry a term.

    Raises
    ------
    UnsupportedError
        If the model has no column but the intercept, and after a penalty.
    SeparationError
        If no column but the intercept has a finite estimate.

    Examples
    --------
    Orthogonal columns cost each other nothing:

    >>> from logitkit.design.ready import ready_design
    >>> from logitkit.models.binomial import Binomial
    >>> from logitkit.engine.fit import fit_design
    >>> from logitkit.engine.solvers.newton import Newton
    >>> a, b, y = np.array([(i & 1, i >> 1 & 1, i >> 2) for i in range(8)], dtype=float).T
    >>> design = ready_design(np.column_stack([np.ones(8), a, b]), y, names=["Intercept", "a", "b"])
    >>> bool(np.allclose(collinearity(fit_design(design, Binomial(), Newton())).gvif, 1.0))
    True
    """
    require_likelihood(record, "collinearity")
    intercept = record.info.intercept
    columns = [j for j in range(len(record.names)) if j != intercept]
    if not columns:
        raise UnsupportedError("The model has no column but the intercept; nothing can be collinear.")
    variance = record.model_vcov.diagonal()
    present = [j for j in columns if np.isfinite(record.coef[j]) and variance[j] > 0.0]
    left_out = tuple(record.names[j] for j in columns if j not in set(present))
    if not present:
        raise SeparationError(
            f"No coefficient but the intercept is finite ({', '.join(left_out)}); there are no variances to inflate."
        )
    place = {column: i for i, column in enumerate(present)}
    members = {
        term.name: np.array([place[j] for j in term.columns if j in place], dtype=np.int64)
        for term in record.info.terms
    }
    covariance = record.model_vcov[np.ix_(present, present)]
    return inflation(covariance, members, has_intercept=intercept is not None, left_out=left_out)


def inflation(
    covariance: FloatArray, members: Mapping[str, IntArray], *, has_intercept: bool, left_out: tuple[str, ...]
) -> Collinearity:
    """Return the generalised variance inflation factors of a covariance.

    Parameters
    ----------
    covariance : (q, q) array
        Of coefficients without intercepts, each of positive variance.
    members : mapping of str to (d,) int array
        Terms and the places of their coefficients; terms without any are left out.
    has_intercept : bool
        Whether the model has one.
    left_out : tuple of str
        Coefficients that took no part.

    Returns
    -------
    Collinearity
        Where coefficients of a term determine one another, as equal ones do, it counts as many as are left; a factor
        does not depend on which.

    Examples
    --------
    >>> twice = np.array([[1.0, 1.0, 0.5], [1.0, 1.0, 0.5], [0.5, 0.5, 1.0]])
    >>> members = {"a": np.array([0, 1]), "b": np.array([2])}
    >>> found = inflation(twice, members, has_intercept=True, left_out=())
    >>> found.dof.tolist(), bool(np.allclose(found.gvif, 1 / (1 - 0.25)))
    ([1, 1], True)
    """
    scale = 1.0 / np.sqrt(np.diag(covariance))
    correlation = covariance * scale[:, None] * scale
    own = {name: _directions(correlation, inside) for name, inside in members.items() if inside.size}
    names, parts = list(own), list(own.values())
    basis = np.concatenate(parts, axis=1)
    reduced = basis.T @ correlation @ basis
    dof = np.array([part.shape[1] for part in parts], dtype=np.int64)
    stop = np.cumsum(dof)
    whole = _log_det(reduced)
    gvif = np.empty(len(names))
    for number in range(len(names)):
        inside = np.arange(stop[number] - dof[number], stop[number])
        outside = np.setdiff1d(np.arange(stop[-1]), inside)
        inner, outer = _log_det(reduced[np.ix_(inside, inside)]), _log_det(reduced[np.ix_(outside, outside)])
        gvif[number] = np.exp(inner + outer - whole)
    return Collinearity(
        terms=tuple(names),
        gvif=gvif,
        dof=dof,
        gvif_scaled=gvif ** (0.5 / dof),
        has_intercept=has_intercept,
        left_out=left_out,
    )


def _directions(correlation: FloatArray, inside: IntArray) -> FloatArray:
    """Return orthonormal combinations of the coefficients of a term that are not determined by the others, (q, d)."""
    values, vectors = np.linalg.eigh(correlation[np.ix_(inside, inside)])
    kept = vectors[:, values > DETERMINED * values[-1]]
    out = np.zeros((len(correlation), kept.shape[1]))
    out[inside] = kept
    return out


def _log_det(matrix: FloatArray) -> float:
    """Return the logarithm of the determinant, 0 for a matrix without rows."""
    return float(np.linalg.slogdet(matrix)[1])
