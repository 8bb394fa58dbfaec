"""A fit whose coefficients are shrunk by the calibration slope expected in new rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.diagnostics.calibration.logits_of_rows import row_logits
from logitkit.errors import DataError, UnsupportedError
from logitkit.logits.recalibration.fitting import learn
from logitkit.logits.scores import brier_score, log_loss
from logitkit.results.fit import Fit
from logitkit.results.recalibrated import RecalibratedFit

__all__ = ["shrunken_fit"]


def shrunken_fit(fit: Fit, slope: float) -> RecalibratedFit:
    """Return a fit with all log odds multiplied by a slope, and intercepts estimated again on its rows: equation 32."""
    design = fit.design
    if design is None:
        raise DataError("A loaded model does not hold the rows on which the intercept is estimated again.")
    if design.response.offset is not None:
        raise UnsupportedError(
            "The fit has an offset, which is known and is not to be shrunken with the coefficients. Recalibrate on "
            "other rows: fit.recalibrate(data)."
        )
    if not np.isfinite(slope) or slope <= 0.0:
        raise DataError(
            f"The corrected slope is {slope:.3g}: the predictions say nothing of new rows, and there is no model to "
            "shrink. Use fewer terms, or a penalty."
        )
    rows = row_logits(fit.record, design)
    found = learn(slope * rows.logits, rows.shares, rows.weights, "intercept")
    q = found.estimate.size
    error, vcov = np.append(0.0, found.std_error), np.zeros((q + 1, q + 1))
    vcov[1:, 1:] = found.vcov
    if found.of_event:
        made = replace(
            found,
            method="logistic",
            names=("intercept", "slope"),
            estimate=np.append(found.estimate, slope),
            std_error=error[::-1].copy(),
            vcov=vcov[::-1, ::-1].copy(),
        )
    else:
        made = replace(
            found,
            method="logistic",
            names=("slope", *found.names),
            estimate=np.append(slope, found.estimate),
            std_error=error,
            vcov=vcov,
            slopes=slope * found.slopes,
        )
    before, after = rows.logits, made.transform(rows.logits)
    made = replace(
        made,
        log_loss=(log_loss(before, rows.shares, rows.weights), log_loss(after, rows.shares, rows.weights)),
        brier=(brier_score(before, rows.shares, rows.weights), brier_score(after, rows.shares, rows.weights)),
    )
    return RecalibratedFit(fit, made)
