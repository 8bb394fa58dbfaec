"""Boxes of a YOLO head and their suppression, against plain loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import logitkit as lk
from logitkit.errors import DataError


def overlap(a: Any, b: Any) -> float:
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(wide, 0.0) * max(high, 0.0)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both
    return both / union if both > 0.0 else 0.0


def brute(boxes: Any, scores: Any, threshold: float, classes: Any) -> list[int]:
    """Return what is kept, as the definition says."""
    left = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
    kept = []
    while left:
        best = left.pop(0)
        kept.append(best)
        left = [i for i in left if classes[i] != classes[best] or overlap(boxes[i], boxes[best]) <= threshold]
    return kept


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.7, 1.0])
@pytest.mark.parametrize("by_class", [True, False])
def test_what_is_kept_is_what_the_definition_says(threshold: float, by_class: bool) -> None:
    rng = np.random.default_rng(1)
    corner, size = rng.uniform(0.0, 50.0, (200, 2)), rng.uniform(0.0, 30.0, (200, 2))
    boxes = np.hstack([corner, corner + size])
    boxes[50:60] = boxes[:10]  # copies
    scores = rng.integers(0, 40, 200) / 10.0  # with ties
    classes = np.array(["cat", "dog", "hen"])[rng.integers(0, 3, 200)] if by_class else np.zeros(200)
    found = lk.logits.non_maximum_suppression(boxes, scores, threshold, classes if by_class else None)
    assert found.tolist() == brute(boxes, scores, threshold, classes)


def test_no_boxes_and_boxes_without_an_area() -> None:
    assert lk.logits.non_maximum_suppression(np.empty((0, 4)), []).size == 0
    assert lk.logits.non_maximum_suppression([[0, 0, 0, 5], [0, 0, 0, 5]], [1.0, 2.0]).tolist() == [1, 0]
    # An overlap that is the threshold stays: half of the union.
    assert lk.logits.non_maximum_suppression([[0, 0, 2, 1], [0, 0, 1, 1]], [2.0, 1.0], 0.5).tolist() == [0, 1]


def test_an_overlap_that_is_the_threshold_stays() -> None:
    for union in range(1, 200):
        for both in {1, union // 3 + 1, union}:
            # One box within another: the overlap is both / union, of whole numbers.
            found = lk.logits.non_maximum_suppression([[0, 0, union, 1], [0, 0, both, 1]], [2.0, 1.0], both / union)
            assert found.tolist() == [0, 1], (both, union)


def test_every_box_of_a_head_is_what_the_paper_says() -> None:
    rng = np.random.default_rng(2)
    head = rng.normal(0.0, 1.5, (2, 8, 3, 4))
    anchors = np.array([[10.0, 14.0], [30.0, 20.0]])
    found = lk.logits.decode_yolo(head, anchors, 16.0)
    assert len(found) == 24
    place = 0
    for a in range(2):
        for j in range(3):
            for i in range(4):
                t = head[a, :, j, i]
                p = 1.0 / (1.0 + np.exp(-t))
                x, y = 16.0 * (i + p[0]), 16.0 * (j + p[1])
                w, h = anchors[a] * np.exp(t[2:4])
                np.testing.assert_allclose(found.boxes[place], [x - w / 2, y - h / 2, x + w / 2, y + h / 2])
                assert found.scores[place] == pytest.approx(p[4] * p[5:].max(), rel=1e-13)
                assert found.classes[place] == p[5:].argmax()
                place += 1
    twice = found.joined(lk.logits.decode_yolo(head[:1], anchors[:1], 16.0), found)
    assert len(twice) == 60
    np.testing.assert_array_equal(twice.boxes[24:36], found.boxes[:12])
    np.testing.assert_array_equal(twice.scores[36:], found.scores)
    assert twice.classes.tolist() == [*found.classes, *found.classes[:12], *found.classes]
    best = found.above(0.3)
    assert (best.scores >= 0.3).all()
    assert len(best) == int((found.scores >= 0.3).sum())
    kept = best.kept(0.4)
    assert kept.scores.tolist() == sorted(kept.scores, reverse=True)
    assert kept.scores.tolist() == best.scores[brute(best.boxes, best.scores, 0.4, best.classes)].tolist()
    assert len(best.kept(0.4, by_class=False)) == len(brute(best.boxes, best.scores, 0.4, np.zeros(len(best))))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: lk.logits.non_maximum_suppression([[0, 0, -1, 1]], [1.0]), "negative size"),
        (lambda: lk.logits.non_maximum_suppression([[0, 0, 1]], [1.0]), r"shape \(1, 3\)"),
        (lambda: lk.logits.non_maximum_suppression([[0, 0, 1, np.nan]], [1.0]), "not finite in row 0"),
        (lambda: lk.logits.non_maximum_suppression([[0, 0, 1, 1]], [1.0, 2.0]), "there are 1 boxes"),
        (lambda: lk.logits.non_maximum_suppression([[0, 0, 1, 1]], [1.0], 1.5), "threshold=1.5"),
        (lambda: lk.logits.non_maximum_suppression([[0, 0, 1, 1]], [1.0], classes=[1, 2]), "classes have shape"),
        (lambda: lk.logits.decode_yolo(np.zeros((1, 5, 2, 2)), [[1.0, 1.0]], 8.0), r"give \(A, 5 \+ C, H, W\)"),
        (lambda: lk.logits.decode_yolo(np.zeros((1, 6, 2, 2)), [[1.0, 0.0]], 8.0), "above 0 of 1 anchors"),
        (lambda: lk.logits.decode_yolo(np.zeros((1, 6, 2, 2)), [[1.0, 1.0]], 0.0), "stride=0.0"),
        (lambda: lk.logits.decode_yolo(np.full((1, 6, 2, 2), 1e4), [[1.0, 1.0]], 8.0), "times the anchor"),
    ],
)
def test_refused(call: Callable[[], Any], told: str) -> None:
    with pytest.raises(DataError, match=told):
        call()
