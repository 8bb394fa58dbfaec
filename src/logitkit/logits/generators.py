"""Generators of random numbers as users state them."""

from __future__ import annotations

from typing import Any

import numpy as np

from logitkit.errors import DataError

__all__ = ["generator_of"]


def generator_of(seed: Any) -> np.random.Generator:
    """Return the generator of a seed, or the one that was given.

    Examples
    --------
    >>> bool(generator_of(1).random() == generator_of(1).random())
    True
    >>> generator_of("a")
    Traceback (most recent call last):
    logitkit.errors.DataError: seed='a': give a whole number of at least 0, or a generator of NumPy.
    """
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError) as error:
        raise DataError(f"seed={seed!r:.60}: give a whole number of at least 0, or a generator of NumPy.") from error
