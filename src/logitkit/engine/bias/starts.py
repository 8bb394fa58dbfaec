"""Several starts, for penalised likelihoods that may have several maxima."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.engine.bias.jeffreys import JeffreysObjective
from logitkit.engine.bias.solver import maximised
from logitkit.engine.objective import Objective, SmoothObjective
from logitkit.engine.rows.scalar import ScalarRows
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.engine.solvers.start import BEYOND, DISTINCT, STARTS
from logitkit.errors import DataWarning, warn_caller
from logitkit.models.form import Form
from logitkit.typing import FloatArray

__all__ = ["evenly_adjusted", "highest"]

NEAR = 1e-2  # decrement at which a start is near enough: leverages that are the same in every row are farther off
STEPS_MOST = 15


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


def evenly_adjusted(penalised: SmoothObjective, origin: FloatArray) -> FloatArray:
    """Return estimates with leverages that are the same in every row, near those of Jeffreys' prior with the logit.

    Firth's scores are those of rows to which their leverage is added, half of it as events. Leverages sum to the number
    of coefficients. With each row's share of that by its weight, the likelihood is concave, has a maximum whatever the
    outcomes are, and takes passes that need no leverages. The origin is returned for other likelihoods.
    """
    if not isinstance(penalised, JeffreysObjective):
        return origin
    base = penalised.base
    if not isinstance(base, Objective) or not isinstance(base.engine, ScalarRows) or not base.family.is_logit:
        return origin
    response = base.response
    share = 2.0 * penalised.power * penalised.n_params / response.total
    even = replace(
        response,
        y=(response.y + 0.5 * share) / (1.0 + share),
        trials=None,
        prior=response.weights * (1.0 + share),
    )
    objective = Objective(base.matrix, even, base.family, None, base.quadratic, base.chosen_predictors)
    found = maximised(objective, origin, Newton(tol=NEAR, max_iter=STEPS_MOST))
    return found.coef if found.status is Status.CONVERGED else origin
