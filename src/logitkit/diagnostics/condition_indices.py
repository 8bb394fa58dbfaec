r"""Condition indices and variance proportions: which columns depend on one another nearly, and whom it costs.

The information :math:`X'WX` of the p coefficients, scaled to a unit diagonal (columns of unit length, not centred), has
eigenvalues :math:`\lambda_1 \ge \dots \ge \lambda_p` with eigenvectors v. The condition indices are
:math:`\sqrt{\lambda_1 / \lambda_k}`, and coefficient j owes to the near dependence k the proportion

.. math:: \pi_{kj} = \frac{v_{jk}^2 / \lambda_k}{\sum_l v_{jl}^2 / \lambda_l}

of its variance. By Belsley's rule an index above 30 matters where it has more than half of the variance of two or more
coefficients. With several outcomes the coefficients of all stand together.

References
----------
Belsley, D. A., Kuh, E. and Welsch, R. E. (1980) Regression Diagnostics, section 3.2. Lesaffre, E. and Marx, B. D.
(1993) Collinearity in generalized linear regression. Communications in Statistics: Theory and Methods 22, 1933-1952.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.engine.record import FitRecord
from logitkit.errors import SeparationError
from logitkit.inference.verbs import require
from logitkit.typing import FloatArray

__all__ = ["ConditionIndices", "condition_indices"]


@dataclass(frozen=True)
class ConditionIndices:
    """Condition indices of q coefficients, with variance proportions.

    Parameters
    ----------
    names : tuple of str
        Coefficients with a finite estimate.
    eigenvalues : (q,) array
        Eigenvalues of the scaled information matrix in descending order; they sum to q.
    indices : (q,) array
        Condition indices in ascending order, starting at 1.
    proportions : (q, q) array
        Row k holds the proportion of the variance of each coefficient that is associated with index k; columns sum to
        1.

    Examples
    --------
    >>> import logitkit as lk
    >>> found = condition_indices(lk.logit("low ~ age + lwt", lk.datasets.load_lbw()).record)
    >>> bool(np.allclose(found.proportions.sum(axis=0), 1.0)), round(float(found.eigenvalues.sum()), 9)
    (True, 3.0)
    """

    names: tuple[str, ...]
    eigenvalues: FloatArray
    indices: FloatArray
    proportions: FloatArray


def condition_indices(record: FitRecord) -> ConditionIndices:
    """Return the condition indices of a fit.

    Parameters
    ----------
    record : FitRecord
        The fit; its model-based covariance is always used.

    Returns
    -------
    ConditionIndices
        For the coefficients with a finite estimate, including intercepts.

    Raises
    ------
    UnsupportedError
        If the fit is penalised.
    SeparationError
        If no coefficient has a finite estimate.

    Examples
    --------
    Two columns that are nearly equal:

    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw().assign(kg=lambda rows: (0.4536 * rows["lwt"]).round(1))
    >>> found = condition_indices(lk.logit("low ~ age + lwt + kg", births).record)
    >>> bool(found.indices[-1] > 30), [name for name, p in zip(found.names, found.proportions[-1]) if p > 0.5]
    (True, ['lwt', 'kg'])
    """
    require(record, "collinearity")
    covariance = record.model_vcov
    kept = np.flatnonzero(np.isfinite(record.coef) & (covariance.diagonal() > 0.0))
    if not kept.size:
        raise SeparationError("No coefficient has a finite estimate, so there is no variance to divide.")
    error = np.sqrt(covariance.diagonal()[kept])
    # The inverse of the correlation is well conditioned wherever that of the information is.
    information = np.linalg.inv(covariance[np.ix_(kept, kept)] / np.outer(error, error))
    size = np.sqrt(information.diagonal())
    values, vectors = np.linalg.eigh(information / np.outer(size, size))
    values, vectors = values[::-1], vectors[:, ::-1]
    parts = vectors.T**2 / values[:, None]
    return ConditionIndices(
        names=tuple(record.names[j] for j in kept),
        eigenvalues=values,
        indices=np.sqrt(values[0] / values),
        proportions=parts / parts.sum(axis=0),
    )
