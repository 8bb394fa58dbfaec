r"""Pregibon's link test of whether the square of what was predicted is needed beside it.

The outcomes are fitted again, by the same link, on the linear predictor :math:`\hat\eta` and its square. A coefficient
of the square away from zero says that the link is wrong, or that terms are missing; a wrong model whose fault does not
go with the square of the prediction is not seen. The test is Wald's of that coefficient, as Stata's ``linktest`` has
it. Offsets are part of :math:`\hat\eta`. On the rows of the fit the estimates take up some of the
square that the test does not know of: it rejects a right model no more often than its level, and less often with many
columns.

References
----------
Pregibon, D. (1980) Goodness of link tests for generalized linear models. Applied Statistics 29, 15-24.
StataCorp, Base Reference Manual, [R] linktest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from logitkit.design.design import Design
from logitkit.diagnostics.fit.conditions import require_event_model, require_testable
from logitkit.diagnostics.fit.polynomials import Predicted, polynomial_fit, predicted_sums
from logitkit.diagnostics.rows.left_out import EVERY_ROW, LeftOut
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.sample import is_sample
from logitkit.typing import FloatArray

__all__ = ["LinkTest", "link_test"]


@dataclass(frozen=True)
class LinkTest:
    """The link test.

    Parameters
    ----------
    terms : tuple of str
        The linear predictor, its square and the intercept.
    estimate, std_error, z : (3,) array
        Coefficients of the auxiliary fit on these terms, with standard errors and z statistics.
    statistic, p_value : float
        z statistic of the squared predictor, and its two-sided p-value.
    link : str
        Link of the fit, in words.
    in_sample : bool
        Whether the rows are those of the fit.
    left_out : LeftOut
        Number of rows given, used and left out.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> link_test(fit.record, fit.design).link
    'logit'
    """

    terms: tuple[str, ...]
    estimate: FloatArray
    std_error: FloatArray
    z: FloatArray
    statistic: float
    p_value: float
    link: str
    in_sample: bool
    left_out: LeftOut = EVERY_ROW

    @property
    def p_values(self) -> FloatArray:
        """Two-sided p-values of the coefficients, shape (3,)."""
        return np.asarray(2.0 * ndtr(-np.abs(self.z)))


def link_test(record: FitRecord, design: Design, given: Predicted | None = None) -> LinkTest:
    """Return the link test.

    Parameters
    ----------
    record : FitRecord
        A fit of two outcomes with one linear predictor.
    design : Design
        Rows with their outcome.
    given : Predicted, optional
        The rows with their predictions, if already computed.

    Returns
    -------
    LinkTest
        The test. With grouped data and frequency weights, every trial counts.

    Raises
    ------
    UnsupportedError
        If the model has several linear predictors, weights are not counts, or all predictions are equal.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = link_test(fit.record, fit.design)
    >>> found.terms, bool(np.isclose(found.z[1], found.statistic))
    (('eta', 'eta^2', 'Intercept'), True)
    """
    own = is_sample(record, design)
    require_testable(record, design, own)
    require_event_model(record, "The link test")
    given = predicted_sums(record, design, own) if given is None else given
    given.require_answer("The link test")
    found = polynomial_fit(given.rows, 2)
    if not found.converged or found.is_separated or found.aliased.size:
        raise UnsupportedError(
            "The link test has no answer here: predictions take two values only, or the fit on them and their squares "
            "has no finite estimate."
        )
    order = [1, 2, 0]
    estimate, error = found.coef[order], found.std_error[order]
    z = estimate / error
    return LinkTest(
        terms=("eta", "eta^2", "Intercept"),
        estimate=estimate,
        std_error=error,
        z=z,
        statistic=float(z[1]),
        p_value=float(2.0 * ndtr(-abs(z[1]))),
        link=record.family.tail_link.words,
        in_sample=own,
        left_out=given.sums.facts.left_out(design),
    )
