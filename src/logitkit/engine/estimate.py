"""Maximum likelihood of any design: the pipeline that fits what is eliminated from its model."""

from __future__ import annotations

from collections.abc import Callable

from logitkit.design.design import Design
from logitkit.engine.alone import without_errors
from logitkit.engine.fit import fit_design
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.models.form import Form
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray

__all__ = ["fit_model"]

Pipeline = Callable[[Design, Form, Newton, float, FloatArray | None, bool], tuple[FitRecord, Design]]


def fit_model(
    design: Design,
    form: Form,
    solver: Newton,
    level: float = 0.95,
    start: FloatArray | None = None,
    alone: bool = False,
) -> tuple[FitRecord, Design]:
    """Fit a model by maximum likelihood; return its record, and the rows that took part with what is known of them.

    ``start`` are coefficients as solved for that may be near; None where there are none. ``alone`` asks for the
    coefficients alone: the record has no covariance.

    Examples
    --------
    >>> import numpy as np
    >>> from logitkit.design.ready import ready_design
    >>> from logitkit.models.binomial import Binomial
    >>> from logitkit.models.form import single_form
    >>> design = ready_design(np.ones((4, 1)), np.array([0, 1, 1, 1]), names=["Intercept"])
    >>> record, rows = fit_model(design, single_form(Binomial(), 1), Newton())
    >>> bool(np.isclose(record.coef[0], np.log(3.0))), rows is design
    (True, True)
    """
    record, rows = PIPELINES[type(design.info.nuisance).__name__](design, form, solver, level, start, alone)
    return (without_errors(record) if alone else record), rows


def _with_nothing(
    design: Design, form: Form, solver: Newton, level: float, start: FloatArray | None, alone: bool
) -> tuple[FitRecord, Design]:
    """Fit a model in which every parameter is a coefficient."""
    return fit_design(design, form, solver, level, start, alone), design


def _with_levels(
    design: Design, form: Form, solver: Newton, level: float, start: FloatArray | None, alone: bool
) -> tuple[FitRecord, Design]:
    """Fit a model that absorbs a factor; the logit of two outcomes is the only one that does."""
    from logitkit.engine.levels.absorbed import fit_absorbed

    del start, alone  # of some of the parameters only; of few, whose covariance costs little
    with single_threaded_blas():
        return fit_absorbed(design, form, solver, level)


#: By the class of what is eliminated.
PIPELINES: dict[str, Pipeline] = {"NoNuisance": _with_nothing, "AbsorbedLevels": _with_levels}
