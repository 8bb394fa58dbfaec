"""Every kind of result that has a document, in one place: each module here adds those of its results."""

from __future__ import annotations

import logitkit.report.findings.calibration
import logitkit.report.findings.calibration_errors
import logitkit.report.findings.comparisons
import logitkit.report.findings.covariances
import logitkit.report.findings.diagnostics
import logitkit.report.findings.effects
import logitkit.report.findings.hypotheses
import logitkit.report.findings.influence
import logitkit.report.findings.planning
import logitkit.report.findings.pooled
import logitkit.report.findings.recalibration
import logitkit.report.findings.updating
import logitkit.report.tables.equation
import logitkit.report.tables.regression
import logitkit.report.tables.table_one  # noqa: F401
from logitkit.report.findings.dispatch import finding_document

__all__ = ["finding_document"]
