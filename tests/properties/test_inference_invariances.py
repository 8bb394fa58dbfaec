"""What must not change intervals, tests, effects and bias-reduced fits, or must change them in a known way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from properties.designs import COUNT, MARKS, SEED
from properties.tables import table
from tolerances import REFERENCE, ROUTE

ADJUSTED = (
    lk.Jeffreys(),
    lk.Jeffreys(correction="FLIC"),
    lk.Jeffreys(correction="FLAC"),
    lk.MeanBias(),
    lk.MedianBias(),
)
pytestmark = MARKS
SEEDS = [SEED + k for k in range(COUNT)]
FORMULA = "y ~ C(g) * x + z"
#: Ends are roots to 1e-9 or so of the statistic; what follows from two solvers' ends agrees to about this.
NEAR = REFERENCE


def numbers(frame: pd.DataFrame) -> np.ndarray:
    """The numbers of a table, without its labels."""
    return frame.select_dtypes("number").to_numpy(dtype=float)


def term_tests(fit: Any) -> Iterator[tuple[str, np.ndarray]]:
    """Every test of terms, which no choice of a basis changes."""
    for test in ("LR", "Wald", "score"):
        for kind in (1, 2, 3):
            found = fit.anova(kind, test)
            yield f"anova({kind}, {test})", np.concatenate([found.statistic, found.dof, found.p_value])
    for name, found in (("drop1", fit.drop1()), ("add1", fit.add1("h + x:z")), ("add1 LR", fit.add1("h", "LR"))):
        yield name, np.concatenate([found.tests.statistic, found.tests.dof, found.tests.p_value])
    yield "score_test", np.array([fit.score_test().statistic, fit.score_test().p_value])


def effects_of(fit: Any) -> Iterator[tuple[str, np.ndarray]]:
    """Every effect and mean, which no choice of a basis changes."""
    for scale in ("probability", "link", "risk_ratio", "odds_ratio"):
        yield f"effects({scale})", numbers(fit.effects(["x", "z"], scale=scale).to_frame())
    yield "effects by group", numbers(fit.effects("x", by="g").to_frame())
    yield "effects sampled", numbers(fit.effects("x", rows="sampled").to_frame())
    yield "effects at", numbers(fit.effects("z", at={"x": [0.0, 1.0]}).to_frame())
    yield "means", numbers(fit.means("g").to_frame())
    yield "means of probabilities", numbers(fit.means("g", scale="probability", weights="proportional").to_frame())
    yield "pairs", numbers(fit.means("g", contrasts="pairwise", adjust="bonferroni").to_frame())
    yield "contrast", numbers(fit.contrast({"g": "b", "x": 1.0}, {"g": "c", "x": 0.0}, at={"z": 1.0}).to_frame())
    yield "inverse", numbers(fit.inverse("z", 0.4, at={"g": "b", "x": 0.2}).to_frame())


def intervals_of(fit: Any) -> Iterator[tuple[str, np.ndarray]]:
    """Intervals of the coefficients, which belong to a basis."""
    for method in ("wald", "profile", "score"):
        yield f"confint({method})", numbers(fit.confint(method, of=["x", "x - 2*z"]))
    found = fit.equivalence(["x", "z"], -1.0, 1.0)
    yield "equivalence", np.concatenate([found.p_low, found.p_high, found.conf_low, found.conf_high])


def compare(one: Iterator[tuple[str, np.ndarray]], other: Iterator[tuple[str, np.ndarray]]) -> None:
    for (name, left), (_, right) in zip(one, other, strict=True):
        assert_allclose(right, left, rtol=NEAR, atol=NEAR, err_msg=name)


def every(fit: Any) -> Iterator[tuple[str, np.ndarray]]:
    for part in (term_tests, effects_of, intervals_of):
        yield from part(fit)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    frame = table(seed)
    mixed = frame.iloc[np.random.default_rng(seed).permutation(len(frame))]
    compare(every(lk.logit(FORMULA, frame)), every(lk.logit(FORMULA, mixed)))
    for penalty in ADJUSTED:
        fits = [lk.logit("y ~ C(g) + x", rows, penalty=penalty) for rows in (frame, mixed)]
        assert_allclose(fits[1].coef, fits[0].coef, rtol=NEAR, atol=NEAR)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_frequency_weight_is_the_row_written_out_as_often(seed: int) -> None:
    frame = table(seed)
    written = frame.loc[frame.index.repeat(frame["count"])].reset_index(drop=True)
    one, other = lk.logit(FORMULA, frame, weights="count"), lk.logit(FORMULA, written)
    compare(every(one), every(other))
    for kind in ("HC0", "HC1", "HC2", "HC3", "HC4"):
        assert_allclose(one.robust(kind).vcov, other.robust(kind).vcov, rtol=NEAR, atol=1e-12, err_msg=kind)
    for penalty in ADJUSTED:
        left = lk.logit("y ~ C(g) + x", frame, weights="count", penalty=penalty)
        right = lk.logit("y ~ C(g) + x", written, penalty=penalty)
        assert_allclose(right.coef, left.coef, rtol=NEAR, atol=NEAR, err_msg=str(penalty))
        assert_allclose(right.std_error, left.std_error, rtol=NEAR, err_msg=str(penalty))


@pytest.mark.parametrize("seed", SEEDS)
def test_another_reference_level_leaves_tests_and_effects_alone(seed: int) -> None:
    frame = table(seed)
    one = lk.logit(FORMULA, frame)
    for coding in ("contr.treatment('c')", "contr.sum"):
        other = lk.logit(f"y ~ C(g, {coding}) * x + z", frame)
        compare(term_tests(one), term_tests(other))
        compare(effects_of(one), effects_of(other))
    for penalty in (lk.Jeffreys(), lk.MeanBias()):  # medians and log-F priors are of the coefficients as they are coded
        left, right = (lk.logit(f"y ~ {g} + x", frame, penalty=penalty) for g in ("C(g)", "C(g, contr.sum)"))
        assert_allclose(right.predict(), left.predict(), rtol=NEAR)
        assert_allclose(right.coef["x"], left.coef["x"], rtol=NEAR)


@pytest.mark.parametrize(("size", "sign"), [(1e-4, -1.0), (0.3, 1.0), (700.0, -1.0)])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_column_rescaled_has_its_interval_scaled(seed: int, size: float, sign: float) -> None:
    frame, scale = table(seed), size * sign
    moved = frame.assign(x=scale * frame["x"])
    one, other = lk.logit("y ~ x + z + C(g)", frame), lk.logit("y ~ x + z + C(g)", moved)
    for method in ("wald", "profile", "score"):
        low, high = one.confint(method, of="x").to_numpy()[0]
        found = other.confint(method, of="x").to_numpy()[0] * scale
        assert_allclose(np.sort(found), [low, high], rtol=NEAR, err_msg=method)
    compare(term_tests(lk.logit("y ~ x + z + C(g)", frame)), term_tests(other))
    slope, scaled = (fit.effects("x").to_frame().iloc[0] for fit in (one, other))
    assert_allclose(scaled["estimate"] * scale, slope["estimate"], rtol=NEAR)
    assert_allclose(scaled["std_error"] * size, slope["std_error"], rtol=NEAR)
    for penalty in ADJUSTED:
        left, right = (lk.logit("y ~ x + z", rows, penalty=penalty) for rows in (frame, moved))
        assert_allclose(right.coef["x"] * scale, left.coef["x"], rtol=NEAR, atol=NEAR, err_msg=str(penalty))


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_have_the_inference_of_their_rows_one_by_one(seed: int) -> None:
    frame = table(seed, 200)
    frame["x"], frame["z"] = frame["x"].round(), frame["z"].round()
    cells = frame.groupby(["x", "z", "g", "h"], observed=True)["y"].agg(["sum", "size"]).reset_index()
    cells["rest"] = cells["size"] - cells["sum"]
    single, grouped = lk.logit("y ~ C(g) + x + z", frame), lk.logit("cbind(sum, rest) ~ C(g) + x + z", cells)
    compare(term_tests(single), term_tests(grouped))
    compare(intervals_of(single), intervals_of(grouped))
    for name in ("x", "z"):
        assert_allclose(
            numbers(grouped.effects(name, at={"g": "a", "x": 0.0}).to_frame()),
            numbers(single.effects(name, at={"g": "a", "x": 0.0}).to_frame()),
            rtol=NEAR,
        )
    for penalty in (*ADJUSTED, lk.LogF(1)):
        left = lk.logit("y ~ C(g) + x", frame, penalty=penalty)
        right = lk.logit("cbind(sum, rest) ~ C(g) + x", cells, penalty=penalty)
        assert_allclose(right.coef, left.coef, rtol=NEAR, atol=NEAR, err_msg=str(penalty))


@pytest.mark.parametrize("seed", SEEDS)
def test_clusters_of_one_row_are_no_clusters(seed: int) -> None:
    frame = table(seed)
    frame["id"] = np.random.default_rng(seed).permutation(len(frame))
    fit = lk.logit(FORMULA, frame)
    n = len(frame)
    for alone, clustered, factor in (("HC0", "CR0", 1.0), ("HC2", "CR2", 1.0), ("HC3", "CR3", 1.0)):
        left, right = fit.robust(alone), fit.robust(clustered, cluster="id")
        assert_allclose(right.vcov, factor * left.vcov, rtol=NEAR, atol=1e-12, err_msg=clustered)
    survey = lk.logit(FORMULA, frame.assign(w=2.5), weights="w", weight_kind="sampling", survey=lk.Survey(units="id"))
    assert_allclose(survey.coef, fit.coef, rtol=NEAR, atol=NEAR)
    assert_allclose(survey.vcov, n / (n - 1) * fit.robust("HC0").vcov, rtol=NEAR, atol=1e-12)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "cauchit"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_profile_against_itself_is_null(seed: int, link: str) -> None:
    frame = table(seed)
    fit = lk.logit(FORMULA, frame, link=link)
    for method in ("wald", "profile") if link == "logit" else ("wald",):
        one = {"g": "b", "x": 0.3, "z": 1.0}
        found = fit.contrast(one, dict(one), method=method, at="mean").to_frame()
        null = found.set_index(found.columns[0])["estimate"]
        ratios = [label for label in null.index if "ratio" in str(label)]
        differences = [label for label in null.index if "difference" in str(label)]
        assert ratios
        assert differences
        assert_allclose(null[ratios], 1.0, rtol=ROUTE)
        assert_allclose(null[differences], 0.0, atol=ROUTE)


@pytest.mark.parametrize("model", ["cumulative", "adjacent", "nominal"])
def test_several_outcomes_have_the_same_invariances(model: str) -> None:
    frame = table(11, 160)
    rng = np.random.default_rng(11)
    frame["y"] = np.digitize(frame["x"] + rng.logistic(size=160), [-1.0, 1.0])
    form = lk.Multinomial() if model == "nominal" else lk.Ordinal(model)
    written = frame.loc[frame.index.repeat(frame["count"])].reset_index(drop=True)
    mixed = written.iloc[rng.permutation(len(written))]
    one, other = lk.fit("y ~ C(g) + x", frame, model=form, weights="count"), lk.fit("y ~ C(g) + x", mixed, model=form)
    coded = lk.fit("y ~ C(g, contr.sum) + x", mixed, model=form)
    for fit in (other, coded):
        for kind in (1, 2, 3):
            for test in ("LR", "Wald"):
                left, right = one.anova(kind, test), fit.anova(kind, test)
                assert_allclose(right.statistic, left.statistic, rtol=NEAR, atol=NEAR)
        assert_allclose(numbers(fit.effects().to_frame()), numbers(one.effects().to_frame()), rtol=1e-6, atol=NEAR)
        assert_allclose(numbers(fit.means("g").to_frame()), numbers(one.means("g").to_frame()), rtol=NEAR, atol=NEAR)
    place = next(name for name in one.record.names if name.endswith("x"))
    for method in ("wald", "profile", "score"):
        left, right = (fit.confint(method, of=f"`{place}`" if ":" in place else place) for fit in (one, other))
        assert_allclose(right, left, rtol=NEAR, err_msg=method)
