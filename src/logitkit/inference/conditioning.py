r"""Near collinearity of the columns of a fit.

Let :math:`R` be the correlation matrix of the slopes. Then :math:`(R^{-1})_{jj}` is the variance inflation factor of
column j, with the weights of the fit. Its square root is the factor by which the other columns increase the standard
error, and the reciprocal of the root is the part of the column's spread that the others do not explain. The condition
number is the square root of the ratio of the largest to the smallest eigenvalue of R; it is Belsley's for scaled
columns, except that the columns are centred. Neither depends on the units or the origins of the columns.

R is never formed. Its root comes from the coordinates in which the fit was solved, so its singular values are accurate
even where correlations round to 1.

References
----------
Belsley, D. A., Kuh, E. and Welsch, R. E. (1980) Regression Diagnostics, chapter 3.
Stewart, G. W. (1987) Collinearity and least squares regression. Statistical Science 2, 68-84.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.formula.terms import INTERCEPT
from logitkit.engine.record import FitRecord
from logitkit.inference.changes import read_together
from logitkit.inference.hypotheses.wald import OVERALL_MOST, covariance_root
from logitkit.typing import IntArray

__all__ = ["Conditioning", "conditioning"]

# Factors on a standard error. Measured columns have four digits or fewer: what is left of one is then below its last.
MEASURED = 1e4
COMPUTED = 1e8  # of powers and products, which are exact but for rounding, whatever their number of digits
ROUNDING = (
    1e-15  # of the largest singular value: less is rounding, and the condition number no smaller than its inverse
)
TERM_MOST = 60  # coefficients of a term that are looked at, where there are very many


@dataclass(frozen=True)
class Conditioning:
    """Near collinearity of the columns of a fit.

    Parameters
    ----------
    number : float
        Condition number; nan with too many coefficients, with none, or after a penalty.
    columns : tuple of str
        Columns that are almost entirely determined by the others; empty where each coefficient can be interpreted by
        itself.
    inflation : float
        Largest factor by which the standard error of one of these columns is inflated; 0 if there are none.
    computed : bool
        Whether these columns are powers or products of the same variables, by the formula.

    Examples
    --------
    >>> Conditioning(3.0, (), 0.0, False).columns
    ()
    """

    number: float
    columns: tuple[str, ...]
    inflation: float
    computed: bool


def conditioning(record: FitRecord) -> Conditioning:
    """Return the condition number of the slopes, and the columns that are nearly collinear.

    Parameters
    ----------
    record : FitRecord
        The fit; with several outcomes, the columns are examined separately for each outcome.

    Returns
    -------
    Conditioning
        Computed without coefficients that have no standard error.

    Examples
    --------
    Orthogonal columns with equal weights have condition number 1:

    >>> import numpy as np
    >>> import logitkit as lk
    >>> X = np.array([[1.0, a, b] for a in (-1, 1) for b in (-1, 1)] * 2)
    >>> fit = lk.logit_matrix(X, np.repeat([0, 1], 4), names=["Intercept", "a", "b"])
    >>> bool(np.isclose(conditioning(fit.record).number, 1.0))
    True
    """
    nothing = Conditioning(float("nan"), (), 0.0, computed=False)
    if record.penalty is not None:
        return nothing
    worst = nothing
    for places in _blocks(record):
        found = _of_block(record, places)
        if found is not None and not worst.number >= found.number:
            worst = found
    return worst


def _blocks(record: FitRecord) -> list[IntArray]:
    """Return the places of the slopes that have errors, of each outcome."""
    columns, errors = record.predictors.columns, record.std_error
    counted = np.array([name != INTERCEPT for name in record.info.names])
    if counted.sum() > OVERALL_MOST:
        for term in record.info.terms:
            if len(term.columns) > TERM_MOST:
                counted[list(term.columns)] = False
    with np.errstate(invalid="ignore"):
        used = counted[columns] & (errors > 0.0)
    rows = [row for places in record.predictors.places for row in places]
    blocks = [row[used[row]] for row in rows]
    return [places for places in blocks if 0 < places.size <= OVERALL_MOST]


def _of_block(record: FitRecord, places: IntArray) -> Conditioning | None:
    functions = np.zeros((places.size, record.coef.size))
    functions[np.arange(places.size), places] = 1.0
    root = covariance_root(record, record.coordinates.jacobian(functions), model=True)
    length = np.linalg.norm(root, axis=1, keepdims=True)
    if not np.isfinite(length).all() or (length == 0.0).any():
        return None
    left, values, _ = np.linalg.svd(root / length, full_matrices=False)
    values = np.maximum(values, ROUNDING * values[0])
    shares = np.abs(left) / values  # of each singular value in the factor of each column
    columns, most, computed = set(), 0.0, True
    for share in shares.T:
        largest = float(share.max())
        if largest <= MEASURED:
            continue
        own = record.predictors.columns[places[share > 0.1 * largest]]
        exact = read_together(record.info, own)
        if largest > (COMPUTED if exact else MEASURED):
            columns.update(own.tolist())
            most, computed = max(most, largest), computed and exact
    names = tuple(record.info.names[j] for j in sorted(columns))
    return Conditioning(float(values[0] / values[-1]), names, most, bool(names) and computed)
