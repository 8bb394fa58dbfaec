"""Levels with one outcome on the wide path: infinite intercepts, the same limit, and no false claim of convergence."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from engine.levels.wide import COVARIANCE, assert_same_fit, both_ways, places, wide_fit
from examples import every_other
from logitkit.engine.solvers.solver import Status
from logitkit.errors import ConvergenceWarning
from tolerances import ROUTE


def with_pure(frame: pd.DataFrame, outcomes: dict[str, int]) -> pd.DataFrame:
    """Give the rows of some levels one outcome."""
    frame = frame.copy()
    for level, outcome in outcomes.items():
        rows = frame["g"] == level
        frame.loc[rows, ["y", "events", "others"]] = [outcome, 5 * outcome, 5 - 5 * outcome]
    return frame


LEVELS = sorted(places()["g"].unique())
OUTCOMES = {
    "one up": {"l005": 1},
    "one down": {"l005": 0},
    "the reference level up": {"l000": 1},
    "the reference level down": {"l000": 0},
    "several on both sides": {"l005": 1, "l007": 0, "l009": 1, "l029": 0},
    "both sides and the reference level": {"l000": 1, "l007": 0, "l009": 1},
    "the reference level on the other side": {"l000": 0, "l007": 0, "l009": 1},
    "all but one": {level: place % 2 for place, level in enumerate(LEVELS[:-1])},
    "all but the reference level": {level: place % 2 for place, level in enumerate(LEVELS[1:])},
    "all but two": {level: place % 2 for place, level in enumerate(LEVELS[1:-1])},
}


FORMULAS = ["y ~ x + C(g) + h", "y ~ 0 + C(g) + x", "cbind(events, others) ~ C(g) + x"]


@pytest.mark.parametrize(("formula", "outcomes"), every_other(FORMULAS, OUTCOMES))
def test_levels_with_one_outcome(formula, outcomes):
    dense, wide = both_ways(formula, with_pure(places(), OUTCOMES[outcomes]))
    assert wide.record.status is Status.SEPARATED
    assert_same_fit(dense, wide)


@pytest.mark.parametrize(
    "options",
    [
        {"weights": "count"},
        {"weights": "weight", "weight_kind": "precision"},
        {"weights": "weight", "weight_kind": "sampling"},
        {"cluster": "person"},
        {"offset": "shift"},
    ],
    ids=lambda options: "-".join(options.values()),
)
def test_levels_with_one_outcome_and_weights_clusters_or_an_offset(options):
    assert_same_fit(*both_ways("y ~ x + C(g)", with_pure(places(), {"l005": 1, "l000": 0}), **options))


def test_a_level_has_one_outcome_once_rows_of_weight_zero_are_gone():
    frame = places()
    frame["count"] = np.where((frame["g"] == "l005") & (frame["y"] == 0), 0, frame["count"] + 1)
    dense, wide = both_ways("y ~ x + C(g)", frame, weights="count")
    assert wide.record.status is Status.SEPARATED
    assert_same_fit(dense, wide)


def test_the_rest_is_the_fit_without_the_rows_of_these_levels():
    frame = with_pure(places(), {"l005": 1, "l007": 0})
    wide = wide_fit("y ~ x + h + C(g)", frame)
    rest = lk.logit("y ~ x + h + C(g)", frame[~frame["g"].isin(["l005", "l007"])])
    assert wide.coef["C(g)[T.l005]"] == np.inf
    assert wide.coef["C(g)[T.l007]"] == -np.inf
    assert_allclose((wide.coef[rest.coef.index] - rest.coef) / rest.std_error, 0.0, atol=ROUTE)
    assert_allclose(wide.loglik, rest.loglik, rtol=ROUTE)
    assert wide.predict()[frame["g"] == "l005"].eq(1.0).all()
    assert wide.predict()[frame["g"] == "l007"].eq(0.0).all()


NESTED = [
    "y ~ x + C(g) + C(region)",
    "y ~ x + C(region) + C(g)",
    "y ~ x + side + C(g)",
    "y ~ x + C(g) + side",
]


@pytest.mark.parametrize(
    ("formula", "outcomes"), every_other(NESTED, [{"l005": 1}, {"l005": 1, "l000": 0}, {"l006": 1, "l007": 0}])
)
def test_levels_with_one_outcome_in_factors_that_they_determine(formula, outcomes):
    """What is infinite, finite and open is decided by what does not cancel; a finite coefficient is not given away."""
    frame = with_pure(places(), outcomes)
    frame["side"] = np.where(frame["g"].isin(list(outcomes)), "in", "out")
    assert_same_fit(*both_ways(formula, frame))


def test_a_level_of_another_factor_that_occurs_beside_one_outcome_only():
    """Its rows are fitted perfectly, so its coefficient is open; it counts as a parameter, and no level is aliased."""
    frame = with_pure(places(), {"l005": 1})
    frame["brand"] = np.where((frame["g"] == "l005") & (frame["x"] > 0.5), "rare", frame["h"])
    dense, wide = both_ways("y ~ x + brand + C(g)", frame)
    assert dense.aliased == ()
    assert_same_fit(dense, wide)


def test_a_number_that_varies_beside_one_outcome_only():
    frame = with_pure(places(), {"l005": 1})
    frame["only"] = np.where(frame["g"] == "l005", frame["x"], 0.0)
    assert_same_fit(*both_ways("y ~ x + only + C(g)", frame))


def separated_otherwise() -> dict[str, tuple[str, pd.DataFrame]]:
    frame = places()
    level = frame.assign(y=np.where(frame["h"] == "c", 1, frame["y"]))
    number = frame.assign(y=(frame["x"] > 0).astype(int))
    part = frame.assign(known=np.where(frame["g"] == "l004", frame["y"], 0.0))
    return {
        "a level of another factor": ("y ~ x + h + C(g)", level),
        "a number, all rows": ("y ~ x + C(g)", number),
        "a number, within one level": ("y ~ x + known + C(g)", part),
        "beside a level with one outcome": ("y ~ x + h + C(g)", with_pure(level, {"l005": 0})),
    }


@pytest.mark.parametrize("case", separated_otherwise().values(), ids=separated_otherwise().keys())
def test_another_separation_is_not_taken_for_convergence(case):
    formula, frame = case
    assert lk.logit(formula, frame).record.status is Status.SEPARATED
    with pytest.warns(ConvergenceWarning):
        wide = wide_fit(formula, frame)
    assert not wide.converged
    assert wide.record.status is Status.SUSPECTED


def test_overlapping_rows_are_certified():
    """Many levels, few rows each: a fit that has an estimate is not suspected."""
    rng = np.random.default_rng(6)
    code = np.repeat(np.arange(300), 6)
    y = np.tile([0, 1, 0, 1, 0, 1], 300)
    x = rng.normal(size=code.size) + y
    frame = pd.DataFrame({"y": y, "x": x, "g": [f"l{level:03d}" for level in code]})
    assert_same_fit(*both_ways("y ~ x + C(g)", frame))


def few_rows_a_level(slope: float = 3.0) -> pd.DataFrame:
    """Give 2,000 levels of three rows, where the first steps are slow though the estimate is finite."""
    rng = np.random.default_rng(39)
    g = np.repeat(np.arange(2000), 3)
    level = rng.normal(size=2000)[g]
    x = rng.normal(size=g.size)
    y = (rng.random(g.size) < 1.0 / (1.0 + np.exp(-(slope * x + level - 1.0)))).astype(int)
    return pd.DataFrame({"y": y, "x": x, "g": g})


def test_slow_first_steps_are_not_taken_for_separation():
    frame = few_rows_a_level()
    fit = lk.logit("y ~ x", frame, absorb="g")
    assert fit.record.status is Status.CONVERGED
    steps = fit.record.trace
    assert all(first.iteration < then.iteration for first, then in pairwise(steps))
    # The likelihood is concave: where its derivatives vanish is the maximum.
    varied = frame[frame.groupby("g")["y"].transform("nunique") > 1]
    left = varied["y"] - fit.predict(varied)
    assert np.abs(left.groupby(varied["g"]).sum()).max() < 1e-9
    assert abs(left @ varied["x"]) < 1e-8 * np.abs(varied["x"]).sum()
    written = lk.logit("y ~ x + C(g)", frame)
    assert written.record.status is Status.SEPARATED
    assert_allclose(written.coef["x"], fit.coef["x"], rtol=ROUTE)
    assert_allclose(written.std_error["x"], fit.std_error["x"], rtol=COVARIANCE)


@pytest.mark.parametrize("kind", ["complete", "quasi"])
def test_separation_within_levels_is_proved(kind):
    frame = few_rows_a_level()
    if kind == "complete":
        frame["y"] = (frame["x"] > frame.groupby("g")["x"].transform("mean") + 0.01 * (frame["g"] % 7)).astype(int)
    else:
        frame["x"] = (frame["x"] > 1.0).astype(float)
        frame.loc[frame["x"] == 1.0, "y"] = 1
    fit = lk.logit("y ~ x", frame, absorb="g")
    assert fit.record.status is Status.SEPARATED
    assert fit.converged
    assert fit.coef["x"] == np.inf
