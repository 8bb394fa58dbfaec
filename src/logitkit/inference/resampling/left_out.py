r"""Exact refits without each row, observation or cluster, from the fit to all of them.

A refit of a logit is near the fit: its first step is that of DFBETAS, its information that of the fit less the unit's,
and the change of every probability follows from that of its linear predictor without an exponential,

.. math:: \mu(\eta + d) - \mu(\eta) = \frac{\mu (1 - \mu)\, (e^d - 1)}{1 + \mu\, (e^d - 1)} .

One pass over the rows then proves most refits (``docs/maths/residuals.md``, equations 3 to 6). Other families and
links, and what such a pass does not prove, take the way of :mod:`logitkit.inference.resampling.refits`.

References
----------
Pregibon, D. (1981) Logistic regression diagnostics. Annals of Statistics 9, 705-724.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.rank import CLEAR_SHARE
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.solver import overlap_bound
from logitkit.inference.likelihood import Likelihood, likelihood_of
from logitkit.inference.resampling.refits import Refits, refit, refits_from
from logitkit.inference.resampling.units import Units, prior_weights
from logitkit.inference.verbs import require
from logitkit.numerics.ascending import by_code
from logitkit.numerics.kernels.left_out import logit_left_out
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.numerics.threads.local import ordered_map
from logitkit.typing import BoolArray, FloatArray

__all__ = ["left_out_refits", "without_unit"]

COLUMNS_MOST = 32  # the sums of third derivatives are the cube of it
TOLERANCE = 1e-10  # distance from the solution, in standard errors
PASSES = 12
TOGETHER = 64
FAR = 1.0  # change of a linear predictor beyond which the information of the fit says little
LABEL = "Refits"


def left_out_refits(record: FitRecord, design: Design, units: Units) -> Refits:
    """Fit the model without each unit in turn.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its n rows.
    units : Units
        The units that are left out; if a row counts several observations, one of these.

    Returns
    -------
    Refits
        Refits in the order of the units.

    Raises
    ------
    SeparationError, ConvergenceError, UnsupportedError
        As for ``refit``.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.inference.resampling.units import units_of
    >>> births = lk.datasets.load_lbw()
    >>> fit = lk.logit("low ~ age + lwt", births)
    >>> without = left_out_refits(fit.record, fit.design, units_of(fit.design, "rows")).coef
    >>> bool(np.allclose(without[3], lk.logit("low ~ age + lwt", births.drop(index=3)).coef, rtol=1e-9))
    True
    """
    require(record, "refit")
    prior = without_unit(units, prior_weights(design))
    count = units.multiplicity.size
    if not record.family.is_logit or not record.is_single or record.adjustment is not None:
        return refit(record, design, count, prior=prior)
    model = likelihood_of(record, design)
    if not 0 < model.coef.size <= COLUMNS_MOST:
        return refit(record, design, count, prior=prior)
    with single_threaded_blas():
        inner, certain = _solved(model, design, units)
    return refits_from(record, design, model.flat(inner), certain, prior)


def without_unit(units: Units, prior: FloatArray) -> Callable[[int], FloatArray]:
    """Return a function that gives the prior weights without a unit, by its number.

    Parameters
    ----------
    units : Units
        The units that are left out; if a row counts several observations, one of these.
    prior : (n,) array
        Prior weights given by the user.

    Returns
    -------
    callable
        Function of a number that returns weights, (n,).

    Examples
    --------
    >>> units = Units(np.array([0, 1, 1]), np.ones(2), "clusters")
    >>> without_unit(units, np.ones(3))(1).tolist()
    [1.0, 0.0, 0.0]
    """
    weighing = units.weighing(prior)

    def without(number: int) -> FloatArray:
        counts = units.multiplicity.copy()
        counts[number] -= 1.0
        return weighing(counts)

    return without


def _solved(model: Likelihood, design: Design, units: Units) -> tuple[FloatArray, BoolArray]:
    """Return the solutions in compiled code, and which of them prove themselves."""
    response = design.response
    X = model.matrix.to_dense()
    eta = X @ model.coef + (0.0 if response.shift is None else response.shift)
    mean, weights = model.family.probabilities(eta[None])[1], response.weights
    curved = mean * model.family.probabilities(eta[None])[0]
    slope, residual = weights * curved, -model.family.slopes(eta[None], response)[0]
    columns = np.ascontiguousarray(X.T)
    information = (columns * slope) @ X
    third = np.stack([(columns * (slope * (1.0 - 2.0 * mean) * column)) @ X for column in columns])
    used = np.flatnonzero(units.of_row >= 0)
    order = used[by_code(units.of_row[used])]
    count = units.multiplicity.size
    edges = np.concatenate([[0], np.cumsum(np.bincount(units.of_row[used], minlength=count))])
    removed = np.where(units.of_row >= 0, weights / np.append(units.multiplicity, 1.0)[units.of_row], 0.0)
    left = -columns @ (weights * residual)
    inner, report = np.empty((count, model.coef.size)), np.empty((count, 4))

    def run(chunk: int) -> None:
        part = slice(chunk * TOGETHER, min((chunk + 1) * TOGETHER, count))
        own = edges[part.start : part.stop + 1]
        sums = left, information, third
        rows = columns, mean, slope, residual
        logit_left_out(*rows, *sums, order, own, removed, TOLERANCE, PASSES, inner[part], report[part])

    for _ in ordered_map(run, -(-count // TOGETHER), LABEL):
        pass
    inner += model.coef
    pure = (weights > 0.0) & ((response.y == 0.0) | (response.y == 1.0))
    closest = float((weights * np.abs(residual))[pure].min(initial=np.inf))
    return inner, _certain(report, closest)


def _certain(report: FloatArray, closest: float) -> BoolArray:
    """Tell which solutions prove that the estimate exists and that columns are independent.

    The rules are those of ``certain_fits``. The information, and how far rows are from their outcomes, are those of
    the fit; without the unit they differ by the factor exp(d) at most, where no linear predictor moves by more than d.
    Of a row that is counted twice and once without the unit the distance halves.
    """
    decrement, moved, share, reached = report.T
    near = (reached > 0.0) & (moved < FAR)
    factor = np.exp(np.minimum(moved, FAR))
    bound = overlap_bound((factor * decrement) ** 2)
    return np.asarray(near & (0.5 * closest / factor > bound) & (share >= CLEAR_SHARE * factor**2))
