"""Several starts, for penalised likelihoods that may have several maxima."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.engine.bias.jeffreys import JeffreysObjective
from logitkit.engine.bias.solver import maximised
from logitkit.engine.objective import SmoothObjective
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.engine.solvers.start import BEYOND, DISTINCT, STARTS
from logitkit.errors import DataWarning, warn_caller
from logitkit.models.form import Form
from logitkit.typing import FloatArray

__all__ = ["highest"]


def highest(
    penalised: SmoothObjective, form: Form, origin: FloatArray, solver: Newton, given: Solution
) -> tuple[Solution, str]:
    """Return the highest maximum that several starts lead to, and say where they lead to more than one.

    The starts are those of maximum likelihood: multiples of the estimates of a link whose likelihood has one maximum,
    here with the same prior. Links with one maximum are left as they are.
    """
    family = form.family
    if family.concave == family or not isinstance(penalised, JeffreysObjective):
        return given, ""
    concave = penalised.base.with_family(family.concave.expected)
    twin = maximised(JeffreysObjective(concave, penalised.power, penalised.constant), origin, solver).coef
    starts = [scale * twin for scale in STARTS] + [origin + scale * (twin - origin) for scale in BEYOND]
    found = [given, *(maximised(penalised, start, solver) for start in starts if np.isfinite(start).all())]
    maxima = [each for each in found if each.status is Status.CONVERGED]
    if not maxima:
        return given, ""
    best = min(maxima, key=lambda each: each.evaluation.value)
    least = best.evaluation.value
    others = sum(each.evaluation.value > least + DISTINCT * (1.0 + abs(least)) for each in maxima)
    if not others:
        return replace(best, trace=given.trace), ""
    warn_caller(
        f"The penalised likelihood has several maxima: {others} of {len(maxima)} starts of the solver lead to a lower "
        "one. The highest maximum found is reported; there may be a higher one.",
        DataWarning,
    )
    return best, f"; {others} of {len(maxima)} starts lead to a lower maximum of the likelihood"
