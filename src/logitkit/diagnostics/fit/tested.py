"""One row of a panel of tests of fit, and the rows of data that it is of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, ndtr

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord

__all__ = ["ROWS", "GoodnessTest", "Tested"]

#: Tests by name, as they are printed.
ROWS = {
    "pearson": "Pearson, covariate patterns",
    "deviance": "Deviance, covariate patterns",
    "osius_rojek": "Osius-Rojek",
    "hosmer_lemeshow": "Hosmer-Lemeshow",
    "le_cessie": "Sum of squares (le Cessie)",
    "spiegelhalter": "Spiegelhalter",
    "stukel": "Stukel",
    "information_matrix": "Information matrix",
    "link_test": "Link test",
    "box_tidwell": "Box-Tidwell",
    "calibration_belt": "Calibration belt",
    "lipsitz": "Lipsitz",
    "pulkstenis_robinson": "Pulkstenis-Robinson",
}


@dataclass(frozen=True)
class GoodnessTest:
    """One test of fit.

    Parameters
    ----------
    name, label : str
        Its name in calls and in print.
    statistic : float
        Missing where the test may not be used.
    dof : float
        Degrees of freedom of a chi-square; missing of other distributions.
    p_value : float
        Missing where the statistic has no known distribution.
    null : str
        Its distribution under the model, in words.
    note : str
        What the reader should know, or why there is no answer.

    Examples
    --------
    >>> GoodnessTest.chi_square("pearson", 3.84, 1).null
    'chi-square (1)'
    """

    name: str
    label: str
    statistic: float
    dof: float
    p_value: float
    null: str
    note: str = ""

    @classmethod
    def chi_square(cls, name: str, statistic: float, dof: int, note: str = "", beside: str = "") -> GoodnessTest:
        """Return a test whose statistic is chi-square.

        Parameters
        ----------
        name : str
            A key of ``ROWS``.
        statistic : float
            The statistic.
        dof : int
            Degrees of freedom.
        note : str
            What the reader should know.
        beside : str
            What stands beside the name in print.

        Returns
        -------
        GoodnessTest
            Refused without degrees of freedom.
        """
        if dof <= 0:
            return cls.refused(name, "The coefficients of the model take up all that the test looks at.", beside)
        p = float(chdtrc(dof, statistic))
        return cls(name, _label(name, beside), statistic, float(dof), p, f"chi-square ({dof:,})", note)

    @classmethod
    def normal(cls, name: str, statistic: float, note: str = "", beside: str = "") -> GoodnessTest:
        """Return a test whose statistic is standard normal, with the p-value of both sides.

        Parameters
        ----------
        name : str
            A key of ``ROWS``.
        statistic : float
            The statistic.
        note : str
            What the reader should know.
        beside : str
            What stands beside the name in print.

        Returns
        -------
        GoodnessTest
            Refused where the statistic is missing.
        """
        if np.isnan(statistic):
            return cls.refused(name, "The statistic has no variance: nothing of it is left to test.", beside)
        p = float(2.0 * ndtr(-abs(statistic)))
        return cls(name, _label(name, beside), statistic, np.nan, p, "normal (0, 1)", note)

    @classmethod
    def refused(cls, name: str, why: str, beside: str = "") -> GoodnessTest:
        """Return a test without an answer.

        Parameters
        ----------
        name : str
            A key of ``ROWS``.
        why : str
            A sentence.
        beside : str
            What stands beside the name in print.

        Returns
        -------
        GoodnessTest
            Without numbers.
        """
        return cls(name, _label(name, beside), np.nan, np.nan, np.nan, "", why)


def _label(name: str, beside: str) -> str:
    return f"{ROWS[name]}, {beside}" if beside else ROWS[name]


@dataclass(frozen=True, eq=False)
class Tested:
    """What is tested: a fit on rows.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome.
    own : bool
        Whether these are the rows of the fit.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> Tested(fit.record, fit.design, True).estimated
    3
    """

    record: FitRecord
    design: Design
    own: bool

    @property
    def estimated(self) -> int:
        """Finite coefficients that were estimated from these rows."""
        return self.record.n_params - self.record.limit.dimension if self.own else 0
