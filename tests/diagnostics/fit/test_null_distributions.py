"""Do tests of fit reject a right model as often as they promise? Seeded simulations, run by make test-slow.

The bounds are the promise with four Monte Carlo standard errors, and what is known of each test in finite samples.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

import logitkit as lk

pytestmark = pytest.mark.slow

REPEATS = 1_000
ERROR = 4.0 * np.sqrt(0.05 * 0.95 / REPEATS)


def rows(rng: np.random.Generator, n: int) -> pd.DataFrame:
    frame = pd.DataFrame({"x": rng.uniform(0.5, 3.0, n), "z": rng.normal(size=n), "g": rng.choice(list("abc"), n)})
    return frame.assign(eta=-1.0 + 0.8 * frame["x"] - 0.6 * frame["z"] + 0.5 * (frame["g"] == "b"))


def rejected(found: list[pd.DataFrame]) -> dict[str, float]:
    """Return how often each test rejects at 5%."""
    values = pd.concat([each.groupby("test")["p_value"].first() for each in found], axis=1)
    return (values < 0.05).sum(axis=1).div(values.notna().sum(axis=1)).to_dict()


def events(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(y=(rng.random(len(frame)) < expit(frame["eta"])).astype(int))


def test_on_the_rows_of_the_fit():
    rng, found = np.random.default_rng(1), []
    for _ in range(REPEATS):
        fit = lk.logit("y ~ x + z + C(g)", events(rng, rows(rng, 1_000)))
        found.append(fit.goodness_of_fit().to_frame())
    share = rejected(found)
    exact = ["Sum of squares (le Cessie)", "Stukel", "Box-Tidwell, x"]
    exact += ["Hosmer-Lemeshow, groups of Stata", "Hosmer-Lemeshow, groups of R"]
    assert {name: share[name] for name in exact if abs(share[name] - 0.05) > ERROR} == {}
    assert share["Information matrix"] < 0.05 + 2 * ERROR  # slowly chi-square
    assert share["Osius-Rojek"] < 0.05 + 2 * ERROR  # of single trials slowly normal
    for conservative in ("Spiegelhalter", "Link test", "Calibration belt"):
        assert share[conservative] < 0.05 + ERROR


def test_on_new_rows():
    rng, found = np.random.default_rng(2), []
    fit = lk.logit("y ~ x + z + C(g)", events(rng, rows(rng, 400_000)))
    for _ in range(REPEATS):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found.append(fit.goodness_of_fit(events(rng, rows(rng, 1_000))).to_frame())
    share = rejected(found)
    exact = ["Spiegelhalter", "Stukel", "Link test", "Hosmer-Lemeshow, groups of Stata"]
    exact.append("Calibration belt")
    assert {name: share[name] for name in exact if abs(share[name] - 0.05) > ERROR} == {}
    assert share["Osius-Rojek"] < 0.05 + 2 * ERROR
    assert share["Information matrix"] < 0.05 + 2 * ERROR


def test_patterns_of_many_trials():
    rng, found = np.random.default_rng(3), []
    frame = pd.DataFrame({"x": np.repeat(np.arange(1.0, 11.0), 4), "z": np.tile(np.arange(4.0), 10)})
    p = expit(-1.0 + 0.2 * frame["x"] + 0.2 * frame["z"])
    for _ in range(REPEATS):
        yes = rng.binomial(60, p)
        fit = lk.logit("cbind(yes, no) ~ x + z", frame.assign(yes=yes, no=60 - yes))
        found.append(fit.goodness_of_fit().to_frame())
    share = rejected(found)
    for name in ("Pearson, covariate patterns", "Deviance, covariate patterns", "Osius-Rojek", "Stukel"):
        assert abs(share[name] - 0.05) < ERROR, name


def test_of_ordered_outcomes():
    rng, found = np.random.default_rng(4), []
    for _ in range(400):
        frame = rows(rng, 1_000)
        latent = frame["eta"] + rng.logistic(size=1_000)
        frame["y"] = np.array(list("abcd"))[np.searchsorted([-1.0, 0.3, 1.5], latent)]
        fit = lk.ordinal("y ~ x + z + C(g)", frame, order=list("abcd"))
        found.append(fit.goodness_of_fit(tests=["lipsitz", "pulkstenis_robinson"]).to_frame())
    share = rejected(found)
    error = 4.0 * np.sqrt(0.05 * 0.95 / 400)
    for name in ("Lipsitz", "Pulkstenis-Robinson, Pearson", "Pulkstenis-Robinson, deviance"):
        assert abs(share[name] - 0.05) < error, name
