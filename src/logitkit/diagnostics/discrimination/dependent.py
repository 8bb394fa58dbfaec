"""The error of an area under the ROC curve where rows have sampling weights, or are clustered: by linearisation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.discrimination.area_interval import area_interval
from logitkit.diagnostics.discrimination.areas import areas_of, covariance_of
from logitkit.diagnostics.discrimination.areas_on_disk import areas_on_disk
from logitkit.diagnostics.discrimination.joined import JoinedRows, joined_predictions
from logitkit.diagnostics.discrimination.roc import RocCurve
from logitkit.diagnostics.discrimination.scored_fits import errors_of
from logitkit.engine.record import FitRecord

__all__ = ["with_dependence"]


def with_dependence(curve: RocCurve, record: FitRecord, design: Design) -> RocCurve:
    """Return a curve with the standard error and interval of its area for clustered or weighted rows.

    Parameters
    ----------
    curve : RocCurve
        Curve of these rows.
    record : FitRecord
        A fit of an event.
    design : Design
        Rows with their outcome; those read in chunks are sorted on disk.

    Returns
    -------
    RocCurve
        With sampling weights, the standard error equals DeLong's if all weights are equal. With clusters it is
        Obuchowski's (1997). Both hold up to factors that tend to one as the number of rows or clusters grows. The curve
        is unchanged if rows are independent or have precision weights.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.diagnostics.discrimination.curves import discrimination
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw(), cluster="race")
    >>> discrimination(fit.record, fit.design).interval
    'clusters'
    """
    errors, clustered = errors_of(design.sample.response, record)
    if errors not in ("rows", "clusters"):
        return curve
    with joined_predictions([("", record, design)]) as rows:
        if isinstance(rows, JoinedRows):
            covariance = areas_on_disk(rows).covariance
        else:
            held = rows.whole()
            covariance = covariance_of(held, *areas_of(held)[1:])
    error = float(np.sqrt(covariance[0, 0]))
    found = area_interval(curve.auc, error, 0.0, curve.level, "clusters" if clustered else "sampling")
    return replace(curve, std_error=found.std_error, low=found.low, high=found.high, interval=found.kind)
