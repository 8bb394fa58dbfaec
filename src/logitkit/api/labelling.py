"""A design with the labels that a user gives, checked against the existing names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from logitkit.design.design import Design
from logitkit.design.labels import as_labels
from logitkit.design.table.frame import read_table
from logitkit.report.term_labels import labelled_info

__all__ = ["labelled_design"]


def labelled_design(design: Design, given: Any, data: Any = None) -> Design:
    """Return a design with the given labels, which take precedence over those of its table (``data``, or the design's).

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw(), labels={"age": "Age"})
    >>> fit.record.info.labels.of("age")
    'Age'
    """
    stated = as_labels(given)
    if not stated:
        return design
    table = design.table if data is None or design.in_chunks else data
    columns = () if table is None else read_table(table).names
    return replace(design, info=labelled_info(design.info, stated, columns))
