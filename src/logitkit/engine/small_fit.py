"""A small logit from its design to its record, without the calls that only large or unusual fits need.

A thousand rows are solved in the time of a few dozen calls. Products of this size are not shared out among the threads
of BLAS, so no limit on these is set, and no row is looked at twice. What is out of the ordinary in any way is left to
the general pipeline, which goes on from what is known.
"""

from __future__ import annotations

from typing import NamedTuple

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

__all__ = ["Tried", "small_record", "solve_in_compiled_code", "try_small"]

HUGE = 1e100  # a coefficient beyond which squares of its column may underflow


class Tried(NamedTuple):
    """What became of a fit that may be small enough to be solved at once.

    Parameters
    ----------
    solved : bool
        Whether it was; else compiled code has not been asked.
    found : SingleFit or None
        The solution; None where the fit is not ordinary.
    """

    solved: bool = False
    found: SingleFit | None = None


def try_small(design: Design, form: Form, solver: Newton) -> Tried:
    """Solve a small fit with an intercept column.

    Examples
    --------
    >>> import numpy as np
    >>> from logitkit.design.ready import ready_design
    >>> from logitkit.models.binomial import Binomial
    >>> from logitkit.models.form import form_of
    >>> design = ready_design(np.ones((4, 1)), np.array([0, 1, 1, 1]), names=["Intercept"])
    >>> tried = try_small(design, form_of(Binomial(), 1), Newton())
    >>> tried.solved, bool(np.isclose(tried.found.solution.coef[0], np.log(3.0)))
    (True, True)
    """
    matrix = design.matrix
    if not isinstance(matrix, Dense) or design.info.intercept is None or is_shared_out(matrix.n_rows):
        return Tried()
    if is_shared_out(matrix.array.size) and matrix.by_row is None:
        return Tried()
    return Tried(True, solve_in_compiled_code(design, form, solver))


def small_record(design: Design, form: Form, tried: Tried, level: float) -> FitRecord | None:
    """Return the record of a small fit; None where it is not certain that the estimate exists.

    Examples
    --------
    >>> import numpy as np
    >>> from logitkit.design.ready import ready_design
    >>> from logitkit.models.binomial import Binomial
    >>> from logitkit.models.form import form_of
    >>> form = form_of(Binomial(), 1)
    >>> design = ready_design(np.ones((4, 1)), np.array([0, 1, 1, 1]), names=["Intercept"])
    >>> record = small_record(design, form, try_small(design, form, Newton()), 0.95)
    >>> bool(np.isclose(record.coef[0], np.log(3.0)))
    True
    """
    if tried.found is None or not overlap_is_certain(tried.found.solution):
        return None
    solution, vcov = tried.found.solution, DenseVcov(tried.found.covariance)
    return make_record(design, form, identity_coordinates(), solution, vcov, None, level)


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
