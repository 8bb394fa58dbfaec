r"""Residuals of discrete outcomes made continuous by a draw: randomised quantile and surrogate residuals.

Of an outcome with distribution function F draw u uniformly between F just below the outcome and F at it. Under the
model u is uniform whatever the row, so that

* the randomised quantile residual :math:`\Phi^{-1}(u)` is standard normal;
* the surrogate residual :math:`G^{-1}(u) - E` has the distribution of the latent variable whose value, cut at the
  thresholds, is the outcome, less its mean E (none for the cauchit).

References
----------
Dunn, P. K. and Smyth, G. K. (1996) Randomized quantile residuals. Journal of Computational and Graphical Statistics 5,
236-244. Liu, D. and Zhang, H. (2018) Residuals and diagnostics for ordinal regression models: a surrogate approach.
Journal of the American Statistical Association 113, 845-854.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.special import bdtr, ndtri

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.prediction import fitted_rows
from logitkit.inference.verbs import require
from logitkit.typing import FloatArray

__all__ = ["DrawnKind", "drawn_residuals", "uniform_draws"]

DrawnKind = Literal["quantile", "surrogate"]


def drawn_residuals(record: FitRecord, design: Design, kind: DrawnKind, seed: int | None) -> FloatArray:
    """Return one quantile or surrogate residual per row.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        n rows with their outcome.
    kind : {'quantile', 'surrogate'}
        Kind of residual.
    seed : int or None
        Seed of the random numbers.

    Returns
    -------
    (n,) array
        Residuals; nan if the prediction is undetermined or the row has no trials.

    Raises
    ------
    UnsupportedError
        If the outcomes are unordered or fractions, or if surrogate residuals are requested for counts or for a family
        without a latent variable.

    Examples
    --------
    Quantile residuals of a correct model are approximately standard normal:

    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = drawn_residuals(fit.record, fit.design, "quantile", seed=1)
    >>> bool(abs(found.mean()) < 0.2), bool(abs(found.std() - 1) < 0.2)
    (True, True)
    """
    require(record, "surrogate residuals" if kind == "surrogate" else "drawn residuals")
    if kind == "surrogate":
        counts = design.response.trials
        if counts is not None and (counts > 1.0).any():
            raise UnsupportedError(
                "A surrogate residual is of one latent variable per row, and rows of counts have one for each trial: "
                "kind='quantile' has residuals of counts."
            )
    u = uniform_draws(record, design, np.random.default_rng(None if seed is None else [seed, design.start]))
    if kind == "quantile":
        return np.asarray(ndtri(u))
    link = record.family.tail_link
    mean = link.latent_mean
    if record.has_event:  # an event where the latent variable is above zero
        return np.asarray(mean - link.link(1.0 - u))
    return np.asarray(link.link(u) - mean)


def uniform_draws(record: FitRecord, design: Design, rng: np.random.Generator) -> FloatArray:
    """Return a uniform draw between the distribution function just below each outcome and at it.

    Parameters
    ----------
    record : FitRecord
        The fit of two outcomes or of ordered outcomes.
    design : Design
        n rows with their outcome.
    rng : Generator
        NumPy random-number generator.

    Returns
    -------
    (n,) array
        Draws within (0, 1), uniform under the model.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [0, 0, 1, 1]})
    >>> u = uniform_draws(fit.record, fit.design, np.random.default_rng(0))
    >>> (u > 0.5).tolist()
    [False, False, True, True]
    """
    response, rows = design.response, np.arange(design.n_rows)
    p = record.family.probabilities(fitted_rows(record, design).eta)
    if response.n_outcomes == 2:
        trials = np.ones(rows.size) if response.trials is None else response.trials
        events = np.rint(response.y * trials)
        mean = np.where(np.isnan(p[1]), 0.5, p[1])
        low = np.where(events > 0.0, bdtr(np.maximum(events - 1.0, 0.0), trials.astype(np.int64), mean), 0.0)
        high = np.where(events < trials, bdtr(events, trials.astype(np.int64), mean), 1.0)
    else:
        below = np.vstack([np.zeros(rows.size), np.cumsum(p, axis=0)])
        below[-1] = 1.0
        low, high = below[response.codes, rows], below[response.codes + 1, rows]
    u = low + (high - low) * rng.random(rows.size)
    tiny = np.finfo(float).tiny
    u = np.clip(u, tiny, 1.0 - np.finfo(float).epsneg)
    return np.where(response.untried | np.isnan(p).any(axis=0), np.nan, u)
