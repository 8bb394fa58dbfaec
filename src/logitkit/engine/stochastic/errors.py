r"""Plug-in errors of averaged coefficients: :math:`A^{-1} S A^{-1} / n'` (Chen et al. 2020).

A is the mean of the second derivatives and S that of the products of the scores, both at the average. Of K outcomes
both are those of the differences from one outcome, as a constant that is added to all logits changes nothing.
"""

from __future__ import annotations

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.stochastic.learner import Learner
from logitkit.engine.stochastic.rows import rows_of
from logitkit.models.form import Form
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray, IntArray

__all__ = ["plug_in_covariance"]

NUMBERS_MOST = 2_500  # coefficients, whose square is held twice


def plug_in_covariance(design: Design, form: Form, table: FloatArray, learner: Learner) -> FloatArray | None:
    """Return the covariance of averaged coefficients, as they are shown.

    Parameters
    ----------
    design : Design
        The rows, which are passed over once more.
    form : Form
        The model.
    table : (m, p) array
        The average; of K outcomes K rows.
    learner : Learner
        How many iterates it was formed of.

    Returns
    -------
    (q, q) array or None
        By outcome and column, of the outcomes that have coefficients; None where A is singular, or too large.
    """
    base = -1 if form.is_single else max(-1 if form.reference is None else int(form.reference), 0)
    others = np.delete(np.arange(len(table)), base) if base >= 0 else np.arange(1)
    size = others.size * table.shape[1]
    if size > NUMBERS_MOST:
        return None
    bread, meat = np.zeros((size, size)), np.zeros((size, size))
    with single_threaded_blas():
        for part in design.chunks():
            _add_rows(part, form, table, others, (bread, meat))
        try:
            half = np.linalg.solve(bread, meat)
            found = np.linalg.solve(bread, half.T)
        except np.linalg.LinAlgError:
            return None
    averaged = (learner.steps - learner.average_from) * learner.solver.batch
    found = 0.5 * (found + found.T) * max(design.n_rows / max(averaged, 1), 1.0)
    if form.is_single or form.reference is not None:
        return np.asarray(found)
    k, p = table.shape
    contrast = np.eye(k)[:, others] - 1.0 / k
    blocks = np.einsum("ka,aibj,lb->kilj", contrast, found.reshape(k - 1, p, k - 1, p), contrast)
    return np.asarray(blocks.reshape(k * p, k * p))


def _add_rows(part: Design, form: Form, table: FloatArray, others: IntArray, sums: tuple[FloatArray, ...]) -> None:
    """Add second derivatives and products of scores over some rows, block by block of two outcomes."""
    bread, meat = sums
    response, rows, p = part.response, rows_of(part.matrix, part.response), table.shape[1]
    eta = part.matrix.matvecs(table) + (rows.offset if rows.offset.shape[0] else 0.0)
    weights = response.weights
    # A row of frequency two is two rows; other weights multiply the score itself.
    counts = weights if response.weight_kind == "frequency" else weights**2
    if form.is_single:
        mean = 1.0 / (1.0 + np.exp(-np.clip(eta, -700.0, 700.0)))
        slope = mean - response.y
    else:
        mean = np.exp(eta - eta.max(axis=0))
        mean /= mean.sum(axis=0)
        slope = mean - (np.arange(len(table))[:, None] == response.y)
    gram = part.matrix.gram
    for a, k in enumerate(others):
        own = slice(a * p, (a + 1) * p)
        bread[own, own] += gram(weights * mean[k] * (1.0 - mean[k]))
        meat[own, own] += gram(counts * slope[k] ** 2)
        for b, other in enumerate(others[:a]):
            across = slice(b * p, (b + 1) * p)
            second = -gram(weights * mean[k] * mean[other])
            product = counts * slope[k] * slope[other]
            squares = gram(np.maximum(product, 0.0)) - gram(np.maximum(-product, 0.0))
            for total, block in ((bread, second), (meat, squares)):
                total[own, across] += block
                total[across, own] += block.T
