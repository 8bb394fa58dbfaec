"""Validations with their tables, figures and the shrunken model."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pandas as pd

import logitkit.report.findings.validation  # noqa: F401 - says how these results are shown
from logitkit.inference.validation.validation import Validation
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.documented import extends_base

__all__ = ["ValidationResult", "validation_result"]


@extends_base
@dataclass(frozen=True)
class ValidationResult(Validation):
    """A validation of a fit, with tables and figures."""

    _fit: Any = field(default=None, repr=False, kw_only=True)

    def tidy(self) -> pd.DataFrame:
        """Return one row per measure.

        Returns
        -------
        pandas.DataFrame
            measure, apparent, training, test, optimism, corrected, conf_low, conf_high, corrected_632,
            corrected_632plus, n; by cross-validation pooled in place of intervals and the .632 estimates.
        """
        columns: dict[str, Any] = {
            "measure": list(self.names),
            "apparent": self.apparent,
            "training": self.training,
            "test": self.test,
            "optimism": self.optimism,
            "corrected": self.corrected,
        }
        if self.method == "bootstrap":
            columns |= {
                "conf_low": self.low,
                "conf_high": self.high,
                "corrected_632": self.corrected_632,
                "corrected_632plus": self.corrected_632plus,
            }
        else:
            columns["pooled"] = self.pooled
        return ResultFrame({**columns, "n": self.n_used})

    def replicates(self) -> pd.DataFrame:
        """Return one row per replicate, measure and sample in which it was measured.

        Returns
        -------
        pandas.DataFrame
            replicate, measure, training, test; by the bootstrap out, in the rows that were not drawn.
        """
        values = self.replays.values
        n, s, j = values.shape
        names = ("training", "test", "out")[:s]
        return pd.DataFrame(
            {
                "replicate": np.repeat(np.arange(n), j),
                "measure": np.tile(np.array(self.names), n),
                **{name: values[:, place].ravel() for place, name in enumerate(names)},
            }
        )


def validation_result(found: Validation, fit: Any) -> ValidationResult:
    """Return a validation with its tables."""
    return ValidationResult(**{each.name: getattr(found, each.name) for each in fields(found)}, _fit=fit)
