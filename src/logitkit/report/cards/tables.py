"""What rounding of a card costs, and clusters of its variables, as documents and data frames."""

from __future__ import annotations

import numpy as np
import pandas as pd

from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import format_integer, format_number
from logitkit.scorecard.clusters import Clusters
from logitkit.scorecard.rounding import Rounding, ScoreQuality

__all__ = ["clusters_frame"]


@finding_document.register
def _(found: Rounding) -> Document:
    by_hand = (Fact("Points set by hand", format_integer(found.by_hand)),) if found.by_hand else ()
    changed = (
        "Points of the card were set by hand: differences from the model are of these and of rounding. "
        if found.by_hand
        else ""
    )
    facts = (
        Fact("Rows", format_integer(found.n)),
        *by_hand,
        Fact("Largest difference", f"{format_number(found.largest)} points"),
        Fact("Mean difference", f"{format_number(found.mean)} points"),
        Fact("Largest possible", f"{format_number(found.bound)} points"),
        Fact("Rank correlation", f"{found.rank_correlation:.6f}"),
    )
    return Document(
        "Cost of whole points",
        facts=facts,
        blocks=(_qualities(found.exact, found.whole), _cut_offs(found)),
        notes=(
            (
                f"{changed}Exact points are those of the model before rounding. On the rows that the card was made "
                "from; log loss is that of the odds that the points promise. At a cut-off the exact score is rounded "
                "once, at the end."
            ),
        ),
    )


def _qualities(exact: ScoreQuality, whole: ScoreQuality) -> Table:
    names = (("AUC", "auc"), ("KS", "ks"), ("Log loss", "log_loss"))
    rows = []
    for name, field in names:
        a, b = getattr(exact, field), getattr(whole, field)
        rows.append((name, f"{a:.6f}", f"{b:.6f}", f"{b - a:+.6f}".replace("-", "\N{MINUS SIGN}")))
    heads = (Column("Measure", "left"), Column("Exact points"), Column("Whole points"), Column("Change"))
    return Table(None, heads, tuple(rows), n_names=1)


def _cut_offs(found: Rounding) -> Table:
    heads = (Column("Cut-off"), Column("Both accept"), Column("Exact only"), Column("Whole only"))
    rows = tuple(
        (f"{cut:g}".replace("-", "\N{MINUS SIGN}"), format_integer(both), format_integer(exact), format_integer(whole))
        for cut, both, exact, whole in zip(
            found.cut_offs, found.accepted, found.only_exact, found.only_whole, strict=True
        )
    )
    return Table("Applicants accepted at a cut-off", heads, rows, n_names=1)


def clusters_frame(found: Clusters) -> pd.DataFrame:
    """Return one row per variable, by cluster."""
    columns = {
        "cluster": found.cluster,
        "variable": list(found.names),
        "iv": found.information,
        "taken": np.asarray(found.taken, dtype=bool),
        "correlation": found.correlation,
        "closest": list(found.closest),
        "closest_correlation": found.closest_correlation,
    }
    return pd.DataFrame(columns)
