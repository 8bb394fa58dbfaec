r"""Vuong's test of two models of the same rows; neither model need be true or nested in the other.

Let :math:`m_i` be the difference of the log-likelihoods of row i, with mean :math:`\bar m` and variance
:math:`\hat\omega^2 = n^{-1} \sum m_i^2 - \bar m^2`. The *variance test* asks whether the models can be told apart. If
they give the same probabilities, :math:`n \hat\omega^2` is distributed as a sum of independent chi-squares whose
weights are the squared eigenvalues of

.. math:: W = \begin{pmatrix} B_f A_f^{-1} & B_{fg} A_g^{-1} \\ -B_{gf} A_f^{-1} & -B_g A_g^{-1} \end{pmatrix},

where A are the information matrices and B the cross products of the scores, per row. If the models can be told apart,
:math:`z = \sqrt n\, \bar m / \hat\omega` is standard normal if both are equally close to the truth. To correct for the
numbers of parameters p and q, p - q (AIC) or (p - q) log(n) / 2 (BIC) is subtracted from the sum of the :math:`m_i`.

References
----------
Vuong, Q. H. (1989) Likelihood ratio tests for model selection and non-nested hypotheses. Econometrica 57, 307-333,
equations 2.8, 4.2 and 5.7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.law import NORMAL
from logitkit.engine.record import FitRecord
from logitkit.engine.satterthwaite import half_of
from logitkit.errors import DataError, SeparationError, UnsupportedError
from logitkit.inference.covariances.sandwich import copies, scores
from logitkit.inference.hypotheses.comparison import require_comparable
from logitkit.inference.hypotheses.model_names import model_names
from logitkit.inference.hypotheses.spans import embedding
from logitkit.inference.hypotheses.weighted_chi_squares import weighted_chi_square
from logitkit.inference.prediction import fitted_rows
from logitkit.typing import FloatArray

__all__ = ["VuongTest", "vuong_test"]

Pair = tuple[FitRecord, Design]

ALIKE = 1e-9  # the largest difference of log-likelihoods of a row, in units of their size, that is rounding


@dataclass(frozen=True)
class VuongTest:
    """Vuong's test of two models.

    Parameters
    ----------
    labels : (str, str)
        The formulas of the models.
    n_obs : int
        Number of observations, with frequency weights counted.
    ratio : float
        Sum of the differences of the log-likelihoods, first model minus second.
    variance : float
        Variance of the differences between rows.
    variance_p : float
        P-value of the hypothesis that the models cannot be told apart.
    corrections : tuple of str
        Names of the corrections: ``'none'``, ``'AIC'``, ``'BIC'``.
    statistic, p_value : (3,) array
        Statistic with each correction, standard normal under the hypothesis and positive where the first model is
        closer to the truth; two-sided p-value.

    Examples
    --------
    The log-likelihood ratio, and its corrections:

    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> one, other = (lk.logit(f"low ~ {x}", births) for x in ("lwt + age", "smoke + ht + ui"))
    >>> found = lk.vuong(one, other)
    >>> round(float(found.ratio), 3), round(one.loglik - other.loglik, 3), found.p_value.round(3).tolist()
    (-3.566, -3.566, [0.464, 0.598, 0.846])
    """

    labels: tuple[str, str]
    n_obs: int
    ratio: float
    variance: float
    variance_p: float
    corrections: tuple[str, ...]
    statistic: FloatArray
    p_value: FloatArray


def vuong_test(first: tuple[FitRecord, Design | None], second: tuple[FitRecord, Design | None]) -> VuongTest:
    """Test whether two models are equally close to the truth.

    Parameters
    ----------
    first, second : (FitRecord, Design or None)
        Fits to the same rows.

    Returns
    -------
    VuongTest
        The variance test, then the normal statistic with each correction.

    Raises
    ------
    DataError
        If the rows differ, or the models are the same.
    UnsupportedError
        For nested models, after a penalty, with sampling weights or clusters, and where a factor is absorbed.
    SeparationError
        Where estimates are infinite.

    Examples
    --------
    Without a correction, the statistic is that of the z test of a mean:

    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> one, other = (lk.logit(f"low ~ {x}", births) for x in ("lwt", "smoke"))
    >>> found = vuong_test((one.record, one.design), (other.record, other.design))
    >>> bool(np.isclose(found.statistic[0], found.ratio / np.sqrt(found.n_obs * found.variance)))
    True
    """
    one, other = require_comparable([first[0], second[0]], [first[1], second[1]])
    for record, _ in (one, other):
        _require_regular(record)
    if embedding(one, other) is not None or embedding(other, one) is not None:
        raise UnsupportedError(
            "One of these models is within the other, where the likelihood ratio is chi-square: use lk.compare(fit1, "
            "fit2)."
        )
    counts = np.where(one[1].response.weights > 0.0, copies(one[1].response), 0.0)
    n, losses = float(counts.sum()), [_losses(*pair) for pair in (one, other)]
    gain = losses[1] - losses[0]
    if np.all(np.abs(gain) <= ALIKE * (1.0 + losses[0])):
        raise DataError(
            "Both models give every row the same probability, so that there is nothing to choose between them."
        )
    ratio = float(counts @ gain)
    variance = float(counts @ (gain - ratio / n) ** 2) / n
    names = model_names([one[0], other[0]])
    weights = _squared_eigenvalues(one, other, counts)
    more = one[0].n_params - other[0].n_params
    less = np.array([0.0, more, 0.5 * more * math.log(n)])
    statistic = (ratio - less) / math.sqrt(n * variance)
    return VuongTest(
        (names[0], names[1]),
        round(n),
        ratio,
        variance,
        weighted_chi_square(n * variance, weights),
        ("none", "AIC", "BIC"),
        statistic,
        NORMAL.two_sided(statistic),
    )


def _require_regular(record: FitRecord) -> None:
    """Refuse models whose estimates have no normal distribution with rows as units."""
    if record.nuisance.n_parameters:
        raise UnsupportedError(
            "Vuong's test is not offered where a factor is absorbed: its levels are parameters, as many as there are "
            "levels, and scores by them are not kept. Write the factor into the formulas."
        )
    if record.is_separated:
        raise SeparationError(
            "The data of one of the models are separated, and Vuong's test rests on finite estimates with a normal "
            "distribution. lk.compare(fit1, fit2) has their information criteria."
        )


def _losses(record: FitRecord, design: Design) -> FloatArray:
    """Return the negative log-likelihood of one copy of each row, (n,), without the constant of counts."""
    losses = record.family.losses(fitted_rows(record, design).eta, design.response)
    return np.asarray(design.response.row_weights * np.nan_to_num(losses))


def _squared_eigenvalues(one: Pair, other: Pair, counts: FloatArray) -> FloatArray:
    """Return the squared eigenvalues of W: those of the symmetric R' diag(1 / A_f, -1 / A_g) R with RR' = B."""
    found, size = [scores(*pair) for pair in (one, other)], one[0].inner_coef.size
    q, n = size + other[0].inner_coef.size, len(counts)
    middle, step = np.zeros((q, q)), min(each.block for each in found)
    root = np.sqrt(np.divide(1.0, counts, out=np.zeros(n), where=counts > 0.0))  # a score is of all copies
    for start in range(0, n, step):
        rows = np.arange(start, min(start + step, n))
        part = np.hstack([each.of(rows) for each in found]) * root[rows, None]
        middle += part.T @ part
    inverse = np.zeros((q, q))
    inverse[:size, :size] = one[0].inner_model_vcov.array()
    inverse[size:, size:] = -other[0].inner_model_vcov.array()
    half = half_of(middle)
    return np.asarray(np.linalg.eigvalsh(half.T @ inverse @ half) ** 2)
