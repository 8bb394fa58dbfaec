"""The notebook on detection: its models are at their optimum, and its counts are those of plain loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from scipy.special import expit, log_softmax, softmax

from notebook_runs import look_into
from tolerances import EXACT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Any]:
    folder = tmp_path_factory.mktemp("detection")
    found = look_into("11-detection", folder, quick=False)
    with np.load(folder / "saved.npz") as saved:
        return found, dict(saved)


def test_the_softmax_is_near_its_optimum(seen: Any) -> None:
    X, y, coef, strength = seen[1]["rows"], seen[1]["outcome"], seen[1]["coef"], seen[0]["strength"]
    n, K = len(y), coef.shape[1]

    def objective(flat: Any) -> tuple[float, Any]:
        b = flat.reshape(-1, K)
        eta = X @ b
        residual = softmax(eta, axis=1)
        residual[np.arange(n), y] -= 1.0
        slope = X.T @ residual / n
        slope[1:] += strength * b[1:]
        loss = -log_softmax(eta, axis=1)[np.arange(n), y].mean() + strength / 2 * (b[1:] ** 2).sum()
        return loss, slope.ravel()

    there = objective(coef.ravel())[0]
    least = minimize(objective, coef.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 40}).fun
    proportion = np.bincount(y, minlength=K) / n
    # The solver stops at a proven gap of 1e-3 of the loss of the intercepts alone.
    assert there - least < 1e-3 * -(proportion * np.log(proportion)).sum()


def test_the_places_solve_their_score_equations(seen: Any) -> None:
    X, targets = seen[1]["of_digits"], seen[1]["targets"]
    for axis in (0, 1):
        score = X.T @ (targets[:, axis] - expit(X @ seen[1]["places"][axis]))
        assert np.abs(score).max() < 1e-6 * len(X)
    assert_allclose(X.T @ (targets[:, 2:] - X @ seen[1]["sides"]), 0.0, atol=1e-8 * len(X))


def overlap(a: Any, b: Any) -> float:
    both = max(min(a[2], b[2]) - max(a[0], b[0]), 0.0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0.0)
    return float(both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both))


def test_what_is_right_is_what_loops_say(seen: Any) -> None:
    saved, scenes = seen[1], seen[0]["scenes"]
    scores, right, most = [], [], seen[0]["overlap"]
    for number in range(len(scenes)):
        of = [saved[f"{part}_{number}"] for part in ("boxes", "scores", "classes")]
        names, truth = saved[f"names_{number}"], saved[f"truth_{number}"]
        left = [k for k in np.argsort(-of[1], kind="stable") if of[1][k] >= 0.01]
        free = set(range(len(names)))
        while left:
            best = left.pop(0)
            left = [k for k in left if of[2][k] != of[2][best] or overlap(of[0][k], of[0][best]) <= most]
            shared = {j: overlap(of[0][best], truth[j]) for j in free if names[j] == of[2][best]}
            taken = max(shared, key=lambda j: shared[j]) if shared else -1
            hit = taken >= 0 and shared[taken] >= 0.5
            free -= {taken} if hit else set()
            scores.append(of[1][best])
            right.append(hit)
    assert len(scores) == sum(kept for kept, _ in scenes)
    assert sum(right) == sum(hits for _, hits in scenes)
    assert_allclose(
        sorted(scores), np.sort(np.concatenate([saved[f"kept_{k}"] for k in range(len(scenes))])), rtol=EXACT
    )


def test_what_the_words_say(seen: Any) -> None:
    found = seen[0]
    table = found["table"]
    chosen, none = table["by class"], table["no suppression"]
    assert found["images"] == 2
    assert chosen["precision"] > none["precision"]
    assert chosen["average precision"] == max(row["average precision"] for row in table.values())
    # What is open was chosen on other scenes, whose writers are read better.
    assert found["overlaps"][str(found["overlap"])] == max(found["overlaps"].values()) > chosen["average precision"]
    assert chosen["average precision"] == pytest.approx(0.68, abs=0.02)
    assert max(found["overlaps"].values()) == pytest.approx(0.77, abs=0.02)
    assert found["read_wrongly"] > 0.5
    # Sure boxes are right about as often as they say, the others less often.
    *_, middling, _, most = found["sure"]
    assert abs(most[1] - most[2]) < 0.1
    assert middling[1] - middling[2] > 0.1
