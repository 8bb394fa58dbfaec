"""Bootstrap, jackknife, simulated outcomes and cross-validation: against loops of single fits, and against R."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.errors import ConvergenceError, ConvergenceWarning, DataError, SeparationError, UnsupportedError
from logitkit.inference.dependence import dependences_of
from logitkit.inference.intervals.bootstrap_intervals import bootstrap_intervals
from logitkit.inference.resampling import refits as engine
from logitkit.inference.resampling.cross_fit import cross_validate_by_weights
from logitkit.inference.resampling.jackknife import Jackknife, jackknife
from logitkit.inference.resampling.refits import Refits, refit
from logitkit.inference.resampling.resampling import Bootstrap, bootstrap, simulate
from tolerances import EXACT, REFERENCE, ROUTE

REFERENCE_FILE = Path(__file__).parents[2] / "references" / "resampling" / "lbw_boot.json"


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    n = 160
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "z": rng.normal(50.0, 9.0, n),
            "f": rng.choice(["a", "b", "c"], n),
            "w": rng.integers(0, 4, n),
            "v": rng.uniform(0.3, 2.0, n),
            "o": rng.normal(size=n),
            "c": rng.integers(0, 25, n),
        }
    )
    eta = -0.5 + 0.7 * frame["x"] + 0.02 * (frame["z"] - 50.0) + 0.4 * (frame["f"] == "c")
    frame["y"] = (rng.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(int)
    return frame


@pytest.fixture(scope="module")
def fit(data) -> lk.Fit:
    return lk.logit("y ~ x + z + C(f)", data)


def generator(seed: int, n: int, number: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed).spawn(n)[number]))


def single(fit: lk.Fit, prior: np.ndarray | None = None, y: np.ndarray | None = None) -> lk.Fit:
    """The same rows by the public function for one fit, with other weights or outcomes."""
    design, response = fit.design, fit.design.response
    given = response.prior if prior is None else prior
    kind = "frequency" if given is None else "precision"
    return lk.logit_matrix(
        design.matrix.to_dense(),
        response.y if y is None else y,
        design.info.names,
        weights=given,
        weight_kind=kind,
        offset=response.shift,
    )


# Against a loop of single fits on the same draws.


@pytest.mark.parametrize(
    "options",
    [{}, {"offset": "o"}, {"weights": "v", "weight_kind": "precision"}, {"weights": "v", "weight_kind": "sampling"}],
)
def test_rows_drawn_are_fits_with_their_counts_as_weights(data, options):
    fit = lk.logit("y ~ x + z + C(f)", data, **options)
    found = bootstrap(fit.record, fit.design, 60, seed=11)
    prior = np.ones(160) if fit.design.response.prior is None else fit.design.response.prior
    for number in range(60):
        counts = np.bincount(generator(11, 60, number).integers(0, 160, 160), minlength=160)
        assert_allclose(found.replicates[number], single(fit, counts * prior).coef, rtol=ROUTE)
    assert (found.kind, found.unit, found.n_units, found.seed) == ("rows", "rows", 160, 11)


def test_frequency_weights_draw_the_observations_that_they_count(data):
    fit = lk.logit("y ~ x + z", data, weights="w")
    found = bootstrap(fit.record, fit.design, 40, seed=2)
    w = data["w"].to_numpy()
    used = w > 0
    for number in range(40):
        counts = np.zeros(160)
        counts[used] = generator(2, 40, number).multinomial(w.sum(), w[used] / w.sum())
        assert_allclose(found.replicates[number], single(fit, counts).coef, rtol=ROUTE)
    assert (found.unit, found.n_units) == ("observations", w.sum())


def test_observations_written_out_have_the_same_standard_errors(data):
    """Weights that count rows, or the rows themselves: one distribution, by two routes of drawing."""
    weighted = lk.logit("y ~ x", data, weights="w").bootstrap(4000, seed=1)
    expanded = lk.logit("y ~ x", data.loc[data.index.repeat(data["w"])]).bootstrap(4000, seed=2)
    # The relative error of a standard deviation from 4,000 replicates is 1 / sqrt(8,000); four of the difference's.
    assert_allclose(weighted.std_error, expanded.std_error, rtol=4 * np.sqrt(2 / 8000))


def test_clusters_are_drawn_whole(data):
    fit = lk.logit("y ~ x + z", data, cluster="c")
    found = bootstrap(fit.record, fit.design, 30, seed=4)
    codes = fit.design.response.clusters.codes
    for number in range(30):
        drawn = np.bincount(generator(4, 30, number).integers(0, 25, 25), minlength=25)
        assert_allclose(found.replicates[number], single(fit, drawn[codes].astype(float)).coef, rtol=ROUTE)
    assert (found.kind, found.unit, found.n_units) == ("cluster", "clusters", 25)


@pytest.mark.parametrize("options", [{}, {"weights": "w"}, {"offset": "o"}])
def test_outcomes_drawn_from_the_fit(data, options):
    fit = lk.logit("y ~ x + z", data, **options)
    found = bootstrap(fit.record, fit.design, 30, seed=9, kind="parametric")
    drawn = simulate(fit.record, fit.design, 30, seed=9)
    trials = fit.design.response.weights
    assert np.isin(drawn[:, trials == 1], [0.0, 1.0]).all()
    assert_allclose(drawn * trials, np.rint(drawn * trials), atol=EXACT)
    for number in range(30):
        y = drawn[number]
        expected = lk.logit(
            "cbind(e, n) ~ x + z" + (" + offset(o)" if "offset" in options else ""),
            data.assign(e=np.rint(y * trials), n=np.rint((1 - y) * trials)),
        )
        assert_allclose(found.replicates[number], expected.coef, rtol=ROUTE)


def test_simulated_outcomes_have_the_fitted_mean(fit):
    drawn = simulate(fit.record, fit.design, 4000, seed=3)
    mu = fit.predict().to_numpy()
    assert np.abs((drawn.mean(axis=0) - mu) / np.sqrt(mu * (1 - mu) / 4000)).max() < 4.5


def test_large_designs_take_the_other_solver(fit, monkeypatch):
    small = bootstrap(fit.record, fit.design, 25, seed=6)
    monkeypatch.setattr(engine, "is_small", lambda rows, columns: False)
    large = bootstrap(fit.record, fit.design, 25, seed=6)
    assert_allclose(small.replicates, large.replicates, rtol=ROUTE)


def test_badly_conditioned_columns_cost_no_digits():
    rng = np.random.default_rng(0)
    x = rng.normal(size=300)
    y = (rng.random(300) < 1 / (1 + np.exp(-x))).astype(int)
    far = lk.logit("y ~ x + I(2 * x)", {"y": y, "x": 1e7 + x})
    near = lk.logit("y ~ x", {"y": y, "x": x})
    assert far.aliased == ("I(2 * x)",)
    found = [bootstrap(f.record, f.design, 20, seed=1).replicates for f in (far, near)]
    # 1e7 + x keeps nine digits of x.
    assert_allclose(found[0][:, 1], found[1][:, 1], rtol=1e-7)
    assert np.isnan(found[0][:, 2]).all()


# The same whatever runs it.


def test_seeds_and_threads(fit):
    try:
        lk.set_threads(1)
        one = bootstrap(fit.record, fit.design, 150, seed=8)
        lk.set_threads(3)
        three = bootstrap(fit.record, fit.design, 150, seed=8)
        drawn = bootstrap(fit.record, fit.design, 20)
    finally:
        lk.set_threads(None)
    assert_array_equal(one.replicates, three.replicates)
    again = bootstrap(fit.record, fit.design, 20, seed=drawn.seed)
    assert_array_equal(drawn.replicates, again.replicates)
    assert not np.array_equal(drawn.replicates, bootstrap(fit.record, fit.design, 20).replicates)
    # A longer run begins with a shorter one.
    assert_array_equal(one.replicates[:20], bootstrap(fit.record, fit.design, 20, seed=8).replicates)


# What befalls replicates.


def test_separated_and_aliased_replicates_are_counted_and_are_those_of_single_fits():
    rng = np.random.default_rng(4)
    data = pd.DataFrame({"x": rng.normal(size=24), "f": ["a"] * 11 + ["b"] * 11 + ["c"] * 2})
    data["y"] = [0, 1] * 11 + [1, 0]
    fit = lk.logit("y ~ x + C(f)", data)
    found = bootstrap(fit.record, fit.design, 80, seed=1)
    separated, aliased = [], []
    for number in range(80):
        counts = np.bincount(generator(1, 80, number).integers(0, 24, 24), minlength=24).astype(float)
        expected = single(fit, counts)
        separated.append(expected.separation is not None)
        aliased.append(bool(expected.aliased))
        assert_allclose(found.replicates[number], expected.coef, rtol=ROUTE, atol=ROUTE)
    assert_array_equal(found.refits.separated, separated)
    assert_array_equal(found.refits.aliased, aliased)
    assert found.n_separated > 6
    assert found.n_aliased > 3
    assert found.n_unconverged == 0
    rare = found.names.index("C(f)[T.c]")
    assert found.n_undetermined[rare] >= found.n_aliased
    assert found.n_undetermined[0] == 0
    ordinary = np.isfinite(found.replicates[:, rare])
    assert_allclose(found.std_error[rare], found.replicates[ordinary, rare].std(ddof=1), rtol=EXACT)
    assert_allclose(found.bias[rare], found.replicates[ordinary, rare].mean() - fit.coef.iloc[rare], rtol=EXACT)
    text = repr(fit.bootstrap(80, seed=1))
    assert f"Separated: {found.n_separated} replicates" in text
    assert f"Aliased: {found.n_aliased} replicates" in text


def test_without_its_reference_level_a_factor_says_nothing_of_the_others():
    """Level a is lost in the refit: the intercept and both differences from a are open, the slope is not."""
    rng = np.random.default_rng(4)
    data = pd.DataFrame({"x": rng.normal(size=60), "f": np.repeat(["a", "b", "c"], 20), "y": [0, 1, 1, 0, 0] * 12})
    fit = lk.logit("y ~ C(f) + x", data)
    prior = np.where(data["f"] == "a", 0.0, 1.0)
    found = refit(fit.record, fit.design, 1, prior=lambda number: prior)
    assert np.isnan(found.coef[0]).tolist() == [True, True, True, False]
    assert_allclose(found.coef[0, 3], lk.logit("y ~ C(f) + x", data[data["f"] != "a"]).coef["x"], rtol=ROUTE)
    assert found.aliased.tolist() == [True]


def test_one_outcome_left_is_a_finding():
    fit = lk.logit("y ~ 1", {"y": [0, 0, 0, 1]})
    found = bootstrap(fit.record, fit.design, 200, seed=1)
    ones = np.array([generator(1, 200, i).integers(0, 4, 4) for i in range(200)]) == 3
    assert_array_equal(found.replicates[:, 0] == -np.inf, ones.sum(axis=1) == 0)
    assert_array_equal(found.replicates[:, 0] == np.inf, ones.sum(axis=1) == 4)
    assert found.n_infinite[0] == found.n_separated > 30


def test_dependences_of_columns():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(20, 5)) * [1.0, 1e6, 1e-6, 1.0, 1.0]
    rows[:, 3] = 2.0 * rows[:, 0] - 3e-6 * rows[:, 1]
    rows[:, 4] = 0.0
    found = dependences_of(rows, np.array([3, 4]))
    assert_allclose(found.others[:, 0], [-2.0, 3e-6, 0.0, 1.0, 0.0], rtol=ROUTE)
    assert found.empty.tolist() == [4]
    assert_array_equal(found.open_coefficients, [True, True, False, True, True])
    moved = rows[:3].copy()
    moved[1, 3] += 1e-3
    moved[2, 4] = 1.0
    assert_array_equal(found.move(moved), [False, True, True])


# Jackknife.


@pytest.mark.parametrize(
    "options", [{}, {"weights": "w"}, {"weights": "v", "weight_kind": "sampling"}, {"cluster": "c"}]
)
def test_each_unit_left_out(data, options):
    fit = lk.logit("y ~ x + z", data, **options)
    found = jackknife(fit.record, fit.design)
    response = fit.design.response
    prior = np.ones(160) if response.prior is None else response.prior
    if response.clusters is not None:
        changed = [np.where(response.clusters.codes == c, 0.0, prior) for c in range(25)]
    else:
        one = 1.0 if "weight_kind" not in options else prior
        changed = [prior - one * (np.arange(160) == i) for i in np.flatnonzero(prior > 0)]
    expected = np.array([single(fit, weights).coef for weights in changed])
    assert_allclose(found.replicates, expected, rtol=ROUTE)
    m = found.multiplicity
    n = m.sum()
    mean = (m[:, None] * expected).sum(axis=0) / n
    assert_allclose(found.bias, (n - 1) * (mean - fit.coef), rtol=1e-6)  # a difference of close numbers
    squares = (m[:, None] * (expected - mean) ** 2).sum(axis=0)
    assert_allclose(found.std_error, np.sqrt((n - 1) / n * squares), rtol=1e-7)  # the same
    assert_allclose(found.std_error, fit.std_error, rtol=0.35)  # two estimates of one error, from 160 rows


def test_frequency_weights_are_rows_written_out(data):
    fit = lk.logit("y ~ x + z", data, weights="w")
    expanded = lk.logit("y ~ x + z", data.loc[data.index.repeat(data["w"])])
    one, other = jackknife(fit.record, fit.design), jackknife(expanded.record, expanded.design)
    for name in ("bias", "std_error", "acceleration"):
        assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-6)  # differences of close numbers
    assert one.n_units == other.n_units


def test_a_jackknife_that_is_not_finite_is_none():
    fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 1], "x": [0, 0, 1, 1, 1]})
    found = fit.jackknife()
    assert np.isinf(found.replicates).any()
    assert np.isnan(found.std_error).all()
    assert np.isnan(found.bias).all()
    assert np.isnan(found.acceleration).all()
    assert "separated" in repr(found)


# Against R.


@pytest.fixture(scope="module")
def reference() -> dict:
    return json.loads(REFERENCE_FILE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def births(reference) -> lk.Fit:
    return lk.logit(reference["formula"], lk.datasets.load_lbw().query(reference["rows"]))


@pytest.fixture(scope="module")
def drawn_by_r(reference, births) -> Bootstrap:
    """R's resamples, fitted here."""
    counts = np.array(reference["counts"], dtype=float)
    refits = refit(births.record, births.design, len(counts), prior=lambda number: counts[number])
    return Bootstrap(births.record.names, births.record.coef, refits, "rows", "rows", births.n_obs, 0, 0.95)


def test_replicates_are_those_of_r(reference, births, drawn_by_r):
    assert list(births.record.names) == reference["names"]
    assert_allclose(births.coef, reference["coef"], rtol=REFERENCE)
    assert_allclose(drawn_by_r.replicates, reference["replicates"], rtol=REFERENCE)
    assert_allclose(drawn_by_r.bias, reference["bias"], rtol=REFERENCE)
    assert_allclose(drawn_by_r.std_error, reference["std_error"], rtol=REFERENCE)
    assert_allclose(births.jackknife().replicates, reference["jackknife"], rtol=REFERENCE)


@pytest.mark.parametrize("kind", ["percentile", "bca"])
def test_intervals_are_those_of_r(reference, births, drawn_by_r, kind):
    for expected in reference[kind]:
        found = bootstrap_intervals(drawn_by_r, kind, level=expected["level"], jackknife=births.jackknife())
        assert_allclose(found.low, expected["lower"], rtol=REFERENCE)
        assert_allclose(found.high, expected["upper"], rtol=REFERENCE)


# Intervals.


def made(values: np.ndarray, estimate: float = 0.0, level: float = 0.9) -> Bootstrap:
    none = np.zeros(len(values), dtype=bool)
    refits = Refits(values[:, None], none, none, none)
    return Bootstrap(("x",), np.array([estimate]), refits, "rows", "rows", 10, 0, level)


def test_infinite_replicates_keep_their_place_in_percentiles():
    values = np.r_[np.arange(1.0, 16.0), np.full(4, np.inf)]
    found = bootstrap_intervals(made(values, 8.0))
    assert (found.low[0], found.high[0]) == (1.0, np.inf)
    half = bootstrap_intervals(made(values, 8.0), level=0.5)
    assert (half.low[0], half.high[0]) == (5.0, 15.0)
    # Between a finite replicate and an infinite one, the wider limit.
    between = bootstrap_intervals(made(values, 8.0), level=0.51)
    assert between.high[0] == np.inf
    assert 4.0 < between.low[0] < 5.0


def test_undetermined_replicates_are_left_out_and_counted():
    values = np.r_[np.arange(1.0, 20.0), np.full(5, np.nan)]
    found = made(values, 8.0)
    assert found.n_undetermined[0] == 5
    interval = bootstrap_intervals(found)
    assert (interval.low[0], interval.high[0]) == (1.0, 19.0)
    assert_allclose([found.bias[0], found.std_error[0]], [2.0, np.arange(1.0, 20.0).std(ddof=1)], rtol=EXACT)


def test_bca_without_bias_and_acceleration_is_the_percentile_interval():
    none = np.zeros(20, dtype=bool)
    flat = Jackknife(
        ("x",), np.zeros(1), Refits(np.r_[np.ones(10), -np.ones(10)][:, None], none, none, none), np.ones(20), "rows"
    )
    assert flat.acceleration[0] == 0.0
    found = made(np.r_[np.arange(-10.0, 0.0), np.arange(1.0, 11.0)])
    plain, corrected = bootstrap_intervals(found), bootstrap_intervals(found, "bca", jackknife=flat)
    assert corrected.low[0] == pytest.approx(plain.low[0], rel=EXACT)


def test_what_intervals_refuse(fit):
    drawn = fit.bootstrap(30, seed=1)
    with pytest.raises(UnsupportedError, match=r"30 replicates are too few .* at least 39"):
        drawn.intervals()
    assert drawn.intervals(level=0.9).level == 0.9
    with pytest.raises(DataError, match=r"needs the jackknife"):
        drawn.intervals("bca", level=0.9)
    other = lk.logit("y ~ x", {"y": [0, 1, 0, 1], "x": [0, 0, 1, 1]})
    with pytest.raises(DataError, match="another fit"):
        drawn.intervals("bca", level=0.9, jackknife=other.jackknife())
    with pytest.raises(DataError, match="kind='studentized'"):
        bootstrap_intervals(drawn, "studentized", level=0.9)
    with pytest.raises(DataError, match="level"):
        drawn.intervals(level=95)


# Cross-validation.


@pytest.mark.parametrize("options", [{}, {"offset": "o"}, {"weights": "w"}, {"cluster": "c"}])
def test_each_fold_is_predicted_by_the_others(data, options):
    fit = lk.logit("y ~ x + z", data, **options)
    found = cross_validate_by_weights(fit.record, fit.design, 5, seed=3)
    used = fit.design.response.weights > 0
    assert_array_equal(found.fold == -1, ~used)
    for fold in range(5):
        rows = found.fold == fold
        others = data[used & ~rows]
        expected = lk.logit("y ~ x + z", others, **options).predict_logit(data[rows])
        assert_allclose(found.logit[rows], expected, rtol=ROUTE)
    assert np.isnan(found.logit[~used]).all()
    if "cluster" in options:
        assert (
            data.groupby("c")["x"].count() == data.assign(f=found.fold).groupby(["c", "f"])["x"].count().droplevel(1)
        ).all()
    again = cross_validate_by_weights(fit.record, fit.design, 5, seed=found.seed)
    assert_array_equal(found.logit, again.logit)


def test_a_fold_that_holds_all_of_a_level_is_not_predicted():
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"x": rng.normal(size=40), "f": ["a", "b"] * 18 + ["c"] * 4})
    data["y"] = rng.integers(0, 2, 40)
    fit = lk.logit("y ~ x + C(f)", data)
    folds = np.r_[np.arange(36) // 2 % 2, [1] * 4]
    found = cross_validate_by_weights(fit.record, fit.design, folds)
    assert_array_equal(np.isnan(found.logit), data["f"] == "c")
    assert found.seed is None
    with pytest.raises(DataError, match="without gaps"):
        cross_validate_by_weights(fit.record, fit.design, folds * 2)
    with pytest.raises(DataError, match="whole number per row"):
        cross_validate_by_weights(fit.record, fit.design, folds[:3])
    with pytest.raises(DataError, match="at least 2"):
        cross_validate_by_weights(fit.record, fit.design, 1)


def test_a_separated_fold_is_predicted_at_its_limit():
    data = pd.DataFrame({"x": [0.0, 1, 2, 3, 4, 5, 2.5, 2.4], "y": [0, 0, 0, 1, 1, 1, 0, 1]})
    fit = lk.logit("y ~ x", data)
    folds = np.array([0, 1, 0, 0, 1, 0, 1, 1])
    found = cross_validate_by_weights(fit.record, fit.design, folds)
    assert found.refits.separated.any()
    for fold in (0, 1):
        rows = folds == fold
        expected = lk.logit("y ~ x", data[~rows])
        if expected.separation is not None:
            sure = ~np.isnan(found.logit[rows])
            assert_array_equal(found.logit[rows][sure] > 0, (data["x"][rows] > 2.45)[sure])
            assert np.isinf(found.logit[rows][sure]).all()


# What cannot be.


def test_fits_without_an_estimate_are_refused():
    separated = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1, 2, 3, 4]})
    with pytest.raises(SeparationError, match="not defined"):
        separated.bootstrap(10)
    with pytest.raises(SeparationError):
        separated.jackknife()
    with pytest.warns(ConvergenceWarning):
        stopped = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 1], "x": [1, 2, 3, 4, 9]}, solver=lk.Newton(max_iter=1))
    with pytest.raises(ConvergenceError):
        stopped.bootstrap(10)


def test_a_factor_of_thousands_of_levels_is_refused():
    level = np.repeat(np.arange(2_600), 4)
    data = {"y": np.tile([0, 1, 1, 0], 2_600), "g": level.astype(str), "x": np.sin(np.arange(10_400.0))}
    fit = lk.logit("y ~ x + C(g)", data)
    with pytest.raises(UnsupportedError, match="levels of one factor"):
        fit.bootstrap(10)


def test_what_cannot_be_drawn_is_refused(data, fit):
    clustered = lk.logit("y ~ x", data, cluster="c")
    with pytest.raises(UnsupportedError, match="may be dependent"):
        clustered.bootstrap(10, kind="rows")
    with pytest.raises(UnsupportedError, match="dependent"):
        clustered.bootstrap(10, kind="parametric")
    for kind in ("precision", "sampling"):
        weighted = lk.logit("y ~ x", data, weights="v", weight_kind=kind)
        with pytest.raises(UnsupportedError, match=f"{kind} weights are not counts"):
            weighted.bootstrap(10, kind="parametric")
    with pytest.raises(DataError, match="needs a fit with clusters"):
        fit.bootstrap(10, kind="cluster")
    with pytest.raises(DataError, match="kind='row'"):
        fit.bootstrap(10, kind="row")
    for n in (0, 2.5, True):
        with pytest.raises(DataError, match="n="):
            fit.bootstrap(n)
    for seed in (-1, "a", 1.5):
        with pytest.raises(DataError, match="seed="):
            fit.bootstrap(10, seed=seed)


def test_the_tables(fit):
    drawn, without = fit.bootstrap(199, seed=1), fit.jackknife()
    table = drawn.tidy("bca", jackknife=without)
    assert table.columns.tolist() == [
        "term",
        "estimate",
        "bias",
        "std_error",
        "conf_low",
        "conf_high",
        "n_infinite",
        "n_undetermined",
    ]
    assert_array_equal(table["conf_low"], drawn.intervals("bca", jackknife=without).low)
    assert without.tidy().columns.tolist() == ["term", "estimate", "bias", "std_error", "conf_low", "conf_high"]
    assert "<table" in drawn._repr_html_()


def test_bias_and_standard_errors_are_labelled_as_those_of_the_fit(data):
    fit = lk.logit("y ~ x + f", data)
    for found, plain in (
        (fit.bootstrap(60, seed=1), bootstrap(fit.record, fit.design, 60, seed=1)),
        (fit.jackknife(), jackknife(fit.record, fit.design)),
    ):
        for name in ("bias", "std_error"):
            assert list(getattr(found, name).index) == list(fit.std_error.index)
            assert_array_equal(getattr(found, name), getattr(plain, name))
        assert_array_equal(found.tidy()["std_error"], plain.std_error)
        assert f"{found.std_error['x']:.4f}" in str(found)


def test_tables_have_the_names_of_those_of_other_results() -> None:
    fit = lk.logit("low ~ lwt", lk.datasets.load_lbw())
    drawn, without = fit.bootstrap(199, seed=2), fit.jackknife()
    pd.testing.assert_frame_equal(drawn.to_frame(), drawn.tidy())
    pd.testing.assert_frame_equal(without.to_frame(), without.tidy())
    for own, how in ((drawn, {"kind": "bca", "jackknife": without}), (without, {})):
        table, limits = own.tidy(**how).set_index("term"), own.confint(**how)
        np.testing.assert_array_equal(limits, table[["conf_low", "conf_high"]])
        assert list(limits.index) == list(fit.confint().index)
    validated = fit.validate(n=20, seed=1)
    pd.testing.assert_frame_equal(validated.to_frame(), validated.tidy())
