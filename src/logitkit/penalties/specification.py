"""Penalties as the user states them: in words and relative strengths, before any column is known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any, Self, TypeAlias

from logitkit.errors import DataError

__all__ = [
    "AdaptiveLasso",
    "Bounds",
    "ElasticNet",
    "GaussianPrior",
    "GroupLasso",
    "Lasso",
    "Part",
    "PenaltySum",
    "RelaxedLasso",
    "Ridge",
    "Specification",
    "parts_of",
]

Keep: TypeAlias = "str | Sequence[str] | None"


class Part:
    """What every penalty can do: be added to another."""

    __slots__ = ()

    def __add__(self, other: Specification) -> PenaltySum:
        """Return both penalties together."""
        return PenaltySum((*parts_of(self), *parts_of(other)))  # type: ignore[arg-type]

    @property
    def words(self) -> str:
        """The penalty in words, without its strength."""
        return type(self).__name__


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

    def __post_init__(self) -> None:
        """Refuse strengths and mixes out of range."""
        _require_strength(self.strength, type(self).__name__)
        _require_share(self.l1_ratio, f"{type(self).__name__}(l1_ratio=...)")
        _require_relative(self.relative)

    def at(self, strength: float) -> Self:
        """Return the penalty at a strength."""
        return replace(self, strength=strength)

    @property
    def words(self) -> str:
        """The penalty in words, without its strength."""
        if self.l1_ratio in {0.0, 1.0}:
            return "ridge" if self.l1_ratio == 0.0 else "lasso"
        return f"elastic net (l1_ratio {self.l1_ratio:g})"


@dataclass(frozen=True)
class Lasso(ElasticNet):
    r"""The lasso: absolute values of coefficients, which sets some of them to zero.

    The elastic net with ``l1_ratio=1``; see there for the parameters.

    Parameters
    ----------
    strength : float, optional
        :math:`\lambda`, not negative.
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
        _require_share(self.gamma, "RelaxedLasso(gamma=...)")

    @property
    def words(self) -> str:
        """The penalty in words, without its strength."""
        return f"relaxed lasso (gamma {self.gamma:g})"


@dataclass(frozen=True)
class GroupLasso(ElasticNet):
    r"""The group lasso: the length of each group of coefficients, which come and go together.

    .. math::

        \lambda \sum_g v_g \left((1 - \alpha) \sqrt{p_g} \lVert b_g \rVert_2 + \alpha \lVert b_g \rVert_1\right),
        \qquad b_j = s_j \beta_j

    With ``l1_ratio`` above zero it is the sparse-group lasso.

    Parameters
    ----------
    strength : float, optional
        :math:`\lambda`, not negative.
    l1_ratio : float, default 0
        Share :math:`\alpha` of the absolute values.
    groups : mapping, optional
        Names of groups to terms or coefficients. By default each term of the formula is a group.
    standardize, keep, relative : optional
        As of ``ElasticNet``; ``relative`` may name groups.

    References
    ----------
    Yuan, M. and Lin, Y. (2006) Model selection and estimation in regression with grouped variables. JRSS B 68, 49-67.
    Simon, N. et al. (2013) A sparse-group lasso. JCGS 22, 231-245.

    Examples
    --------
    >>> GroupLasso(0.1).l1_ratio
    0.0
    """

    l1_ratio: float = 0.0
    groups: Mapping[str, Sequence[str]] | None = field(default=None, kw_only=True)

    @property
    def words(self) -> str:
        """The penalty in words, without its strength."""
        return "group lasso" if self.l1_ratio == 0.0 else f"sparse-group lasso (l1_ratio {self.l1_ratio:g})"


@dataclass(frozen=True)
class AdaptiveLasso(Lasso):
    r"""The adaptive lasso: each coefficient penalised by one over the size of a first estimate.

    .. math:: v_j = 1 / |s_j \tilde\beta_j|^{\kappa}, \qquad \lambda \sum_j v_j |s_j \beta_j|

    A coefficient whose first estimate is zero is left out.

    Parameters
    ----------
    strength : float, optional
        :math:`\lambda`, not negative.
    initial : mapping or array-like, optional
        First estimates by coefficient, on the scale of the columns as given (the ``coef`` of a fit). By default those of
        a maximum likelihood fit, which must exist.
    power : float, default 1
        :math:`\kappa`, positive.
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
        if not _number(self.power) or not 0.0 < self.power < math.inf:
            raise DataError(f"AdaptiveLasso(power={self.power!r}): give a positive number.")

    @property
    def words(self) -> str:
        """The penalty in words, without its strength."""
        return "adaptive lasso"


@dataclass(frozen=True)
class GaussianPrior(Part):
    r"""A normal prior of the coefficients, the intercept included, on the scale of the columns as given.

    .. math:: \tfrac12 (\beta - m)' P (\beta - m)

    beside the negative log-likelihood itself, not its mean: P is absolute. The fit is the posterior mode.

    Parameters
    ----------
    mean : float, mapping or (p,) array-like, default 0
        The centre m; one number for all, by term or coefficient (0 where not named), or an array in order.
    precision : float, mapping, (p,) or (p, p) array-like, default 1
        P: one number for all, by term or coefficient (0 where not named: flat), the diagonal, or the whole matrix.

    Examples
    --------
    >>> GaussianPrior(precision=4.0).mean
    0.0
    """

    mean: Any = 0.0
    precision: Any = 1.0

    @property
    def words(self) -> str:
        """The penalty in words."""
        return "Gaussian prior"


@dataclass(frozen=True)
class Bounds(Part):
    """Bounds of coefficients, on the scale of the columns as given; zero must lie within them.

    Parameters
    ----------
    lower, upper : float or mapping, optional
        One number for all coefficients but the intercept, or by term or coefficient. ``lower=0`` allows no negative
        coefficient.

    Raises
    ------
    DataError
        Where a bound is missing, a lower one above zero or an upper one below.

    Examples
    --------
    >>> (Lasso(0.1) + Bounds(lower=0)).words
    'lasso, bounds'
    """

    lower: float | Mapping[str, float] | None = None
    upper: float | Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        """Refuse bounds that are no numbers, or exclude zero."""
        if self.lower is None and self.upper is None:
            raise DataError("Bounds(): give lower=, upper= or both.")
        for side, given in (("lower", self.lower), ("upper", self.upper)):
            values = given.values() if isinstance(given, Mapping) else () if given is None else (given,)
            for value in values:
                if not _number(value) or math.isnan(value):
                    raise DataError(f"Bounds({side}={value!r}): give numbers.")
                if (value > 0.0) if side == "lower" else (value < 0.0):
                    raise DataError(
                        f"Bounds({side}={value!r}) leaves out zero, where coefficients start. Move what the coefficient "
                        "is known to be into an offset, and bound the rest."
                    )

    @property
    def words(self) -> str:
        """The penalty in words."""
        return "bounds"


@dataclass(frozen=True)
class PenaltySum(Part):
    """Several penalties together.

    Parameters
    ----------
    parts : tuple of penalties
        Each with its own strength; those left out are one and the same.

    Examples
    --------
    >>> (Lasso() + GaussianPrior()).words
    'lasso, Gaussian prior'
    """

    parts: tuple[ElasticNet | GaussianPrior | Bounds, ...]

    @property
    def words(self) -> str:
        """The penalties in words."""
        return ", ".join(part.words for part in self.parts)


Specification: TypeAlias = "ElasticNet | GaussianPrior | Bounds | PenaltySum"


def parts_of(penalty: Specification) -> tuple[ElasticNet | GaussianPrior | Bounds, ...]:
    """Return the penalties that a sum is made of.

    Parameters
    ----------
    penalty : penalty
        One, or a sum.

    Returns
    -------
    tuple
        Its parts.

    Raises
    ------
    DataError
        If it is no penalty.

    Examples
    --------
    >>> parts_of(Lasso(0.5))[0].strength
    0.5
    """
    if isinstance(penalty, PenaltySum):
        return penalty.parts
    if isinstance(penalty, (ElasticNet, GaussianPrior, Bounds)):
        return (penalty,)
    raise DataError(f"penalty={penalty!r} is no penalty; give one such as lk.Lasso(0.1) or lk.Ridge(0.1).")


def _number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _require_strength(strength: object, name: str) -> None:
    if strength is None:
        return
    if not _number(strength) or not 0.0 <= strength < math.inf:  # type: ignore[operator]
        raise DataError(f"{name}(strength={strength!r}): give a number that is not negative.")


def _require_share(value: object, where: str) -> None:
    if not _number(value) or not 0.0 <= value <= 1.0:  # type: ignore[operator]
        raise DataError(f"{where.replace('...', repr(value))}: give a number between 0 and 1.")


def _require_relative(relative: Mapping[str, float] | None) -> None:
    if relative is None:
        return
    if not isinstance(relative, Mapping):
        raise DataError(f"relative={relative!r}: give a mapping such as {{'age': 2.0}}.")
    for name, value in relative.items():
        if not _number(value) or not 0.0 <= value < math.inf:
            raise DataError(f"relative={{{name!r}: {value!r}}}: give numbers that are not negative.")
