"""A fitting function in its two forms: for a ready matrix, and for a formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Verb"]


@dataclass(frozen=True)
class Verb:
    """Two functions that do the same to a matrix and to a formula.

    Parameters
    ----------
    by_matrix : callable
        Such as ``logit_matrix``.
    by_formula : callable
        Such as ``logit``.

    Examples
    --------
    >>> from logitkit.api.functions import logit, logit_matrix
    >>> Verb(logit_matrix, logit).by_formula.__name__
    'logit'
    """

    by_matrix: Callable[..., Any]
    by_formula: Callable[..., Any]
