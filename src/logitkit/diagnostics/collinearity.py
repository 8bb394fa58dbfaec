r"""Variance inflation: how much the other terms cost each term, as R's ``car::vif``.

With R the correlation matrix of the estimated coefficients (intercepts left out), and A those of a term, for all
linear predictors together,

.. math:: \mathrm{GVIF}_A = \frac{\det R_{AA} \det R_{\bar A \bar A}}{\det R},

the factor by which the squared volume of the term's joint confidence region is larger than with uncorrelated
other terms. For one coefficient it is the usual VIF, :math:`1/(1 - R_j^2)` with weights
:math:`w_i \mu_i (1 - \mu_i)`. The root :math:`\mathrm{GVIF}^{1/(2 d)}` with d coefficients is comparable across
terms: a factor on the length of an interval. With several outcomes it does not depend on which is the reference.

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
from logitkit.inference.verbs import require
from logitkit.typing import FloatArray, IntArray

__all__ = ["Collinearity", "collinearity", "inflation"]

DETERMINED = 1e-13  # of the largest variance of a combination: one that is this small is none


@dataclass(frozen=True)
class Collinearity:
    """Generalised variance inflation factors of t terms.

    Parameters
    ----------
    terms : tuple of str
        Terms of the formula, except the intercept and terms that are left out entirely.
    gvif : (t,) array
        Generalised variance inflation factor, at least 1 when the model has an intercept.
    dof : (t,) int array
        Number of coefficients of each term that are used.
    gvif_scaled : (t,) array
        GVIF^(1 / (2 dof)).
    has_intercept : bool
        Whether the model has an intercept. Without one, columns are not centred and large factors may only reflect
        means that are far from zero, so interpret them with care.
    left_out : tuple of str
        Coefficients that are left out because aliasing or separation leaves no finite estimate.

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
        The fit. Factors are always computed from its model-based covariance, because they describe the design.

    Returns
    -------
    Collinearity
        One entry per term. Aliased and separated coefficients are left out, as are those excluded from a linear
        predictor. Coefficients constrained to be equal for all outcomes count once.

    Raises
    ------
    UnsupportedError
        If the model has no column except the intercept, or is penalised.
    SeparationError
        If no coefficient except the intercepts has a finite estimate.

    Examples
    --------
    The result does not depend on the reference outcome:

    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> first, other = (lk.multinomial("race ~ age + lwt", births, reference=race) for race in ("white", "black"))
    >>> bool(np.allclose(collinearity(first.record).gvif, collinearity(other.record).gvif))
    True
    """
    require(record, "collinearity")
    intercept = record.info.intercept
    absent = np.zeros(record.predictors.n_flat, dtype=bool) if record.absent is None else record.absent
    places = [
        (int(place), int(column))
        for equation in record.equations
        for column, place in zip(equation.columns, equation.places, strict=True)
        if column != intercept and not absent[place]
    ]
    if not places:
        raise UnsupportedError("The model has no column besides the intercept; nothing can be collinear.")
    variance = record.model_vcov.diagonal()
    present = [(j, column) for j, column in places if np.isfinite(record.coef[j]) and variance[j] > 0.0]
    kept = [j for j, _ in present]
    left_out = tuple(record.names[j] for j in sorted({j for j, _ in places} - set(kept)))
    if not present:
        noun = "intercept" if record.has_event else "intercepts"
        raise SeparationError(
            f"No coefficient other than the {noun} is finite ({', '.join(left_out)}), so there is no variance to "
            "inflate."
        )
    where = np.array([column for _, column in present])
    members = {term.name: np.flatnonzero(np.isin(where, term.columns)) for term in record.info.terms}
    covariance = record.model_vcov[np.ix_(kept, kept)]
    return inflation(covariance, members, has_intercept=intercept is not None, left_out=left_out)


def inflation(
    covariance: FloatArray, members: Mapping[str, IntArray], *, has_intercept: bool, left_out: tuple[str, ...]
) -> Collinearity:
    """Return generalised variance inflation factors computed from a covariance matrix.

    Parameters
    ----------
    covariance : (q, q) array
        Covariance of the coefficients except intercepts, each with positive variance.
    members : mapping of str to (d,) int array
        Positions of the coefficients of each term; terms without coefficients are left out.
    has_intercept : bool
        Whether the model has an intercept.
    left_out : tuple of str
        Coefficients that were left out.

    Returns
    -------
    Collinearity
        If coefficients of a term are linearly dependent, redundant ones are dropped from its degrees of freedom; the
        factor does not depend on which ones.

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
