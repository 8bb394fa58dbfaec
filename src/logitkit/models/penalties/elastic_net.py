"""The elastic net, its special cases lasso and ridge, and the adaptive and relaxed lasso."""

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
    r"""The elastic net, a penalty on the absolute values and the squares of the coefficients.

    .. math::

        \lambda \sum_j v_j \left(\alpha |s_j \beta_j| + \tfrac{1 - \alpha}{2} (s_j \beta_j)^2\right)

    This is added to the weighted mean of the negative log-likelihood. :math:`\lambda` is the strength, :math:`\alpha`
    the mixing parameter ``l1_ratio``, :math:`s_j` the standard deviation of column j (divisor: total weight), or 1
    without ``standardize``, and :math:`v_j` the relative strength. The intercept is never penalised.

    Parameters
    ----------
    strength : float, optional
        :math:`\lambda`, not negative; the lambda of glmnet. Omit it if the strength is to be chosen, in ``path`` and
        ``cross_validate``.
    l1_ratio : float, default 0.5
        :math:`\alpha`, in [0, 1].
    standardize : bool, default True
        Whether to penalise the coefficients of standardised columns. Coefficients are always reported for the columns
        as given.
    keep : str or sequence of str, optional
        Terms that are not penalised, written as in a formula (``"age + C(sex)"``) or as a list; names of coefficients
        are accepted too.
    relative : mapping, optional
        Relative strengths :math:`v_j` by term or coefficient; 1 for those not named. Unlike glmnet's
        ``penalty.factor``, they are not rescaled to a mean of 1.
    across_outcomes : bool, default False
        With several outcomes, whether each column enters for all outcomes or for none. The absolute values are then
        replaced by the Euclidean norm of the coefficients of a column over the outcomes, as with glmnet's
        ``type.multinomial="grouped"``.

    Raises
    ------
    DataError
        If the strength is negative or not finite, or if ``l1_ratio`` is outside [0, 1].

    References
    ----------
    Zou, H. and Hastie, T. (2005) Regularization and variable selection via the elastic net. JRSS B 67, 301-320.

    Examples
    --------
    A sufficiently strong penalty leaves only the intercept:

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
            The strength, not negative.

        Returns
        -------
        penalty
            A penalty of the same kind with this strength.
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
    r"""The lasso, a penalty on the absolute values of coefficients, which sets some of them to zero.

    This is ``ElasticNet`` with ``l1_ratio=1``; its parameters are explained there.

    Parameters
    ----------
    strength : float, optional
        :math:`\lambda`, not negative.
    l1_ratio : float
        Fixed at 1.
    standardize, keep, relative : optional
        As in ``ElasticNet``.

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
    r"""The ridge, a penalty on the squares of coefficients, which shrinks all of them.

    This is ``ElasticNet`` with ``l1_ratio=0``; its parameters are explained there. The covariance of the fit is that of
    the posterior under the equivalent normal prior.

    Parameters
    ----------
    strength : float, optional
        :math:`\lambda`, not negative.
    l1_ratio : float
        Fixed at 0.
    standardize, keep, relative : optional
        As in ``ElasticNet``.

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
    r"""The relaxed lasso, between the lasso and the unpenalised fit to the columns that the lasso selects.

    .. math:: \gamma \hat\beta_{\mathrm{lasso}} + (1 - \gamma) \hat\beta_{\mathrm{refit}}

    Parameters
    ----------
    strength : float, optional
        Strength of the lasso that selects the columns.
    gamma : float, default 0
        Weight of the lasso, in [0, 1].
    l1_ratio : float
        Fixed at 1.
    standardize, keep, relative : optional
        As in ``ElasticNet``.

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
        """Refuse values out of range."""
        super().__post_init__()
        require_share(self.gamma, "RelaxedLasso(gamma=...)")

    @property
    def words(self) -> str:
        """The penalty in words, without its strength."""
        return f"relaxed lasso (gamma {self.gamma:g})"


@dataclass(frozen=True)
class AdaptiveLasso(Lasso):
    r"""The adaptive lasso, which penalises each coefficient in inverse proportion to the size of an initial estimate.

    .. math:: v_j = 1 / |s_j \tilde\beta_j|^{\kappa}, \qquad \lambda \sum_j v_j |s_j \beta_j|

    Coefficients whose initial estimate is zero are excluded.

    Parameters
    ----------
    strength : float, optional
        :math:`\lambda`, not negative.
    initial : penalty, mapping or array-like, optional
        The initial estimates: a penalty with its strength, such as ``lk.Ridge(0.01)``, or numbers by coefficient on the
        scale of the columns as given, such as the ``coef`` of a fit. With several outcomes, numbers have one row per
        term and one column per outcome, or are by term for all outcomes. Default: maximum likelihood, whose estimates
        must exist. Cross-validation recomputes initial estimates without each fold, but uses given numbers unchanged.
    power : float, default 1
        :math:`\kappa`, positive.
    l1_ratio : float
        Fixed at 1.
    standardize, keep, relative : optional
        As in ``ElasticNet``.

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
        """Refuse values out of range."""
        super().__post_init__()
        if not is_number(self.power) or not 0.0 < self.power < math.inf:
            raise DataError(f"AdaptiveLasso(power={self.power!r}): give a positive number.")
        if isinstance(self.initial, Specification):
            for part in parts_of(self.initial):
                if isinstance(part, ElasticNet) and part.strength is None:
                    raise DataError(
                        f"AdaptiveLasso(initial=...): the penalty that yields the initial estimates ({part.words}) has "
                        "no strength; give one, such as lk.Ridge(0.01)."
                    )

    @property
    def first_given(self) -> bool:
        """Whether the initial estimates were given as numbers, which are kept when rows are left out."""
        return self.initial is not None and not isinstance(self.initial, Specification)

    @property
    def words(self) -> str:
        """The penalty in words, without its strength."""
        return "adaptive lasso"
