"""Recalibration of logits and the closed test of updates, whose results show themselves."""

from __future__ import annotations

from logitkit.logits.recalibration.closed_test import closed_test as _closed_test
from logitkit.logits.recalibration.fitting import recalibrate as _recalibrate
from logitkit.results.logits.recalibrator import ClosedTestResult, ShownRecalibrator
from logitkit.results.shown import showing

__all__ = ["closed_test", "recalibrate"]

recalibrate = showing(_recalibrate, ShownRecalibrator)
closed_test = showing(_closed_test, ClosedTestResult)
