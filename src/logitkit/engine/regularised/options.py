"""Options of penalised fits."""

from __future__ import annotations

from dataclasses import dataclass

from logitkit.engine.solvers.solver import SolverOptions, require_options

__all__ = ["ProxNewton"]


@dataclass(frozen=True, slots=True)
class ProxNewton(SolverOptions):
    """Options of penalised fits.

    Parameters
    ----------
    tol : float, default 1e-12
        Stop when the duality gap is at most this proportion of the loss of the null model. A fit at one strength
        takes one more step, after which little but rounding is left, where this is at most 1e-8.
    max_iter : int, default 1000
        Maximum number of steps.

    Raises
    ------
    DataError
        If ``tol`` is not between 0 and 1, or ``max_iter`` not a whole number from 1 to 1e9.

    Examples
    --------
    >>> ProxNewton(tol=1e-6).max_iter
    1000
    """

    tol: float = 1e-12
    max_iter: int = 1000

    def __post_init__(self) -> None:
        """Refuse options that are not numbers or out of range."""
        require_options("ProxNewton", self.tol, self.max_iter)
