"""Verbs that need the order of rows say of rows read in chunks what they say of rows that are held."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.design.chunks.alike import equal, without_vectors
from tests.tolerances import EXACT

import logitkit as lk
from logitkit.design.chunks import build
from logitkit.errors import DataError, UnsupportedError

N = 1_000


def rows(n: int = N) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    data = pd.DataFrame({"x": rng.normal(size=n).round(1), "g": rng.choice(list("abc"), n)})
    data["y"] = (rng.random(n) < 1.0 / (1.0 + np.exp(0.7 - data["x"]))).astype(int)
    data["w"] = rng.integers(0, 4, n).astype(float)
    data["v"] = rng.uniform(0.5, 2.0, n)
    data["o"] = np.where(data["x"] + rng.logistic(size=n) < 0.0, "low", rng.choice(["mid", "top"], n))
    return data


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return rows()


@pytest.fixture(scope="module")
def file(table, tmp_path_factory) -> str:
    place = tmp_path_factory.mktemp("rows") / "rows.parquet"
    table.to_parquet(place, index=False)
    return str(place)


@pytest.fixture(autouse=True)
def small(monkeypatch) -> None:
    """Chunks of 137 rows, runs of a few on disk."""
    monkeypatch.setattr(build, "ROWS_LEAST", 137)
    monkeypatch.setattr(build, "ROWS_MOST", 137)
    monkeypatch.setattr(build, "SAMPLE_LEAST", 200)


def pair(formula: str, table: pd.DataFrame, file: str, **options: object) -> tuple[lk.Fit, lk.Fit]:
    return lk.fit(formula, table, **options), lk.fit(formula, file, memory="10MB", **options)


CASES = {
    "plain": ("y ~ x + C(g)", {}),
    "frequency weights": ("y ~ x", {"weights": "w"}),
    "sampling weights": ("y ~ x + C(g)", {"weights": "v", "weight_kind": "sampling"}),
    "clusters": ("y ~ x", {"cluster": "g"}),
    "separated": ("y ~ x + I(v > 1.99)", {}),
}


@pytest.mark.parametrize("case", CASES)
def test_discrimination_of_an_event_is_that_of_rows_held(case, table, file) -> None:
    formula, options = CASES[case]
    held, read = pair(formula, table, file, **options)
    one, other = held.discrimination(), without_vectors(read).discrimination()
    equal(one, other, rtol=1e-11)


def test_the_area_is_that_of_all_pairs(table, file) -> None:
    read = lk.logit("y ~ x + C(g)", file)
    score, y = lk.logit("y ~ x + C(g)", table).predict_logit().round(9).to_numpy(), table["y"].to_numpy()
    gaps = score[y == 1][:, None] - score[y == 0]
    wins = (gaps > 0) + 0.5 * (gaps == 0)
    found = read.discrimination()
    np.testing.assert_allclose(found.auc, wins.mean(), rtol=EXACT)
    over_events, over_others = wins.mean(axis=1).var(ddof=1), wins.mean(axis=0).var(ddof=1)
    np.testing.assert_allclose(found.std_error**2, over_events / (y == 1).sum() + over_others / (y == 0).sum())


@pytest.mark.parametrize("bins", [2, 7, 50])
def test_bins_bound_the_area(bins, table, file) -> None:
    held, read = pair("y ~ x + v", table, file)
    exact = held.discrimination().auc
    for fit in (held, read):
        found = fit.discrimination(bins=bins)
        assert 0.0 < found.auc_bound < 1.0 / bins
        assert abs(found.auc - exact) <= found.auc_bound
        assert "differs by at most" in str(found)


def test_a_thinned_curve_keeps_to_its_bound(monkeypatch, table, file) -> None:
    held, read = pair("y ~ x + v", table, file)
    whole = held.discrimination()
    monkeypatch.setattr("logitkit.diagnostics.discrimination.curves.POINTS_MOST", 40)
    thin = read.discrimination()
    assert thin.fpr.size <= 42
    np.testing.assert_allclose([thin.auc, thin.std_error, thin.ks], [whole.auc, whole.std_error, whole.ks], rtol=1e-11)
    at = np.linspace(0.0, 1.0, 200_001)
    lost = np.mean(np.abs(np.interp(at, whole.fpr, whole.tpr) - np.interp(at, thin.fpr, thin.tpr)))
    assert 0.0 < lost <= thin.area_lost <= 1.0 / 40
    assert "of its points" in str(thin)


def test_what_bins_must_be(table) -> None:
    with pytest.raises(DataError, match="bins=1 must be"):
        lk.logit("y ~ x", table).discrimination(bins=1)
    with pytest.raises(UnsupportedError, match="several outcomes"):
        lk.multinomial("g ~ x", table).discrimination(bins=10)


TESTED = {
    "stata": ("y ~ x + C(g)", {}, "stata"),
    "r": ("y ~ x + C(g)", {}, "r"),
    "sas": ("y ~ x + v", {}, "sas"),
    "frequency weights": ("y ~ x", {"weights": "w"}, "sas"),
    "offset": ("y ~ x + C(g)", {"offset": "v"}, "stata"),
    "several outcomes": ("g ~ x + v", {"model": lk.Multinomial()}, "stata"),
    "ordered": ("o ~ x", {"model": lk.Ordinal(order=["low", "mid", "top"])}, "r"),
}


@pytest.mark.parametrize("case", TESTED)
def test_hosmer_and_lemeshow_group_as_in_memory(case, table, file) -> None:
    formula, options, grouping = TESTED[case]
    held, read = pair(formula, table, file, **options)
    one = held.hosmer_lemeshow(groups=8, grouping=grouping)
    other = without_vectors(read).hosmer_lemeshow(groups=8, grouping=grouping)
    equal(one, other, skip=("group",))
    assert one.group is not None
    assert other.group is None


@pytest.mark.parametrize("case", ["plain", "sampling weights", "separated", "several outcomes"])
def test_classification_is_summed(case, table, file) -> None:
    formula, options = {**CASES, "several outcomes": ("g ~ x + v", {"model": lk.Multinomial()})}[case]
    held, read = pair(formula, table, file, **options)
    equal(held.classification(), without_vectors(read).classification())
    if held.record.has_event:
        equal(held.classification(threshold=0.3), read.classification(threshold=0.3))
