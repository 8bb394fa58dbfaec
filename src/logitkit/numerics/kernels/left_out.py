"""Logistic regressions without some of their rows, each from the fit to all of them."""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled_sum
from logitkit.typing import FloatArray, IntArray

__all__ = ["logit_left_out"]

BLOCK = 512  # rows whose columns stay in the nearest cache
NEAR = 0.02  # below it six terms of exp(d) - 1 have fourteen digits
FAR = 0.3  # below it fourteen terms have


@compiled_sum
def logit_left_out(  # noqa: PLR0917 - arrays and scalars only
    columns: FloatArray,
    mean: FloatArray,
    slope: FloatArray,
    residual: FloatArray,
    start_gradient: FloatArray,
    information: FloatArray,
    third: FloatArray,
    order: IntArray,
    edges: IntArray,
    removed: FloatArray,
    tol: float,
    passes: int,
    change: FloatArray,
    report: FloatArray,
) -> None:
    r"""Solve the score equations without each unit of rows (``docs/maths/residuals.md``, equations 3 to 6).

    Parameters
    ----------
    columns : (p, n) array
        In C order: a row per column of the model.
    mean, slope : (n,) array
        Probabilities of the event at the estimate, and weights times their derivatives.
    residual : (n,) array
        Proportion of events less the probability.
    start_gradient : (p,) array
        Of the loss of all rows at the estimate, zero but for what its solver left.
    information : (p, p) array
        Of all rows.
    third : (p, p, p) array
        Sums of weights times second derivatives of the probability times three columns.
    order, edges : (r,) and (m + 1,) int array
        Rows of each unit: ``order[edges[u] : edges[u + 1]]``.
    removed : (n,) array
        Weight that each row loses with its unit.
    tol : float
        On the distance from the solution, in standard errors.
    passes : int
        Over all rows, at most.
    change : (m, p) array
        Overwritten with the coefficients less the estimate.
    report : (m, 4) array
        Overwritten with the decrement at the last evaluation, the largest change of a linear predictor there, the
        least squared pivot of the information scaled to a unit diagonal, and whether the tolerance was reached.
    """
    p, n = columns.shape
    factor, own = np.empty((p, p)), np.empty((p, p))
    gradient, step, score = np.empty(p), np.empty(p), np.empty(p)
    moved, away = np.empty(BLOCK), np.empty(BLOCK)
    blocks = (n + BLOCK - 1) // BLOCK
    sizes = np.zeros((blocks, p))
    for j in range(p):
        for i in range(n):
            sizes[i // BLOCK, j] = max(sizes[i // BLOCK, j], abs(columns[j, i]))
    for u in range(edges.shape[0] - 1):
        # What the unit has of the score and of the information.
        for j in range(p):  # in loops: numba takes seconds to compile the assignment of one array to another
            score[j] = start_gradient[j]
            for k in range(p):
                own[j, k] = information[j, k]
        for at in range(edges[u], edges[u + 1]):
            i = order[at]
            curved = removed[i] * mean[i] * (1.0 - mean[i])
            for j in range(p):
                score[j] += removed[i] * residual[i] * columns[j, i]
                for k in range(j + 1):
                    own[j, k] -= curved * columns[j, i] * columns[k, i]
        # Its Cholesky factor, and what the least of the columns has of its own.
        share = 1.0
        for j in range(p):
            for k in range(j + 1):
                total = own[j, k]
                for at in range(k):
                    total -= factor[j, at] * factor[k, at]
                if j == k:
                    share = min(share, total / own[j, j]) if own[j, j] > 0.0 and total > 0.0 else -1.0
                    factor[j, j] = math.sqrt(total) if total > 0.0 else 1.0
                else:
                    factor[j, k] = total / factor[k, k]
        delta = change[u]
        delta[:] = 0.0
        report[u, 0] = report[u, 1] = np.inf
        report[u, 2] = share
        report[u, 3] = 0.0
        if share < 0.0:
            continue
        # One Newton step, and the correction of the second order.
        size = 0.0
        for turn in range(2):
            for j in range(p):
                total = -score[j]
                if turn == 1:
                    total = 0.0
                    for k in range(p):
                        for at in range(p):
                            total -= 0.5 * third[j, k, at] * delta[k] * delta[at]
                for at in range(j):
                    total -= factor[j, at] * step[at]
                step[j] = total / factor[j, j]
            length = 0.0
            for j in range(p):
                length += step[j] * step[j]
            for j in range(p - 1, -1, -1):
                for at in range(j + 1, p):
                    step[j] -= factor[at, j] * step[at]
                step[j] /= factor[j, j]
            if turn == 0:
                size = math.sqrt(length)
                ratio = 0.0
            else:
                ratio = math.sqrt(length) / size if size > 0.0 else 0.0
            if turn == 0 or ratio < 0.5:
                for j in range(p):
                    delta[j] += step[j]
        before = size
        for turn in range(passes):
            for j in range(p):
                gradient[j] = start_gradient[j]
            largest = 0.0
            for block in range(blocks):
                start, stop = block * BLOCK, min(block * BLOCK + BLOCK, n)
                here = stop - start
                for i in range(here):
                    moved[i] = 0.0
                for j in range(p):
                    by = delta[j]
                    column = columns[j, start:stop]
                    for i in range(here):
                        moved[i] += by * column[i]
                most = 0.0  # no change of a linear predictor is larger
                for j in range(p):
                    most += abs(delta[j]) * sizes[block, j]
                largest = max(largest, most)
                some, by_row = mean[start:stop], slope[start:stop]
                if most < NEAR:
                    for i in range(here):
                        d = moved[i]
                        e = d * (1.0 + d / 2 * (1.0 + d / 3 * (1.0 + d / 4 * (1.0 + d / 5 * (1.0 + d / 6)))))
                        away[i] = by_row[i] * e / (1.0 + some[i] * e)
                elif most < FAR:
                    for i in range(here):
                        d = moved[i]
                        e = 1.0 + d / 14
                        for k in range(13, 1, -1):
                            e = 1.0 + d / k * e
                        e *= d
                        away[i] = by_row[i] * e / (1.0 + some[i] * e)
                else:
                    for i in range(here):
                        d = moved[i]
                        if d > 0.0:  # so that nothing overflows
                            e = -math.expm1(-d)
                            away[i] = by_row[i] * e / (some[i] * e + math.exp(-d))
                        else:
                            e = math.expm1(d)
                            away[i] = by_row[i] * e / (1.0 + some[i] * e)
                for j in range(p):
                    column = columns[j, start:stop]
                    total = 0.0
                    for i in range(here):
                        total += column[i] * away[i]
                    gradient[j] += total
            for at in range(edges[u], edges[u + 1]):
                i = order[at]
                d = 0.0
                for j in range(p):
                    d += delta[j] * columns[j, i]
                e = math.expm1(d)
                shift = mean[i] * (1.0 - mean[i]) * e / (1.0 + mean[i] * e)
                for j in range(p):
                    gradient[j] += removed[i] * (residual[i] - shift) * columns[j, i]
            for j in range(p):
                total = -gradient[j]
                for at in range(j):
                    total -= factor[j, at] * step[at]
                step[j] = total / factor[j, j]
            length = 0.0
            for j in range(p):
                length += step[j] * step[j]
            length = math.sqrt(length)
            for j in range(p - 1, -1, -1):
                for at in range(j + 1, p):
                    step[j] -= factor[at, j] * step[at]
                step[j] /= factor[j, j]
            for j in range(p):
                delta[j] += step[j]
            report[u, 0] = length
            report[u, 1] = largest
            if turn > 0:
                ratio = length / before if before > 0.0 else 0.0
            # The information stands still, so that distances fall by about the same factor with each pass.
            if ratio < 0.5 and length * ratio <= tol:
                report[u, 3] = 1.0
                break
            if turn > 1 and ratio > 0.5:
                break
            before = length
