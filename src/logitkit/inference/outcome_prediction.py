"""Older names of what ``prediction`` and ``linear_predictors`` say of rows, until the diagnostics ask these."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.record import FitRecord
from logitkit.inference.linear_predictors import finite_predictors, linear_predictors
from logitkit.inference.predictor_variance import predictor_covariances
from logitkit.typing import BoolArray, FloatArray

__all__ = ["annotations"]


def limiting_logits(
    record: FitRecord, matrix: Matrix, offsets: FloatArray | None
) -> tuple[FloatArray, BoolArray | None]:
    """Return logits, finite where undetermined, and where they are."""
    eta = linear_predictors(record, matrix, offsets)
    if record.limit is None:
        return eta, None
    undetermined = np.isnan(eta)
    finite = finite_predictors(record, matrix)
    finite = finite if offsets is None else finite + offsets
    return np.where(undetermined, finite, eta), undetermined


def logit_covariances(record: FitRecord, matrix: Matrix) -> Iterator[tuple[int, int, FloatArray]]:
    """Yield model-based covariances of predictors by block of rows."""
    for rows, covariance in predictor_covariances(record, matrix, record.inner_model_vcov):
        yield rows.start, rows.stop, covariance
