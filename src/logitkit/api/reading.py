"""The design of a fit, from a table in memory or from a source that is read in chunks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from logitkit.design.build import build_design
from logitkit.design.chunks.opened import source_of
from logitkit.design.chunks.reading import Reading
from logitkit.design.design import Design
from logitkit.design.labels import labels_of_table
from logitkit.design.response.reading import OutcomeReader
from logitkit.errors import DataError, UnsupportedError
from logitkit.typing import FactorCoding, MissingPolicy, WeightKind

__all__ = ["read_design"]


def read_design(
    formula: str,
    data: Any,
    reading: Reading = Reading(),  # noqa: B008 - frozen
    *,
    namespace: Mapping[str, Any],
    reader: OutcomeReader,
    weights: Any = None,
    weight_kind: WeightKind = "frequency",
    cluster: Any = None,
    missing: MissingPolicy = "drop",
    absorb: str | None = None,
    factors_by: FactorCoding = "treatment",
) -> Design:
    """Build the design of a fit.

    Examples
    --------
    >>> from logitkit.models.binary import Binary
    >>> read_design("y ~ x", {"y": [0, 1], "x": [1.0, 2.0]}, namespace={}, reader=Binary().reader(None)).in_chunks
    False
    """
    source = source_of(data, reading.executor)
    if source is None:
        if reading.stated:
            raise DataError(
                f"{reading.stated[0]}= is for rows that are read in chunks, and data is a table in memory: give a "
                "path, a folder or a pattern of files as data, or leave it out."
            )
        design = build_design(
            formula,
            data,
            namespace=namespace,
            weights=weights,
            weight_kind=weight_kind,
            cluster=cluster,
            reader=reader,
            missing=missing,
            absorb=absorb,
            factors_by=factors_by,
        )
        coding = design.info.coding
        known = () if coding is None else (*coding.variables, *coding.left_variables)
        labels = labels_of_table(data).among(known)
        return replace(design, info=replace(design.info, labels=labels)) if labels else design
    if absorb is not None:
        raise UnsupportedError(
            "absorb= needs the rows in memory: write the factor into the formula, C(...), or read the files into a "
            "table."
        )
    from logitkit.design.chunks.build import build_chunked_design

    return build_chunked_design(
        formula,
        source,
        reading,
        namespace=namespace,
        weights=weights,
        weight_kind=weight_kind,
        cluster=cluster,
        reader=reader,
        missing=missing,
        factors_by=factors_by,
    )
