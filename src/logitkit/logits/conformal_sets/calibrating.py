"""Thresholds of conformal sets, from rows that the model was not fitted to."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from logitkit.engine.law import require_level
from logitkit.errors import DataError, UnsupportedError
from logitkit.logits.conformal_sets.conformity import CALIBRATING, TUNING, Conformity, drawn, ranks_of
from logitkit.logits.conformal_sets.law import rank_of, rows_needed
from logitkit.logits.conformal_sets.predictor import METHODS, Conformal, as_outcomes
from logitkit.logits.conformal_sets.weighted import WeightedRows, weighted_rows
from logitkit.logits.read import read_codes, read_logits, read_weights
from logitkit.options import is_finite_number, require_choice, require_flag, require_seed
from logitkit.typing import CodeArray, FloatArray, IntArray

__all__ = ["PENALTIES", "calibrate"]

PENALTIES = (
    0.001,
    0.01,
    0.1,
    0.2,
    0.5,
)  # of Angelopoulos and others, from which the one with the smallest sets is taken


def calibrate(
    logits: Any,
    y: Any,
    level: float = 0.9,
    method: str = "split",
    seed: int = 0,
    *,
    tuning: float = 0.2,
    constants: tuple[float, int] | None = None,
    randomised: bool = True,
    weights: Any = None,
) -> Conformal:
    """Return conformal sets: see :func:`logitkit.api.logits.conformal.conformal`."""
    require_level(level)
    require_choice("method", method, METHODS)
    require_flag("randomised", randomised)
    if require_seed(seed) is None:
        raise DataError("seed=None: draws of new rows are made when they are asked for, and need a seed.")
    given = read_logits(logits)
    values = as_outcomes(given)
    n, k = values.shape
    codes = read_codes(y, n, k)
    counts = None if weights is None else read_weights(weights, n)
    if constants is not None and method != "raps":
        raise UnsupportedError(f"constants= are of method='raps', and method is {method!r}.")
    if method == "class":
        conformity = Conformity(nested=False).of_outcomes(values, codes, np.empty(0))
        groups = [np.flatnonzero(codes == j) for j in range(k)]
        limits, rows = _limits(conformity, groups, counts, level)
        sizes = np.array([group.size for group in groups], dtype=np.int64)
        return Conformal(method, level, k, given.ndim == 1, limits, sizes, weighted=rows)
    penalty, free, n_tuning = 0.0, 0, 0
    uniforms = drawn(n, seed, CALIBRATING) if randomised else np.ones(n)
    if method == "raps" and constants is not None:
        penalty, free = _stated(constants, k)
    elif method == "raps":
        apart = _apart(n, tuning, seed)
        penalty, free = _chosen(values[apart], codes[apart], uniforms[apart], level)
        values, codes, uniforms = values[~apart], codes[~apart], uniforms[~apart]
        counts = None if counts is None else counts[~apart]
        n_tuning = int(apart.sum())
    rule = Conformity(method in ("aps", "raps"), penalty, free)
    found, rows = _limits(rule.of_outcomes(values, codes, uniforms), [np.arange(codes.size)], counts, level)
    sizes = np.array([codes.size], dtype=np.int64)
    return Conformal(
        method, level, k, given.ndim == 1, found, sizes, penalty, free, n_tuning, int(seed), randomised, rows
    )


def _limit(conformity: FloatArray, level: float, where: str) -> float:
    """Return the k-th largest conformity, or refuse where every outcome would conform."""
    n, rank = conformity.size, rank_of(conformity.size, level)
    if rank > n:
        raise DataError(
            f"There are {n} rows {where}, and a coverage of {level:g} needs {rows_needed(level)}: with fewer the "
            "threshold is infinite, and every set holds every outcome."
        )
    return float(np.partition(conformity, n - rank)[n - rank])


def _limits(
    conformity: FloatArray, groups: list[IntArray], weights: FloatArray | None, level: float
) -> tuple[FloatArray, WeightedRows | None]:
    """Return the limit of each group of rows, all or those of an outcome, and what weighted ones depend on."""
    several = len(groups) > 1
    limits = [
        _limit(conformity[rows], level, f"with outcome {j}" if several else "for the threshold")
        for j, rows in enumerate(groups)
    ]
    if weights is None:
        return np.array(limits), None
    found = weighted_rows([conformity[rows] for rows in groups], [weights[rows] for rows in groups])
    return found.mean_limits(level), found


def _stated(constants: tuple[float, int], n_outcomes: int) -> tuple[float, int]:
    """Return the constants of a user."""
    if not isinstance(constants, tuple | list) or len(constants) != 2:
        raise DataError(f"constants={constants!r:.60}: give a pair, the penalty per rank and the ranks without it.")
    penalty, free = constants
    whole = isinstance(free, int | np.integer) and not isinstance(free, bool)
    if not is_finite_number(penalty) or penalty < 0.0 or not whole or not 0 <= free <= n_outcomes:
        raise DataError(
            f"constants={constants!r:.60}: the penalty is at least 0, and the ranks without it are 0 to {n_outcomes}."
        )
    return float(penalty), int(free)


def _apart(n: int, tuning: float, seed: int) -> Any:
    """Return which rows the constants are chosen on: a proportion, drawn by the places of rows."""
    if not is_finite_number(tuning) or not 0.0 < tuning < 1.0:
        raise DataError(
            f"tuning={tuning!r:.60}: give the proportion of rows to choose the constants on, within 0 and 1."
        )
    order = np.argsort(drawn(n, seed, TUNING), kind="stable")
    apart = np.zeros(n, dtype=np.bool_)
    apart[order[: math.ceil(tuning * n)]] = True
    return apart


def _chosen(logits: FloatArray, codes: CodeArray, uniforms: FloatArray, level: float) -> tuple[float, int]:
    """Return the two constants: the quantile of the ranks of outcomes, and the penalty with the smallest sets."""
    free = -int(_limit(-ranks_of(logits, codes).astype(np.float64), level, "to choose the constants on (tuning=)"))
    best, least = PENALTIES[0], np.inf
    for penalty in PENALTIES:
        rule = Conformity(True, penalty, free)
        limit = _limit(rule.of_outcomes(logits, codes, uniforms), level, "to choose the constants on (tuning=)")
        size = float(rule.sets(logits, np.array([limit]), uniforms).sum())
        if size < least:
            best, least = penalty, size
    return best, free
