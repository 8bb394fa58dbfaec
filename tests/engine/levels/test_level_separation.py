"""Separation by the columns given absorbed levels: what a column per level proves, at the size that levels have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Response
from logitkit.engine.existence.separation import find_separation
from logitkit.engine.levels.level_separation import find_level_separation
from logitkit.errors import DataWarning, SeparationError
from tolerances import ROUTE


def panel(seed: int = 0, levels: int = 12, rows: int = 8) -> pd.DataFrame:
    """A rare sign b that never goes without the event, and two levels of one outcome."""
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(levels), rows)
    x, z, b = rng.normal(size=g.size), 2000 + rng.normal(size=g.size), (rng.random(g.size) < 0.15).astype(float)
    y = (rng.random(g.size) < 1 / (1 + np.exp(-x - rng.normal(size=levels)[g]))).astype(int)
    y[b == 1] = 1
    y[g == 3], y[g == 4], b[g == 4] = 1, 0, 0
    return pd.DataFrame({"y": y, "x": x, "z": z, "b": b, "g": g, "count": rng.integers(1, 4, g.size)})


def varied(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame.groupby("g")["y"].transform("nunique") > 1]


@pytest.mark.parametrize(
    ("formula", "options"),
    [
        ("y ~ x + b", {}),
        ("y ~ b + z + x", {"weights": "count"}),
        ("y ~ x + b", {"offset": "x"}),
        ("y ~ x + b + I(2 * b)", {}),
        ("y ~ I(b > 0) + x + I(x * b)", {}),
        ("y ~ x + b", {"cluster": "g"}),
    ],
    ids=["one direction", "frequency", "offset", "aliased", "two directions", "clusters"],
)
def test_an_infinite_estimate_is_infinite_and_the_others_are_the_limit(formula: str, options: dict[str, Any], tmp_path):
    frame = panel()
    if options.get("offset") == "x":
        frame, options = frame.assign(shift=frame["x"] / 3), {"offset": "shift"}
    absorbed = lk.logit(formula, frame, absorb="g", **options)
    columns = lk.logit(f"{formula} + C(g)", varied(frame), **options)
    names = absorbed.coef.index
    assert absorbed.record.is_separated
    assert absorbed.converged
    assert np.isposinf(absorbed.coef.iloc[absorbed.coef.to_numpy() == np.inf]).any()
    assert_allclose(absorbed.coef, columns.coef[names], rtol=1e-8)
    assert_allclose(absorbed.std_error, columns.std_error[names], rtol=1e-8)
    assert absorbed.record.limit.n_rows == columns.record.limit.n_rows
    assert absorbed.n_params == columns.n_params
    assert absorbed.aliased == columns.aliased
    assert_allclose(absorbed.record.loglik, columns.record.loglik, rtol=ROUTE)
    assert_allclose(absorbed.predict().dropna(), columns.predict(), rtol=1e-8, atol=1e-12)
    assert_allclose(absorbed.r_squared["tjur"], columns.r_squared["tjur"], rtol=ROUTE)
    assert "Infinite: " in " ".join(str(absorbed).split())
    again = lk.load(absorbed.save(tmp_path / "model.json"))
    assert str(again) == str(absorbed)
    if "cluster" not in options:
        assert_allclose(absorbed.influence(), columns.influence(), rtol=1e-7, atol=1e-9)
        assert_allclose(absorbed.augment()["fitted"], columns.predict(), rtol=1e-8, atol=1e-12)
    with pytest.raises(SeparationError, match="no bias to remove"):
        absorbed.bias_correction()


def test_new_rows_are_at_the_limit_where_it_is_determined():
    frame = panel()
    fit = lk.logit("y ~ x + b", frame, absorb="g")
    columns = lk.logit("y ~ x + b + C(g)", frame)
    assert_allclose(fit.predict(frame), columns.predict(), rtol=1e-7, atol=1e-12)
    # A level separated as a whole: beyond its events certain, in the gap open.
    whole = np.flatnonzero(np.isnan(fit.absorbed["intercept"]))
    assert whole.size
    level = int(fit.absorbed["level"].iloc[whole[0]])
    rows = pd.DataFrame({"x": [0.0, 0.0, 0.0], "b": [1.0, 0.5, 0.0], "g": [level] * 3})
    with pytest.warns(DataWarning, match="Missing predictions: 1"):
        found = fit.predict(rows).to_numpy()
    assert_allclose(found, [1.0, np.nan, 0.0])


def test_complete_separation_within_levels():
    frame = varied(panel()).assign(y=lambda rows: (rows["x"] > rows.groupby("g")["x"].transform("median")).astype(int))
    fit = lk.logit("y ~ x + b", frame, absorb="g")
    columns = lk.logit("y ~ x + b + C(g)", frame)
    assert fit.coef["x"] == np.inf
    assert_allclose(fit.coef, columns.coef[["x", "b"]])
    assert fit.record.limit.n_rows == len(frame)
    assert_allclose(fit.predict(), frame["y"])
    assert fit.deviance == 0.0


def test_what_only_looks_separated_is_solved_to_the_end():
    """One pair of rows out of order among many in order: finite, though far out."""
    rng = np.random.default_rng(4)
    g, x = np.repeat(np.arange(40), 6), np.tile(np.arange(6.0), 40) + rng.uniform(0, 0.01, 240)
    y = (x > 2.5).astype(int)
    y[3], y[2] = 0, 1
    frame = {"y": y, "x": x, "g": g}
    fit, columns = lk.logit("y ~ x", frame, absorb="g"), lk.logit("y ~ x + C(g)", frame)
    assert fit.converged
    assert not fit.record.is_separated
    assert_allclose(fit.coef["x"], columns.coef["x"], rtol=1e-6)


@pytest.mark.parametrize("seed", range(40))
def test_the_program_over_columns_decides_as_that_with_a_column_a_level(seed: int):
    rng = np.random.default_rng(seed)
    compared = 0
    while compared < 3:
        levels, rows, q = (int(rng.integers(low, high)) for low, high in ((2, 6), (2, 6), (1, 4)))
        g = np.repeat(np.arange(levels), rows)
        X = rng.integers(0, 3, (g.size, q)).astype(float)
        y = (X @ rng.normal(size=q) + rng.normal(size=levels)[g] + 0.3 * rng.normal(size=g.size) > 1).astype(float)
        if seed % 3 == 0:
            y[rng.integers(0, g.size)] = 0.5  # a row of both outcomes
        events = np.bincount(g, y, levels)
        mixed = (events > 0) & (events < rows)
        kept = mixed[g]
        D = np.column_stack([np.eye(levels)[g][:, mixed], X])[kept]
        if not mixed.any() or np.linalg.matrix_rank(D) < D.shape[1]:
            continue
        compared += 1
        found = find_level_separation(Dense(X), Response(y), g, levels)
        other = find_separation(Dense(D), Response(y[kept]))
        assert (found is None) == (other is None)
        if found is None or other is None:
            continue
        np.testing.assert_array_equal(found.rows[kept], other.rows)
        functions = [found.null / found.size[:, None], other.null[int(mixed.sum()) :]]
        functions = [np.where(np.abs(values) < 1e-9, 0.0, values) for values in functions]
        signs = [each.cone.signs_of(values) for each, values in zip((found, other), functions, strict=True)]
        np.testing.assert_array_equal(*signs)


def test_twenty_thousand_levels_are_tested_in_bounded_time():
    rng = np.random.default_rng(1)
    g = np.repeat(np.arange(20_000), 4)
    X = np.column_stack([rng.normal(size=g.size), rng.random(g.size) < 0.05])
    y = (rng.random(g.size) < 1 / (1 + np.exp(-X[:, 0]))).astype(float)
    y[X[:, 1] > 0] = 1.0
    found = find_level_separation(Dense(X), Response(y), g, 20_000)
    assert found is not None
    assert_allclose(found.direction, [0.0, 1.0], atol=1e-12)
