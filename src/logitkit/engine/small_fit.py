"""A small logit from its design to its record, without the calls that only large or unusual fits need.

A thousand rows are solved in the time of a few dozen calls. Products of this size are not shared out among the threads
of BLAS, so no limit on these is set, and no row is looked at twice. What is out of the ordinary in any way is left to
the general pipeline, which begins anew.
"""

from __future__ import annotations

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.dense import Dense
from logitkit.engine.assemble import make_record
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.curvature.vcov import DenseVcov
from logitkit.engine.existence.overlap import overlap_is_certain
from logitkit.engine.origin import origin_of
from logitkit.engine.rank import CLEAR_SHARE, identity_coordinates, least_share
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.small import SingleFit, pays_alone, solve_single
from logitkit.models.form import Form
from logitkit.numerics.threads.blas import is_shared_out
from logitkit.numerics.threads.local import go_on, require_threads
from logitkit.typing import FloatArray

__all__ = ["fit_small", "solve_in_compiled_code"]

HUGE = 1e100  # a coefficient beyond which squares of its column may underflow


def fit_small(design: Design, form: Form, solver: Newton, level: float) -> FitRecord | None:
    """Return the record of a small fit with an intercept column; None where the general pipeline is to fit it.

    Examples
    --------
    >>> import numpy as np
    >>> from logitkit.design.ready import ready_design
    >>> from logitkit.models.binomial import Binomial
    >>> from logitkit.models.form import form_of
    >>> design = ready_design(np.ones((4, 1)), np.array([0, 1, 1, 1]), names=["Intercept"])
    >>> bool(np.isclose(fit_small(design, form_of(Binomial(), 1), Newton(), 0.95).coef[0], np.log(3.0)))
    True
    """
    matrix = design.matrix
    if not isinstance(matrix, Dense) or design.info.intercept is None or is_shared_out(matrix.n_rows):
        return None
    if is_shared_out(matrix.array.size) and matrix.by_row is None:
        return None
    found = solve_in_compiled_code(design, form, solver)
    if found is None or not overlap_is_certain(found.solution):
        return None
    return make_record(design, form, identity_coordinates(), found.solution, DenseVcov(found.covariance), None, level)


def solve_in_compiled_code(
    design: Design, form: Form, solver: Newton, start: FloatArray | None = None
) -> SingleFit | None:
    """Return the solution of a small logit, None where there is anything out of the ordinary to look into."""
    if not (form.is_single and form.family.is_logit) or design.in_chunks:
        return None
    matrix, response, intercept = design.matrix, design.response, design.info.intercept
    if not pays_alone(matrix.n_rows, matrix.n_columns):
        return None
    if response.shift is not None and not np.isfinite(response.shift).all():
        return None
    if not response.weights.all() and not matrix.has_finite_sum:  # a row without weight is looked at all the same
        return None
    require_threads()  # also where one thread is all that is used
    go_on()
    if start is None:  # which is zero without an offset
        start = origin_of(response, form, intercept) if response.offset is not None else np.zeros(matrix.n_columns)
    found = solve_single(matrix.to_dense(), response.y, response.weights, response.shift, start, solver)
    if found is None or found.share < CLEAR_SHARE or max(map(abs, found.solution.coef.tolist())) > HUGE:
        return None
    if not intercept:  # the first column, or none: the share is that which the general pipeline looks at
        return found
    hessian = found.solution.evaluation.hessian
    assert isinstance(hessian, DenseHessian)
    return found if least_share(hessian.array, intercept) >= CLEAR_SHARE else None
