"""Bounds of coefficients."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from logitkit.errors import DataError
from logitkit.penalties.specification import Part, is_number

__all__ = ["Bounds"]


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
    >>> import logitkit as lk
    >>> (lk.Lasso(0.1) + lk.Bounds(lower=0)).words
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
                if not is_number(value) or math.isnan(value):
                    raise DataError(f"Bounds({side}={value!r}): give numbers.")
                if (value > 0.0) if side == "lower" else (value < 0.0):
                    raise DataError(
                        f"Bounds({side}={value!r}) leaves out zero, where coefficients start. Move what the "
                        "coefficient is known to be into an offset, and bound the rest."
                    )

    @property
    def words(self) -> str:
        """The penalty in words."""
        return "bounds"
