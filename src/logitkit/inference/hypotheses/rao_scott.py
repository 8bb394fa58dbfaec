r"""Rao and Scott's likelihood-ratio test, for a pseudo-likelihood with the covariance of a sandwich or a survey.

If the likelihood is only a pseudo-likelihood, twice the difference of the log-likelihoods, with weights of mean one, is
distributed as :math:`\sum_i \lambda_i \chi^2_1` and not as chi-square. The :math:`\lambda_i` are the eigenvalues of
:math:`V_0^{-1} V`, where V is the covariance of the coefficients that are left out and :math:`V_0` the covariance that
the likelihood implies. With :math:`\nu` degrees of freedom of the design, the p-value is

.. math:: P\Bigl(\sum_i \lambda_i \chi^2_{1i} > x \chi^2_\nu / \nu\Bigr).

The sum is the smallest :math:`\lambda` times a mixture of chi-squares with k, k + 2, ... degrees of freedom. The
weights of the mixture are positive and sum to one (Ruben's series), so both tails are sums of positive terms.

References
----------
Rao, J. N. K. and Scott, A. J. (1984) Annals of Statistics 12, 46-60. Lumley, T. and Scott, A. J. (2014) Australian and
New Zealand Journal of Statistics 56, 1-14. Ruben, H. (1962) Annals of
Mathematical Statistics 33, 542-570.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from logitkit.design.design import Design
from logitkit.design.formula.constraints import parse_hypothesis
from logitkit.engine.law import NORMAL, Law
from logitkit.engine.record import FitRecord
from logitkit.errors import FormulaError, SeparationError, UnsupportedError
from logitkit.inference.functions import column_of
from logitkit.inference.hypotheses.nested import fit_without
from logitkit.inference.verbs import require
from logitkit.typing import FloatArray, IntArray

__all__ = ["RaoScottTest", "beyond_mixture", "rao_scott_test"]

ROUNDING, TERMS_MOST = 1e-13, 30_000
SPREAD_MOST = 1_000.0  # of scales: smaller ones are raised to this proportion of the largest, which raises p a little


@dataclass(frozen=True)
class RaoScottTest:
    """A likelihood-ratio test whose reference distribution is a weighted sum of chi-squares.

    Parameters
    ----------
    statistic : float
        Twice the difference of the log-likelihoods, with weights of mean one.
    scales : (k,) array
        Eigenvalues: the weight of each chi-square; all are one if the likelihood is correct.
    dof : float
        Degrees of freedom of the design; infinite if the covariance has none.
    p_value : float
        Upper tail probability.
    hypothesis : str
        The hypothesis, in words.
    covariance : str
        How the covariance was computed.

    Examples
    --------
    >>> RaoScottTest(3.84, np.ones(1), np.inf, 0.05, "x = 0", "sandwich").p_value
    0.05
    """

    statistic: float
    scales: FloatArray = field(repr=False)
    dof: float
    p_value: float
    hypothesis: str
    covariance: str


def rao_scott_test(record: FitRecord, design: Design, hypothesis: str) -> RaoScottTest:
    """Test that coefficients are zero by Rao and Scott's likelihood ratio.

    Parameters
    ----------
    record : FitRecord
        The fit, with a sandwich or survey covariance.
    design : Design
        Its n rows.
    hypothesis : str
        Terms or coefficients that are zero, by name: ``"age, smoke"``.

    Returns
    -------
    RaoScottTest
        Test against the fit without these columns.

    Raises
    ------
    FormulaError
        For hypotheses other than that whole columns have no effect.
    UnsupportedError
        Where the likelihood is correct (its ratio is chi-square), after a penalty, for absorbed levels, and with
        Satterthwaite's degrees of freedom.
    SeparationError
        For a separated fit.

    Examples
    --------
    For one coefficient the p-value is that of F, for the ratio divided by its scale:

    >>> import logitkit as lk
    >>> from logitkit.engine.law import Law
    >>> births = lk.datasets.load_lbw().assign(w=1.0, u=lambda table: table["id"] % 30)
    >>> fit = lk.logit("low ~ age + smoke", births, weights="w", survey=lk.Survey(units="u"))
    >>> found = fit.rao_scott_test("smoke")
    >>> bool(np.isclose(found.p_value, Law(29.0).joint(found.statistic / found.scales[0], np.array(1))))
    True
    """
    require(record, "test")
    if record.has_likelihood:
        raise UnsupportedError("The likelihood ratio of this fit is chi-square: use fit.anova(test='LR').")
    if record.is_separated:
        raise SeparationError("The data of the fit are separated, so that the covariance of the ratio is not known.")
    if record.nuisance.n_parameters or record.law.varies:
        raise UnsupportedError(
            "Rao and Scott's test is not offered with absorbed levels, nor with degrees of freedom by Satterthwaite; "
            "use fit.test(...)."
        )
    left, right, texts = parse_hypothesis(hypothesis, record.names, record.naming, record.term_places())
    columns, words = _columns(record, left, right), ", ".join(texts)
    smaller = fit_without(record, design, columns)[0]
    if not smaller.converged:
        raise UnsupportedError(f"The fit under {words} has not converged, so that there is no ratio.")
    scale = design.response.weights.sum() / np.count_nonzero(design.response.weights > 0.0)
    statistic = max(smaller.deviance - record.deviance, 0.0) / scale
    jacobian = record.coordinates.jacobian(left)
    own = record.inner_vcov.times(jacobian) @ jacobian.T
    model = record.inner_model_vcov.times(jacobian) @ jacobian.T
    root = np.linalg.inv(np.linalg.cholesky(model))
    scales = np.maximum(np.linalg.eigvalsh(root @ own @ root.T), 0.0) / scale
    dof = np.inf if record.law.is_normal else float(record.law.dof)
    return RaoScottTest(statistic, scales, dof, beyond_mixture(statistic, scales, dof), words, record.covariance.label)


def beyond_mixture(x: float, scales: FloatArray, dof: float = np.inf) -> float:
    r"""Return the probability that a weighted sum of chi-squares exceeds x, or x times a chi-square over its dof.

    Parameters
    ----------
    x : float
        The value, at least 0.
    scales : (k,) array
        Nonnegative weights of independent chi-squares with one degree of freedom.
    dof : float
        Degrees of freedom of the chi-square in the denominator; infinite for none.

    Returns
    -------
    float
        :math:`P(\sum_i \lambda_i \chi^2_1 > x)`, or the same with :math:`x \chi^2_\nu / \nu` on the right.

    Examples
    --------
    Two equal weights make an exponential distribution:

    >>> bool(np.isclose(beyond_mixture(3.0, np.ones(2)), np.exp(-1.5), rtol=1e-9))
    True
    """
    positive = scales[scales > 0.0]
    if x <= 0.0 or not positive.size:
        return 1.0 if x <= 0.0 else 0.0
    positive = np.maximum(positive, positive.max() / SPREAD_MOST)
    least, k = float(positive.min()), positive.size
    away = 1.0 - least / positive
    shares, powers, power = [float(np.sqrt(np.prod(least / positive)))], [], np.ones(k)
    left = 1.0 - shares[0]
    while left > ROUNDING and len(shares) < TERMS_MOST:
        power = power * away
        powers.append(float(power.sum()))
        j = len(shares)
        shares.append(float(np.dot(powers, shares[::-1])) / (2 * j))
        left -= shares[-1]
    degrees = k + 2.0 * np.arange(len(shares))
    law = NORMAL if np.isinf(dof) else Law(float(dof))
    return float(min(np.dot(shares, law.joint(np.full(degrees.size, x / least), degrees)) + max(left, 0.0), 1.0))


def _columns(record: FitRecord, left: FloatArray, right: FloatArray) -> IntArray:
    """Return the columns that have no influence under a hypothesis, or refuse another one."""
    places = np.flatnonzero((left != 0.0).any(axis=0))
    single = (np.count_nonzero(left, axis=1) == 1).all() and not right.any()
    of = column_of(record)
    columns = np.unique(of[places])
    gone = np.zeros(of.size, dtype=bool) if record.absent is None else record.absent.copy()
    gone[record.aliased] = True
    if not single or not np.isin(np.flatnonzero(np.isin(of, columns) & ~gone), places).all():
        raise FormulaError(
            "Rao and Scott's test compares with the fit without whole columns: name terms, or all coefficients of a "
            "column as zero. Other hypotheses go with fit.test(...)."
        )
    if columns.size == len(record.info.names):
        raise FormulaError("The hypothesis leaves no column: name fewer.")
    return columns
