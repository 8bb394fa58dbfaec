"""How many examples a test draws or takes, and the sections of a report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import settings

from logitkit.report.document import Section

__all__ = ["every_other", "every_section", "examples"]


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


def every_section(blocks: Iterable[Any]) -> Iterator[Section]:
    """Yield the sections of a document and those within them, in reading order."""
    for block in blocks:
        if isinstance(block, Section):
            yield block
            yield from every_section(block.blocks)
