"""A fitting function in its two forms: for a ready matrix, and for a formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Verb"]


@dataclass(frozen=True)
class Verb:
    """A fitting function for a matrix, and the same function for a formula.

    Parameters
    ----------
    by_matrix : callable
        Such as ``fit_matrix``.
    by_formula : callable
        Such as ``fit``.

    Examples
    --------
    >>> from logitkit.api.fitting import fit, fit_matrix
    >>> Verb(fit_matrix, fit).by_formula.__name__
    'fit'
    """

    by_matrix: Callable[..., Any]
    by_formula: Callable[..., Any]
