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
    """Result of one goodness-of-fit test.

    Parameters
    ----------
    name, label : str
        Name of the test in code and in printed output.
    statistic : float
        Test statistic; nan if the test is not valid.
    dof : float
        Degrees of freedom of a chi-square distribution; nan for other distributions.
    p_value : float
        P-value; nan if the null distribution is not known.
    null : str
        Null distribution of the statistic, in words.
    note : str
        Remark on the result, or the reason why there is none.

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
        """Return the result of a test with a chi-square statistic.

        Parameters
        ----------
        name : str
            A key of ``ROWS``.
        statistic : float
            The statistic.
        dof : int
            Degrees of freedom.
        note : str
            Remark on the result.
        beside : str
            Text printed beside the name.

        Returns
        -------
        GoodnessTest
            A result without a statistic if there are no degrees of freedom.
        """
        if dof <= 0:
            return cls.refused(name, "The coefficients of the model take up all that the test looks at.", beside)
        p = float(chdtrc(dof, statistic))
        return cls(name, _label(name, beside), statistic, float(dof), p, f"chi-square ({dof:,})", note)

    @classmethod
    def normal(cls, name: str, statistic: float, note: str = "", beside: str = "") -> GoodnessTest:
        """Return the result of a test with a standard normal statistic and a two-sided p-value.

        Parameters
        ----------
        name : str
            A key of ``ROWS``.
        statistic : float
            The statistic.
        note : str
            Remark on the result.
        beside : str
            Text printed beside the name.

        Returns
        -------
        GoodnessTest
            A result without a statistic if the statistic is nan.
        """
        if np.isnan(statistic):
            return cls.refused(name, "The statistic has no variance: nothing of it is left to test.", beside)
        p = float(2.0 * ndtr(-abs(statistic)))
        return cls(name, _label(name, beside), statistic, np.nan, p, "normal (0, 1)", note)

    @classmethod
    def refused(cls, name: str, why: str, beside: str = "") -> GoodnessTest:
        """Return a result for a test that is not valid.

        Parameters
        ----------
        name : str
            A key of ``ROWS``.
        why : str
            The reason, as a sentence.
        beside : str
            Text printed beside the name.

        Returns
        -------
        GoodnessTest
            A result without numbers.
        """
        return cls(name, _label(name, beside), np.nan, np.nan, np.nan, "", why)


def _label(name: str, beside: str) -> str:
    return f"{ROWS[name]}, {beside}" if beside else ROWS[name]


@dataclass(frozen=True, eq=False)
class Tested:
    """A fit and the rows on which it is tested.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome.
    own : bool
        Whether the rows are those of the fit.

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
        """Number of finite coefficients that were estimated from these rows."""
        return self.record.n_params - self.record.limit.dimension if self.own else 0
