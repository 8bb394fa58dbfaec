"""How many examples a property test draws, in every profile of tests/conftest.py."""

from __future__ import annotations

from hypothesis import settings

__all__ = ["examples"]


def examples(standard: int) -> settings:
    """Draw a number of examples in the standard profile, and as many times more in the thorough one as others do."""
    return settings(
        max_examples=max(1, standard * settings().max_examples // settings.get_profile("standard").max_examples)
    )
