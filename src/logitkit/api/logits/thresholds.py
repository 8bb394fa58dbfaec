"""The probability from which to call an event, chosen on logits of any model."""

from __future__ import annotations

from logitkit.diagnostics.discrimination.logit_threshold import threshold as _threshold
from logitkit.results.diagnosed.decided import ThresholdResult
from logitkit.results.shown import showing

__all__ = ["threshold"]

threshold = showing(_threshold, ThresholdResult)
