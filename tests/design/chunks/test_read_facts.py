"""What was read for a fit is a part of its record, in print, in tables and in its file."""

from __future__ import annotations

import numpy as np
import pandas as pd

import logitkit as lk


def test_the_record_tells_what_was_read(tmp_path) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=500)
    table = pd.DataFrame({"x": x, "y": (rng.random(500) < 1.0 / (1.0 + np.exp(-x))).astype(int)})
    table.to_parquet(tmp_path / "rows.parquet", index=False)
    held, read = lk.logit("y ~ x", table), lk.logit("y ~ x", str(tmp_path / "rows.parquet"))
    facts = read.record.read
    assert held.record.read is None
    assert "Read" not in str(held.summary())
    stream = read.design.stream
    assert stream is not None
    assert facts.passes == stream.passes.count
    assert facts.n_rows == 500 * facts.passes
    assert 8_000 <= facts.n_bytes / facts.passes < 8_200  # two columns of eight bytes, and which values are missing
    assert facts.words in str(read.summary())
    row = read.glance().iloc[0]
    assert (row["passes"], row["rows_read"], row["bytes_read"]) == (facts.passes, facts.n_rows, facts.n_bytes)
    assert "passes" not in held.glance()
    read.save(tmp_path / "fit.json")
    assert lk.load(tmp_path / "fit.json").record.read == facts
    assert "passes over" in str(lk.logit("y ~ x", str(tmp_path / "rows.parquet"), penalty=lk.Lasso(0.01)).summary())
