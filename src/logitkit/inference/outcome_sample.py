"""An older name of ``sample.is_sample``, until those who ask know the new one."""

from __future__ import annotations

from logitkit.inference.sample import is_sample

__all__ = ["annotations"]

is_outcome_sample = is_sample
