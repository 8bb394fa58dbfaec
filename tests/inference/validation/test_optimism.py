"""Optimism by the bootstrap: against loops of single fits, written-out formulas, R's glm and rms."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.errors import DataError, SeparationError, UnsupportedError
from logitkit.inference.resampling.resampling import drawn_weights
from logitkit.inference.validation.measures import measures_of
from logitkit.inference.validation.optimism import _plus, finite_means
from logitkit.inference.validation.refitting import refitter_of
from logitkit.inference.validation.replays import Drawn, replayed
from tolerances import EXACT, REFERENCE, ROUTE

REFERENCE_FILE = Path(__file__).parents[2] / "references" / "validation" / "births.json"
FORMULA = "low ~ age + lwt + race + smoke + ht + ui"


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


@pytest.fixture(scope="module")
def reference() -> dict:
    return json.loads(REFERENCE_FILE.read_text())


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    n = 120
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "z": rng.normal(size=n),
            "f": rng.choice(["a", "b", "c"], n),
            "w": rng.integers(0, 4, n),
            "v": rng.uniform(0.3, 2.0, n),
            "o": rng.normal(size=n) / 2,
            "c": rng.integers(0, 30, n),
        }
    )
    frame["y"] = (rng.random(n) < 1 / (1 + np.exp(-0.9 * frame["x"]))).astype(int)
    frame["k"] = rng.binomial(4, 0.4, n)
    frame["m"] = 4 - frame["k"]
    return frame


def measured(y: np.ndarray, eta: np.ndarray, w: np.ndarray, unit: np.ndarray | float = 1.0) -> dict[str, float]:
    """The measures, by all pairs of rows and by fits of this package on the log odds."""
    used = w > 0
    y, eta, w, unit = y[used], eta[used], w[used], np.broadcast_to(unit, w.shape)[used]
    p, total = 1 / (1 + np.exp(-eta)), w.sum()
    above = (eta[:, None] > eta) + 0.5 * (eta[:, None] == eta)
    c = (w * y) @ above @ (w * (1 - y)) / ((w @ y) * (w @ (1 - y)))

    def loss(q: np.ndarray) -> float:
        return -float(w @ (y * np.log(q) + (1 - y) * np.log1p(-q)))

    def apart(values: np.ndarray) -> float:
        return float(w @ np.abs(values[:, None] - values) @ w / (total**2 - w @ unit))

    # each row as its events and its non-events, as proportions are no outcomes
    two = {"y": np.repeat([1, 0], y.size), "e": np.tile(eta, 2), "w": np.concatenate([w * y, w * (1 - y)])}
    weighted = {"weights": "w", "weight_kind": "precision"}
    line = lk.logit("y ~ e", two, **weighted)
    large = lk.logit("y ~ 1", two, offset="e", **weighted)
    a, b = line.coef
    q = 1 / (1 + np.exp(-(a + b * eta)))
    rate = float(w @ y / total)
    own, best, null = loss(p), loss(q), loss(np.full(y.size, rate))
    d, u = (2 * (null - best) - 1) / total, (2 * (own - best) - 2) / total
    return {
        "c": c,
        "somers_d": 2 * c - 1,
        "r2": (1 - np.exp(2 * (own - null) / total)) / (1 - np.exp(-2 * null / total)),
        "brier": float(w @ (y * (1 - p) ** 2 + (1 - y) * p**2)) / total,
        "log_loss": own / total,
        "in_the_large": float(large.coef.iloc[0]),
        "intercept": float(a),
        "slope": float(b),
        "emax": float(np.abs(p - q).max()),
        "ici": float(w @ np.abs(p - q)) / total,
        "g": abs(b) * apart(eta),
        "gp": apart(q),
        "d": d,
        "u": u,
        "q": d - u,
    }


CASES = {
    "rows": ("y ~ x + z + f", {}),
    "frequency": ("y ~ x + z", {"weights": "w"}),
    "precision": ("y ~ x + z", {"weights": "v", "weight_kind": "precision"}),
    "counts": ("cbind(k, m) ~ x + z", {}),
    "offset": ("y ~ x + z", {"offset": "o"}),
    "cluster": ("y ~ x + z", {"cluster": "c"}),
    "probit": ("y ~ x + z", {"link": "probit"}),
}


@pytest.mark.parametrize("name", CASES)
def test_every_resample_is_a_fit_with_weights_measured_by_its_formulas(sample: pd.DataFrame, name: str) -> None:
    formula, options = CASES[name]
    fit = lk.logit(formula, sample, **options)
    design, response = fit.design, fit.design.response
    n = 4
    found = fit.validate(n=n, seed=11)
    draw = drawn_weights(design, "cluster" if name == "cluster" else "rows", 11)
    prior = np.ones(design.n_rows) if response.prior is None else response.prior
    trials = np.ones(design.n_rows) if response.trials is None else response.trials
    unit = prior if name == "precision" else 1.0
    kept = {"link": "probit"} if name == "probit" else {}
    for number in range(n):
        w = draw(number)
        data = sample.iloc[design.positions]
        offset = sample["o"].to_numpy() if name == "offset" else None
        again = lk.logit(formula, data, weights=w, weight_kind="precision", offset=offset, **kept)
        p = again.predict(data, offset=data["o"] if name == "offset" else None).to_numpy()
        eta = np.log(p) - np.log1p(-p)
        for place, weights in enumerate((w, prior)):
            twin = measured(response.y, eta, weights * trials, unit)
            assert_allclose(
                found.replays.values[number, place], [twin[key] for key in found.names], rtol=1e-7, atol=1e-7
            )


def test_means_are_those_of_r_in_the_same_resamples(births: pd.DataFrame, reference: dict) -> None:
    fit = lk.logit(FORMULA, births)
    n = len(births)

    def drawn(b: int) -> Drawn:
        rows = np.floor(n * np.modf(np.square(np.arange(1.0, n + 1) + n * b) * np.sqrt(7.0))[0]).astype(int)
        counts = np.bincount(rows, minlength=n).astype(float)
        return Drawn(counts, np.stack([np.ones(n), (counts == 0).astype(float)]))

    measures = measures_of(fit.record, fit.design)
    refits = refitter_of(fit.record, fit.design)
    found = replayed(refits, fit.design.response, measures, 60, drawn, np.arange(0)).values.mean(axis=0)
    keys = [each.key for each in measures.every]
    for place, where in enumerate(("training", "test", "out")):
        expected = [reference["given"][where][key] for key in keys]
        assert_allclose(found[place], expected, rtol=REFERENCE, atol=1e-9, err_msg=where)


def test_table_is_that_of_rms_within_the_error_of_its_resamples(births: pd.DataFrame, reference: dict) -> None:
    found = lk.logit(FORMULA, births).validate(n=1000, seed=4)
    table = found.tidy().set_index("measure")
    names = {"somers_d": "Dxy", "intercept": "Intercept", "slope": "Slope", "d": "D", "u": "U", "q": "Q"}
    names |= {"brier": "B", "g": "g", "gp": "gp"}
    values = found.replays.values
    for place, key in enumerate(found.names):
        if key not in names:
            continue
        rms = reference["rms"][names[key]]
        difference = values[:, 0, place] - values[:, 1, place]
        error = np.sqrt(1 / 1000 + 1 / 2000)
        # lrm stops where -2 log-likelihood falls by less than 0.025, and counts pairs of probabilities in bins of 0.002
        bins = 2e-3 if key == "somers_d" else 5e-4
        assert_allclose(table.loc[key, "apparent"], rms["index.orig"], rtol=1e-3, atol=bins)
        assert abs(table.loc[key, "optimism"] - rms["optimism"]) < 4 * error * np.nanstd(difference) + bins
        for column, where in (("training", 0), ("test", 1)):
            spread = np.nanstd(values[:, where, place])
            assert abs(table.loc[key, column] - rms[column]) < 4 * error * spread + bins


def test_same_seed_same_digits_for_any_threads(births: pd.DataFrame) -> None:
    fit = lk.logit(FORMULA, births)
    lk.set_threads(1)
    one = fit.validate(n=70, seed=9)
    lk.set_threads(2)
    two = fit.validate(n=70, seed=9)
    lk.set_threads(None)
    assert_array_equal(one.replays.values, two.replays.values)
    assert one.seed == two.seed == 9
    assert not np.array_equal(fit.validate(n=70, seed=8).corrected, one.corrected)


def test_632_plus_is_that_of_efron_and_tibshirani() -> None:
    # err = 0.1, Err(1) = 0.3, gamma = 0.5: R = 0.5, w = 0.632 / (1 - 0.368 * 0.5)
    w = 0.632 / (1 - 0.184)
    assert_allclose(_plus(np.array([0.1]), np.array([0.3]), np.array([0.5])), 0.1 * (1 - w) + 0.3 * w, rtol=EXACT)
    # worse than no information: Err(1) is cut at gamma and R = 1; better than apparent: R = 0
    assert_allclose(_plus(np.array([0.1]), np.array([0.9]), np.array([0.5])), 0.5, rtol=EXACT)
    assert_allclose(_plus(np.array([0.1]), np.array([0.05]), np.array([0.5])), 0.368 * 0.1 + 0.632 * 0.05, rtol=EXACT)
    assert np.isnan(_plus(np.array([0.1]), np.array([0.2]), np.array([np.nan]))).all()


def test_values_without_information_are_means_over_all_pairs(sample: pd.DataFrame) -> None:
    fit = lk.logit("y ~ x + f", sample.head(40))
    eta, y = fit.predict_logit().to_numpy(), fit.design.response.y
    measures = measures_of(fit.record, fit.design)
    found = dict(
        zip(
            [each.key for each in measures.every],
            measures.without_information(eta[None], np.ones(y.size)),
            strict=True,
        )
    )
    pairs = np.repeat(y, y.size), np.tile(eta, y.size)
    twin = measured(*pairs, np.ones(y.size**2))
    for key in ("c", "brier", "log_loss", "slope", "g", "emax", "ici"):
        assert_allclose(found[key], twin[key], atol=1e-8, err_msg=key)


def test_corrected_and_shifted_intervals_follow_from_the_replicates(births: pd.DataFrame) -> None:
    found = lk.logit(FORMULA, births).validate(n=150, seed=2, level=0.9)
    values = found.replays.values
    assert_allclose(found.optimism, (values[:, 0] - values[:, 1]).mean(axis=0), rtol=ROUTE, atol=1e-12)
    assert_allclose(found.corrected, found.apparent - found.optimism, rtol=EXACT)
    c = found.names.index("c")
    limits = np.quantile(values[:, 0, c], [0.05, 0.95]) - found.optimism[c]
    assert_allclose([found.low[c], found.high[c]], limits, rtol=EXACT)
    settled = {"in_the_large", "intercept", "slope", "emax", "ici", "u"}
    assert set(np.array(found.names)[np.isnan(found.low)]) == settled
    assert "two-stage" in str(found)
    # Where a model nearly settles its slope, percentiles of what little it varies would be no interval of it.
    for fit in (
        lk.ordinal("ftv ~ age", births.assign(ftv=births["ftv"].clip(upper=2))),
        lk.logit("low ~ lwt", births, penalty=lk.Ridge(0.01)),
    ):
        near = fit.validate(n=20, seed=1)
        place = near.names.index("slope")
        assert np.ptp(near.replays.values[:, 0, place]) > 0.0
        assert np.isnan(near.low[place]) & np.isfinite(near.low[0])


def test_two_stage_intervals_are_percentiles_of_corrected_measures(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ lwt + smoke + age", births)
    found = fit.validate(n=60, seed=2, interval="two-stage")
    again = fit.validate(n=60, seed=2, interval="two-stage")
    assert_array_equal(found.low, again.low)
    slope, c = found.names.index("slope"), found.names.index("c")
    assert found.low[slope] < found.corrected[slope] < found.high[slope] < 1.0
    # about as wide as that of the apparent measure
    shifted = fit.validate(n=60, seed=2)
    ratio = (found.high[c] - found.low[c]) / (shifted.high[c] - shifted.low[c])
    assert 0.6 < ratio < 1.7


def test_functions_of_the_user_have_their_optimism(births: pd.DataFrame) -> None:
    fit = lk.logit(FORMULA, births)

    def brier(y: np.ndarray, p: np.ndarray, w: np.ndarray) -> float:
        return float(np.average((y - p) ** 2, weights=w))

    found = fit.validate(n=50, seed=6, indices={"mine": brier})
    mine, own = found.names.index("mine"), found.names.index("brier")
    for name in ("apparent", "training", "test", "corrected", "corrected_632", "low", "high"):
        values = getattr(found, name)
        assert_allclose(values[mine], values[own], rtol=1e-9)
    assert np.isnan(found.corrected_632plus[mine])
    with pytest.raises(DataError, match="not a number"):
        fit.validate(n=2, indices={"bad": lambda y, p, w: "x"})
    with pytest.raises(DataError, match="name of a measure"):
        fit.validate(n=2, indices={"c": brier})
    with pytest.raises(DataError, match="give a name and a function"):
        fit.validate(n=2, indices={"c2": 3})


def test_resamples_that_are_separated_or_lack_a_level_are_told(sample: pd.DataFrame) -> None:
    small = sample.head(30).assign(g=["q", "q", *(["r"] * 28)])
    small.loc[small.index[:2], "y"] = [0, 1]
    told = str(lk.logit("y ~ x + g", small).validate(n=120, seed=1))
    assert "Separated" in told
    assert "the model says nothing of" in told


def test_finite_means_take_both_or_neither() -> None:
    one, other, count = finite_means(np.array([[1.0, 2.0], [np.inf, 4.0]]), np.array([[3.0, np.nan], [5.0, 6.0]]))
    assert_array_equal(one, [1.0, 4.0])
    assert_array_equal(other, [3.0, 6.0])
    assert_array_equal(count, [1, 1])


def test_what_cannot_be_validated_is_refused(births: pd.DataFrame, tmp_path: Path) -> None:
    fit = lk.logit("low ~ age", births)
    for options, words in (
        ({"method": "jackknife"}, "method"),
        ({"n": 0}, "n=0"),
        ({"interval": "bca"}, "interval"),
        ({"by": lk.Folds(5)}, "by= divides rows"),
    ):
        with pytest.raises(DataError, match=words):
            fit.validate(**options)
    fit.save(tmp_path / "fit.json")
    with pytest.raises(DataError, match="does not hold the rows"):
        lk.load(tmp_path / "fit.json").validate()
    with pytest.raises(SeparationError, match="separated"):
        lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1.0, 2.0, 3.0, 4.0]}).validate()
    with pytest.raises(UnsupportedError, match="levels"):
        lk.logit("low ~ age", births, absorb="race").validate()
    births.to_parquet(tmp_path / "births.parquet")
    with pytest.raises(UnsupportedError, match="read in chunks"):
        lk.logit("low ~ age", tmp_path / "births.parquet").validate(recipe=lambda rows: lk.logit("low ~ age", rows))
