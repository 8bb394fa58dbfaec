"""What a call costs on 1,000 rows and 10 columns, step by step."""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from drawing import draw_matrix
from timing import Effort, least_of

import logitkit as lk
from logitkit.design.build import build_design
from logitkit.design.ready import ready_design
from logitkit.engine.existence.overlap import overlap_is_certain
from logitkit.engine.fit import fit_design
from logitkit.engine.objective import Objective
from logitkit.engine.solvers.newton import Newton
from logitkit.models.binomial import Binomial


@dataclass(frozen=True)
class CallTimes:
    """Seconds of the steps of a call.

    Parameters
    ----------
    engine : float
        Design to record.
    build : float
        Formula and frame to design.
    whole : float
        Formula and frame to fit.
    certificate : float
        Time of a solve and the proof that the estimate is finite, over that of the solve.
    estimator : float
        The scikit-learn estimator's ``fit``, of a matrix; nan where scikit-learn is not installed.
    """

    engine: float
    build: float
    whole: float
    certificate: float
    estimator: float


def call_times(quick: bool) -> CallTimes:
    """Return the times of the steps."""
    effort = Effort(0.05, 5) if quick else Effort(1.0, 300)
    arrays = draw_matrix(1_000, 10).arrays
    X, y = arrays["X"], arrays["y"]
    names = ["Intercept", *(f"x{j}" for j in range(1, 10))]
    design = ready_design(X, y, names)
    data = pd.DataFrame(X[:, 1:], columns=names[1:]).assign(y=y.astype(int))
    formula = "y ~ " + " + ".join(names[1:])
    objective, start, solver = Objective(design.matrix, design.response, Binomial()), np.zeros(10), Newton()
    solve, _ = least_of(lambda: solver.solve(objective, start), effort)
    certain, _ = least_of(lambda: overlap_is_certain(solver.solve(objective, start)), effort)
    return CallTimes(
        engine=least_of(lambda: fit_design(design, Binomial(), solver), effort)[0],
        build=least_of(lambda: build_design(formula, data, namespace={}), effort)[0],
        whole=least_of(lambda: lk.logit(formula, data), effort)[0],
        certificate=certain / solve,
        estimator=_estimator_time(X[:, 1:], y, effort),
    )


def _estimator_time(X: np.ndarray, y: np.ndarray, effort: Effort) -> float:
    """Return the time of the estimator's fit."""
    if importlib.util.find_spec("sklearn") is None:
        return math.nan
    from logitkit.estimators import LogitClassifier

    estimator = LogitClassifier()
    return least_of(lambda: estimator.fit(X, y), effort)[0]
