"""Areas under curves with several outcomes: pROC, scikit-learn, brute force over pairs, and the binary curve."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics import roc_auc_score

import logitkit as lk
from logitkit.errors import DataError
from tolerances import EXACT, REFERENCE, ROUTE

MEANS = ("hand_till", "macro", "weighted")


@pytest.fixture(scope="module")
def tied() -> pd.DataFrame:
    """Rows whose predictors have few values, with whole weights."""
    rng = np.random.default_rng(31)
    x, z = rng.integers(0, 4, (2, 90)).astype(float)
    y = rng.choice(["a", "b", "c", "d"], 90, p=[0.4, 0.3, 0.2, 0.1])
    return pd.DataFrame({"x": x, "z": z, "y": y, "w": rng.integers(1, 4, 90)})


def pair_area(p: np.ndarray, y: np.ndarray, a: str, b: str, w: np.ndarray) -> float:
    """A(a|b) over all pairs of rows; values that differ by rounding are equal."""
    gap = p[y == a][:, None] - p[y == b]
    wins = np.where(np.abs(gap) < 1e-12, 0.5, gap > 0)
    return float(w[y == a] @ wins @ w[y == b] / (w[y == a].sum() * w[y == b].sum()))


def test_agrees_with_proc(outcomes):
    expected, found = outcomes.reference["discrimination"], outcomes.fit.discrimination()
    assert_allclose(found.hand_till.estimate, expected["hand_till"], rtol=REFERENCE)
    for name, curve in found.curves.items():
        area = expected["one_against_rest"][name]
        assert_allclose(curve.auc, area["auc"], rtol=REFERENCE)
        assert_allclose(curve.std_error**2, area["variance"], rtol=REFERENCE)
        assert_allclose([curve.low, curve.high], [area["low"], area["high"]], rtol=REFERENCE)


def test_agrees_with_scikit_learn(outcomes):
    fit = outcomes.fit
    found, p = fit.discrimination(), fit.predict()
    y = outcomes.data["race"]

    def area(scheme: str, average: str) -> float:
        return roc_auc_score(y, p, multi_class=scheme, average=average, labels=list(p.columns))

    labels = sorted(p.columns)
    p = p[labels]
    assert_allclose(found.hand_till.estimate, area("ovo", "macro"), rtol=ROUTE)
    assert_allclose(found.macro.estimate, area("ovr", "macro"), rtol=ROUTE)
    assert_allclose(found.weighted.estimate, area("ovr", "weighted"), rtol=ROUTE)


def test_ties_and_weights_by_brute_force(tied):
    fit = lk.multinomial("y ~ x + z", tied, weights="w")
    found, p = fit.discrimination(), fit.predict()
    y, w = tied["y"].to_numpy(), tied["w"].to_numpy(dtype=float)
    names = list(fit.outcomes)
    for a, b in combinations(names, 2):
        i, j = names.index(a), names.index(b)
        assert_allclose(found.pairwise[i, j], pair_area(p[a].to_numpy(), y, a, b, w), rtol=EXACT)
        assert_allclose(found.pairwise[j, i], pair_area(p[b].to_numpy(), y, b, a, w), rtol=EXACT)
    assert np.isnan(np.diag(found.pairwise)).all()
    assert_allclose(found.hand_till.estimate, np.nanmean(found.pairwise), rtol=EXACT)


def test_weights_that_count_are_rows_written_out(tied):
    weighted = lk.multinomial("y ~ x + z", tied, weights="w").discrimination()
    long = tied.loc[tied.index.repeat(tied["w"])].reset_index(drop=True)
    written = lk.multinomial("y ~ x + z", long).discrimination()
    for name in MEANS:
        first, second = getattr(weighted, name), getattr(written, name)
        assert_allclose([first.estimate, first.std_error], [second.estimate, second.std_error], rtol=ROUTE)


def test_counts_are_their_trials(tied):
    table = pd.crosstab([tied["x"], tied["z"]], tied["y"]).reset_index()
    counted = lk.multinomial("cbind(a, b, c, d) ~ x + z", table).discrimination()
    single = lk.multinomial("y ~ x + z", tied).discrimination()
    for name in MEANS:
        first, second = getattr(counted, name), getattr(single, name)
        assert_allclose([first.estimate, first.std_error], [second.estimate, second.std_error], rtol=ROUTE)


@pytest.mark.parametrize("name", MEANS)
def test_errors_are_those_of_the_infinitesimal_jackknife(outcomes, name):
    """Derivatives of the areas by the weight of each row, taken numerically from brute-force areas.

    The jackknife divides by the number of rows of an outcome, a sample variance by one less.
    """
    fit = outcomes.fit
    p, y = fit.predict(), outcomes.data["race"].to_numpy()
    names = list(fit.outcomes)
    share = np.array([np.mean(y == a) for a in names])  # taken as given
    pairs = [(a, b) for a in names for b in names if a != b]
    n, ones = len(y), np.ones(len(y))

    def areas(w: np.ndarray) -> np.ndarray:
        if name == "hand_till":
            return np.array([pair_area(p[a].to_numpy(), y, a, b, w) for a, b in pairs])
        return np.array([pair_area(p[a].to_numpy(), np.where(y == a, a, "rest"), a, "rest", w) for a in names])

    step = 1e-4
    slopes = np.array([(areas(ones + step * row) - areas(ones - step * row)) / (2 * step) for row in np.eye(n)])
    if name == "hand_till":
        own = n * share[[names.index(outcome) for outcome in y]]
        weight, counted = np.full(len(pairs), 1 / len(pairs)), np.repeat(own[:, None], len(pairs), axis=1)
    else:
        weight = np.full(3, 1 / 3) if name == "macro" else share
        counted = n * np.where(y[:, None] == np.array(names), share, 1 - share)
    expected = np.sqrt(np.sum(((slopes * np.sqrt(counted / (counted - 1))) @ weight) ** 2))
    found = getattr(fit.discrimination(), name)
    # A central difference is right to the square of its step, 1e-8, over the square of the smallest outcome's rows.
    assert_allclose(found.std_error, expected, rtol=REFERENCE)
    assert_allclose(found.high - found.low, 2 * 1.959963984540054 * found.std_error, rtol=ROUTE)


@pytest.mark.parametrize("kind", ["frequency", "precision", "sampling"])
def test_two_outcomes_are_the_binary_area(kind):
    data = lk.datasets.load_lbw()
    data["w"] = 1.0 + data["id"] % 3
    several = lk.multinomial("low ~ age + lwt", data, weights="w", weight_kind=kind).discrimination()
    binary = lk.logit("low ~ age + lwt", data, weights="w", weight_kind=kind).discrimination()
    for area in (several.hand_till, several.macro, several.weighted):
        found = [area.estimate, area.std_error, area.low, area.high]
        assert_allclose(found, [binary.auc, binary.std_error, binary.low, binary.high], rtol=ROUTE)
    curve = several.curves["1"]
    assert_allclose(curve.tpr, binary.tpr, rtol=EXACT)
    assert_allclose(curve.thresholds, binary.thresholds, rtol=ROUTE)
    assert_allclose(curve.ks, binary.ks, rtol=EXACT)


def test_a_separated_fit_ranks_its_limits():
    data = pd.DataFrame({"x": np.repeat([0, 1, 2], 4), "y": list("aaaa" + "bbbc" + "bccc")})
    fit = lk.multinomial("y ~ C(x)", data)
    assert fit.separation is not None
    found = fit.discrimination()
    assert found.curves["a"].auc == 1.0
    assert_allclose(found.pairwise[1, 2], (3 * 3 + 0.5 * (3 * 1 + 1 * 3)) / 16, rtol=EXACT)
    assert found.pairwise[0, 1] == found.pairwise[1, 0] == 1.0
    # Of 4 rows of each outcome 4 disjoint pairs with the rest: R's binom.test(4, 4)$conf.int.
    assert (found.curves["a"].interval, found.curves["b"].interval) == ("exact", "DeLong")
    assert_allclose(found.curves["a"].low, 0.397635364384, rtol=1e-11)  # as printed
    assert np.isfinite(found.hand_till.std_error)
    assert "its interval is exact" in " ".join(found.to_text().split())


def test_means_of_areas_that_do_not_vary():
    data = pd.DataFrame({"x": np.repeat([0, 1, 2], 4), "y": np.repeat(["a", "b", "c"], 4)})
    found = lk.multinomial("y ~ C(x)", data).discrimination()
    for name in MEANS:
        area = getattr(found, name)
        assert (area.estimate, area.high, area.interval) == (1.0, 1.0, "exact")
        assert np.isnan(area.std_error)
        assert_allclose(area.low, 0.397635364384, rtol=1e-11)  # as printed by R's binom.test(4, 4)
    tie = lk.multinomial("y ~ 1", data).discrimination()
    for name in MEANS:
        area = getattr(tie, name)
        assert (area.estimate, area.interval) == (0.5, "degenerate")
        assert np.isnan([area.std_error, area.low, area.high]).all()
    text = " ".join(tie.to_text().split())
    assert "All predictions are tied" in text
    assert "Standard errors" not in text


def test_outcomes_that_do_not_occur_are_told(outcomes):
    rows = outcomes.data[outcomes.data["race"] != "black"]
    found = outcomes.fit.discrimination(data=rows)
    assert found.absent == ("black",)
    assert set(found.curves) == {"white", "other"}
    black = found.outcomes.index("black")
    assert np.isnan(found.pairwise[black]).all()
    others = [k for k in range(3) if k != black]
    assert_allclose(found.hand_till.estimate, np.nanmean(found.pairwise[np.ix_(others, others)]), rtol=EXACT)
    assert "No row has the outcome black" in found.to_text()
    with pytest.raises(DataError, match="All rows have the outcome 'white'"):
        outcomes.fit.discrimination(data=outcomes.data[outcomes.data["race"] == "white"])


def test_it_shows_itself(outcomes):
    text = outcomes.fit.discrimination().to_text()
    assert "Hand-Till M" in text
    assert "than black" in text
    assert "Standard errors: DeLong's." in text


def test_it_says_that_sampled_rows_have_no_errors(tied):
    fit = lk.multinomial("y ~ x + z", tied.assign(w=1.5), weights="w", weight_kind="sampling")
    text = fit.discrimination().to_text()
    assert "No standard errors: DeLong's are of independent rows" in text
    assert "Standard errors: DeLong's." not in text


def test_an_outcome_that_occurs_once_leaves_no_error(tied):
    rows = pd.concat([tied[tied["y"] != "d"], tied[tied["y"] == "d"].head(1)])
    fit = lk.multinomial("y ~ x + z", tied)
    found = fit.discrimination(data=rows)
    assert np.isnan(found.hand_till.std_error)
    assert np.isnan(found.curves["d"].std_error)
    assert np.isfinite(found.hand_till.estimate)
