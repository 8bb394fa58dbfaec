"""An older name of ``sandwich.with_required_sandwich``, until those who ask know the new one."""

from __future__ import annotations

from logitkit.inference.sandwich import with_required_sandwich

__all__ = ["annotations"]

with_required_outcome_sandwich = with_required_sandwich
