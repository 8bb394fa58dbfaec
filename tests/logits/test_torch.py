"""Functions, losses, samplers and suppression beside stored numbers of torch and torchvision, in both types."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from logitkit import logits as lg
from references.load import load_table

KINDS = ["float64", "float32"]


@cache
def stored() -> dict[str, Any]:
    return load_table("logits/torch")


def given(name: str, kind: str) -> Any:
    """An input, of float32, so that both types hold its numbers exactly."""
    return stored()[name].astype(np.float32).astype(kind)


def assert_near(found: Any, true: Any, size: Any, kind: str) -> None:
    """Rounding on both sides: 4 units of the last place of the result, and of the largest logit of its row."""
    eps = np.finfo(kind).eps
    found, true = np.asarray(found, float), np.asarray(true, float)
    size = np.reshape(size, (-1,) + (1,) * (true.ndim - 1))
    excess = np.abs(found - true) - 4.0 * eps * (np.abs(true) + 1.0 + size)
    assert (excess <= 0.0).all(), excess.max()


@pytest.mark.parametrize("kind", KINDS)
def test_functions_are_those_of_torch(kind: str) -> None:
    z, other = given("z", kind), given("other", kind)
    size = np.abs(z).max(axis=1)
    true = stored()[kind]["functions"]
    assert set(true) == {"softmax", "log_softmax", "logsumexp", "entropy", "kl_divergence", "log_sigmoid", "softplus"}
    for name in ("softmax", "log_softmax", "logsumexp", "entropy"):
        found = getattr(lg, name)(z)
        assert found.dtype == z.dtype
        assert_near(found, true[name], size, kind)
    # torch takes the difference of two logarithms of each: both logits round.
    assert_near(lg.kl_divergence(z, other), true["kl_divergence"], size + np.abs(other).max(axis=1), kind)
    for name in ("log_sigmoid", "softplus"):
        assert_near(getattr(lg, name)(z), true[name], 0.0, kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "smoothing", "weighted"),
    [("plain", 0.0, False), ("smoothed", 0.1, False), ("weighted", 0.0, True), ("smoothed and weighted", 0.2, True)],
)
def test_cross_entropy_is_that_of_torch(name: str, smoothing: float, weighted: bool, kind: str) -> None:
    z, y, c = given("z", kind), stored()["y"], stored()["class_weights"]
    true = stored()[kind]["categorical"][name]
    loss = lg.CategoricalLoss(smoothing=smoothing, class_weights=c if weighted else None)
    size = np.abs(z).max(axis=1) * (c.max() if weighted else 1.0)
    rows = loss.rows(z, y)
    assert_near(rows, true["rows"], size, kind)
    assert_near(loss.gradient(z, y) * len(y), true["gradient"] * len(y), size, kind)
    # torch divides by the weights of the outcomes that occurred, as the guide says.
    total = c[y].sum() if weighted else len(y)
    assert_near([rows.sum() / total], true["mean"], size.max(), kind)
    if weighted and smoothing == 0.0:
        assert_near([lg.CategoricalLoss().value(z, y, weights=c[y])], true["mean"], size.max(), kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "loss", "factor"),
    [
        ("weighted", lg.BinaryLoss(event_weight=3.0), 1.0),
        ("focal", lg.BinaryLoss(focus=2.0), 1.0),
        # torchvision weighs events by alpha and the others by 1 - alpha.
        ("focal with alpha", lg.BinaryLoss(focus=1.5, event_weight=0.25 / 0.75), 0.75),
    ],
)
def test_losses_of_events_are_those_of_torch(name: str, loss: Any, factor: float, kind: str) -> None:
    z, y = given("z", kind)[:, 0], stored()["event"]
    true = stored()[kind]["events"][name]
    size = 3.0 * np.abs(z)
    assert_near(factor * loss.rows(z, y), true["rows"], size, kind)
    assert_near(factor * loss.gradient(z, y) * len(y), true["gradient"] * len(y), size, kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", range(5))
def test_samplers_keep_what_sorting_keeps(number: int, kind: str) -> None:
    words, seen = given("words", kind), stored()["seen"]
    temperature, top_k, top_p, penalty = stored()["samplers"][number].tolist()
    sampler = lg.Sampler(temperature, int(top_k) or None, top_p, penalty)
    true = stored()[kind]["sampled"][number]
    assert_array_equal(sampler.kept(words, seen), true > 0.0)
    size = np.abs(words).max(axis=1) * penalty / temperature
    assert_near(sampler.probabilities(words, seen), true, size, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_suppression_keeps_what_torchvision_keeps(kind: str) -> None:
    boxes, scores, classes = given("boxes", kind), given("scores", kind), stored()["classes"]
    true = stored()[kind]["suppression"]
    kept = set()
    for name, rows in true.items():
        overlap, by_class = float(name.split()[0]), "class" in name
        found = lg.non_maximum_suppression(boxes, scores, overlap, classes if by_class else None)
        # Ties of scores: torchvision's batches by class need not keep the order of the rows among them.
        same = np.argsort(-scores[rows], kind="stable") if not by_class else np.lexsort((rows, -scores[rows]))
        assert_array_equal(found, rows[same])
        kept.add(len(found))
    assert len(kept) > 4
