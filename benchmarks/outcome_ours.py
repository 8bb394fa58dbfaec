"""The work of several outcomes as logitkit does it."""

from __future__ import annotations

from typing import Any

import numpy as np
from contender import Contender
from ours import NAME
from outcome_problems import OutcomeFrame, OutcomeMatrix
from penalised_ours import GAP, MORE, TARGET
from problems import Answer

import logitkit as lk
from logitkit.design.ready import ready_design
from logitkit.design.response.reading import NominalReader
from logitkit.engine.fit import fit_design
from logitkit.engine.solvers.newton import Newton

WORDS_GAP = 1e-3


def fit_matrix(problem: OutcomeMatrix, tol: float) -> lk.MultinomialFit:
    """Fit, with standard errors."""
    del tol
    fit = lk.multinomial_matrix(problem.X, problem.y, problem.names)
    fit.std_error  # noqa: B018 - computed on access
    return fit


def fit_coefficients(problem: OutcomeMatrix, tol: float) -> lk.MultinomialFit:
    """Fit, and ask for no standard error."""
    del tol
    return lk.multinomial_matrix(problem.X, problem.y, problem.names)


def fit_frame(problem: OutcomeFrame, tol: float) -> lk.MultinomialFit:
    """Go from frame and formula to the text of the summary."""
    del tol
    fit = lk.multinomial(problem.formula, problem.frame)
    str(fit.summary())
    return fit


def prepare(problem: OutcomeMatrix) -> Any:
    """Return the design and what is estimated, made once."""
    kept = problem.__dict__
    if "ready" not in kept:
        design = ready_design(problem.X, problem.y, problem.names, reader=NominalReader())
        kept["ready"] = design, lk.Multinomial(reference="0").form(design.info)
    return kept["ready"]


def fit_ready(problem: OutcomeMatrix, tol: float) -> Any:
    """Go from the design to the record, which has the covariance."""
    del tol
    return fit_design(*prepare(problem), Newton())


def fit_path(problem: OutcomeMatrix, tol: float) -> Any:
    """Fit a lasso path of the symmetric form."""
    return lk.path_matrix(
        problem.X,
        problem.y,
        problem.names,
        model=lk.Multinomial(),
        strengths=problem.strengths,
        penalty=lk.Lasso(),
        solver=lk.ProxNewton(tol=tol),
    )


def fit_ridges(problem: OutcomeMatrix, tol: float) -> list[lk.MultinomialFit]:
    """Fit the symmetric form at each strength, columns as they are."""
    return [
        lk.multinomial_matrix(
            problem.X,
            problem.y,
            problem.names,
            penalty=lk.Ridge(float(strength), standardize=False),
            solver=lk.ProxNewton(tol=tol),
        )
        for strength in problem.strengths
    ]


def table(found: Any, n_outcomes: int) -> np.ndarray:
    """Return the coefficients of a fit or record, a row an outcome; zeros for a reference, which is the first."""
    coef = np.asarray(getattr(found, "record", found).coef_table)
    return coef if len(coef) == n_outcomes else np.vstack([np.zeros(coef.shape[1]), coef])


def _one(model: Any, problem: OutcomeMatrix | OutcomeFrame) -> Answer:
    return Answer(coef=table(model, problem.n_outcomes))


def _path(model: Any, problem: OutcomeMatrix) -> Answer:
    return Answer(coef=model.record.coef.reshape(problem.strengths.size, problem.n_outcomes, -1))


def _many(models: list[lk.MultinomialFit], problem: OutcomeMatrix) -> Answer:
    return Answer(coef=np.stack([table(model, problem.n_outcomes) for model in models]))


MATRIX = Contender(NAME, "logitkit", fit_matrix, _one, errors=True)
COEFFICIENTS = Contender(NAME, "logitkit", fit_coefficients, _one)
FRAME = Contender(NAME, "logitkit", fit_frame, _one, errors=True)
READY = Contender(f"{NAME}, design to record", "logitkit", fit_ready, _one, errors=True, prepare=prepare)
PATH = Contender(
    NAME,
    "logitkit",
    fit_path,
    _path,
    GAP,
    more=2 * MORE,
    best=lambda problem: _path(fit_path(problem, TARGET), problem),
)
RIDGES = Contender(
    NAME,
    "logitkit",
    fit_ridges,
    _many,
    (1e-5, 5e-6, 2e-6, *GAP),  # of many coefficients the gap is a loose bound
    more=MORE,
    best=lambda problem: _many(fit_ridges(problem, TARGET), problem),
)
WORDS = Contender(
    NAME,
    "logitkit",
    fit_ridges,
    _many,
    (10 * WORDS_GAP, WORDS_GAP),  # the gap is a bound, several times what is left
    more=9 * MORE,
    best=lambda problem: _many(fit_ridges(problem, WORDS_GAP), problem),
)
