"""Coverage of 95% intervals in small samples: what ``docs/intervals.md`` and ``docs/effects.md`` state of each."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import pytest

import logitkit as lk

TRUE = np.array([-0.8, 0.7, 0.6])


def samples(count: int, n: int, seed: int) -> Iterator[tuple[dict[str, np.ndarray], np.ndarray]]:
    """Draw samples of a number and a group, and give their true linear predictors."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        x, z = rng.normal(size=n), (np.arange(n) % 3 == 0).astype(float)
        eta = np.column_stack([np.ones(n), x, z]) @ TRUE
        yield {"y": (rng.random(n) < expit(eta)).astype(int), "x": x, "z": z}, eta


def expit(eta: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-eta))


def holds(low: float, high: float, true: float) -> bool:
    return bool(low <= true <= high)


def covered(count: int, n: int, seed: int, asked: Callable[..., Iterator[tuple[str, bool]]]) -> dict[str, float]:
    """Give the proportion of samples whose intervals hold the truth; separated ones are left out of all."""
    hits: Counter[str] = Counter()
    used = 0
    for data, eta in samples(count, n, seed):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit = lk.logit("y ~ x + z", data)
            if fit.separation is not None:
                continue
            used += 1
            for name, hit in asked(fit, data, eta):
                hits[name] += hit
    return {name: value / used for name, value in hits.items()}


@pytest.mark.slow
def test_intervals_of_a_coefficient() -> None:
    def asked(fit: lk.Fit, data: dict[str, np.ndarray], eta: np.ndarray) -> Iterator[tuple[str, bool]]:
        del eta
        for method in ("wald", "profile", "score"):
            yield method, holds(*fit.confint(method, of="x").to_numpy()[0], TRUE[1])
        firth = lk.logit("y ~ x + z", data, penalty=lk.Jeffreys())
        for method in ("wald", "profile"):
            yield f"Firth, {method}", holds(*firth.confint(method, of="x").to_numpy()[0], TRUE[1])

    found = covered(1500, 40, 1, asked)
    print(found)  # noqa: T201 - what the pages state, shown by pytest -s
    assert 0.93 < found["profile"] < 0.965
    assert 0.93 < found["score"] < 0.97
    assert 0.935 < found["Firth, profile"] < 0.97
    assert 0.945 < found["wald"] < 0.985
    assert 0.945 < found["Firth, wald"] < 0.985


@pytest.mark.slow
def test_intervals_from_replicates() -> None:
    def asked(fit: lk.Fit, data: dict[str, np.ndarray], eta: np.ndarray) -> Iterator[tuple[str, bool]]:
        del data, eta
        drawn, without = fit.bootstrap(399, seed=2), fit.jackknife()
        for kind in ("percentile", "basic", "normal", "bca"):
            ends = drawn.tidy(kind, jackknife=without).set_index("term").loc["x"]
            yield kind, holds(ends["conf_low"], ends["conf_high"], TRUE[1])
        ends = fit.bootstrap(399, seed=2, kind="bayesian").tidy().set_index("term").loc["x"]
        yield "Bayesian", holds(ends["conf_low"], ends["conf_high"], TRUE[1])

    found = covered(400, 80, 3, asked)
    print(found)  # noqa: T201 - what the pages state, shown by pytest -s
    assert all(0.85 < value < 0.99 for value in found.values())


@pytest.mark.slow
def test_intervals_of_effects_contrasts_and_doses() -> None:
    def asked(fit: lk.Fit, data: dict[str, np.ndarray], eta: np.ndarray) -> Iterator[tuple[str, bool]]:
        base = eta - TRUE[2] * data["z"]
        effect = fit.effects("z", change=(0, 1)).to_frame().iloc[0]
        yield (
            "average effect",
            holds(effect["conf_low"], effect["conf_high"], (expit(base + TRUE[2]) - expit(base)).mean()),
        )
        slope = fit.effects("x").to_frame().iloc[0]
        p = expit(eta)
        yield "average slope", holds(slope["conf_low"], slope["conf_high"], (p * (1 - p)).mean() * TRUE[1])
        high, low = expit(TRUE.sum()), expit(TRUE[0])
        truth = {"risk difference": high - low, "risk ratio": high / low, "odds ratio": np.exp(TRUE[1] + TRUE[2])}
        for method in ("wald", "profile"):
            made = fit.contrast({"x": 1.0, "z": 1.0}, {"x": 0.0, "z": 0.0}, method=method)
            table = made.to_frame().set_index("quantity")
            for name, true in truth.items():
                yield f"{name}, {method}", holds(*table.loc[name, ["conf_low", "conf_high"]], true)
        for method in ("delta", "fieller", "profile"):
            row = fit.inverse("x", at={"z": 0.0}, method=method).to_frame().iloc[0]
            inside = holds(row["conf_low"], row["conf_high"], -TRUE[0] / TRUE[1])
            shape = row["shape"]  # a set that is not one interval holds what lies outside its ends
            yield f"dose, {method}", inside != (shape == "outside") or shape == "everything"

    found = covered(400, 80, 5, asked)
    print(found)  # noqa: T201 - what the pages state, shown by pytest -s
    assert all(0.90 < value < 0.99 for value in found.values())
