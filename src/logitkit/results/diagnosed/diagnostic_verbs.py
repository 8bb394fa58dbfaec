"""All diagnostic verbs: those of residuals, goodness of fit, discrimination, decisions and calibration."""

from __future__ import annotations

from logitkit.results.diagnosed.calibration_verbs import CalibrationVerbs
from logitkit.results.diagnosed.decision_verbs import DecisionVerbs
from logitkit.results.diagnosed.discrimination_verbs import DiscriminationVerbs
from logitkit.results.diagnosed.goodness_verbs import GoodnessVerbs
from logitkit.results.diagnosed.residual_verbs import ResidualVerbs

__all__ = ["DiagnosticVerbs"]


class DiagnosticVerbs(ResidualVerbs, GoodnessVerbs, DiscriminationVerbs, DecisionVerbs, CalibrationVerbs):
    """The diagnostic verbs, written once for a fit and for a fit on given rows."""
