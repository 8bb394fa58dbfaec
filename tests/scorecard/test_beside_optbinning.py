"""On the pre-bins of optbinning our bins have at least its objective, under the same constraints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import logitkit as lk
from logitkit.datasets import load_german_credit, load_sba_loans

STORED = json.loads(
    (Path(__file__).resolve().parents[1] / "references" / "scorecard" / "optbinning.json").read_text(encoding="utf-8")
)
EVENTS = {"sba_loans": ("default", 1), "german_credit": ("class", "bad")}
#: Their words for what is ours.
LIMITS = {
    "max_n_bins": "max_bins",
    "min_bin_size": "min_size",
    "min_bin_n_event": "min_events",
    "min_event_rate_diff": "min_difference",
}


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    return {"sba_loans": load_sba_loans(), "german_credit": load_german_credit()}


def objective(values: np.ndarray, bad: np.ndarray, cuts: list[float], criterion: str) -> tuple[float, np.ndarray]:
    """Return the divergence of goods from bads, written out, and the event rates."""
    bins = np.searchsorted(cuts, values, side="right")
    e, g = (np.bincount(bins[rows], minlength=len(cuts) + 1) for rows in (bad, ~bad))
    p, q = e / e.sum(), g / g.sum()
    m = (p + q) / 2
    total = {
        "iv": ((q - p) * np.log(q / p)).sum(),
        "js": (p * np.log(p / m) + q * np.log(q / m)).sum() / 2,
        "hellinger": ((np.sqrt(p) - np.sqrt(q)) ** 2).sum() / 2,
    }[criterion]
    return float(total), e / (e + g)


def has_shape(rates: np.ndarray, shape: str) -> bool:
    steps = np.diff(rates)
    turn = int(np.argmax(rates)) if shape == "peak" else int(np.argmin(rates))
    return bool(
        {
            "none": True,
            "up": (steps >= 0).all(),
            "down": (steps <= 0).all(),
            "auto": (steps >= 0).all() or (steps <= 0).all(),
            "peak": (steps[:turn] >= 0).all() and (steps[turn:] <= 0).all(),
            "valley": (steps[:turn] <= 0).all() and (steps[turn:] >= 0).all(),
            "convex": (np.diff(steps) >= -1e-12).all(),
            "concave": (np.diff(steps) <= 1e-12).all(),
        }[shape]
    )


@pytest.mark.parametrize(
    "case", STORED["cases"], ids=lambda case: f"{case['variable']}-{case['shape']}-{case['criterion']}"
)
def test_the_objective_is_at_least_that_of_optbinning(case: dict[str, Any], tables: dict[str, Any]) -> None:
    target, event = EVENTS[case["data"]]
    table = tables[case["data"]]
    limits = {LIMITS[name]: value for name, value in case["limits"].items()}
    few = {"min_events": 1.0, "min_nonevents": 1.0}
    stated = {"max_bins": None, "min_size": 1.0, "prebins": case["prebins"], **few, **limits}
    bins = lk.scorecard.Bins(shape=case["shape"], criterion=case["criterion"], **stated)
    found = lk.scorecard.binning(
        case["variable"], table[[case["variable"], target]], target=target, event=event, bins=bins
    )
    values, bad = table[case["variable"]].to_numpy(dtype=float), (table[target] == event).to_numpy()
    ours, rates = objective(values, bad, list(found.rule.cuts), case["criterion"])
    theirs, _ = objective(values, bad, case["splits"], case["criterion"])
    assert case["status"] == "OPTIMAL"
    assert ours >= theirs - 1e-9
    assert has_shape(rates, case["shape"])
    assert set(found.rule.cuts) <= set(case["prebins"])
    limits = case["limits"]
    assert len(rates) <= limits.get("max_n_bins", np.inf)
    assert np.abs(np.diff(rates)).min(initial=np.inf) >= limits.get("min_event_rate_diff", 0.0)
    in_bins = np.searchsorted(found.rule.cuts, values, side="right")
    assert np.bincount(in_bins).min() >= limits.get("min_bin_size", 0.0) * len(values)
    assert np.bincount(in_bins[bad]).min() >= limits.get("min_bin_n_event", 1)
