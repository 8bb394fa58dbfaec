"""Boxes with scores as documents."""

from __future__ import annotations

import numpy as np

from logitkit.logits.detection.yolo import Detections
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import format_column, format_estimate, format_integer

__all__ = ["detections_document"]

BOXES_MOST = 10


@finding_document.register
def detections_document(result: Detections) -> Document:
    """Return the best boxes as a document."""
    n = len(result)
    facts = [Fact("Boxes", format_integer(n))]
    if n == 0:
        return Document("Detections", facts=tuple(facts))
    facts += [
        Fact("Classes", format_integer(np.unique(result.classes).size)),
        Fact("Largest score", format_estimate(float(result.scores.max()))),
        Fact("Smallest score", format_estimate(float(result.scores.min()))),
    ]
    best = np.argsort(-result.scores, kind="stable")[:BOXES_MOST]
    columns = [tuple(format_integer(int(value)) for value in result.classes[best])]
    columns.append(format_column(result.scores[best], "estimate", 4))
    columns += [format_column(result.boxes[best, j], "estimate", 1) for j in range(4)]
    heads = ("Class", "Score", "Left", "Top", "Right", "Bottom")
    table = Table("The best", (Column("Box (from 0)"), *map(Column, heads)),
                  tuple(zip(map(format_integer, best), *columns, strict=True)))  # fmt: skip
    notes = [f"{BOXES_MOST} of {format_integer(n)} boxes are printed; to_frame() has all."] if n > BOXES_MOST else []
    return Document("Detections", facts=tuple(facts), blocks=(table,), notes=tuple(notes))
