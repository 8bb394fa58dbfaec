"""Options of penalised fits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral, Real

from logitkit.errors import DataError

__all__ = ["ProxNewton"]


@dataclass(frozen=True, slots=True)
class ProxNewton:
    """Options of penalised fits.

    Parameters
    ----------
    tol : float, default 1e-12
        Stop when the duality gap is at most this share of the loss of the null model.
    max_iter : int, default 1000
        Largest number of steps.

    Raises
    ------
    DataError
        If ``tol`` is not a positive number or ``max_iter`` not a whole number of at least 1.

    Examples
    --------
    >>> ProxNewton(tol=1e-6).max_iter
    1000
    """

    tol: float = 1e-12
    max_iter: int = 1000

    def __post_init__(self) -> None:
        """Refuse options that are no numbers or out of range."""
        if isinstance(self.tol, bool) or not isinstance(self.tol, Real) or not 0.0 < self.tol < math.inf:
            raise DataError(f"ProxNewton(tol={self.tol!r}): give a positive number.")
        if isinstance(self.max_iter, bool) or not isinstance(self.max_iter, Integral) or self.max_iter < 1:
            raise DataError(f"ProxNewton(max_iter={self.max_iter!r}): give a whole number of at least 1.")
