"""How many examples a property test draws, in every profile of tests/conftest.py."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import settings

__all__ = ["every_other", "examples"]


def examples(standard: int) -> settings:
    """Draw a number of examples in the standard profile, and as many times more in the thorough one as others do."""
    return settings(
        max_examples=max(1, standard * settings().max_examples // settings.get_profile("standard").max_examples)
    )


def every_other(*sides: Iterable[Any], of: int = 2) -> list[Any]:
    """All combinations, all but one in ``of`` with the slow tests, as the fields of one colour on a chessboard.

    Every value of a side meets as large a part of the values of every other.
    """
    found = [((), 0)]
    for side in sides:
        found = [((*values, value), place + k) for values, place in found for k, value in enumerate(side)]
    return [pytest.param(*values, marks=[pytest.mark.slow] * (place % of > 0)) for values, place in found]
