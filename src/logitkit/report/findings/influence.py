"""What changes without some of the rows, as documents."""

from __future__ import annotations

import numpy as np

from logitkit.diagnostics.residuals.leave_out import LeaveOut
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.estimate_columns import format_estimates
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import format_column, format_integer
from logitkit.report.wording import counted
from logitkit.typing import FloatArray

__all__ = ["leave_out_document"]


@finding_document.register
def leave_out_document(result: LeaveOut) -> Document:
    """Return refits without each unit as a document: the range of every coefficient."""
    labels = getattr(result, "labels", result.first)
    low, high = _extremes(result.coef)
    kept = np.flatnonzero(~np.isnan(result.estimate))
    places = np.arange(len(result.names))
    least, most = result.coef[low, places], result.coef[high, places]
    estimate, _, least_text, most_text = format_estimates(
        result.estimate[kept], result.std_error[kept], least[kept], most[kept]
    )
    with np.errstate(invalid="ignore"):
        changes = np.abs(LeaveOut.changes(result, scaled=True))
    largest = np.where(np.isnan(changes), -np.inf, changes).max(axis=0)[kept]
    noun = {"rows": "row", "observations": "row", "clusters": "value"}[result.unit]
    heads = ("Estimate", "Lowest", f"Without {noun}", "Highest", f"Without {noun}", "Change / SE")
    cells = zip(
        (result.names[j] for j in kept),
        estimate,
        least_text,
        (str(labels[low[j]]) for j in kept),
        most_text,
        (str(labels[high[j]]) for j in kept),
        format_column(np.where(np.isfinite(largest), largest, np.nan), "statistic", 3),
        strict=True,
    )
    broken = int((result.separated | result.aliased | result.unconverged).sum())
    count = format_integer(len(result.coef))
    what = f"each of the {count} values of {result.by}" if result.by else f"each of {count} {result.unit}"
    warnings = (
        (
            f"{counted(broken, 'refit')} {'is' if broken == 1 else 'are'} separated, aliased or not converged: "
            "coefficients are infinite or missing there."
        ),
    ) * (broken > 0)
    return Document(
        "Refits that leave out one at a time",
        facts=(Fact("Left out", what),),
        blocks=(Table(None, (Column("Term", "left"), *(Column(head) for head in heads)), tuple(cells)),),
        notes=("Change / SE: the largest change of the estimate, in standard errors of the fit.",),
        warnings=warnings,
    )


def _extremes(coef: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the refits with the lowest and with the highest estimate of each coefficient, shape (p,)."""
    missing = np.isnan(coef)
    return np.where(missing, np.inf, coef).argmin(axis=0), np.where(missing, -np.inf, coef).argmax(axis=0)
