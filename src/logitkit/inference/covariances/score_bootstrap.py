r"""The score bootstrap by clusters: tests and intervals for few clusters, without a refit of each replicate.

Let :math:`\tilde\theta` be the estimate under :math:`c'\theta = r`, with scores :math:`s_g` of the clusters and
information A. With :math:`h_g = c' A^{-1} s_g` the statistic is

.. math:: T = \Bigl(\sum_g h_g\Bigr)^2 \Big/ \sum_g (h_g - \bar h)^2,

and its reference distribution is that of the same statistic with :math:`w_g h_g`. The weights :math:`w_g` have mean
zero and variance one: 1 and -1 (Rademacher), or Webb's six values. If there are no more combinations of signs than
draws, all combinations are used. The interval contains the values r that the test does not reject, with the same
weights for every r.

References
----------
Kline, P. and Santos, A. (2012) Journal of Econometric Methods 1, 23-41. Webb, M. D. (2023) Canadian Journal of
Economics 56, 839-858. Roodman, D., MacKinnon, J. G., Nielsen, M. O. and Webb, M. D. (2019) Stata Journal 19, 4-60.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from logitkit.design.design import Design
from logitkit.design.formula.constraints import parse_hypothesis
from logitkit.design.response.response import Clusters
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.law import require_level
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, DataWarning, UnsupportedError, warn_caller
from logitkit.inference.covariances.clustered import counted_clusters
from logitkit.inference.intervals.profile_slices import ProfileSlices
from logitkit.inference.likelihood import likelihood_of
from logitkit.inference.verbs import require
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.options import is_count, require_choice, require_seed
from logitkit.typing import FloatArray

__all__ = ["ScoreBootstrap", "WildWeights", "score_bootstrap"]

WildWeights = Literal["rademacher", "webb"]
WEBB = np.array([-np.sqrt(1.5), -1.0, -np.sqrt(0.5), np.sqrt(0.5), 1.0, np.sqrt(1.5)])
TIES = 1e-10  # relative: statistics that are equal but for rounding count as reached
NARROW, FAR = 1e-5, 200.0  # of a standard error: where an end is known, and where none is looked for


@dataclass(frozen=True)
class ScoreBootstrap:
    """A test by the score bootstrap, with the interval of the values that it does not reject.

    Parameters
    ----------
    hypothesis : str
        The hypothesis, in words.
    estimate : float
        Left side of the hypothesis at the estimate.
    value : float
        Right side of the hypothesis.
    statistic : float
        Observed statistic T.
    p_value : float
        Proportion of draws whose statistic is at least as large.
    low, high : float
        Limits of the interval for the left side; infinite where no value is rejected.
    level : float
        Confidence level of the interval.
    n_clusters : int
        Number of clusters, G.
    cluster : str
        Name of the clusters.
    draws : int
        Number of draws; 2 to the power G where all signs were used.
    weights : str
        Distribution of the weights.
    seed : int or None
        Seed of the draws; None where all signs were used.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw().assign(g=lambda table: table["id"] % 8)
    >>> found = lk.logit("low ~ age + smoke", births).score_bootstrap("smoke = 0", cluster="g")
    >>> found.draws, bool(found.low < found.estimate < found.high)
    (256, True)
    """

    hypothesis: str
    estimate: float
    value: float
    statistic: float
    p_value: float
    low: float
    high: float
    level: float
    n_clusters: int
    cluster: str
    draws: int
    weights: str
    seed: int | None


def score_bootstrap(
    record: FitRecord,
    design: Design,
    hypothesis: str,
    clusters: Clusters,
    *,
    draws: int = 9999,
    weights: WildWeights = "rademacher",
    seed: int = 1,
    level: float | None = None,
) -> ScoreBootstrap:
    """Test a linear hypothesis by the score bootstrap.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its n rows.
    hypothesis : str
        One linear function of the coefficients and its value, such as ``"age = 0"``.
    clusters : Clusters
        The clusters of the n rows.
    draws : int, default 9999
        Number of draws.
    weights : {'rademacher', 'webb'}
        Distribution of the weights; use Webb's where the clusters are so few that signs give few distinct values.
    seed : int, default 1
        Seed of the draws.
    level : float, optional
        Confidence level of the interval; by default that of the fit.

    Returns
    -------
    ScoreBootstrap
        The test with its interval.

    Raises
    ------
    DataError
        For invalid options, and for fewer than two clusters.
    UnsupportedError
        For several hypotheses at once, after a penalty or bias reduction, and for absorbed levels and surveys.
    SeparationError
        Where the estimates are infinite.

    Examples
    --------
    At the estimate itself the statistic is zero, which every draw reaches:

    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw().assign(g=lambda table: table["id"] % 6)
    >>> fit = lk.logit("low ~ smoke", births)
    >>> fit.score_bootstrap(f"smoke = {float(fit.coef['smoke'])!r}", cluster="g").p_value
    1.0
    """
    require(record, "score_bootstrap")
    require_choice("weights", weights, get_args(WildWeights))
    if not is_count(draws, 99):
        raise DataError(f"draws={draws!r:.60} must be a whole number of 99 or more.")
    level = record.level if level is None else level
    require_level(level)
    left, right, texts = parse_hypothesis(hypothesis, record.names, record.naming, record.term_places())
    if len(left) != 1:
        raise UnsupportedError(f"The score bootstrap tests one hypothesis, and {hypothesis!r:.60} states {len(left)}.")
    if np.isnan(record.coef[left[0] != 0.0]).any():
        raise UnsupportedError(f"{texts[0]} has an aliased coefficient, which has no estimate.")
    count = counted_clusters(clusters, design.response)
    found, whole = _weights(count, draws, weights, seed)
    contributions = _contributions(record, design, left, clusters)
    with single_threaded_blas():
        estimate = float(left[0] @ record.coordinates.coef(record.inner_coef))
        jacobian = record.coordinates.jacobian(left)
        error = float(np.sqrt(record.inner_model_vcov.variances(jacobian)[0]))

        def tested(value: float) -> tuple[float, float]:
            return _test(contributions(value), found, whole)

        statistic, p_value = tested(float(right[0]))
        low, high = (_end(lambda value: tested(value)[1], estimate, side * error, 1.0 - level) for side in (-1.0, 1.0))
    if np.isnan([statistic, low, high]).any():
        warn_caller(
            f"The score bootstrap of {texts[0]} is not known in full: the model has no estimate under a value that is "
            "needed, as where the likelihood has several maxima or a boundary. What is not known is missing.",
            DataWarning,
        )
    return ScoreBootstrap(
        texts[0],
        estimate,
        float(right[0]),
        statistic,
        p_value,
        low,
        high,
        level,
        count,
        clusters.name,
        len(found),
        weights,
        None if whole else seed,
    )


def _weights(count: int, draws: int, kind: str, seed: int) -> tuple[FloatArray, bool]:
    """Return the weights of each draw, (B, G), and whether they are all that there are."""
    if kind == "rademacher" and count < 31 and 2**count <= draws + 1:
        numbers = np.arange(2**count)[:, None] >> np.arange(count)
        return np.asarray(1.0 - 2.0 * (numbers & 1), dtype=np.float64), True
    random = np.random.default_rng(require_seed(seed))
    if kind == "webb":
        return np.asarray(WEBB[random.integers(0, 6, size=(draws, count))], dtype=np.float64), False
    return np.asarray(1.0 - 2.0 * random.integers(0, 2, size=(draws, count)), dtype=np.float64), False


def _contributions(
    record: FitRecord, design: Design, left: FloatArray, clusters: Clusters
) -> Callable[[float], FloatArray]:
    """Return what gives the h of each cluster under a value of a function; nan without a restricted estimate."""
    likelihood = likelihood_of(record, design)
    objective, functions, response = likelihood.plain(), likelihood.functions(left), design.response
    information = likelihood.plain(family=record.family)
    none = np.atleast_2d(objective.linear_predictor(np.zeros_like(likelihood.coef)))
    slices = ProfileSlices(objective, functions[0], likelihood.coef, 0.0)
    used = response.weights > 0.0
    codes = np.unique(clusters.codes[used], return_inverse=True)[1].reshape(-1)
    unknown = np.full(int(codes.max()) + 1, np.nan)

    def at(value: float) -> FloatArray:
        point = slices.at(value)
        if point is None or np.isinf(point.squared):
            return unknown
        hessian = information.evaluate(point.coef).hessian
        if not isinstance(hessian, DenseHessian) or not hessian.finite:
            return unknown
        factor = hessian.factorise()
        if not factor.definite:
            return unknown
        direction = factor.solve(functions[0])
        eta = np.atleast_2d(objective.linear_predictor(point.coef))
        slopes = -response.weights * record.family.slopes(eta, response)
        along = np.atleast_2d(objective.linear_predictor(direction)) - none
        return np.asarray(np.bincount(codes, (slopes * along).sum(axis=0)[used]))

    return at


def _test(h: FloatArray, weights: FloatArray, whole: bool) -> tuple[float, float]:
    """Return the statistic and the proportion of draws that reach it."""
    if np.isnan(h).any():
        return np.nan, np.nan
    drawn = weights @ h
    squares = weights**2 @ h**2 - drawn**2 / h.size
    own = float(h.sum()) ** 2
    spread = float(np.sum((h - h.mean()) ** 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = own / spread if spread > 0.0 else np.inf
        values = np.where(squares > TIES * float(h @ h), drawn**2 / squares, np.inf)
    reached = int(np.count_nonzero(values >= statistic * (1.0 - TIES)))
    return statistic, reached / len(values) if whole else (reached + 1.0) / (len(values) + 1.0)


def _end(p_value: Callable[[float], float], estimate: float, step: float, alpha: float) -> float:
    """Return where the p-value falls to alpha, on the side of the step; infinite where it does not, nan if unknown."""
    inside, away = estimate, 2.0
    while (beyond := p_value(estimate + away * step)) > alpha:
        inside, away = estimate + away * step, 2.0 * away
        if away > FAR:
            return float(np.copysign(np.inf, step))
    outside = estimate + away * step
    while abs(outside - inside) > NARROW * abs(step):
        middle = 0.5 * (inside + outside)
        here = p_value(middle)
        if here > alpha:
            inside = middle
        else:
            outside, beyond = middle, here
    return np.nan if np.isnan(beyond) else inside
