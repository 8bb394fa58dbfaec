"""The penalised work as logitkit does it, to a duality gap of 1e-6 of the null objective."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from contender import Contender
from ours import NAME
from penalised_problems import PenalisedFrame, PenalisedMatrix
from problems import Answer

import logitkit as lk

GAP = (1e-6,)
TARGET = 1e-9  # to know the least objective, which takes its time
MORE = 60.0  # seconds for it


def fit_path(problem: PenalisedMatrix, tol: float) -> Any:
    """Fit the path of a matrix, dense or sparse."""
    return lk.path_matrix(
        problem.X,
        problem.y,
        problem.names,
        strengths=problem.strengths,
        penalty=lk.Lasso(),
        solver=lk.ProxNewton(tol=tol),
    )


def fit_frame_path(problem: PenalisedFrame, tol: float) -> Any:
    """Fit the path from frame and formula."""
    return lk.path(
        problem.formula,
        problem.frame,
        strengths=problem.strengths,
        penalty=lk.Lasso(),
        solver=lk.ProxNewton(tol=tol),
    )


def cross_validate(problem: PenalisedMatrix, tol: float) -> Any:
    """Fit the path of all rows, and that without each of the given folds."""
    return lk.cross_validate_matrix(
        problem.X,
        problem.y,
        problem.names,
        strengths=problem.strengths,
        penalty=lk.Lasso(),
        folds=lk.Folds(given=problem.folds),
        solver=lk.ProxNewton(tol=tol),
    )


def fit_one(problem: PenalisedMatrix, tol: float) -> lk.Fit:
    """Fit at one strength."""
    strength = float(problem.strengths[0])
    penalty = lk.ElasticNet(strength, l1_ratio=problem.l1_ratio)
    return lk.logit_matrix(problem.X, problem.y, problem.names, penalty=penalty, solver=lk.ProxNewton(tol=tol))


def _coef(model: Any, problem: Any) -> Answer:
    del problem
    return Answer(coef=np.atleast_2d(np.asarray(model.coef, dtype=float)))


def _cross_validated(model: Any, problem: PenalisedMatrix) -> Answer:
    del problem
    return Answer(coef=model.path.coef.to_numpy(), curve=model.scores["mean"].to_numpy())


def _best_by(fit: Callable[[Any, float], Any]) -> Callable[[Any], Answer]:
    return lambda problem: _coef(fit(problem, TARGET), problem)


PATH = Contender(NAME, "logitkit", fit_path, _coef, GAP, more=MORE, best=_best_by(fit_path))
FRAME_PATH = Contender(NAME, "logitkit", fit_frame_path, _coef, GAP, more=MORE, best=_best_by(fit_frame_path))
FOLDED = Contender(NAME, "logitkit", cross_validate, _cross_validated, GAP, more=MORE, best=_best_by(fit_path))
ONE = Contender(NAME, "logitkit", fit_one, _coef, GAP, more=MORE, best=_best_by(fit_one))
