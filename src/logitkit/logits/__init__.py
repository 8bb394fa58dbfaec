"""Logits of models of any origin: bare arrays in, arrays or small frozen results out."""

from logitkit.logits.recalibration.closed_test import ClosedTest, Refit, closed_test
from logitkit.logits.recalibration.fitting import recalibrate
from logitkit.logits.recalibration.recalibrator import Recalibrator

__all__ = ["ClosedTest", "Recalibrator", "Refit", "closed_test", "recalibrate"]
