"""The notebooks of many outcomes run, small and whole, and their numbers agree with computations of another kind."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression

from logitkit.datasets import load_austen, load_mnist_5k
from notebook_runs import look_into
from tolerances import EXACT, REFERENCE, ROUTE


@pytest.fixture(
    scope="module",
    params=[pytest.param(quick, marks=pytest.mark.slow) for quick in (True, False)],
    ids=["quick", "whole"],
)
def images(request: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Any]:
    return looked("04-images", tmp_path_factory.mktemp("images"), request.param)


@pytest.fixture(
    scope="module",
    params=[pytest.param(quick, marks=pytest.mark.slow) for quick in (True, False)],
    ids=["quick", "whole"],
)
def words(request: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Any]:
    return looked("05-next-word", tmp_path_factory.mktemp("words"), request.param)


def looked(name: str, folder: Path, quick: bool) -> tuple[dict[str, Any], Any]:
    """What the notebook's last cell saw, and the arrays that it saved."""
    found = look_into(name, folder, quick)
    with np.load(folder / "saved.npz") as saved:
        return found, dict(saved)


def assert_best_temperature(eta: Any, y: Any, T: float) -> None:
    """The score equation of one over T: the mean logit of what was seen is the one expected."""
    eta = eta - eta.mean(axis=1, keepdims=True)
    observed = eta[np.arange(len(y)), y].mean()
    expected = (softmax(eta / T, axis=1) * eta).sum(axis=1).mean()
    # A bounded search in one dimension stops within 1e-5 of T, and the curvature here is of the order of one.
    assert abs(observed - expected) < 1e-4


def test_digits_are_read_as_scikit_learn_reads_them(images: Any) -> None:
    found, saved = images
    digits = load_mnist_5k()
    X = digits.drop(columns="label").to_numpy()[:, saved["used"]] / 255
    y = digits["label"].to_numpy()
    learn, tune, judge = (np.flatnonzero(saved[name]) for name in ("learn", "tune", "judge"))
    assert len({*learn, *tune, *judge}) == len(learn) + len(tune) + len(judge)
    n, strength = len(learn), found["strength"]
    peer = LogisticRegression(C=1 / (n * strength), tol=1e-9, max_iter=10_000).fit(X[learn], y[learn])

    def objective(intercept: Any, weights: Any) -> float:
        loss = -log_softmax(X[learn] @ weights + intercept, axis=1)[np.arange(n), y[learn]].mean()
        return float(loss + strength / 2 * (weights**2).sum())

    coef = saved["coef"]
    least = objective(peer.intercept_, peer.coef_.T)
    # The notebook asks for a gap of 1e-5 of the null model's loss.
    assert objective(coef[0], coef[1:]) - least < 1e-5 * np.log(10)
    eta = X @ coef[1:] + coef[0]
    eta_judge = eta[judge]
    assert (eta_judge.argmax(axis=1) != y[judge]).sum() == found["wrong"]
    loss = -log_softmax(eta_judge, axis=1)[np.arange(len(judge)), y[judge]].mean()
    assert_allclose(found["log_loss"], loss, rtol=ROUTE)
    # An objective known to 2e-5 leaves the probabilities some digits: two for what is held out.
    theirs = peer.predict_proba(X[judge])
    assert_allclose(loss, -np.log(theirs[np.arange(len(judge)), y[judge]]).mean(), rtol=1e-2)
    assert_best_temperature(eta[tune], y[tune], found["T"])
    tempered = -log_softmax(eta_judge / found["T"], axis=1)[np.arange(len(judge)), y[judge]].mean()
    assert_allclose(found["at_T"], tempered, rtol=ROUTE)
    assert found["images"] == 7


def test_words_are_those_of_the_novels(words: Any) -> None:
    found, saved = words
    learn, judge = saved["learn"], saved["judge"]
    vocabulary = found["vocabulary"]
    chapters = load_austen()
    text = chapters["text"].str.lower()
    for rows in (learn, judge):
        of_chapter = Counter(rows[rows[:, 0] == vocabulary.index("elizabeth"), 3].tolist())
        for number in np.unique(rows[:, 3]).tolist():
            assert of_chapter[number] == len(text[number].replace("elizabeth's", "").split("elizabeth")) - 1
        # Each word is the one before of the next, within a chapter.
        same = rows[1:, 3] == rows[:-1, 3]
        assert (rows[1:, 1] == rows[:-1, 0])[same].all()
        assert (rows[1:, 2] == rows[:-1, 1])[same].all()
    # What is judged is later than what was learnt, in each novel.
    novel = chapters["novel"].to_numpy()
    for name in set(novel[judge[:, 3]]):
        assert learn[novel[learn[:, 3]] == name, 3].max() < judge[novel[judge[:, 3]] == name, 3].min()


def test_counts_are_those_of_kneser_and_ney_by_hand(words: Any) -> None:
    """Kneser and Ney (1995) as interpolated by Chen and Goodman (1999), section 2.7, counted in dictionaries."""
    found, saved = words
    learn, judge = saved["learn"].tolist(), saved["judge"].tolist()
    K = len(found["vocabulary"])
    low, high = found["discounts"]
    three = Counter((u, v, w) for w, v, u, _ in learn)
    two = Counter((v, w) for _, v, w in three)
    before = Counter(w for _, w in two)
    alone = {w: (before[w] + 0.5) / (len(two) + 0.5 * K) for w in range(K)}
    after_two: dict[Any, Counter[int]] = {}
    for (u, v, w), times in three.items():
        after_two.setdefault((u, v), Counter())[w] = times
    after_one: dict[int, Counter[int]] = {}
    for (v, w), times in two.items():
        after_one.setdefault(v, Counter())[w] = times

    def lowered(counts: Counter[int] | None, w: int, shorter: float, discount: float) -> float:
        if counts is None:
            return shorter
        return (max(counts[w] - discount, 0.0) + discount * len(counts) * shorter) / sum(counts.values())

    for row in range(0, len(judge), 37):
        w, v, u, _ = judge[row]
        expected = lowered(after_one.get(v), w, alone[w], low)
        expected = lowered(after_two.get((u, v)), w, expected, high)
        assert_allclose(saved["given"][row, 1], expected, rtol=EXACT)
    assert_allclose(found["log_loss"]["counts"], -np.log(saved["given"][:, 1]).mean(), rtol=EXACT)


def test_logits_of_words_are_near_their_optimum(words: Any) -> None:
    found, saved = words
    learn, judge, coef = saved["learn"], saved["judge"], saved["coef"]
    K, n = len(found["vocabulary"]), len(learn)
    X = sparse.csr_array(
        sparse.hstack(
            [
                np.ones((n, 1)),
                *(sparse.csr_array((np.ones(n), (np.arange(n), learn[:, j])), shape=(n, K + 1)) for j in (1, 2)),
            ]
        )
    )
    gradient = np.zeros(coef.shape)
    for start in range(0, n, 20_000):
        rows = slice(start, start + 20_000)
        residual = softmax(X[rows] @ coef, axis=1)
        residual[np.arange(len(residual)), learn[rows, 0]] -= 1
        gradient += X[rows].T @ residual / n
    strength = 1 / (n * found["spread"] ** 2)
    gradient[1:] += strength * coef[1:]
    frequency = np.bincount(learn[:, 0], minlength=K) / n
    null = -(frequency * np.log(frequency)).sum()
    # A convex objective with a square of this strength is at most so far above its minimum; the solver was asked for
    # 1e-2 of the null model's loss. The intercepts have no square, and their gradient is a difference of frequencies.
    assert (gradient[1:] ** 2).sum() / (2 * strength) < 1e-2 * null
    assert np.abs(gradient[0]).max() < 1e-3

    def eta(rows: Any) -> Any:
        return coef[0] + coef[1 + rows[:, 1]] + coef[K + 2 + rows[:, 2]]

    log_p = log_softmax(eta(judge), axis=1)[np.arange(len(judge)), judge[:, 0]]
    assert_allclose(found["log_loss"]["logits"], -log_p.mean(), rtol=ROUTE)
    both = found["share"] * np.exp(log_p) + (1 - found["share"]) * saved["given"][:, 1]
    assert_allclose(found["log_loss"]["mixture"], -np.log(both).mean(), rtol=REFERENCE)
    assert_best_temperature(eta(saved["tune"]), saved["tune"][:, 0], found["T"])
    assert found["log_loss"]["mixture"] < min(found["log_loss"]["counts"], found["log_loss"]["logits"])
    assert found["images"] == 3


def test_samplers_of_words_are_those_of_sorted_rows(words: Any) -> None:
    found, saved = words
    coef, judge = saved["coef"], saved["judge"]
    known = judge[judge[:, 0] > 0][:2_000]
    eta = (coef[0] + coef[1 + known[:, 1]] + coef[len(found["vocabulary"]) + 2 + known[:, 2]])[:, 1:]
    word = (np.arange(len(known)), known[:, 0] - 1)
    for name, T, top_k, top_p in (
        ("all", 1.0, eta.shape[1], 1.0),
        ("T = 1.5", 1.5, eta.shape[1], 1.0),
        ("top k = 40", 1.0, 40, 1.0),
        ("T = 0.7, top k = 40, top p = 0.9", 0.7, 40, 0.9),
    ):
        p = softmax(eta / T, axis=1)
        p = np.where(p >= -np.sort(-p, axis=1)[:, [top_k - 1]], p, 0.0)
        p /= p.sum(axis=1, keepdims=True)
        if top_p < 1.0:
            ordered = -np.sort(-p, axis=1)
            last = (np.cumsum(ordered, axis=1) < top_p).sum(axis=1)
            p = np.where(p >= ordered[np.arange(len(p)), last][:, None], p, 0.0)
            p /= p.sum(axis=1, keepdims=True)
        sizes = (p > 0.0).sum(axis=1)
        entropy = -(p * np.log(np.where(p > 0.0, p, 1.0))).sum(axis=1).mean()
        expected = [
            entropy,
            np.exp(entropy),
            *np.quantile(sizes, [0.1, 0.5, 0.9], method="nearest"),
            (p[word] > 0.0).mean(),
        ]
        assert_allclose(found["sampled"][name], expected, rtol=ROUTE)
