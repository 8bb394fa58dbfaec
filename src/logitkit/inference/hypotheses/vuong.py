r"""Vuong's test of two models of the same rows, neither of which need be true or within the other.

With :math:`m_i` the difference of the log-likelihoods of row i, its mean :math:`\bar m` and variance
:math:`\hat\omega^2 = n^{-1} \sum m_i^2 - \bar m^2`, the *variance test* asks whether the models can be told apart.
Where they give the same probabilities :math:`n \hat\omega^2` is distributed as a sum of independent chi-squares that
are weighted by the squared eigenvalues of

.. math:: W = \begin{pmatrix} B_f A_f^{-1} & B_{fg} A_g^{-1} \\ -B_{gf} A_f^{-1} & -B_g A_g^{-1} \end{pmatrix},

A being the informations and B the cross products of the scores, per row. Where they can, :math:`z = \sqrt n\, \bar m /
\hat\omega` is standard normal if both are equally close to the truth. Corrected for the numbers of parameters, p and q,
the sum of the :math:`m_i` is less by p - q (AIC), or by (p - q) log(n) / 2 (BIC).

References
----------
Vuong, Q. H. (1989) Likelihood ratio tests for model selection and non-nested hypotheses. Econometrica 57, 307-333,
equations 2.8, 4.2 and 5.7. Imhof, J. P. (1961) Computing the distribution of quadratic forms in normal variables.
Biometrika 48, 419-426, equation 3.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.law import NORMAL
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, SeparationError, UnsupportedError
from logitkit.inference.covariances.sandwich import scores
from logitkit.inference.hypotheses.comparison import require_comparable
from logitkit.inference.hypotheses.spans import embedding
from logitkit.inference.prediction import fitted_rows
from logitkit.typing import FloatArray

__all__ = ["VuongTest", "vuong_test", "weighted_chi_square"]

NONE = 1e-12  # of the size of the log-likelihoods of the rows: differences that are smaller are rounding
SMALL = 1e-10  # of the largest weight of a sum of chi-squares
CYCLES = 60  # of the integrand, by which its envelope has fallen


@dataclass(frozen=True)
class VuongTest:
    """Vuong's test of two models.

    Parameters
    ----------
    labels : (str, str)
        The formulas of the models.
    n_obs : int
        Rows, frequency weights counted.
    ratio : float
        Sum of the differences of the log-likelihoods, first less second.
    variance : float
        Their variance by row.
    variance_p : float
        P-value of the hypothesis that the models cannot be told apart.
    corrections : tuple of str
        ``'none'``, ``'AIC'``, ``'BIC'``.
    statistic, p_value : (3,) array
        With each correction: standard normal, positive where the first model is closer; two-sided.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> one, other = (lk.logit(f"low ~ {x}", births) for x in ("lwt + age", "smoke + ht + ui"))
    >>> found = lk.vuong(one, other)
    >>> bool(np.isclose(found.ratio, one.loglik - other.loglik))
    True
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
        For other rows, and models that are the same.
    UnsupportedError
        For nested models, after a penalty, with sampling weights or clusters, and where a factor is absorbed.
    SeparationError
        Where estimates are infinite.

    Examples
    --------
    Without parameters to estimate it is the z test of a mean:

    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> one, other = (lk.logit(f"low ~ {x}", births) for x in ("lwt", "smoke"))
    >>> found = vuong_test((one.record, one.design), (other.record, other.design))
    >>> bool(np.isclose(found.statistic[0], found.ratio / np.sqrt(found.n_obs * found.variance)))
    True
    """
    pairs = require_comparable([first[0], second[0]], [first[1], second[1]])
    for record, _ in pairs:
        _require_regular(record)
    (f, rows), (g, _) = pairs
    if embedding(*pairs) is not None or embedding(*pairs[::-1]) is not None:
        raise UnsupportedError(
            "One of these models is within the other, and Vuong's test is for models that are not nested: "
            "lk.compare(fit1, fit2) has their likelihood ratio."
        )
    copies = _copies(rows)
    own, other = (_losses(record, design) for record, design in pairs)
    n, difference = float(copies.sum()), other - own
    ratio = float(copies @ difference)
    variance = float(copies @ difference**2) / n - (ratio / n) ** 2
    if variance <= NONE * float(copies @ own**2) / n:
        raise DataError("The two models give every row the same probability: there is nothing to tell them apart by.")
    parameters = f.n_params - g.n_params
    less = np.array([0.0, parameters, 0.5 * parameters * np.log(n)])
    statistic = (ratio - less) / np.sqrt(n * variance)
    labels = tuple(f"{record.info.formula or 'matrix'} ({record.family.words.title})" for record, _ in pairs)
    return VuongTest(
        (labels[0], labels[1]),
        round(n),
        ratio,
        variance,
        weighted_chi_square(n * variance, _weights_of(pairs[0], pairs[1], copies)),
        ("none", "AIC", "BIC"),
        statistic,
        NORMAL.two_sided(statistic),
    )


def _require_regular(record: FitRecord) -> None:
    """Refuse models whose estimates have no normal distribution with rows as units."""
    if record.is_separated:
        raise SeparationError(
            "The data of a fit are separated, and Vuong's test takes estimates to be finite. lk.compare(fit1, fit2) "
            "has the information criteria."
        )
    if record.nuisance.n_parameters:
        raise UnsupportedError(
            "Vuong's test is not offered where a factor is absorbed: its levels have an intercept each, and their "
            "number grows with the rows. lk.compare(fit1, fit2) has the information criteria."
        )


def _copies(design: Design) -> FloatArray:
    """Return how many rows each row stands for: frequency weights count them, other weights do not."""
    response = design.response
    used = (response.weights > 0.0).astype(np.float64)
    return response.prior * used if response.prior is not None and response.weight_kind == "frequency" else used


def _losses(record: FitRecord, design: Design) -> FloatArray:
    """Return the negative log-likelihood of one copy of each row, (n,), without the constant of counts."""
    response = design.response
    losses = record.family.losses(fitted_rows(record, design).eta, response)
    return np.asarray(np.where(response.row_weights > 0.0, response.row_weights * losses, 0.0))


def _weights_of(first: tuple[FitRecord, Design], second: tuple[FitRecord, Design], copies: FloatArray) -> FloatArray:
    """Return the squared eigenvalues of W."""
    per_copy = 1.0 / np.sqrt(np.where(copies > 0.0, copies, 1.0))  # the score of a row is that of all its copies
    own, products = [], []
    for record, design in (first, second):
        own.append(scores(record, design).of(np.arange(design.n_rows)) * per_copy[:, None])
        products.append(record.inner_model_vcov.array())
    joint = np.hstack(own)
    meat = joint.T @ joint
    sizes = [len(each) for each in products]
    bread = np.zeros((sum(sizes), sum(sizes)))
    bread[: sizes[0], : sizes[0]], bread[sizes[0] :, sizes[0] :] = products[0], -products[1]
    # With R R' = B, and A^{-1} with the sign of its model, W has the eigenvalues of R' A^{-1} R.
    values, vectors = np.linalg.eigh(meat)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(np.linalg.eigvalsh(root.T @ bread @ root) ** 2)


def weighted_chi_square(statistic: float, weights: FloatArray) -> float:
    r"""Return the probability that a weighted sum of independent chi-squares is larger than a value.

    By Imhof's integral, :math:`\frac12 + \frac1\pi \int_0^\infty \frac{\sin\theta(u)}{u\,\rho(u)}\,du` with
    :math:`\theta(u) = \frac12\{\sum_j \arctan(\lambda_j u) - x u\}` and
    :math:`\rho(u) = \prod_j (1 + \lambda_j^2 u^2)^{1/4}`.

    Parameters
    ----------
    statistic : float
        x.
    weights : (k,) array
        Not negative; each of one degree of freedom.

    Returns
    -------
    float
        To about seven digits; nan without a positive weight.

    Examples
    --------
    With equal weights it is a chi-square:

    >>> from scipy.special import chdtrc
    >>> bool(np.isclose(weighted_chi_square(6.0, np.full(4, 2.0)), chdtrc(4, 3.0), rtol=1e-6))
    True
    """
    from scipy.integrate import quad

    weights = weights[weights > SMALL * weights.max(initial=0.0)]
    if not weights.size:
        return float("nan")
    scale = float(weights.max())
    lam, x = weights / scale, statistic / scale

    def integrand(u: float) -> float:
        if u == 0.0:
            return 0.5 * float(lam.sum() - x)
        theta = 0.5 * float(np.arctan(lam * u).sum() - x * u)
        return float(np.sin(theta) / (u * np.exp(0.25 * np.log1p((lam * u) ** 2).sum())))

    # Cut at the zeros of the slowest factor, so that each piece is smooth; the tail is that of an alternating series.
    step = 2.0 * np.pi / max(x, 1e-3)
    edges = np.concatenate([[0.0], step * np.arange(1, CYCLES)])
    parts = np.array([quad(integrand, a, b, limit=200)[0] for a, b in pairwise(edges)])
    sums = np.cumsum(parts)
    for _ in range(12):  # means of successive sums: Euler's transformation
        sums = 0.5 * (sums[1:] + sums[:-1])
    return float(min(max(0.5 + sums[-1] / np.pi, 0.0), 1.0))
