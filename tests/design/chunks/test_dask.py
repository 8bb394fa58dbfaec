"""A fit by workers of Dask equals the fit in memory, whatever lies in which partition."""

from __future__ import annotations

from itertools import pairwise

import dask.dataframe as dd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from dask import delayed
from distributed import Client, LocalCluster
from pyarrow import dataset

import logitkit as lk
from logitkit.design.chunks import build, dask
from logitkit.design.chunks.worker_rows import WorkerRows
from logitkit.errors import DataError, UnsupportedError

N = 900


@pytest.fixture(scope="module")
def client():
    """One scheduler and two workers in this process."""
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": False, "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        yield client


@pytest.fixture(scope="module")
def executor(client):
    return lk.Dask(client)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(16)
    data = pd.DataFrame({"x": rng.normal(size=N), "z": rng.normal(3.0, size=N), "g": rng.choice(list("abcd"), N)})
    eta = 0.5 * data["x"] - 0.7 + 0.4 * (data["g"] == "b")
    data["y"] = (rng.random(N) < 1.0 / (1.0 + np.exp(-eta))).astype(int)
    latent = data["x"] + rng.logistic(size=N)
    data["o"] = np.where(latent < -1.0, "low", np.where(latent < 1.0, "mid", "top"))
    data["w"] = rng.integers(1, 4, N).astype(float)
    data["cl"] = rng.integers(0, 60, N)
    data["c"] = data["g"].astype("category")
    data.loc[::50, "z"] = np.nan
    data.loc[880:, "g"] = "only in the last partition"
    return data


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr(build, "ROWS_LEAST", 250)
    monkeypatch.setattr(build, "ROWS_MOST", 250)


def in_partitions(parts: list[pd.DataFrame]):
    """Return tables as the partitions of a frame of Dask, each with the types that it has."""
    return dd.from_delayed([delayed(part) for part in parts], meta=parts[0].iloc[:0], verify_meta=False)


@pytest.fixture(scope="module")
def frame(table):
    """Partitions of unequal sizes, one of them empty."""
    return in_partitions([table.iloc[start:stop] for start, stop in pairwise([0, 7, 7, 400, 880, N])])


def require_same(held, summed) -> None:
    one, other = held.tidy(), summed.tidy()
    assert list(one["term"]) == list(other["term"])
    errors = one["std_error"].to_numpy()
    gap = np.abs(one["estimate"] - other["estimate"]) / np.where(errors > 0.0, errors, 1.0)
    assert np.nanmax(gap) < 1e-10
    np.testing.assert_allclose(other["std_error"], errors, rtol=1e-10)
    assert summed.record.fingerprint == held.record.fingerprint
    assert summed.record.counts.missing == held.record.counts.missing


CASES = {
    "plain": ("y ~ x + z + C(g)", {}),
    "weights and offset": ("y ~ x + C(g)", {"weights": "w", "offset": "z"}),
    "clusters across partitions": ("y ~ x + z", {"cluster": "cl"}),
    "several outcomes": ("o ~ x + z", {"model": lk.Multinomial()}),
    "ordered": ("o ~ x", {"model": lk.Ordinal(order=["low", "mid", "top"])}),
    "categories, a function of the caller": ("y ~ c + np.log(w)", {}),
}


def test_a_sample_of_the_rows_starts_the_fit(table, frame, executor, monkeypatch) -> None:
    monkeypatch.setattr(build, "SAMPLE_LEAST", 200)
    summed = lk.logit("y ~ x + z + C(g)", frame, executor=executor)
    require_same(lk.logit("y ~ x + z + C(g)", table), summed)
    assert summed.design.stream.sample.n_rows < N // 2


@pytest.mark.parametrize("case", CASES)
def test_a_fit_to_a_frame_is_the_fit_in_memory(case, table, frame, executor) -> None:
    formula, options = CASES[case]
    require_same(lk.fit(formula, table, **options), lk.fit(formula, frame, executor=executor, **options))


def test_files_are_read_by_the_workers(table, executor, tmp_path) -> None:
    for number, (start, stop) in enumerate(pairwise([0, 1, 450, N])):
        table.iloc[start:stop].to_parquet(tmp_path / f"{number}.parquet", index=False, row_group_size=150)
    held, summed = lk.logit("y ~ x + z + C(g)", table), lk.logit("y ~ x + z + C(g)", str(tmp_path), executor=executor)
    require_same(held, summed)
    rows = summed.design.stream.source
    having = executor._workers.client.who_has(rows._held[summed.design.stream.columns])
    places = [list(having[value.key]) for value in rows._held[summed.design.stream.columns]]
    assert places == [[place] for place in rows._places]  # no block was moved to whoever was free
    assert len(set(rows._places)) == 2


LEARNT = "y ~ poly(x, 2) + np.log(scale(z) + 9) + cr(cl, df=4, constraints='center')"


def test_transforms_are_learnt_in_several_rounds(table, executor, tmp_path) -> None:
    """The files are comma-separated, in folders that are named for values, and one of them has no rows."""
    for level, rows in table.groupby("y"):
        place = tmp_path / f"outcome={level}"
        place.mkdir()
        rows.to_csv(place / "0.csv", index=False)
        rows.iloc[:0].to_csv(place / "1.csv", index=False)
    whole = pd.concat([pd.read_csv(path) for path in sorted(tmp_path.rglob("*.csv"))])
    require_same(lk.logit(LEARNT, whole), lk.logit(LEARNT, str(tmp_path), executor=executor))


def test_a_dataset_of_files_is_read_by_the_workers(table, executor, tmp_path) -> None:
    table.to_parquet(tmp_path / "0.parquet", index=False, row_group_size=170)
    rows, formula = dataset.dataset(str(tmp_path)), "y ~ x + C(g)"
    require_same(lk.logit(formula, table), lk.logit(formula, rows, executor=executor))
    some = rows.filter(dataset.field("x") > -1.0)
    fit = lk.logit(formula, some, executor=executor)
    require_same(lk.logit(formula, table[table["x"] > -1.0]), fit)
    table.iloc[1:].to_parquet(tmp_path / "0.parquet", index=False, row_group_size=170)
    fit.design.stream.source.let_go()
    with pytest.raises(DataError, match=r"0\.parquet changed while it was read"):
        fit.robust("HC1")
    with pytest.raises(UnsupportedError, match="a part of The dataset is in memory"):
        lk.logit("y ~ 1", dataset.dataset(pa.table({"y": [0, 1]})), executor=executor)


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # Dask, of pandas 3.1
def test_a_frame_of_files_has_the_same_partitions_for_any_columns(table, executor, tmp_path) -> None:
    for number, start in enumerate(range(0, N, 150)):
        table.iloc[start : start + 150].to_parquet(tmp_path / f"{number}.parquet", index=False)
    frame = dd.read_parquet(str(tmp_path))
    held, summed = lk.logit("y ~ x", table), lk.logit("y ~ x", frame, executor=executor)
    require_same(held, summed)
    clustered = [fit.robust("cluster", cluster="cl").std_error for fit in (held, summed)]
    np.testing.assert_allclose(clustered[1], clustered[0], rtol=1e-9)


def test_partitions_that_stay_give_the_bits_of_those_that_are_made_anew(frame, executor, monkeypatch) -> None:
    here = lk.logit("y ~ x + z + C(g)", frame.persist(), executor=executor)
    monkeypatch.setattr(dask.DaskWorkers, "has_room", lambda self, n_bytes: False)
    anew = lk.logit("y ~ x + z + C(g)", frame, executor=executor)
    assert np.array_equal(here.record.coef, anew.record.coef)
    assert np.array_equal(here.record.inner_vcov.array(), anew.record.inner_vcov.array())
    assert not anew.design.stream.source.n_held
    assert here.design.stream.source.n_held > 0


def test_rows_of_earlier_fits_make_room(frame, executor, monkeypatch) -> None:
    first = lk.logit("y ~ x", frame, executor=executor)
    taken = first.design.stream.source.n_held
    assert taken > 0
    workers = executor._workers.client.scheduler_info(n_workers=-1)["workers"].values()
    monkeypatch.setattr(dask, "HELD_OF_MEMORY", sum(each["memory_limit"] for each in workers) / (1.5 * taken))
    second = lk.logit("y ~ x", frame, executor=executor)
    assert second.design.stream.source.n_held == taken
    assert first.design.stream.source.n_held == 0
    assert np.array_equal(first.robust("HC0").vcov, second.robust("HC0").vcov)


def test_verbs_of_the_rows_are_those_in_memory(table, frame, executor) -> None:
    held, summed = lk.logit("y ~ x + w", table), lk.logit("y ~ x + w", frame, executor=executor)
    np.testing.assert_allclose(summed.robust("HC0").std_error, held.robust("HC0").std_error, rtol=1e-9)
    clustered = [fit.robust("cluster", cluster="cl").std_error for fit in (held, summed)]
    np.testing.assert_allclose(clustered[1], clustered[0], rtol=1e-9)
    assert summed.discrimination().auc == pytest.approx(held.discrimination().auc, rel=1e-12)
    one, other = held.anova(), summed.anova()
    np.testing.assert_allclose(other.statistic, one.statistic, rtol=1e-7)


def test_verbs_without_a_sum_run_where_the_rows_are(table, frame, executor, tmp_path, monkeypatch) -> None:
    """Scores that are sorted, rows that the fit did not see, and files of predictions: no column travels."""
    formula = "y ~ x + z"
    held, summed = lk.logit(formula, table), lk.logit(formula, frame, executor=executor)
    table.to_csv(tmp_path / "others.csv", index=False)
    monkeypatch.delattr(WorkerRows, "parts")
    auc = held.discrimination().auc
    assert summed.discrimination().auc == pytest.approx(auc, rel=1e-12)
    assert summed.hosmer_lemeshow().statistic == pytest.approx(held.hosmer_lemeshow().statistic, rel=1e-9)
    assert summed.on(frame).discrimination().auc == pytest.approx(auc, rel=1e-12)
    expected = held.predict(table)
    for name, data in {"own": None, "files": str(tmp_path / "others.csv"), "frame": frame}.items():
        place = summed.predict(data, to=tmp_path / name)
        names = [path.name for path in sorted(place.iterdir())]
        assert names == [f"part-{k:06d}.parquet" for k in range(len(names))]
        assert len(names) >= 4
        found = pd.concat([pd.read_parquet(path) for path in sorted(place.iterdir())], ignore_index=True)
        assert list(found["row"]) == list(range(N))
        np.testing.assert_allclose(found["probability"], expected, rtol=1e-12)


def test_predictions_that_fail_on_a_worker_leave_nothing(table, frame, executor, tmp_path) -> None:
    fit = lk.logit("y ~ x + C(g)", frame, executor=executor)
    table.assign(g=np.where(table.index == 700, "strange", table["g"])).to_csv(tmp_path / "0.csv", index=False)
    with pytest.raises(DataError, match=r"strange.*0\.csv, row 500 on"):
        fit.predict(str(tmp_path), to=tmp_path / "scores")
    assert [path.name for path in tmp_path.iterdir()] == ["0.csv"]


def test_paths_and_folds_share_their_rounds(table, frame, executor) -> None:
    options = {"strengths": [0.05, 0.01], "solver": lk.ProxNewton(tol=1e-13)}
    held, summed = (
        lk.path("y ~ x + z + c", table, **options),
        lk.path("y ~ x + z + c", frame, executor=executor, **options),
    )
    # A gap of 1e-13 of the loss leaves the coefficients its root.
    np.testing.assert_allclose(summed.record.coef, held.record.coef, atol=3e-6)
    assert summed._given.design.stream.passes.count <= 16
    options |= {"folds": lk.Folds(given="w"), "measure": "auc"}
    held, summed = (
        lk.cross_validate("y ~ x + z + c", table, **options),
        lk.cross_validate("y ~ x + z + c", frame, executor=executor, **options),
    )
    np.testing.assert_allclose(summed.record.scores, held.record.scores, rtol=1e-9)
    assert summed._given.design.stream.passes.count <= 24


def test_numbers_of_two_types_become_one(table, executor) -> None:
    whole = table.assign(w=table["w"].astype("int64"))
    parts = [whole.iloc[:300], whole.iloc[300:].assign(w=whole["w"].iloc[300:].astype(float))]
    held = lk.logit("y ~ x + C(w)", pd.concat(parts))
    require_same(held, lk.logit("y ~ x + C(w)", in_partitions(parts), executor=executor))


def test_a_partition_of_other_types_is_named(table, executor) -> None:
    parts = [table.iloc[:300], table.iloc[300:600].assign(x="text"), table.iloc[600:]]
    with pytest.raises(DataError, match=r"partition 1 has 'x' as .*string, and partition 0 as double: give"):
        lk.logit("y ~ x", in_partitions(parts), executor=executor)


def test_no_rows(table, executor) -> None:
    with pytest.raises(DataError, match="the Dask frame has no rows"):
        lk.logit("y ~ x", in_partitions([table.iloc[:0], table.iloc[:0]]), executor=executor)


def test_what_has_no_executor_or_cannot_use_one_is_refused(table, frame, executor) -> None:
    with pytest.raises(DataError, match=r"executor=lk\.Dask\(client\)"):
        lk.logit("y ~ x", frame)
    with pytest.raises(DataError, match="data is a table in memory"):
        lk.logit("y ~ x", table, executor=executor)
    with pytest.raises(UnsupportedError, match="gives them one after another"):
        lk.logit("y ~ x", lambda: iter([table]), executor=executor)
    with pytest.raises(DataError, match="give a client"):
        lk.Dask("localhost")
