"""Sandwiches of rows that are read in chunks are those of the same rows in memory, and of a plain twin."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.tolerances import EXACT, ROUTE

import logitkit as lk
from logitkit.design.chunks import whole_units
from logitkit.engine.law import NORMAL
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.covariances.cluster_sums import ClusterSums, sums_by_cluster
from logitkit.inference.covariances.sandwich import scores

pytestmark = pytest.mark.usefixtures("chunks_of_64")

FORMULA = "y ~ x + z + C(g)"
FITS: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": (FORMULA, {}),
    "frequency weights": (FORMULA, {"weights": "w"}),
    "counts": ("cbind(events, rest) ~ x + z", {}),
    "probit, observed": (FORMULA, {"model": lk.Binary(link="probit", information="observed")}),
    "several": ("o ~ x + C(g)", {"model": lk.Multinomial()}),
    "ordered": ("o ~ x", {"model": lk.Ordinal(order=["low", "mid", "top"])}),
}
KINDS: dict[str, dict[str, Any]] = {
    **{kind: {"kind": kind} for kind in ("HC0", "HC1", "HC2", "HC3", "HC4", "HC4m", "HC5")},
    "cluster": {"kind": "cluster", "cluster": "firm"},
    "sas": {"kind": "cluster", "cluster": "firm", "correction": "sas"},
    "crossed": {"kind": "cluster", "cluster": ["firm", "year"]},
    "smallest": {"kind": "cluster", "cluster": ["firm", "year"], "correction": "smallest"},
    **{kind: {"kind": kind, "cluster": "firm"} for kind in ("CR0", "CR1", "CR2", "CR3")},
    "CR2, normal": {"kind": "CR2", "cluster": "firm", "dof": "normal"},
    "HAC": {"kind": "HAC", "time": "month"},
    "HAC, dates": {"kind": "HAC", "time": "day", "lags": 7},
}


@pytest.mark.parametrize("name", FITS)
def test_every_sandwich_is_that_in_memory(name, small, files) -> None:
    formula, options = FITS[name]
    held, read = lk.fit(formula, small, **options), lk.fit(formula, files, **options)
    for given in KINDS.values():
        if given["kind"] not in ("HC0", "HC1", "cluster", "HAC") and not held.record.is_single:
            with pytest.raises(UnsupportedError, match="a row has several"):
                read.robust(**given)
            continue
        if given["kind"] == "HAC" and "frequency" in name:
            with pytest.raises(UnsupportedError, match="'HAC' with frequency weights"):
                read.robust(**given)
            continue
        one, other = held.robust(**given), read.robust(**given)
        assert_allclose(other.vcov, one.vcov, rtol=ROUTE, atol=ROUTE * np.abs(one.vcov.to_numpy()).max())
        if one.record.law.varies:  # degrees of freedom of each coefficient
            assert replace(other.record.covariance, law=NORMAL) == replace(one.record.covariance, law=NORMAL)
            assert_allclose(other.tidy()["p_value"], one.tidy()["p_value"], rtol=ROUTE)
            continue
        assert other.record.covariance == one.record.covariance
        assert other.record.law == one.record.law


@pytest.mark.parametrize("options", [{"weights": "v", "weight_kind": "sampling"}, {"cluster": "firm"}])
@pytest.mark.parametrize("conventions", [None, "sas", "stata"])
def test_sandwiches_that_a_fit_calls_for_are_those_in_memory(options, conventions, small, files) -> None:
    held, read = (lk.fit(FORMULA, data, conventions=conventions, **options) for data in (small, files))
    assert_allclose(read.vcov, held.vcov, rtol=ROUTE, atol=ROUTE)
    assert read.record.covariance == held.record.covariance


def test_clusters_that_go_on_in_other_chunks_are_summed_before_they_are_squared(small, files) -> None:
    used = small.dropna(subset=["z"]).reset_index(drop=True)
    X = np.column_stack([np.ones(len(used)), used["x"], used["z"], used["g"] == "b", used["g"] == "c"])
    read = lk.logit(FORMULA, files).robust("cluster", cluster="firm")
    mu = 1.0 / (1.0 + np.exp(-X @ read.coef.to_numpy()))
    sums = np.array([((used["y"] - mu).to_numpy()[:, None] * X)[used["firm"] == firm].sum(0) for firm in range(25)])
    bread = np.linalg.inv(X.T * (mu * (1.0 - mu)) @ X)
    assert_allclose(read.vcov, 25 / 24 * bread @ (sums.T @ sums) @ bread, rtol=ROUTE, atol=ROUTE)


@pytest.mark.parametrize("kind", ["CR2", "CR3"])
def test_clusters_are_corrected_a_few_at_a_time(kind, small, files, monkeypatch) -> None:
    held, read = (lk.logit(FORMULA, data) for data in (small, files))
    stream = read.design.stream
    one, passes = held.robust(kind, cluster="firm", dof="normal"), stream.passes
    # Memory for 60 of the 312 rows, and for no sums over rows of all clusters.
    monkeypatch.setattr(whole_units, "rows_held", lambda _: 60)
    monkeypatch.setattr("logitkit.inference.covariances.cluster_rows.PART_OF_MEMORY", stream.memory)
    before = passes.count
    other = read.robust(kind, cluster="firm", dof="normal")
    assert 4 < passes.count - before < 12
    assert_allclose(other.vcov, one.vcov, rtol=ROUTE, atol=ROUTE)
    monkeypatch.setattr(whole_units, "rows_held", lambda _: 5)
    with pytest.raises(UnsupportedError, match=r"A unit of cluster= \(firm\) has \d+ rows, and memory= has room for 5"):
        read.robust(kind, cluster="firm", dof="normal")


def test_degrees_of_freedom_of_very_many_clusters_are_refused(files) -> None:
    fit = lk.logit(FORMULA, files)
    object.__setattr__(fit.design.stream, "memory", 9_000)  # 25 clusters of 5 coefficients take 10,000 bytes
    with pytest.raises(UnsupportedError, match=r"degrees of freedom by Satterthwaite .*dof='clusters'"):
        fit.robust("CR3", cluster="firm")


def test_rows_in_the_order_of_their_clusters_are_corrected_in_one_pass(small, tmp_path, monkeypatch) -> None:
    small.sort_values("firm").to_parquet(tmp_path / "rows.parquet")
    read = lk.logit(FORMULA, str(tmp_path))
    monkeypatch.setattr(whole_units, "rows_held", lambda _: 120)
    before = read.design.stream.passes.count
    read.robust("CR2", cluster="firm")
    assert read.design.stream.passes.count == before + 2  # the sizes of the clusters, and their rows


def test_a_series_is_sorted_on_disk_where_memory_is_short(small, files) -> None:
    held, read = (lk.logit(FORMULA, data) for data in (small, files))
    object.__setattr__(read.design.stream, "memory", 20_000)  # of 17,472 bytes, six runs
    for lags in (None, 0, 5, 200):
        one, other = (fit.robust("HAC", time="month", lags=lags) for fit in (held, read))
        assert_allclose(other.vcov, one.vcov, rtol=ROUTE, atol=ROUTE * np.abs(one.vcov.to_numpy()).max())
        assert other.record.covariance == one.record.covariance


def test_no_number_per_row_is_held(files, monkeypatch) -> None:
    fit = lk.logit(FORMULA, files, cluster="firm")
    stream = fit.design.stream
    monkeypatch.setattr(type(stream), "require_room", lambda *_: pytest.fail("a number per row"))
    for given in ({"kind": "cluster"}, {"kind": "cluster", "cluster": ["firm", "year"]}):
        before = stream.passes.count
        fit.robust(**given)
        assert stream.passes.count == before + 1
    fit = lk.logit(FORMULA, files)
    for kind in ("HC0", "HC3"):
        before = fit.design.stream.passes.count
        fit.robust(kind)
        assert fit.design.stream.passes.count == before + 1


def test_the_table_of_clusters_is_refused_beyond_the_memory(small) -> None:
    fit = lk.logit(FORMULA, small, cluster="firm")
    own, found = fit.design.response.clusters, scores(fit.record, fit.design)

    def sums(first: int, most: int) -> ClusterSums:
        return sums_by_cluster(found, [replace(own, values=tuple(range(first, first + 25)))], most)[0]

    left, right = sums(0, 170), sums(10, 170)
    with pytest.raises(UnsupportedError, match=r"The sums of scores of 35 clusters so far by 5 coefficients take"):
        left.plus(right)
    both = sums(0, 250).plus(sums(25, 250)).plus(sums(0, 250))
    assert both.count == 50
    assert_allclose(both.squares, 5.0 * sums(0, 250).squares, rtol=EXACT)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"cluster": np.arange(320)}, "must name a column of"),
        ({"cluster": "frim"}, "has no such column. Did you mean 'firm'"),
        ({"cluster": "z"}, r"cluster \(z\) is missing in"),
        ({"kind": "HC3", "cluster": "firm"}, "takes rows for independent"),
        ({"kind": "HAC", "time": "firm"}, r"time \(firm\) has several rows at 0.0"),
        ({"kind": "HAC", "time": "g"}, "are sorted by numbers or dates"),
        ({"kind": "HAC", "time": np.arange(320)}, "must name a column of"),
    ],
)
def test_what_a_stream_does_not_take_is_refused(given, message, files) -> None:
    with pytest.raises((DataError, UnsupportedError), match=message):
        lk.logit("y ~ x", files).robust(**given)


def test_one_cluster_is_refused(small, tmp_path) -> None:
    small.assign(one=1).to_parquet(tmp_path / "rows.parquet")
    with pytest.raises(DataError, match="cluster='one' has 1 cluster among the rows used"):
        lk.logit("y ~ x", str(tmp_path)).robust("cluster", cluster="one")
