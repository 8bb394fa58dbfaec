"""The bias that many intercepts bring: known where it has a closed form, and taken out by two corrections."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import brentq

import logitkit as lk
from logitkit.errors import ConvergenceError, SeparationError, UnsupportedError
from logitkit.inference.incidental import BiasCorrection, bias_correction
from tolerances import EXACT, ROUTE


def draw(rng: np.random.Generator, levels: int, rows: int, coef: tuple[float, ...] = (1.0,)) -> pd.DataFrame:
    """Levels whose intercepts go with the columns."""
    g = np.repeat(np.arange(levels), rows)
    intercept = rng.normal(size=levels)[g]
    X = rng.normal(size=(g.size, len(coef))) + 0.5 * intercept[:, None]
    y = (rng.random(g.size) < 1 / (1 + np.exp(-(X @ np.array(coef) + intercept)))).astype(int)
    return pd.DataFrame({"y": y, "g": g, **{f"x{j}": X[:, j] for j in range(len(coef))}})


@pytest.mark.parametrize(("up", "down"), [(30, 10), (200, 199), (7, 90)])
def test_with_two_rows_a_level_the_estimate_is_twice_the_conditional_one(up, down):
    """Before and after: x is 0, then 1. Pairs of outcomes 01 and 10 tell; conditional likelihood gives log(up/down)."""
    pairs = [(0, 1)] * up + [(1, 0)] * down + [(0, 0)] * 5 + [(1, 1)] * 4
    frame = pd.DataFrame(
        {
            "y": np.array(pairs).ravel(),
            "x": np.tile([0.0, 1.0], len(pairs)),
            "g": np.repeat(np.arange(len(pairs)), 2),
        }
    )
    fit = lk.logit("y ~ x", frame, absorb="g")
    assert_allclose(fit.coef["x"], 2 * np.log(up / down), rtol=ROUTE)
    # Each intercept is minus half the estimate, so that the two probabilities of a level add to one.
    intercepts = fit.absorbed["intercept"]
    assert_allclose(intercepts[np.isfinite(intercepts)], -fit.coef["x"] / 2, rtol=ROUTE, atol=1e-12)
    assert np.isinf(intercepts).sum() == 9
    # The information of the profile: one half of the curvature of a row, for each level that tells.
    mu = 1 / (1 + np.exp(-fit.coef["x"] / 2))
    assert_allclose(fit.std_error["x"], np.sqrt(2 / ((up + down) * mu * (1 - mu))), rtol=ROUTE)
    with pytest.raises(SeparationError, match="four rows"):
        fit.bias_correction("jackknife")


def test_the_analytic_bias_is_the_expected_score_written_out():
    """Level by level, with the intercept profiled out by a root finder in place of its expansion."""
    frame = draw(np.random.default_rng(1), 40, 6, (0.8, -0.5))
    frame["weight"] = np.random.default_rng(2).integers(1, 4, len(frame))
    fit = lk.logit("y ~ x0 + x1", frame, absorb="g", weights="weight")
    rows = frame.iloc[fit.design.positions]
    eta, x, w = fit.predict_logit().dropna().to_numpy(), rows[["x0", "x1"]].to_numpy(), rows["weight"].to_numpy()
    mu = 1 / (1 + np.exp(-eta))
    score, information = np.zeros(2), np.zeros((2, 2))
    for level in rows["g"].unique():
        of = (rows["g"] == level).to_numpy()
        v = w[of] * mu[of] * (1 - mu[of])
        within = x[of] - (v @ x[of]) / v.sum()
        information += within.T @ (v[:, None] * within)
        score -= 0.5 * within.T @ (v * (1 - 2 * mu[of])) / v.sum()
    expected = fit.coef - np.linalg.solve(information, score)
    assert_allclose(fit.bias_correction().corrected, expected, rtol=ROUTE)
    assert_allclose(fit.vcov, np.linalg.inv(information), rtol=ROUTE)


@pytest.mark.slow
def test_the_expansion_is_the_expectation_of_the_profile_score():
    """All outcomes of a level of twelve rows are enumerated, and its intercept is found for each at the true slope."""
    rng = np.random.default_rng(3)
    x, slope, gap = rng.normal(size=12), 0.7, {}
    for rows in (6, 12):
        eta = slope * x[:rows] + 0.4
        mu = 1 / (1 + np.exp(-eta))
        v = mu * (1 - mu)
        within = x[:rows] - (v @ x[:rows]) / v.sum()
        total = chance_kept = 0.0
        for code in range(1, 2**rows - 1):
            y = (code >> np.arange(rows)) & 1
            chance = np.prod(np.where(y == 1, mu, 1 - mu))
            at = brentq(lambda a, y=y, r=rows: np.sum(y - 1 / (1 + np.exp(-(slope * x[:r] + a)))), -30, 30)
            fitted = 1 / (1 + np.exp(-(slope * x[:rows] + at)))
            total += chance * (x[:rows] @ (y - fitted))
            chance_kept += chance
        leading = -0.5 * (within @ (v * (1 - 2 * mu))) / v.sum()
        gap[rows] = abs(total - leading) / abs(leading)
    # Of order 1 / rows beside the leading term, which is of order one.
    assert gap[12] < 0.35
    assert gap[12] < 0.75 * gap[6]


def test_the_jackknife_is_twice_the_estimate_less_the_mean_of_the_halves():
    frame = draw(np.random.default_rng(4), 60, 12, (0.8, -0.5))
    fit = lk.logit("y ~ x0 + x1", frame, absorb="g")
    place = frame.groupby("g").cumcount()
    halves = [lk.logit("y ~ x0 + x1", frame[of], absorb="g").coef for of in (place < 6, place >= 6)]
    found = fit.bias_correction("jackknife")
    assert_allclose(found.corrected, 2 * fit.coef - (halves[0] + halves[1]) / 2, rtol=ROUTE)
    assert_allclose(found.estimate, fit.coef, rtol=0)
    assert_allclose(found.bias, fit.coef - found.corrected, rtol=EXACT)


def test_odd_levels_are_split_both_ways_and_weights_count_rows():
    frame = draw(np.random.default_rng(5), 60, 11)
    frame = frame.drop(frame.index[frame["g"].isin(range(20)) & (frame.groupby("g").cumcount() == 3)])
    fit = lk.logit("y ~ x0", frame, absorb="g")
    place, size = frame.groupby("g").cumcount(), frame.groupby("g")["y"].transform("size")
    coefs = []
    for first in (size // 2, (size + 1) // 2):
        coefs += [lk.logit("y ~ x0", frame[of], absorb="g").coef["x0"] for of in (place < first, place >= first)]
    expected = 2 * fit.coef["x0"] - np.mean(coefs)
    assert_allclose(fit.bias_correction("jackknife").corrected[0], expected, rtol=ROUTE)
    frame["count"] = np.random.default_rng(6).integers(0, 4, len(frame))
    weighted = lk.logit("y ~ x0", frame, absorb="g", weights="count")
    repeated = lk.logit("y ~ x0", frame.loc[frame.index.repeat(frame["count"])], absorb="g")
    for method in ("analytic", "jackknife"):
        assert_allclose(
            weighted.bias_correction(method).corrected, repeated.bias_correction(method).corrected, rtol=1e-8
        )


def test_an_offset_and_aliased_columns_are_carried_along():
    frame = draw(np.random.default_rng(7), 80, 10, (0.8, -0.5))
    frame["double"], frame["shift"] = 2 * frame["x0"], np.random.default_rng(8).normal(size=len(frame)) / 2
    fit = lk.logit("y ~ x0 + double + x1", frame, absorb="g", offset="shift")
    plain = lk.logit("y ~ x0 + x1", frame, absorb="g", offset="shift")
    for method in ("analytic", "jackknife"):
        found, other = fit.bias_correction(method), plain.bias_correction(method)
        assert np.isnan(found.corrected[1])
        assert_allclose(found.corrected[[0, 2]], other.corrected, rtol=1e-8)


def test_standard_errors_and_intervals_are_around_the_corrected_coefficient():
    frame = draw(np.random.default_rng(9), 60, 10)
    fit = lk.logit("y ~ x0", frame, absorb="g", cluster="g")
    found = fit.bias_correction("jackknife", level=0.9)
    assert_allclose(found.std_error, fit.std_error, rtol=0)
    assert_allclose(found.statistic, found.corrected / fit.std_error, rtol=EXACT)
    assert_allclose((found.low + found.high) / 2, found.corrected, rtol=EXACT)
    assert_allclose(found.high - found.low, 2 * 1.6448536269514722 * fit.std_error, rtol=EXACT)
    with pytest.raises(UnsupportedError, match="jackknife"):
        fit.bias_correction()


def shown_of_long_levels() -> BiasCorrection:
    frame = draw(np.random.default_rng(10), 30, 20)
    return lk.logit("y ~ x0", frame, absorb="g").bias_correction()


def test_tests_are_withheld_where_the_correction_takes_away_much_of_the_estimate():
    """Matched sets of one case and two controls, as R's infert: there 1.326 stood beside clogit's 1.986, p = 0.0042."""
    from statsmodels.discrete.conditional_models import ConditionalLogit

    rng = np.random.default_rng(3)
    x = rng.normal(size=(80, 3))
    chance = np.exp(1.5 * x) / np.exp(1.5 * x).sum(axis=1, keepdims=True)
    case = np.array([rng.choice(3, p=row) for row in chance])
    sets = {"y": np.eye(3, dtype=int)[case].ravel(), "x": x.ravel(), "g": np.repeat(np.arange(80), 3)}
    found = lk.logit("y ~ x", sets, absorb="g").bias_correction()
    conditional = ConditionalLogit(sets["y"], sets["x"][:, None], groups=sets["g"]).fit(disp=0).params[0]
    assert found.estimate[0] > 1.4 * conditional > 1.4 * 1.3 * found.corrected[0]
    assert_allclose(found.share, found.bias[0] / found.estimate[0], rtol=ROUTE)
    assert found.share > 0.3
    assert found.withheld
    for name in ("std_error", "statistic", "p_value", "low", "high"):
        assert np.isnan(getattr(found, name)).all()
    long = shown_of_long_levels()
    assert not long.withheld
    assert long.share < 0.15
    assert np.isfinite(long.p_value).all()


def test_it_shows_itself():
    assert "those of the estimate, model-based" in " ".join(str(shown_of_long_levels()).split())
    frame = draw(np.random.default_rng(10), 60, 4)
    fit = lk.logit("y ~ x0", frame, absorb="g")
    for method, words in {"analytic": "no lagged outcome", "jackknife": "order of the table"}.items():
        found = fit.bias_correction(method)
        text = " ".join(str(found).split())
        assert words in text
        assert "tests are withheld" in text
        assert "clogit of R's package survival" in text
        assert "Corrected" in found._repr_html_()
        assert "Corrected" in found.to_markdown()
    assert "only one outcome in one half of their rows" in text


def test_what_cannot_be_corrected_is_refused():
    frame = draw(np.random.default_rng(11), 40, 8)
    with pytest.raises(UnsupportedError, match="absorb="):
        lk.logit("y ~ x0", frame).bias_correction()
    with pytest.raises(UnsupportedError, match="'analytic' or 'jackknife'"):
        lk.logit("y ~ x0", frame, absorb="g").bias_correction("bootstrap")
    with pytest.warns(lk.errors.ConvergenceWarning):
        stopped = lk.logit("y ~ x0", frame, absorb="g", solver=lk.Newton(max_iter=1))
    with pytest.raises(ConvergenceError, match="not converged"):
        bias_correction(stopped.record, stopped.design)


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "least", "left"), [(8, 0.12, (0.25, 0.7)), (16, 0.05, (0.3, 0.5))])
def test_both_corrections_take_out_much_of_the_bias(rows, least, left):
    """What is left is of order 1 / rows squared, four times as much for the jackknife, whose halves have it doubled."""
    rng = np.random.default_rng(12)
    repeats, truth = 300, np.array([1.0, -0.6])
    errors: dict[str, list[np.ndarray]] = {"estimate": [], "analytic": [], "jackknife": []}
    for _ in range(repeats):
        fit = lk.logit("y ~ x0 + x1", draw(rng, 4_800 // rows, rows, tuple(truth)), absorb="g")
        errors["estimate"].append(fit.coef.to_numpy() / truth - 1)
        for method in ("analytic", "jackknife"):
            errors[method].append(fit.bias_correction(method).corrected / truth - 1)
    bias = {name: np.mean(found, axis=0) for name, found in errors.items()}
    noise = 4 * np.std(errors["estimate"], axis=0) / np.sqrt(repeats)
    assert np.all(bias["estimate"] > least)
    for method, share in zip(("analytic", "jackknife"), left, strict=True):
        assert np.all(np.abs(bias[method]) < share * bias["estimate"] + noise), method


@pytest.mark.slow
def test_with_two_rows_a_level_the_estimate_tends_to_twice_the_truth():
    rng = np.random.default_rng(13)
    fit = lk.logit("y ~ x0", draw(rng, 100_000, 2, (0.6,)), absorb="g")
    # Twice the conditional estimate, whatever the column (Abrevaya 1997), which is consistent.
    assert abs(fit.coef["x0"] / 0.6 - 2) < 4 * fit.std_error["x0"] / 0.6
