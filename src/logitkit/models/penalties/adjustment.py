"""Adjustments of the likelihood or of its scores that reduce bias, as the user states them.

They are given as penalties are, but do not shrink by a chosen strength. All that is offered after maximum likelihood is
offered after these, except what depends on the maximum itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import ClassVar, Literal, NoReturn, TypeAlias

from logitkit.errors import DataError, UnsupportedError
from logitkit.options import Stated, is_finite_number, require_choice

__all__ = ["Adjustment", "Correction", "Jeffreys", "LogF", "MeanBias", "MedianBias"]

Correction: TypeAlias = Literal["FLIC", "FLAC"]


class Adjustment(Stated):
    """The base of all adjustments.

    Parameters
    ----------
    *given : object
        Arguments of the adjustment, by position.
    **named : object
        Arguments of the adjustment, by keyword.
    """

    __slots__ = ()

    @classmethod
    def _meant(cls, name: str, value: object) -> str:
        """Return that there are no arguments, where there are none."""
        del name, value
        return "" if fields(cls) else "It takes none."

    def __add__(self, other: object) -> NoReturn:
        """Raise an error: an adjustment cannot be added to a penalty."""
        del other
        raise self.alone

    @property
    def alone(self) -> UnsupportedError:
        """The error if it is added to a penalty, or if its strength is to be chosen."""
        return UnsupportedError(
            f"penalty={self!r} has no strength to choose, and is added to no other penalty: give it alone to lk.fit or "
            "another function that fits one model."
        )

    #: Whether the estimate is the maximum of a penalised likelihood, whose ratios are tests.
    has_likelihood: ClassVar[bool] = False

    @property
    def errors(self) -> str:
        """How standard errors are computed, as the summary prints it."""
        return "inverse information at the estimate"

    @property
    def other_errors(self) -> str:
        """The alternative convention for standard errors."""
        return (
            "Standard errors are those that logistf and brglm2 print. Another convention, the inverse of the second "
            "derivatives of the penalised log-likelihood, agrees with it to first order."
        )

    @property
    def words(self) -> str:
        """The adjustment in words."""
        return type(self).__name__

    @property
    def why_no_ratio(self) -> str:
        """Why its likelihood ratios are not tests; empty if they are."""
        return ""


@dataclass(frozen=True)
class Jeffreys(Adjustment):
    r"""Jeffreys' prior, or another power of the determinant of the expected information.

    .. math:: \ell(\theta) + \tau \log |I(\theta)|

    With the power one half and the logit, for two or several outcomes, this is Firth's penalised likelihood, which
    removes the first-order bias. In models of two outcomes with columns of full rank, the estimates are finite for any
    data.

    Parameters
    ----------
    power : float, default 0.5
        :math:`\tau`, above zero.
    correction : {'FLIC', 'FLAC'}, optional
        For the logit of two outcomes, where the penalty pulls the mean prediction towards one half: re-estimate the
        intercept by maximum likelihood (FLIC), or all coefficients, with an intercept of their own for the rows that
        the penalty adds (FLAC). With either, the mean prediction equals the proportion of events.

    References
    ----------
    Firth, D. (1993) Bias reduction of maximum likelihood estimates. Biometrika 80, 27-38.
    Heinze, G. and Schemper, M. (2002) A solution to the problem of separation in logistic regression. Statistics in
    Medicine 21, 2409-2419.
    Kosmidis, I. and Firth, D. (2021) Jeffreys-prior penalty, finiteness and shrinkage in binomial-response generalized
    linear models. Biometrika 108, 71-82.
    Puhr, R., Heinze, G., Nold, M., Lusa, L. and Geroldinger, A. (2017) Firth's logistic regression with rare events:
    accurate effect estimates and predictions? Statistics in Medicine 36, 2302-2317.

    Examples
    --------
    In a table of two groups this adds one half to each count:

    >>> import numpy as np
    >>> import logitkit as lk
    >>> table = {"events": [0, 3], "nonevents": [5, 4], "group": ["a", "b"]}
    >>> fit = lk.logit("cbind(events, nonevents) ~ group", table, penalty=lk.Jeffreys())
    >>> fit.coef.round(4).iloc[[1]].to_dict(), float(np.round(np.log(3.5 / 4.5) - np.log(0.5 / 5.5), 4))
    ({'group[T.b]': 2.1466}, 2.1466)
    """

    power: float = 0.5
    correction: Correction | None = None

    has_likelihood: ClassVar[bool] = True
    _most_by_position: ClassVar[int | None] = 1

    def __post_init__(self) -> None:
        """Raise an error for powers that are not positive numbers and for unknown corrections."""
        if not is_finite_number(self.power) or not self.power > 0.0:
            raise DataError(f"Jeffreys(power={self.power!r:.60}): give a number above zero; 0.5 is Jeffreys' prior.")
        if self.correction is not None:
            require_choice("correction", self.correction, ("FLIC", "FLAC"))
            if self.power != 0.5:
                raise DataError(f"correction={self.correction!r} is of Firth's estimates, with power=0.5.")

    @property
    def words(self) -> str:
        """The penalty in words."""
        named = "Jeffreys prior (Firth)" if self.power == 0.5 else f"Jeffreys prior to the power {2 * self.power:g}"
        return f"{named}, {self.correction}" if self.correction else named

    @property
    def errors(self) -> str:
        """How standard errors are computed; for FLAC, with the added rows."""
        added = " of the rows and those that are added"
        return f"inverse information{added}" if self.correction == "FLAC" else "inverse information at the estimate"

    @property
    def other_errors(self) -> str:
        """The alternative convention."""
        if self.correction != "FLAC":
            return super().other_errors
        return (
            "Estimates and standard errors are those of maximum likelihood on the rows and the copies that are added."
        )

    @property
    def why_no_ratio(self) -> str:
        """Why likelihood ratios of FLAC are not tests."""
        if self.correction != "FLAC":
            return ""
        return "the estimates of FLAC do not maximise a penalised likelihood of these rows; those of lk.Jeffreys() do"


@dataclass(frozen=True)
class LogF(Adjustment):
    r"""A log-F(m, m) prior on each log odds ratio, that is, on each coefficient except the intercept.

    .. math:: \ell(\theta) + \sum_j m \left\{ \tfrac12 \beta_j - \log(1 + e^{\beta_j}) \right\}

    This is equivalent to adding m trials for each coefficient, half of them events, in which its column is one and all
    others are zero. The fit depends on the units and the coding of the columns, so scale numeric columns to comparable
    units.

    Parameters
    ----------
    m : float or mapping, default 1.0
        Degrees of freedom. With m = 1 the prior probability that the odds ratio is between 1 / 648 and 648 is 0.95;
        with m = 2 the range is 1 / 39 to 39. A mapping gives m by term or coefficient; those not named have no prior.

    References
    ----------
    Greenland, S. and Mansournia, M. A. (2015) Penalization, bias reduction, and default priors in logistic and related
    categorical and survival regressions. Statistics in Medicine 34, 3133-3143.

    Examples
    --------
    Separated outcomes have finite estimates:

    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 0, 1, 1, 1], "x": [1, 2, 3, 4, 5, 6]}
    >>> lk.logit("y ~ x", data, penalty=lk.LogF(1)).coef.round(3).to_dict()
    {'Intercept': -7.496, 'x': 2.142}
    """

    m: float | Mapping[str, float] = 1.0

    has_likelihood: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Raise an error for degrees of freedom that are negative or not numbers."""
        given = self.m.values() if isinstance(self.m, Mapping) else [self.m]
        for value in given:
            if not is_finite_number(value) or value < 0.0 or math.isinf(value):
                raise DataError(f"LogF(m={self.m!r:.60}): give numbers that are not negative.")
        if isinstance(self.m, Mapping):
            object.__setattr__(self, "m", dict(self.m))

    @property
    def errors(self) -> str:
        """How standard errors are computed: with the priors counted as data."""
        return "inverse second derivatives of the penalised log-likelihood"

    @property
    def other_errors(self) -> str:
        """The alternative convention."""
        return (
            "Standard errors count the priors as data, as data augmentation does. Another convention, the inverse "
            "information of the rows alone, gives larger ones."
        )

    @property
    def words(self) -> str:
        """The penalty in words."""
        if isinstance(self.m, Mapping):
            return "log-F priors: " + ", ".join(f"{name} ({m:g}, {m:g})" for name, m in self.m.items())
        return f"log-F({self.m:g}, {self.m:g}) priors"


@dataclass(frozen=True)
class MeanBias(Adjustment):
    """Adjusted scores whose root has no first-order bias.

    For the logit, with two or several outcomes, this is the same as ``lk.Jeffreys()``; for other links the estimates do
    not maximise any penalised likelihood.

    References
    ----------
    Firth, D. (1993) Bias reduction of maximum likelihood estimates. Biometrika 80, 27-38.
    Kosmidis, I. and Firth, D. (2009) Bias reduction in exponential family nonlinear models. Biometrika 96, 793-804.

    Examples
    --------
    For the logit the estimates are those of Firth's penalty:

    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> one, other = (lk.logit("y ~ x", data, penalty=p) for p in (lk.MeanBias(), lk.Jeffreys()))
    >>> one.coef.round(4).tolist(), other.coef.round(4).tolist()
    ([-2.5456, 0.8998], [-2.5456, 0.8998])
    """

    @property
    def words(self) -> str:
        """The adjustment in words."""
        return "mean bias reduction (adjusted scores)"

    @property
    def why_no_ratio(self) -> str:
        """Why there are no likelihood ratios."""
        return "adjusted scores are in general no derivatives of a likelihood; lk.Jeffreys() has penalised ratios"


@dataclass(frozen=True)
class MedianBias(Adjustment):
    """Adjusted scores whose root is below or above the true coefficient with nearly equal probability.

    This holds for each coefficient separately, so the estimates depend on the coding of the columns.

    References
    ----------
    Kenne Pagui, E. C., Salvan, A. and Sartori, N. (2017) Median bias reduction of maximum likelihood estimates.
    Biometrika 104, 923-938.
    Kosmidis, I., Kenne Pagui, E. C. and Sartori, N. (2020) Mean and median bias reduction in generalized linear models.
    Statistics and Computing 30, 43-59.

    Examples
    --------
    Estimates by maximum likelihood, with reduced median bias and with reduced mean bias:

    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> penalties = (None, lk.MedianBias(), lk.MeanBias())
    >>> [round(float(lk.logit("y ~ x", data, penalty=each).coef["x"]), 3) for each in penalties]
    [2.119, 1.309, 0.9]
    """

    @property
    def words(self) -> str:
        """The adjustment in words."""
        return "median bias reduction (adjusted scores)"

    @property
    def why_no_ratio(self) -> str:
        """Why there are no likelihood ratios."""
        return "adjusted scores are in general no derivatives of a likelihood; lk.Jeffreys() has penalised ratios"
