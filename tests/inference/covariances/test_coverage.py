"""Coverage with twelve clusters of unequal size: what ``docs/covariances.md`` states of each covariance."""

from __future__ import annotations

import numpy as np
import pytest

import logitkit as lk

SIZES = (60, 40, 30, 20, 15, 12, 10, 8, 8, 7, 5, 5)
KINDS = {
    "model": {},
    "HC3": {},
    "cluster": {"cluster": "g"},
    "t": {"kind": "cluster", "cluster": "g", "dof": "clusters"},
    "CR2": {"cluster": "g"},
    "jackknife": {"cluster": "g"},
}


@pytest.mark.slow
def test_coverage_with_few_clusters() -> None:
    rng, g = np.random.default_rng(20), np.repeat(np.arange(12), SIZES)
    z = (np.arange(12) % 3 == 0).astype(float)[g]  # the same for all rows of a cluster, in four of twelve
    hits, count = dict.fromkeys(KINDS, 0), 0
    for _ in range(600):
        x = rng.normal(size=g.size)
        # A quarter of the rows share the uniform number of their cluster: dependent, and a logit in each row.
        together, own, shared = rng.uniform(size=12)[g], rng.uniform(size=g.size), rng.uniform(size=g.size) < 0.25
        y = np.where(shared, together, own) < 1 / (1 + np.exp(0.3 - 0.5 * x - 0.4 * z))
        fit = lk.logit("y ~ x + z", {"y": y.astype(int), "x": x, "z": z, "g": g})
        if fit.separation is not None:
            continue
        count += 1
        for name, given in KINDS.items():
            found = fit if name == "model" else fit.robust(**({"kind": name} | given))  # type: ignore[arg-type]
            ends = found.confint().loc["z"]
            hits[name] += int(ends["conf_low"] <= 0.4 <= ends["conf_high"])
    # Two standard errors of a proportion of 0.95 of 600 are 0.018.
    assert 0.92 < hits["CR2"] / count < 0.98
    assert 0.91 < hits["jackknife"] / count < 0.98
    assert hits["model"] / count < hits["t"] / count < 0.90
    assert hits["cluster"] / count < 0.85
