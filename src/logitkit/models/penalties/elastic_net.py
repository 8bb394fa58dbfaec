"""The elastic net, with the lasso and the ridge as its ends, and what is made of the lasso."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeAlias

from logitkit.errors import DataError
from logitkit.models.penalties.specification import (
    Part,
    Specification,
    is_number,
    parts_of,
    require_relative,
    require_share,
    require_strength,
)
from logitkit.options import require_flag

__all__ = ["AdaptiveLasso", "ElasticNet", "Lasso", "RelaxedLasso", "Ridge"]

Keep: TypeAlias = "str | Sequence[str] | None"


@dataclass(frozen=True)
class ElasticNet(Part):
    r"""The elastic net: absolute values and squares of coefficients.

    .. math::

        \lambda \sum_j v_j \left(\alpha |s_j \beta_j| + \tfrac{1 - \alpha}{2} (s_j \beta_j)^2\right)

    beside the weighted mean of the negative log-likelihood, with :math:`\lambda` the strength, :math:`\alpha` the mix
    ``l1_ratio``, :math:`s_j` the standard deviation of the column (divisor: total weight) or 1, and :math:`v_j` the
    relative strength. The intercept is never penalised.

    Parameters
    ----------
    strength : float, optional
        :math:`\lambda`, not negative: that of glmnet. Left out where it is chosen: in ``path`` and ``cross_validate``.
    l1_ratio : float, default 0.5
        :math:`\alpha`, in [0, 1].
    standardize : bool, default True
        Whether the penalty is of the coefficients of standardised columns. Coefficients are always reported for the
        columns as given.
    keep : str or sequence of str, optional
        Terms that are not penalised, as in a formula (``"age + C(sex)"``) or a list; names of coefficients do as well.
    relative : mapping, optional
        Relative strengths :math:`v_j` by term or coefficient, 1 where not named. They are used as they are: unlike
        glmnet's ``penalty.factor`` they are not rescaled to a mean of 1.
    across_outcomes : bool, default False
        In models of several outcomes, whether a column enters for all outcomes or for none: in place of the absolute
        values stands the length of a column's coefficients over the outcomes, as with glmnet's
        ``type.multinomial="grouped"``.

    Raises
    ------
    DataError
        For a strength that is negative or not finite, or a mix outside [0, 1].

    References
    ----------
    Zou, H. and Hastie, T. (2005) Regularization and variable selection via the elastic net. JRSS B 67, 301-320.

    Examples
    --------
    A lasso with a strong enough penalty leaves the intercept alone:

    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fit = lk.logit("low ~ age + lwt", births, penalty=lk.ElasticNet(10.0))
    >>> fit.coef[["age", "lwt"]].tolist()
    [0.0, 0.0]
    """

    strength: float | None = None
    l1_ratio: float = 0.5
    standardize: bool = field(default=True, kw_only=True)
    keep: Keep = field(default=None, kw_only=True)
    relative: Mapping[str, float] | None = field(default=None, kw_only=True)
    across_outcomes: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse strengths and mixes out of range."""
        require_strength(self.strength, type(self).__name__)
        require_flag("standardize", self.standardize)
        require_flag("across_outcomes", self.across_outcomes)
        require_share(self.l1_ratio, f"{type(self).__name__}(l1_ratio=...)")
        require_relative(self.relative)

    def at(self, strength: float) -> Self:
        """Return the penalty at a strength.

        Parameters
        ----------
        strength : float
            Not negative.

        Returns
        -------
        penalty
            Of the same kind.
        """
        return replace(self, strength=strength)

    @property
    def words(self) -> str:
        """The penalty in words, without its strength."""
        name = f"elastic net (l1_ratio {self.l1_ratio:g})"
        if self.l1_ratio in {0.0, 1.0}:
            name = "ridge" if self.l1_ratio == 0.0 else "lasso"
        return f"{name} across outcomes" if self.across_outcomes and self.l1_ratio > 0.0 else name


@dataclass(frozen=True)
class Lasso(ElasticNet):
    r"""The lasso: absolute values of coefficients, which sets some of them to zero.

    The elastic net with ``l1_ratio=1``; see there for the parameters.

    Parameters
    ----------
    strength : float, optional
        :math:`\lambda`, not negative.
    l1_ratio : float
        1, and not to be given.
    standardize, keep, relative : optional
        As of ``ElasticNet``.

    References
    ----------
    Tibshirani, R. (1996) Regression shrinkage and selection via the lasso. JRSS B 58, 267-288.

    Examples
    --------
    >>> Lasso(0.1).l1_ratio
    1.0
    """

    l1_ratio: float = field(default=1.0, init=False)


@dataclass(frozen=True)
class Ridge(ElasticNet):
    r"""The ridge: squares of coefficients, which shrinks all of them.

    The elastic net with ``l1_ratio=0``; see there for the parameters. The fit has the covariance of the posterior under
    the normal prior that the ridge is.

    Parameters
    ----------
    strength : float, optional
        :math:`\lambda`, not negative.
    l1_ratio : float
        0, and not to be given.
    standardize, keep, relative : optional
        As of ``ElasticNet``.

    References
    ----------
    le Cessie, S. and van Houwelingen, J. C. (1992) Ridge estimators in logistic regression. Applied Statistics 41,
    191-201.

    Examples
    --------
    >>> Ridge(0.1).l1_ratio
    0.0
    """

    l1_ratio: float = field(default=0.0, init=False)


@dataclass(frozen=True)
class RelaxedLasso(Lasso):
    r"""The relaxed lasso: between the lasso and the unpenalised fit on the columns that it chose.

    .. math:: \gamma \hat\beta_{\mathrm{lasso}} + (1 - \gamma) \hat\beta_{\mathrm{refit}}

    Parameters
    ----------
    strength : float, optional
        That of the lasso which chooses.
    gamma : float, default 0
        Share of the lasso, in [0, 1].
    l1_ratio : float
        1, and not to be given.
    standardize, keep, relative : optional
        As of ``ElasticNet``.

    References
    ----------
    Meinshausen, N. (2007) Relaxed lasso. Computational Statistics and Data Analysis 52, 374-393.
    Hastie, T., Tibshirani, R. and Tibshirani, R. (2020) Best subset, forward stepwise or lasso? Statistical Science 35,
    579-592, equation 3.

    Examples
    --------
    >>> RelaxedLasso(0.1).gamma
    0.0
    """

    gamma: float = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        super().__post_init__()
        require_share(self.gamma, "RelaxedLasso(gamma=...)")

    @property
    def words(self) -> str:
        """The penalty in words, without its strength."""
        return f"relaxed lasso (gamma {self.gamma:g})"


@dataclass(frozen=True)
class AdaptiveLasso(Lasso):
    r"""The adaptive lasso: each coefficient penalised by one over the size of a first estimate.

    .. math:: v_j = 1 / |s_j \tilde\beta_j|^{\kappa}, \qquad \lambda \sum_j v_j |s_j \beta_j|

    A coefficient whose first estimate is zero is left out.

    Parameters
    ----------
    strength : float, optional
        :math:`\lambda`, not negative.
    initial : penalty, mapping or array-like, optional
        First estimates: those of a penalty with its strength, such as ``lk.Ridge(0.01)``, or numbers by coefficient, on
        the scale of the columns as given (the ``coef`` of a fit, of several outcomes a row per term and a column per
        outcome; numbers by term hold for all outcomes). By default those of a maximum likelihood fit, which
        must exist. In a cross-validation first estimates are made anew without each fold; numbers stay, whatever rows
        they have seen.
    power : float, default 1
        :math:`\kappa`, positive.
    l1_ratio : float
        1, and not to be given.
    standardize, keep, relative : optional
        As of ``ElasticNet``.

    References
    ----------
    Zou, H. (2006) The adaptive lasso and its oracle properties. JASA 101, 1418-1429.

    Examples
    --------
    >>> AdaptiveLasso(0.1).power
    1.0
    """

    initial: Any = field(default=None, kw_only=True)
    power: float = field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        super().__post_init__()
        if not is_number(self.power) or not 0.0 < self.power < math.inf:
            raise DataError(f"AdaptiveLasso(power={self.power!r}): give a positive number.")
        if isinstance(self.initial, Specification):
            for part in parts_of(self.initial):
                if isinstance(part, ElasticNet) and part.strength is None:
                    raise DataError(
                        f"AdaptiveLasso(initial=...): the penalty that makes the first estimates ({part.words}) has no "
                        "strength; give it one, such as lk.Ridge(0.01)."
                    )

    @property
    def first_given(self) -> bool:
        """Whether the first estimates are numbers, which stay when rows are left out."""
        return self.initial is not None and not isinstance(self.initial, Specification)

    @property
    def words(self) -> str:
        """The penalty in words, without its strength."""
        return "adaptive lasso"
