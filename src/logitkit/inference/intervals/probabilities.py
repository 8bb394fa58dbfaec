r"""Profile and score intervals of fitted probabilities.

A probability that depends on one linear combination of the coefficients, :math:`p = F(c'\theta)` with F monotone, has
the interval of :math:`c'\theta`, mapped: that of an event, with every link, and those of the first and the last of
cumulative outcomes. Whether the probability of an outcome is one of these is asked of its family: the log odds then
change along one direction of the linear predictors, wherever these are. Any other, of an outcome between the first and
the last or of several, is held at values itself (``curved.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.intervals.asked import (
    WORDS,
    AskedFunctions,
    IntervalMethod,
    Limits,
    limits_of,
    warn_of_ends,
)
from logitkit.inference.intervals.averaged import average_function, row_set
from logitkit.inference.intervals.curved import curved_intervals, curved_model
from logitkit.inference.verbs import require
from logitkit.models.family import Family
from logitkit.options import require_choice
from logitkit.typing import FloatArray

__all__ = ["outcome_directions", "probability_limits"]

ROWS_MOST = {"profile": 5_000, "score": 1_000}  # different rows, each of which is fitted several times
CURVED_MOST = {"profile": 1_000, "score": 250}  # with a constraint on the probability itself
APART = 10.0  # between predictors that do not count: they must not cross
SAME = 1e-9  # of directions of unit length


def probability_limits(
    record: FitRecord,
    design: Design | None,
    matrix: Matrix,
    offset: FloatArray | None,
    method: IntervalMethod,
    level: float | None = None,
    outcomes: Sequence[int] | None = None,
) -> Limits:
    """Return intervals of fitted probabilities.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        Its rows.
    matrix : Matrix
        n rows to predict.
    offset : (m, n) array or None
        Offsets that are added to their linear predictors.
    method : {'profile', 'score'}
        Method of inference.
    level : float, optional
        Confidence level; by default that of the fit.
    outcomes : sequence of int, optional
        Positions of the L outcomes; all by default.

    Returns
    -------
    Limits
        Limits of shape (L, n).

    Raises
    ------
    UnsupportedError
        For too many distinct rows, and if the fit has no likelihood.

    Examples
    --------
    For one group it is the interval of its proportion:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [1, 1, 0, 1, 0, 0, 0, 1], "x": [0, 0, 0, 0, 1, 1, 1, 1]})
    >>> own = lk.logit("y ~ 1", {"y": [1, 1, 0, 1]}).confint("score").to_numpy()[0]
    >>> found = probability_limits(fit.record, fit.design, fit.design.matrix, None, "score", outcomes=[1])
    >>> bool(np.allclose([found.low[0, 0], found.high[0, 0]], 1 / (1 + np.exp(-own))))
    True
    """
    require_choice("method", method, ("wald", *ROWS_MOST))
    require(record, method)
    family = record.family
    shown = list(range(family.n_outcomes)) if outcomes is None else list(outcomes)
    directions = outcome_directions(family)
    n = matrix.n_rows
    low, high = np.full((len(shown), n), np.nan), np.full((len(shown), n), np.nan)
    cells, critical = matrix.to_dense(), np.array(np.nan)
    for place, k in enumerate(shown):
        direction = directions[k]
        if direction is None:
            continue
        functions = record.predictors.rows(cells, np.tile(direction, (n, 1)))
        functions[:, record.aliased] = 0.0  # rows are such that earlier columns have what these had
        distinct, where = np.unique(functions, axis=0, return_inverse=True)
        _require_few(len(distinct), ROWS_MOST[method], method)
        names = tuple(f"row {row}" for row in range(len(distinct)))
        asked = AskedFunctions(names, distinct, np.zeros(len(distinct)), own=False)
        found = limits_of(record, design, asked, method, level)
        shift = 0.0 if offset is None else direction @ offset
        ends = np.stack(
            [_probability(family, k, direction, end[where.ravel()] + shift) for end in (found.low, found.high)]
        )
        low[place], high[place] = ends.min(axis=0), ends.max(axis=0)
        critical = found.critical
    others = [place for place, k in enumerate(shown) if directions[k] is None]
    if others and n:
        low[others], high[others], critical = _held_themselves(
            record, design, (cells, offset), method, level, [shown[place] for place in others]
        )
    label = WORDS[method]
    return Limits(low, high, label, critical)


def _held_themselves(
    record: FitRecord,
    design: Design | None,
    rows: tuple[FloatArray, FloatArray | None],
    method: IntervalMethod,
    level: float | None,
    outcomes: Sequence[int],
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return intervals of probabilities that depend on several linear combinations, and the quantile."""
    assert method != "wald"
    cells, offset = rows
    both = cells if offset is None else np.hstack([cells, offset.T])
    _, first, where = np.unique(both, axis=0, return_index=True, return_inverse=True)
    _require_few(first.size, CURVED_MOST[method], method)
    level = record.level if level is None else level
    critical = float(np.max(record.law.quantile(level)))
    model = curved_model(record, design, method)
    own = [
        row_set(record, model.likelihood, cells[[i]], None if offset is None else offset[:, [i]], np.ones(1))
        for i in first
    ]
    low, high = np.empty((len(outcomes), len(cells))), np.empty((len(outcomes), len(cells)))
    for place, k in enumerate(outcomes):
        functions = [average_function("probability", record.family, k, one) for one in own]
        found = curved_intervals(model, functions, method, level, critical)
        warn_of_ends(found, [f"outcome {record.outcomes[k]!r} of row {i}" for i in first])
        low[place], high[place] = found.low[where.ravel()], found.high[where.ravel()]
    return low, high, np.array(critical)


def _require_few(n: int, most: int, method: str) -> None:
    """Refuse intervals of too many different rows."""
    if n > most:
        raise UnsupportedError(
            f"{n:,} different rows are too many for intervals by method={method!r}, of which at most {most:,} are "
            "made: give the rows that matter by data=..., or use method='wald'."
        )


def outcome_directions(family: Family) -> list[FloatArray | None]:
    """Return the combination of linear predictors that determines the probability of each outcome.

    Parameters
    ----------
    family : Family
        Family with K outcomes and m predictors.

    Returns
    -------
    list of (m,) array or None
        None for a probability that depends on more than one combination.

    Examples
    --------
    >>> from logitkit.models.binomial import Binomial
    >>> from logitkit.models.multinomial import Multinomial
    >>> [found.tolist() for found in outcome_directions(Binomial())]
    [[1.0], [1.0]]
    >>> outcome_directions(Multinomial(3))
    [None, None, None]
    """
    m = family.intercepts(None).size
    if m == 1:
        return [np.ones(1)] * family.n_outcomes
    steps = np.arange(m) - 0.5 * (m - 1)
    etas = np.column_stack([0.6 * steps + 0.2 * steps**2 / m, 1.1 * steps + 0.4, 0.9 * steps - 0.7])
    found: list[FloatArray | None] = []
    for jacobian in family.log_odds_jacobian(etas):
        unit = jacobian / np.linalg.norm(jacobian, axis=0)
        signs = np.sign(unit[np.abs(unit[:, 0]).argmax(), 0])
        same = bool(np.abs(unit - unit[:, :1]).max() < SAME)
        direction = signs * unit[:, 0]
        found.append(direction / np.abs(direction).max() if same else None)
    return found


def _probability(family: Family, outcome: int, direction: FloatArray, values: FloatArray) -> FloatArray:
    """Return the probability of an outcome where the combination of predictors has some values, infinite ones too."""
    m = direction.size
    finite = np.isfinite(values)
    base = np.where(finite, values, 0.0)
    used = np.flatnonzero(direction)
    if used.size == 1:
        eta = base + APART * (np.arange(m) - used[0])[:, None]
    else:
        eta = direction[:, None] * base / float(direction @ direction)
    found = family.probabilities(eta)[outcome]
    centre = np.zeros((m, 2)) + APART * (np.arange(m) - used[0])[:, None] * (used.size == 1)
    shifted = centre + direction[:, None] * np.array([-1.5, -0.5])
    rises = bool(np.diff(family.probabilities(shifted)[outcome])[0] > 0.0)
    certain = np.where((values > 0.0) == rises, 1.0, 0.0)
    return np.where(finite, found, np.where(np.isnan(values), np.nan, certain))
