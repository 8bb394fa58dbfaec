"""The calibration belt against nested fits, draws from its law, and the region that its points come from."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import chdtrc, expit, ndtri

import logitkit as lk
from logitkit.diagnostics.fit.belt_law import belt_critical, belt_tail
from logitkit.diagnostics.fit.belt_region import Counts, belt_ends, counts_of
from logitkit.diagnostics.fit.polynomials import predicted_sums
from logitkit.errors import DataError, UnsupportedError
from logitkit.models.links import LINKS, LOGIT
from tolerances import EXACT, ROUTE

LEAST = 3.841458820694124


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"x": rng.normal(size=3000), "w": rng.integers(1, 4, 3000)})
    frame["y"] = (rng.random(3000) < expit(-0.5 + frame["x"] + 0.4 * frame["x"] ** 2)).astype(int)
    return frame


@pytest.mark.parametrize("base", [1, 2])
@pytest.mark.parametrize("gains", [1, 2, 3])
def test_the_law_is_that_of_draws(base, gains):
    rng = np.random.default_rng(gains)
    beyond = ndtri(0.025 * rng.random((gains, 200_000))) ** 2  # squares of normals that exceed the 95% point
    sums = beyond.sum(axis=0) + rng.chisquare(base, 200_000)
    for probability in (0.5, 0.1, 0.01):
        point = belt_critical(probability, gains, base, LEAST)
        assert belt_tail(point, gains, base, LEAST) == pytest.approx(probability, rel=1e-9)
        assert abs((sums > point).mean() - probability) < 4 * np.sqrt(probability / 200_000)
    assert belt_tail(gains * LEAST, gains, base, LEAST) == 1.0


def test_without_gains_it_is_chi_square():
    assert_allclose(belt_tail(7.0, 0, 2, LEAST), chdtrc(2, 7.0), rtol=EXACT)


def test_new_rows_start_from_a_line(drawn):
    fit = lk.logit("y ~ x", drawn.iloc[:1500])
    new = drawn.iloc[1500:]
    belt = fit.calibration_belt(new)
    z = fit.predict_logit(new).to_numpy()
    table = new.assign(a=z, b=z**2, c=z**3, d=z**4)
    fits = [lk.logit(f"y ~ {' + '.join('abcd'[:m])}", table) for m in range(1, 5)]
    falls = [one.deviance - more.deviance for one, more in pairwise(fits)]
    degree = 1 + next(k for k, fall in enumerate([*falls, 0.0]) if fall <= LEAST)
    p, y = fit.predict(new).to_numpy(), new["y"].to_numpy()
    predicted = -2 * np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))
    assert belt.degree == degree
    assert degree > 1
    assert_allclose(belt.statistic, predicted - fits[degree - 1].deviance, rtol=ROUTE)
    assert_allclose(belt.p_value, belt_tail(belt.statistic, degree - 1, 2, LEAST), rtol=EXACT)
    # The curve is that of the polynomial in the powers as they are, and the belt is about that of Wald in many rows.
    chosen, eta = fits[degree - 1], np.log(belt.predicted / (1 - belt.predicted))
    basis = np.vander(eta, degree + 1, increasing=True)
    middle = basis @ chosen.coef.to_numpy()
    spread = np.sqrt(np.sum((basis @ chosen.vcov.to_numpy()) * basis, axis=1))
    assert_allclose(belt.curve, expit(middle), rtol=1e-6)  # powers of raw predictions are worse conditioned
    half = np.sqrt(belt_critical(0.05, degree - 1, 2, LEAST)) * spread
    inner = slice(20, 80)
    assert_allclose(belt.belts[1].low[inner], expit(middle - half)[inner], rtol=0.02)
    assert_allclose(belt.belts[1].high[inner], expit(middle + half)[inner], rtol=0.02)
    assert (belt.belts[0].low >= belt.belts[1].low).all()
    assert_allclose(fit.on(new).calibration_belt().p_value, belt.p_value, rtol=EXACT)
    assert_allclose(fit.goodness_of_fit(new)["calibration_belt"].p_value, belt.p_value, rtol=EXACT)


def test_the_rows_of_a_fit_start_from_degree_two(drawn):
    right = lk.logit("y ~ x + I(x ** 2)", drawn).calibration_belt()
    wrong = lk.logit("y ~ x", drawn).calibration_belt()
    assert (right.degree, right.in_sample) == (2, True)
    assert_allclose(right.p_value, chdtrc(1, right.statistic), rtol=EXACT)
    assert right.p_value > 0.05
    assert right.belts[1].above == right.belts[1].below == ()
    assert wrong.p_value < 1e-6
    assert wrong.belts[1].above
    assert wrong.belts[1].below
    assert "more events than predicted" in str(wrong)


def test_the_belt_is_the_likelihood_region_looked_at_along_each_predictor():
    """Of all lines of a fine grid around the estimate, those that the likelihood ratio does not reject."""
    rng = np.random.default_rng(4)
    new = pd.DataFrame({"x": rng.normal(size=60)})
    new["y"] = (rng.random(60) < expit(-1.5 + new["x"])).astype(int)
    old = pd.DataFrame({"x": rng.normal(size=300)})
    old["y"] = (rng.random(300) < expit(-1.5 + old["x"])).astype(int)
    fit = lk.logit("y ~ x", old)
    belt = fit.calibration_belt(new, levels=(0.9,))
    assert belt.degree == 1
    z, y = fit.predict_logit(new).to_numpy(), new["y"].to_numpy()
    line = lk.logit("y ~ z", {"y": y, "z": z})
    error = line.std_error.to_numpy()
    a, b = (centre + 5 * each * np.linspace(-1, 1, 401) for centre, each in zip(line.coef, error, strict=True))
    at, slope = (each.ravel() for each in np.meshgrid(a, b, indexing="ij"))
    eta = at[:, None] + slope[:, None] * z
    rise = -2 * (eta @ y - np.logaddexp(0.0, eta).sum(axis=1)) - line.deviance
    kept = rise <= belt_critical(0.1, 0, 2, LEAST)
    points = slice(0, 101, 10)
    values = at[kept][:, None] + slope[kept][:, None] * np.log(belt.predicted / (1 - belt.predicted))[points]
    # The grid is inside of the region, by no more than a step.
    step = 5 * error.sum() / 200
    assert (expit(values.min(axis=0)) >= belt.belts[0].low[points] - 1e-12).all()
    assert (expit(values.max(axis=0)) <= belt.belts[0].high[points] + 1e-12).all()
    assert_allclose(expit(values.min(axis=0) - step), belt.belts[0].low[points], atol=0.01)
    assert_allclose(expit(values.max(axis=0) + step), belt.belts[0].high[points], atol=0.01)


@pytest.mark.parametrize("link", ["logit", "cloglog"])
def test_a_fit_that_is_held_at_an_end_has_the_deviance_of_the_region(link):
    """The end is where the profile likelihood of a value of the polynomial has fallen by half of the rise."""
    rng = np.random.default_rng(2)
    eta = rng.normal(size=150)
    events = (rng.random(150) < LINKS[link].inverse(eta - 0.5)).astype(float)
    columns = np.vander(eta, 4, increasing=True)
    fitted = lk.logit_matrix(columns, events, names=["Intercept", "a", "b", "c"], link=link)
    at, rise = np.array([-1.5, 0.0, 2.0]), 7.0
    counts = Counts(eta, events, 1 - events)
    ends = belt_ends(counts, LINKS[link], fitted.coef.to_numpy(), 0.0, 1.0, at, np.array([rise]))[0]
    for k, g in enumerate(np.vander(at, 4, increasing=True)):
        others = np.linalg.svd(g[None])[2][1:].T
        for end in ends[:, k]:
            held = lk.logit_matrix(columns @ others, events, offset=columns @ g * end / (g @ g), link=link)
            assert_allclose(held.deviance - fitted.deviance, rise, rtol=1e-6)
        assert ends[0, k] < g @ fitted.coef.to_numpy() < ends[1, k]


def test_bins_of_many_rows_move_no_end(drawn):
    fit = lk.logit("y ~ x", drawn)
    given = predicted_sums(fit.record, fit.design, True)
    eta = fit.predict_logit().to_numpy()
    rows, y = counts_of(given), drawn["y"].to_numpy(dtype=float)
    coef = lk.logit("y ~ e + I(e ** 2)", {"y": y, "e": eta}).coef.to_numpy()
    at, rises = np.linspace(eta.min(), eta.max(), 7), np.array([3.84])
    ends = [belt_ends(each, LOGIT, coef, 0.0, 1.0, at, rises) for each in (rows, Counts(eta, y, 1 - y))]
    assert rows.eta.size < 1024
    assert (np.abs(ends[0] - ends[1]) <= 2e-4 * (ends[1][0, 1] - ends[1][0, 0])).all()


@pytest.mark.slow
@pytest.mark.parametrize("n", [100, 400])
def test_the_belt_covers_the_curve_as_often_as_stated(n):
    """Of right predictions: the whole diagonal is inside about as often as the level says, and never less often."""
    rng = np.random.default_rng(n)
    old = pd.DataFrame({"x": rng.normal(size=200_000)})
    old["y"] = (rng.random(200_000) < expit(-1 + old["x"])).astype(int)
    fit, inside, accepted = lk.logit("y ~ x", old), 0, 0
    draws = 200
    for _ in range(draws):
        new = pd.DataFrame({"x": rng.normal(size=n)})
        new["y"] = (rng.random(n) < expit(-1 + new["x"])).astype(int)
        belt = fit.calibration_belt(new, levels=(0.9,))
        within = (belt.belts[0].low <= belt.predicted) & (belt.predicted <= belt.belts[0].high)
        inside += bool(within.all())
        accepted += belt.p_value > 0.1
    assert inside >= accepted  # a region of which only the shadow is seen
    assert abs(accepted / draws - 0.9) < 4 * np.sqrt(0.09 / draws) + 0.01
    assert 0.9 - 4 * np.sqrt(0.09 / draws) <= inside / draws < 0.985


def test_its_rejection_is_that_of_the_diagonal(drawn):
    """A region of a quadratic likelihood: where the identity is in it, the belt has the diagonal inside."""
    belt = lk.logit("y ~ x + I(x ** 2)", drawn).calibration_belt(levels=(0.95,))
    assert belt.statistic < belt.critical
    assert ((belt.belts[0].low <= belt.predicted) & (belt.predicted <= belt.belts[0].high)).all()


def test_weights_count_trials_and_links_are_those_of_the_fit(drawn):
    written = drawn.loc[drawn.index.repeat(drawn["w"])]
    for link in ("logit", "probit"):
        one = lk.logit("y ~ x", written, link=link).calibration_belt()
        other = lk.logit("y ~ x", drawn, weights="w", link=link).calibration_belt()
        assert one.degree == other.degree
        assert_allclose(other.statistic, one.statistic, rtol=1e-7)  # a difference of deviances of some thousands


def test_rows_in_chunks_give_the_same(drawn, tmp_path):
    drawn.to_parquet(tmp_path / "rows.parquet", row_group_size=700)
    whole = lk.logit("y ~ x", drawn).calibration_belt()
    parts = lk.logit("y ~ x", tmp_path / "rows.parquet", memory="30MB").calibration_belt()
    assert_allclose(parts.statistic, whole.statistic, rtol=1e-7)
    assert_allclose(parts.belts[1].low, whole.belts[1].low, rtol=1e-6)


def test_where_there_is_no_belt(drawn):
    two = drawn.assign(g=(drawn["x"] > 0).astype(int))
    for fit, words in (
        (lk.logit("y ~ 0 + x", drawn), "without an intercept"),
        (lk.logit("y ~ 1 + offset(x)", drawn), "with an offset"),
        (lk.logit("y ~ g", two), "too few values"),
        (lk.logit("y ~ 1", drawn), "all predictions are equal"),
        (lk.logit("y ~ x", drawn, weights="w", weight_kind="sampling"), "sampling weights"),
    ):
        with pytest.raises(UnsupportedError, match=words):
            fit.calibration_belt()
    fit = lk.logit("y ~ x", drawn)
    with pytest.raises(DataError, match="confidence levels"):
        fit.calibration_belt(levels=(0.95, 1.0))
    with pytest.raises(DataError, match="no row has the outcome"):
        fit.calibration_belt(drawn[drawn["y"] == 0])
    assert "without an intercept" in lk.logit("y ~ 0 + x", drawn).goodness_of_fit()["calibration_belt"].note


def test_it_is_drawn_and_tabled(drawn):
    fit = lk.logit("y ~ x", drawn)
    belt = fit.calibration_belt()
    assert list(belt.to_frame().columns) == ["predicted", "curve", "low_80", "high_80", "low_95", "high_95"]
    ax = belt.plot()
    assert "above the diagonal" in " ".join(text.get_text() for text in ax.texts)
    assert [text.get_text() for text in ax.get_legend().get_texts()][1:3] == ["95% belt", "80% belt"]
    assert fit.plot.calibration_belt(drawn.iloc[:500], ax=ax) is ax
