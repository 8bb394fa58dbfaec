"""Designs of tables that are read in chunks, beside those of the same tables in memory."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from logitkit.design.build import build_design
from logitkit.design.chunks import build
from logitkit.design.chunks.opened import source_of
from logitkit.design.chunks.reading import Reading
from logitkit.design.design import Design


def in_chunks(
    formula: str, parts: list[Any], size: int = 40, sample: int = 30, namespace: Any = None, **options: Any
) -> Design:
    """Return the design of tables below one another, read in chunks of ``size`` rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "ROWS_LEAST", size)
        patch.setattr(build, "ROWS_MOST", size)
        patch.setattr(build, "SAMPLE_LEAST", sample)
        patch.setattr(build, "sample_size", lambda *_, **__: sample)
        source = source_of(parts if isinstance(parts, str) else (lambda: iter(parts)))
        reading = Reading(memory=options.pop("memory", "1GB"))
        return build.build_chunked_design(formula, source, reading, namespace=namespace or {}, **options)


def assert_as_in_memory(formula: str, table: Any, parts: list[Any], namespace: Any = None, **options: Any) -> Design:
    """Compare the design of chunks with that of the whole table, number by number."""
    found = in_chunks(formula, parts, namespace=namespace, **options)
    options.pop("memory", None)
    expected = build_design(formula, table, namespace=namespace or {}, **options)
    assert found.info.names == expected.info.names
    assert found.info.references == expected.info.references
    assert found.info.response == expected.info.response
    assert found.info.coding is not None
    assert expected.info.coding is not None
    assert found.info.coding.seen == expected.info.coding.seen
    assert found.info.coding.coded_levels() == expected.info.coding.coded_levels()
    assert found.info.coding.learnt == expected.info.coding.learnt
    assert found.counts == expected.counts
    dense = expected.matrix.to_dense()
    np.testing.assert_allclose(found.matrix.to_dense(), dense, rtol=1e-11, atol=1e-12 * np.abs(dense).max(initial=1))
    for name in ("y", "trials", "prior", "offset", "shares"):
        one, other = getattr(found.response, name), getattr(expected.response, name)
        assert (one is None) == (other is None), name
        if one is not None:
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)
    assert np.array_equal(np.asarray(found.positions), expected.positions)
    return found


def cut(table: pd.DataFrame, *places: int) -> list[pd.DataFrame]:
    """Return a table in parts."""
    edges = [0, *places, len(table)]
    return [table.iloc[start:stop] for start, stop in pairwise(edges)]
