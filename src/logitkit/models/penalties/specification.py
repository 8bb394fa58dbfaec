"""Penalties as stated by the user: their common base, and sums of several."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from numbers import Real

from logitkit.errors import DataError
from logitkit.models.penalties.adjustment import Adjustment
from logitkit.options import Stated

__all__ = [
    "Part",
    "PenaltySum",
    "Specification",
    "is_number",
    "parts_of",
    "require_relative",
    "require_share",
    "require_strength",
]


#: What others call the strength, and how theirs becomes ours.
OTHER_STRENGTHS = {
    "C": "scikit-learn's C, of the sum of the losses, is strength = 1 / (C * W), W the total weight (the number of "
    "rows), with standardize=False: lk.strength_from('scikit-learn', C, n_obs=...)",
    "alpha": "the alpha of glum and of statsmodels' GLM.fit_regularized is the strength, with standardize=False; that "
    "of statsmodels' Logit.fit_regularized is n times the strength: lk.strength_from('statsmodels Logit', alpha, "
    "n_obs=...). glmnet's alpha is l1_ratio of lk.ElasticNet",
    "lambda": "glmnet's lambda is the strength",
}


class Part(Stated):
    """The base of every penalty: it can be added to another, and explains arguments of other packages.

    Parameters
    ----------
    *given : object
        Arguments of the penalty, by position.
    **named : object
        Arguments of the penalty, by keyword.
    """

    __slots__ = ()

    @classmethod
    def _meant(cls, name: str, value: object) -> str:
        """Return the meaning of an argument of other packages."""
        del value
        if name == "l1_ratio" and cls._instead():
            return f"It cannot be chosen here.{cls._instead()}"
        other = OTHER_STRENGTHS.get("lambda" if name.rstrip("_") in {"lambda", "lam", "lambd"} else name)
        if other is not None and any(field.name == "strength" for field in fields(cls)):
            return f"The keyword is strength=, beside the mean loss of the rows; {other}."
        return ""

    @classmethod
    def _instead(cls) -> str:
        """Return the mix of the penalty, if it cannot be chosen."""
        fixed = [field.default for field in fields(cls) if field.name == "l1_ratio" and not field.init]
        return f" Its l1_ratio is {fixed[0]:g}; lk.ElasticNet(strength, l1_ratio) accepts another." if fixed else ""

    def __add__(self, other: Specification) -> PenaltySum:
        """Return the sum of both penalties."""
        return PenaltySum((*parts_of(self), *parts_of(other)))

    @property
    def words(self) -> str:
        """The penalty in words, without its strength."""
        return type(self).__name__


@dataclass(frozen=True)
class PenaltySum:
    """A sum of several penalties.

    Parameters
    ----------
    parts : tuple of penalties
        The penalties, each with its own strength; strengths not given are one common strength.

    Examples
    --------
    >>> import logitkit as lk
    >>> (lk.Lasso() + lk.GaussianPrior()).words
    'lasso, Gaussian prior'
    """

    parts: tuple[Part, ...]

    def __add__(self, other: Specification) -> PenaltySum:
        """Return the sum of all of them and another."""
        return PenaltySum((*self.parts, *parts_of(other)))

    @property
    def words(self) -> str:
        """The penalties in words."""
        return ", ".join(part.words for part in self.parts)


Specification = Part | PenaltySum | Adjustment


def parts_of(penalty: Specification) -> tuple[Part, ...]:
    """Return the penalties that a sum is made of.

    Examples
    --------
    >>> import logitkit as lk
    >>> parts_of(lk.Lasso(0.5))[0].strength
    0.5
    """
    if isinstance(penalty, PenaltySum):
        return penalty.parts
    if isinstance(penalty, Part):
        return (penalty,)
    if isinstance(penalty, Adjustment):
        raise penalty.alone
    raise DataError(
        f"penalty={penalty!r} is not a penalty; give one such as lk.Jeffreys() (Firth), lk.Ridge(0.1) or lk.Lasso(0.1)."
    )


def is_number(value: object) -> bool:
    """Tell whether a value is a real number; booleans are not."""
    return isinstance(value, Real) and not isinstance(value, bool)


def require_strength(strength: object, name: str) -> None:
    """Raise an error for an invalid strength."""
    if strength is None:
        return
    if not is_number(strength) or not 0.0 <= strength < math.inf:  # type: ignore[operator]
        raise DataError(f"{name}(strength={strength!r}): give a number that is not negative.")


def require_share(value: object, where: str) -> None:
    """Raise an error for values that are not between 0 and 1."""
    if not is_number(value) or not 0.0 <= value <= 1.0:  # type: ignore[operator]
        raise DataError(f"{where.replace('...', repr(value))}: give a number between 0 and 1.")


def require_relative(relative: Mapping[str, float] | None) -> None:
    """Raise an error for invalid relative strengths."""
    if relative is None:
        return
    if not isinstance(relative, Mapping):
        raise DataError(f"relative={relative!r}: give a mapping such as {{'age': 2.0}}.")
    for name, value in relative.items():
        if not is_number(value) or not 0.0 <= value < math.inf:
            raise DataError(f"relative={{{name!r}: {value!r}}}: give numbers that are not negative.")
