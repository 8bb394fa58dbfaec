"""Calibration errors and reliability diagrams of logits, which show themselves."""

from __future__ import annotations

from logitkit.diagnostics.calibration.logit_reliability import reliability as _reliability
from logitkit.logits.calibration_errors.error import calibration_error as _calibration_error
from logitkit.results.logits.calibration_errors import CalibrationErrorsResult, LogitReliabilityResult
from logitkit.results.shown import showing

__all__ = ["calibration_error", "reliability"]

calibration_error = showing(_calibration_error, CalibrationErrorsResult)
reliability = showing(_reliability, LogitReliabilityResult)
