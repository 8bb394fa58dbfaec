"""Whether counts vary more than the model says: Pearson's statistic and the deviance over their degrees of freedom.

Rows of counts are the units; rows of single trials are put together by covariate pattern, since one trial cannot vary
more than its probability says. A ratio above one is overdispersion or any other lack of fit: a missing term, a wrong
link, or trials that depend on one another, which the ratio cannot tell apart.

References
----------
McCullagh, P. and Nelder, J. A. (1989) Generalized Linear Models, 2nd edition, section 4.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtr, chdtrc

from logitkit.design.design import Design
from logitkit.diagnostics.fit.conditions import require_testable
from logitkit.diagnostics.fit.pattern_tests import pattern_sums
from logitkit.diagnostics.rows.patterns import Patterns, require_unsaturated
from logitkit.engine.record import FitRecord
from logitkit.inference.sample import is_sample

__all__ = ["DispersionTest", "dispersion_test"]


@dataclass(frozen=True)
class DispersionTest:
    """Pearson's statistic and the deviance with their degrees of freedom, as tests of dispersion.

    Parameters
    ----------
    units : str
        The units: ``"rows"`` of counts, or ``"covariate patterns"``.
    n_units : int
        Number of units.
    pearson, deviance : float
        Pearson's statistic and the deviance.
    dof : int
        Degrees of freedom of both statistics.
    p_over, p_under : float
        Probability under the model that Pearson's statistic is at least as large, and at most as large, as observed;
        nan if expected numbers are too small for a chi-square distribution.
    deviance_p_over : float
        The same upper-tail probability for the deviance.
    few_expected : float
        Proportion of cells, defined by unit and outcome, with an expected number below five.
    in_sample : bool
        Whether the rows are those of the fit.

    Examples
    --------
    >>> DispersionTest("rows", 10, 16.0, 18.0, 8, 0.04, 0.96, 0.02, 0.0, True).pearson_ratio
    2.0
    """

    units: str
    n_units: int
    pearson: float
    deviance: float
    dof: int
    p_over: float
    p_under: float
    deviance_p_over: float
    few_expected: float
    in_sample: bool

    @property
    def pearson_ratio(self) -> float:
        """Pearson's statistic divided by its degrees of freedom."""
        return self.pearson / self.dof

    @property
    def deviance_ratio(self) -> float:
        """The deviance divided by its degrees of freedom."""
        return self.deviance / self.dof


def dispersion_test(record: FitRecord, design: Design) -> DispersionTest:
    """Return tests of over- and underdispersion.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome: those of the fit, or new ones.

    Returns
    -------
    DispersionTest
        Tests based on rows of counts if there are any, and otherwise on covariate patterns.

    Raises
    ------
    UnsupportedError
        On the rows of a saturated or penalised fit, with clusters, or with weights that are not counts.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("cbind(a, b) ~ x", {"a": [8, 10, 17], "b": [12, 9, 6], "x": [0.0, 1.0, 2.0]})
    >>> found = dispersion_test(fit.record, fit.design)
    >>> found.units, found.dof, bool(np.isclose(found.deviance, fit.deviance))
    ('rows', 1, True)
    """
    own = is_sample(record, design)
    require_testable(record, design, own)
    given = design.sample.response
    counts = given.trials is not None and bool((given.trials > 1.0).any()) and given.prior is None
    found = pattern_sums(record, design, own, whole_rows=counts)
    dof = found.free - (record.n_params - record.limit.dimension if own else 0)
    if own:
        require_unsaturated(Patterns(found.count, dof))
    tested = not found.is_sparse
    return DispersionTest(
        units="rows" if counts else "covariate patterns",
        n_units=found.count,
        pearson=found.pearson,
        deviance=found.deviance,
        dof=dof,
        p_over=float(chdtrc(dof, found.pearson)) if tested else np.nan,
        p_under=float(chdtr(dof, found.pearson)) if tested else np.nan,
        deviance_p_over=float(chdtrc(dof, found.deviance)) if tested else np.nan,
        few_expected=found.few_expected,
        in_sample=own,
    )
