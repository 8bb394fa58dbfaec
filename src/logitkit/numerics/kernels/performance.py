r"""How well predicted log odds agree with outcomes: discrimination, accuracy and calibration, by several weightings.

One sort of the predictions serves all weightings of their rows: a resample, the sample, the rows that were not drawn
(``docs/maths/validation.md``, equations 1 to 9).
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["measures"]

#: Places of the measures.
AREA, R2, BRIER, LOG_LOSS, IN_THE_LARGE, INTERCEPT, SLOPE, LARGEST, MEAN, LOGIT_SPREAD, SPREAD, D, U, Q = range(14)
N_MEASURES = 14
STEPS_MOST = 50
HALVINGS_MOST = 30
SQUARED = 1e-13  # decrement, of a weight of one in all: the step from there is right to as many digits
FARTHEST = 1e6  # a line that runs away: the log odds separate the outcomes


@compiled
def measures(
    log_odds: FloatArray,
    order: IntArray,
    y: FloatArray,
    weights: FloatArray,
    unit: FloatArray,
    calibrated: BoolArray,
    out: FloatArray,
) -> None:
    r"""Write the measures of k predictions of the same n rows, each by s weightings.

    Parameters
    ----------
    log_odds : (k, n) array
        Predicted log odds; infinite ones are allowed, and have no calibration.
    order : (k, n) int array
        Rows in ascending order of them.
    y : (n,) array
        Proportion of events.
    weights : (k, s, n) array
        Not negative; zero for rows that take no part.
    unit : (n,) array
        Weight of one of the observations that a row stands for.
    calibrated : (s,) bool array
        Weightings by which the predictions are maximum likelihood: intercept 0 and slope 1 are known.
    out : (k, s, 14) array
        Overwritten; nan where a measure is not defined.
    """
    n = y.shape[0]
    sorted_odds = np.empty(n)
    outcome = np.empty(n)
    own = np.empty(n)
    p = np.empty(n)
    tail = np.empty(n)
    w = np.empty(n)
    line = np.empty(2)
    sums = np.empty(5)
    for k in range(log_odds.shape[0]):
        for i in range(n):
            at = order[k, i]
            eta = log_odds[k, at]
            sorted_odds[i] = eta
            outcome[i] = y[at]
            own[i] = unit[at]
            e = math.exp(-abs(eta))
            tail[i] = math.log1p(e)
            p[i] = 1.0 / (1.0 + e) if eta >= 0.0 else e / (1.0 + e)
        for s in range(weights.shape[1]):
            found = out[k, s]
            found[:] = np.nan
            total = 0.0
            events = 0.0
            squares = 0.0
            finite = True
            for i in range(n):
                w[i] = weights[k, s, order[k, i]]
                if w[i] > 0.0:
                    total += w[i]
                    events += w[i] * outcome[i]
                    squares += w[i] * own[i]
                    if math.isinf(sorted_odds[i]):
                        finite = False
            if total <= 0.0:
                continue
            rest = total - events
            loss, brier = _losses(sorted_odds, p, tail, outcome, w)
            found[BRIER] = brier / total
            found[LOG_LOSS] = loss / total
            if events <= 0.0 or rest <= 0.0:
                continue
            found[AREA] = _area(sorted_odds, outcome, w) / (events * rest)
            null = -events * math.log(events / total) - rest * math.log(rest / total)
            if math.isfinite(loss):
                found[R2] = (1.0 - math.exp(2.0 * (loss - null) / total)) / (1.0 - math.exp(-2.0 * null / total))
            if not finite:
                continue
            best = loss
            line[0] = 0.0
            line[1] = 1.0
            if calibrated[s]:
                found[IN_THE_LARGE] = 0.0
            else:
                _sums(sorted_odds, outcome, w, 0.0, 1.0, sums)
                there = False
                for turn in range(2):  # the intercept alone, then the slope too: one call is half the code to compile
                    there = _calibrate(sorted_odds, outcome, w, total, sums, line, turn == 1)
                    if turn == 0 and there:
                        found[IN_THE_LARGE] = line[0]
                if not there:
                    continue
                best = _loss_of_line(sorted_odds, outcome, w, line)
            found[INTERCEPT] = line[0]
            found[SLOPE] = line[1]
            found[D] = (2.0 * (null - best) - 1.0) / total
            found[U] = (2.0 * (loss - best) - 2.0) / total
            found[Q] = found[D] - found[U]
            pairs = total * total - squares
            _distances(sorted_odds, p, w, line, total, pairs, found)


@compiled
def _losses(log_odds: FloatArray, p: FloatArray, tail: FloatArray, y: FloatArray, w: FloatArray) -> tuple[float, float]:
    """Return the weighted logarithmic loss, and the weighted squared distance of outcomes from probabilities."""
    loss = 0.0
    brier = 0.0
    for i in range(y.shape[0]):
        if w[i] > 0.0:
            each = tail[i]
            # A product of zero and infinity is no loss.
            if y[i] < 1.0 and log_odds[i] > 0.0:
                each += (1.0 - y[i]) * log_odds[i]
            elif y[i] > 0.0 and log_odds[i] < 0.0:
                each -= y[i] * log_odds[i]
            loss += w[i] * each
            brier += w[i] * (y[i] * (1.0 - p[i]) ** 2 + (1.0 - y[i]) * p[i] ** 2)
    return loss, brier


@compiled
def _area(log_odds: FloatArray, y: FloatArray, w: FloatArray) -> float:
    """Return the weight of pairs of an event and a non-event in which the event is higher, ties by half."""
    n = y.shape[0]
    below = 0.0
    pairs = 0.0
    first = 0
    while first < n:
        events = 0.0
        others = 0.0
        last = first
        while last < n and log_odds[last] == log_odds[first]:
            events += w[last] * y[last]
            others += w[last] * (1.0 - y[last])
            last += 1
        pairs += events * (below + 0.5 * others)
        below += others
        first = last
    return pairs


@compiled
def _loss_of_line(log_odds: FloatArray, y: FloatArray, w: FloatArray, line: FloatArray) -> float:
    value = 0.0
    for i in range(y.shape[0]):
        if w[i] > 0.0:
            eta = line[0] + line[1] * log_odds[i]
            value += w[i] * (math.log1p(math.exp(-abs(eta))) + max(eta, 0.0) - y[i] * eta)
    return value


@compiled
def _sums(log_odds: FloatArray, y: FloatArray, w: FloatArray, a: float, b: float, sums: FloatArray) -> None:
    """Write the gradient and the second derivatives by intercept and slope."""
    g0 = g1 = h00 = h01 = h11 = 0.0
    for i in range(y.shape[0]):
        if w[i] > 0.0:
            x = log_odds[i]
            eta = a + b * x
            e = math.exp(-abs(eta))
            away = 1.0 / (1.0 + e)
            curve = w[i] * e * away * away
            if eta < 0.0:
                away *= e
            slope = w[i] * (away - y[i])
            g0 += slope
            g1 += slope * x
            h00 += curve
            h01 += curve * x
            h11 += curve * x * x
    sums[0], sums[1], sums[2], sums[3], sums[4] = g0, g1, h00, h01, h11


@compiled
def _step(sums: FloatArray, sloped: bool, step: FloatArray) -> float:
    """Write Newton's step and return the squared decrement, nan where the log odds hold no slope."""
    g0, g1, h00, h01, h11 = sums
    step[0] = step[1] = 0.0
    if h00 <= 0.0:
        return np.nan
    if sloped:
        # The part of the slope that is its own: of log odds that are the same in all rows there is none.
        own = h11 - h01 * h01 / h00
        if own <= 1e-10 * h11:
            return np.nan
        step[1] = -(g1 - h01 * g0 / h00) / own
    step[0] = -(g0 + h01 * step[1]) / h00
    return float(-(g0 * step[0] + g1 * step[1]))


@compiled
def _calibrate(
    log_odds: FloatArray, y: FloatArray, w: FloatArray, total: float, start: FloatArray, line: FloatArray, sloped: bool
) -> bool:
    """Write the intercept, and the slope if asked for, of outcomes on log odds; tell whether there is a maximum.

    Newton's method from the line 0, 1, whose sums are given. A step is halved until the decrement falls, which it does
    along Newton's direction; the last step is free, and its error of the order of the squared decrement.
    """
    line[0] = 0.0
    line[1] = 1.0
    sums = start.copy()
    step = np.empty(2)
    after = np.empty(2)
    squared = _step(sums, sloped, step)
    for _ in range(STEPS_MOST):
        if not math.isfinite(squared) or abs(line[0]) > FARTHEST or abs(line[1]) > FARTHEST:
            return False
        if squared <= SQUARED * total:
            line[0] += step[0]
            line[1] += step[1]
            return True
        t = 1.0
        for _ in range(HALVINGS_MOST):
            _sums(log_odds, y, w, line[0] + t * step[0], line[1] + t * step[1], sums)
            new = _step(sums, sloped, after)
            if new < squared:
                break
            t *= 0.5
        else:
            return False
        line[0] += t * step[0]
        line[1] += t * step[1]
        step[0], step[1] = after
        squared = new
    return False


@compiled
def _distances(
    log_odds: FloatArray, p: FloatArray, w: FloatArray, line: FloatArray, total: float, pairs: float, found: FloatArray
) -> None:
    """Write distances from recalibrated probabilities, and mean differences of recalibrated predictions."""
    largest = 0.0
    mean = 0.0
    before = 0.0
    sum_odds = 0.0
    sum_p = 0.0
    odds_apart = 0.0
    p_apart = 0.0
    centre = log_odds[log_odds.shape[0] // 2]
    for i in range(p.shape[0]):
        if w[i] > 0.0:
            eta = line[0] + line[1] * log_odds[i]
            e = math.exp(-abs(eta))
            q = 1.0 / (1.0 + e) if eta >= 0.0 else e / (1.0 + e)
            away = abs(p[i] - q)
            largest = max(largest, away)
            mean += w[i] * away
            odds = log_odds[i] - centre
            odds_apart += w[i] * (before * odds - sum_odds)
            p_apart += w[i] * (before * q - sum_p)
            before += w[i]
            sum_odds += w[i] * odds
            sum_p += w[i] * q
    found[LARGEST] = largest
    found[MEAN] = mean / total
    if pairs > 0.0:
        found[LOGIT_SPREAD] = 2.0 * abs(line[1]) * odds_apart / pairs
        found[SPREAD] = 2.0 * abs(p_apart) / pairs
