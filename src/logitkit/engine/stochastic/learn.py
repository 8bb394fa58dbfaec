"""From a design to learnt coefficients: passes over the rows, the batch optimum beside them, and plug-in errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from logitkit.design.design import Design
from logitkit.engine.chunked import ChunkedObjective, RowsOfForm
from logitkit.engine.fit import as_given, columns_of, fit_design, objective_of
from logitkit.engine.objective import Objective, SmoothObjective
from logitkit.engine.part_coordinates import inner_predictors
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.stochastic.errors import plug_in_covariance
from logitkit.engine.stochastic.learner import Learner, new_learner
from logitkit.engine.stochastic.options import Stochastic
from logitkit.engine.stochastic.rows import Rows, rows_of, standard_of
from logitkit.errors import DataError, DataWarning, UnsupportedError, warn_caller
from logitkit.models.form import Form
from logitkit.models.penalties.quadratic import Quadratic
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.numerics.threads.progress import progress
from logitkit.typing import FloatArray, IntArray

__all__ = ["Learnt", "learn_design", "optimum_of"]

PATIENCE = 2  # passes without a smaller loss of the rows held out
NEWTON_MOST = 2_500  # coefficients up to which the batch optimum is found
ROUNDING = 1e-12
SORTED = 0.02  # of the variance of the outcomes, from which the order of chunks is told
CHANCE = 1e-6


@dataclass(frozen=True)
class Learnt:
    """What was learnt from a design.

    Parameters
    ----------
    table : (m, p) array
        Coefficients; of K outcomes K rows that sum to zero.
    losses : tuple of float
        Mean loss of each pass, of rows before they moved the coefficients; and of rows held out, after each pass.
    held_out : tuple of float
        Mean loss of the rows held out after each pass; empty where there are none.
    mean_loss, optimum : float
        Mean objective over all rows at the coefficients, and at the batch optimum; the latter nan where it is not
        known.
    vcov : (q, q) array or None
        Plug-in covariance of averaged coefficients, as they are shown, by outcome and column.
    n_rows, n_seen : int
        Rows, and how often one was visited.
    """

    table: FloatArray
    losses: tuple[float, ...]
    held_out: tuple[float, ...]
    mean_loss: float
    optimum: float
    vcov: FloatArray | None
    n_rows: int
    n_seen: int


def learn_design(design: Design, form: Form, solver: Stochastic, compared: bool) -> Learnt:
    """Learn the coefficients of a model from the rows of a design.

    Parameters
    ----------
    design : Design
        Rows that are held, or read in chunks: then one pass reads the source once.
    form : Form
        Two outcomes by the logit, or several in which every one has every column.
    solver : Stochastic
        How it is learnt.
    compared : bool
        Whether the batch optimum is found, too.

    Returns
    -------
    Learnt
        The coefficients.

    Raises
    ------
    DataError, UnsupportedError
        If options do not go with the rows or the model.
    """
    family = form.family
    if (form.is_single and not family.is_logit) or (not form.is_single and not family.compares_predictors):
        raise UnsupportedError(
            "Rows are learnt one by one for the logit of two outcomes and for lk.Multinomial() only."
        )
    if form.in_parts:
        raise UnsupportedError("equal= and per_outcome= need lk.fit: every outcome has every column here.")
    if solver.noise[1] > 0.0 and not form.is_single:
        raise UnsupportedError("dropout_as='ridge' is that of two outcomes: give dropout_as='noise' of more.")
    if design.in_chunks and solver.early_stopping is not None:
        raise UnsupportedError("early_stopping= holds rows out, and these are read in chunks: give a small epochs=.")
    place = -1 if design.info.intercept is None else design.info.intercept
    sample = design.sample
    once = rows_of(sample.matrix, sample.response)
    standard = standard_of(once, place, solver.seed)
    held, rest = _held_out(design, solver)
    n = design.n_rows if rest is None else int(rest.size)
    learner = new_learner(solver, standard, design.response.n_outcomes, design.n_rows, solver.epochs * n)
    measured = None if held is None else objective_of(held, form, columns_of(held, form, as_given))
    outside, best = [], (np.inf, learner.current.copy())
    with progress(None, "Passes") as shown:
        for share in _passes(solver.epochs):
            parts = (rows_of(part.matrix, part.response) for part in design.chunks()) if design.in_chunks else (once,)
            chunks = _pass(parts, rest, learner, share, solver.epochs * n)
            if len(learner.losses) == 1:
                _tell_of_order(chunks)
            shown.advance()
            if measured is None or held is None:
                continue
            reached = _of_all(form, standard.raw(learner.current)[:, :-1])
            outside.append(_value(measured, form, reached) / held.response.total)
            if outside[-1] < best[0]:
                best = (outside[-1], learner.current.copy())
            elif len(outside) - 1 - int(np.argmin(outside)) >= PATIENCE:
                break
    table = _of_all(form, standard.raw(learner.current if held is None else best[1])[:, :-1])
    ridge = standard.shrunk(solver.ridge)[:-1] * standard.scale**2
    if len(table) > len(learner.coef):
        ridge = 2.0 * ridge  # of one logit, half of which is that of each outcome
    loss, optimum = optimum_of(design, form, table, ridge, compared)
    return Learnt(
        table,
        tuple(learner.losses),
        tuple(outside),
        loss,
        optimum,
        plug_in_covariance(design, form, table, learner) if solver.average else None,
        design.n_rows,
        learner.seen,
    )


def optimum_of(design: Design, form: Form, table: FloatArray, ridge: FloatArray, compared: bool) -> tuple[float, float]:
    """Return the mean objective at some coefficients, and at the batch optimum by Newton's method.

    Parameters
    ----------
    design : Design
        The rows.
    form : Form
        The model.
    table : (m, p) array
        Coefficients.
    ridge : (p,) array
        Strengths of a ridge beside the mean loss.
    compared : bool
        Whether the optimum is asked for.

    Returns
    -------
    tuple of float
        Both in nats per unit of weight; the second nan where it is not known.
    """
    total = float(design.response.total)
    objective = objective_of(design, form, columns_of(design, form, as_given))
    value = _value(objective, form, table) / total
    own = value + 0.5 * float(np.sum(ridge * table**2))
    if not compared or form.predictors.n_params > NEWTON_MOST:
        return own, np.nan
    if not ridge.any():
        record = fit_design(design, form, Newton())
        if record.is_separated or not np.isfinite(record.inner_coef).all():
            return own, -float(record.loglik) / total
        flat = np.where(np.isfinite(record.coef), record.coef, 0.0)
        best = _value(objective, form, _symmetric(form, flat)) / total
        return own, min(best, own)
    columns = columns_of(design, form, as_given)
    quadratic = Quadratic(total * _strengths(form, ridge))
    penalised: Objective
    if design.in_chunks:
        penalised = ChunkedObjective(design, RowsOfForm(form, columns, form.family.solving, quadratic))
    else:
        predictors = None if form.is_single else inner_predictors(form, columns)
        penalised = Objective(design.matrix, design.response, form.family, quadratic=quadratic, predictors=predictors)
    with single_threaded_blas():
        solution = Newton().solve(penalised, _solved(form, table))
    return own, min(float(solution.evaluation.value) / total, own)


def _passes(epochs: float) -> Iterator[float]:
    """Yield how much of the rows each pass visits."""
    left = float(epochs)
    while left > ROUNDING:
        yield min(left, 1.0)
        left -= 1.0


def _pass(
    parts: Iterable[Rows], rest: IntArray | None, learner: Learner, share: float, total: float
) -> list[FloatArray]:
    """Visit the rows once, or a proportion of them, in an order that is drawn; of chunks those of one after another.

    Returns the weight of each outcome in each chunk.
    """
    rng = np.random.default_rng([learner.solver.seed, learner.seen])
    loss, weight, first = 0.0, 0.0, 0
    found = []
    for rows in parts:
        found.append(_outcomes(rows, learner.n_outcomes))
        order = rng.permutation(rows.n_rows if rest is None else rest)
        order = order[: max(round(share * order.size), 1)] if share < 1.0 else order
        loss += learner.learn(rows, order.astype(np.int64, copy=False), total, first)
        weight += float(rows.weights[order].sum()) / learner.standard.mean_weight
        first += rows.n_rows
    learner.losses.append(loss / weight if weight > 0.0 else np.nan)
    return found


def _outcomes(rows: Rows, n_outcomes: int) -> FloatArray:
    """Return the weight of each outcome, shape (K,)."""
    if n_outcomes == 2:
        events = float(rows.weights @ rows.y)
        return np.array([float(rows.weights.sum()) - events, events])
    return np.asarray(np.bincount(rows.y.astype(np.int64), rows.weights, n_outcomes), dtype=np.float64)


def _tell_of_order(weights: list[FloatArray]) -> None:
    """Warn where chunks tell of the outcomes: rows are then sorted by something that goes with them.

    Of the variance of the outcomes chunks explain by chance about their number less one over that of rows, and Cramer's
    V squared is what they do explain.
    """
    table = np.array(weights)
    table = table[np.ix_(table.sum(axis=1) > 0.0, table.sum(axis=0) > 0.0)]
    total = float(table.sum())
    if min(table.shape) < 2:
        return
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    statistic = float(np.sum((table - expected) ** 2 / expected))
    explained = statistic / (total * (min(table.shape) - 1))
    if explained > SORTED and chdtrc((table.shape[0] - 1) * (table.shape[1] - 1), statistic) < CHANCE:
        warn_caller(
            f"The rows come in an order that goes with the outcomes: their chunk explains {explained:.0%} of the "
            "variance. Mini-batches forget what came first: shuffle the rows of the files once.",
            DataWarning,
        )


def _held_out(design: Design, solver: Stochastic) -> tuple[Design | None, IntArray | None]:
    """Return the rows that are held out, and the places of the others."""
    if solver.early_stopping is None:
        return None, None
    n = design.n_rows
    order = np.random.default_rng([solver.seed, 0]).permutation(n)
    count = round(float(solver.early_stopping) * n)
    if not 0 < count < n:
        raise DataError(f"early_stopping={solver.early_stopping:g} of {n} rows holds out {count}: give another.")
    return design.take(np.sort(order[:count])), order[count:]


def _of_all(form: Form, table: FloatArray) -> FloatArray:
    """Return the coefficients of all outcomes: one logit of two outcomes is the difference between theirs."""
    return table if form.is_single or len(table) > 1 else np.concatenate([-0.5 * table, 0.5 * table])


def _symmetric(form: Form, flat: FloatArray) -> FloatArray:
    """Return coefficients as they are shown as a table of all outcomes, shape (m, p)."""
    return flat[None] if form.is_single else form.shown.table(flat)


def _solved(form: Form, table: FloatArray) -> FloatArray:
    """Return the coefficients that are solved for, of a table of all outcomes: their differences from one of them."""
    if form.is_single:
        return np.asarray(table[0])
    (part,) = form.predictors.parts
    assert part.rows is not None
    base = np.setdiff1d(np.arange(table.shape[0]), part.rows)
    return np.asarray((table - table[base])[part.rows].reshape(-1))


def _strengths(form: Form, ridge: FloatArray) -> FloatArray:
    """Return the quadratic form of what is solved for that is a ridge on coefficients of all outcomes.

    With E the columns of all outcomes but one of the identity, C = E - 1/K gives all from their differences from that
    one, and the form is C'C = I - 1/K times the strength of each column.
    """
    if form.is_single:
        return ridge
    k = form.predictors.n_predictors
    return np.asarray(np.kron(np.eye(k - 1) - 1.0 / k, np.diag(ridge)), dtype=np.float64)


def _value(objective: SmoothObjective, form: Form, table: FloatArray) -> float:
    """Return the sum of the losses at a table of coefficients of all outcomes."""
    return float(objective.evaluate(_solved(form, table), hessian=False).value)
