"""Fits by the workers of Spark have the digits of the fit in memory. `make test-spark` runs these."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.design.chunks import build, spark

pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]
N = 900
PAGE = Path(__file__).resolve().parents[3] / "docs" / "scale.md"
FORMULA = "y ~ x + np.log(z) + C(g)"


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    if shutil.which("java") is None:
        pytest.skip("no Java: apt-get install default-jre-headless")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyspark.sql import SparkSession

        os.environ["PYSPARK_PYTHON"] = sys.executable
        options = {
            "spark.ui.enabled": "false",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.memory": "1g",
            "spark.sql.shuffle.partitions": "2",
            "spark.ui.showConsoleProgress": "false",
        }
        builder = SparkSession.builder.master("local[2,4]").appName("logitkit")
        for name, value in options.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(16)
    data = pd.DataFrame({"x": rng.normal(size=N), "z": rng.lognormal(size=N), "g": rng.choice(list("abc"), N)})
    data.loc[:39, "g"] = "only in the first partition"
    eta = 0.5 * data["x"] - 0.7 + 0.4 * (data["g"] == "b")
    data["y"] = (rng.random(N) < 1.0 / (1.0 + np.exp(-eta))).astype(int)
    data["w"] = rng.integers(1, 4, N).astype(float)
    data["n"] = rng.integers(0, 100, N).astype(np.int16)
    data["cl"] = rng.integers(0, 40, N)
    data["odd name.s"] = data["x"] ** 2
    data.loc[::50, "z"] = np.nan
    return data


@pytest.fixture(scope="module")
def frame(session: Any, table: pd.DataFrame) -> Any:
    """Five partitions, of which one is empty and one has one row; a level is in the first alone."""
    import pyarrow as pa

    rows = session.createDataFrame(pa.Table.from_pandas(table.assign(place=np.arange(N)), preserve_index=False))
    cuts = ["place < 40", "place >= 40 and place < 41", "place > 5000", "place >= 41 and place < 600", "place >= 600"]
    parts = [rows.where(cut).coalesce(1) for cut in cuts]
    found = parts[0]
    for part in parts[1:]:
        found = found.union(part)
    return found.drop("place").persist()


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "ROWS_LEAST", 100)
    monkeypatch.setattr(build, "ROWS_MOST", 100)
    monkeypatch.setattr(build, "SAMPLE_LEAST", 200)


def require_same(read: Any, held: Any) -> None:
    one, other = held.tidy(), read.tidy()
    assert list(one["term"]) == list(other["term"])
    errors = one["std_error"].to_numpy()
    assert np.max(np.abs(one["estimate"] - other["estimate"]) / errors) < 1e-10
    np.testing.assert_allclose(other["std_error"], errors, rtol=1e-10)
    assert read.record.fingerprint == held.record.fingerprint
    assert read.record.counts == held.record.counts


CASES = {
    "plain": (FORMULA, {}),
    "weights and clusters": ("y ~ x + n", {"weights": "w", "weight_kind": "sampling", "cluster": "cl"}),
    "a name in quotes": ("y ~ `odd name.s` + C(g)", {}),
    "several outcomes": ("g ~ x", {"model": lk.Multinomial()}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_fit_to_a_frame_of_spark_is_the_fit_in_memory(case: str, session: Any, frame: Any, table: Any) -> None:
    formula, options = CASES[case]
    require_same(lk.fit(formula, frame, executor=lk.Spark(session), **options), lk.fit(formula, table, **options))


def test_files_are_read_by_the_workers_with_the_same_digits(session: Any, table: Any, tmp_path: Path) -> None:
    for k, start in enumerate(range(0, N, 45)):  # twenty files: more sums than are added here
        table.iloc[start : start + 45].to_parquet(tmp_path / f"{k:02}.parquet", index=False)
    read = lk.logit(FORMULA, str(tmp_path), executor=lk.Spark(session))
    require_same(read, lk.logit(FORMULA, table))


LEARNT = "y ~ poly(x, 2) + np.log(scale(n) + 9) + cr(cl, df=4, constraints='center')"


def test_transforms_are_learnt_in_several_rounds(session: Any, frame: Any, table: Any) -> None:
    require_same(lk.logit(LEARNT, frame, executor=lk.Spark(session)), lk.logit(LEARNT, table))


@pytest.mark.parametrize("kind", ["folders of CSV", "a dataset with a condition"])
def test_other_files_are_read_by_the_workers(kind: str, session: Any, table: Any, tmp_path: Path) -> None:
    from pyarrow import dataset

    held, formula = table, "y ~ x + C(g) + C(n > 50)"
    if kind == "folders of CSV":
        for level, rows in table.groupby("y"):
            place = tmp_path / f"outcome={level}"
            place.mkdir()
            for number, start in enumerate((0, 100)):
                rows.iloc[start : start + 100 if number == 0 else None].to_csv(place / f"{number}.csv", index=False)
            rows.iloc[:0].to_csv(place / "no rows.csv", index=False)
        held = pd.concat([pd.read_csv(path) for path in sorted(tmp_path.rglob("*.csv"))])
        rows, formula = str(tmp_path), LEARNT
    else:
        table.to_parquet(tmp_path / "0.parquet", index=False, row_group_size=170)
        rows, held = dataset.dataset(str(tmp_path)).filter(dataset.field("x") > -1.0), table[table["x"] > -1.0]
    require_same(lk.logit(formula, rows, executor=lk.Spark(session)), lk.logit(formula, held))


def test_many_partitions_are_added_by_the_workers(session: Any, table: Any) -> None:
    import pyarrow as pa

    rows = session.createDataFrame(pa.Table.from_pandas(table, preserve_index=False)).repartition(17).persist()
    read, held = lk.logit("y ~ x", rows, executor=lk.Spark(session)), lk.logit("y ~ x", table)
    assert np.max(np.abs(read.coef - held.coef) / held.std_error) < 1e-10


def test_a_path_and_folds_are_those_in_memory(session: Any, frame: Any, table: Any) -> None:
    formula, table, frame = "y ~ x + w", table.assign(fold=table["cl"] % 3), frame.selectExpr("*", "cl % 3 as fold")
    options: dict[str, Any] = {"strengths": [0.05, 0.01], "solver": lk.ProxNewton(tol=1e-13)}
    by_spark = {"executor": lk.Spark(session)}
    held, read = lk.path(formula, table, **options), lk.path(formula, frame, **options, **by_spark)
    np.testing.assert_allclose(read.record.coef, held.record.coef, atol=3e-6)  # the root of the gap
    options |= {"folds": lk.Folds(given="fold")}
    scores = [lk.cross_validate(formula, table, **options), lk.cross_validate(formula, frame, **options, **by_spark)]
    np.testing.assert_allclose(scores[1].record.scores, scores[0].record.scores, rtol=1e-6)  # likewise


def test_columns_of_other_types(session: Any, frame: Any, table: Any) -> None:
    """Decimals, numbers of one byte and of four, truth values, and levels with a type of their own."""
    types = [
        "y",
        "cast(x as float) as x",
        "cast(w as decimal(10, 2)) as w",
        "cast(n as tinyint) as n",
        "n > 50 as high",
    ]
    read = lk.logit("y ~ x + w + n + high + C(cl > 20)", frame.selectExpr(*types, "cl"), executor=lk.Spark(session))
    rows = table.assign(x=table["x"].astype("float32"), high=table["n"] > 50)
    require_same(read, lk.logit("y ~ x + w + n + high + C(cl > 20)", rows))


def struck(monkeypatch: pytest.MonkeyPatch, number: int, mark: Path | None) -> list[int]:
    """Kill a process of Python in a pass, once where a file is to tell, else whenever it is tried again."""
    passes: list[int] = []
    gathered = spark._WorkerRows._gathered

    def with_a_fault(self: Any, columns: Any, work: Any, *rest: Any) -> Any:
        passes.append(1)

        def fatal(block: int, rows: Any) -> Any:
            if mark is None or not mark.exists():
                if mark is not None:
                    mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return work(block, rows)

        return gathered(self, columns, fatal if len(passes) == number else work, *rest)

    monkeypatch.setattr(spark._WorkerRows, "_gathered", with_a_fault)
    return passes


def test_a_worker_that_is_killed_costs_time_and_no_digit(
    session: Any, frame: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calm = lk.logit(FORMULA, frame, executor=lk.Spark(session))
    passes = struck(monkeypatch, 3, tmp_path / "struck")
    fit = lk.logit(FORMULA, frame, executor=lk.Spark(session))
    assert len(passes) > 3
    assert (tmp_path / "struck").exists()
    assert np.array_equal(fit.record.coef, calm.record.coef)
    assert np.array_equal(fit.record.inner_vcov.array(), calm.record.inner_vcov.array())


def test_an_executor_that_is_killed_costs_time_and_no_digit(table: Any, tmp_path: Path) -> None:
    """Its Java process, of two that Spark starts on this machine."""
    (tmp_path / "rows").mkdir()
    for k in range(4):
        table.iloc[k * 225 : (k + 1) * 225].to_parquet(tmp_path / "rows" / f"{k}.parquet", index=False)
    script = [sys.executable, str(Path(__file__).with_name("lost_executor.py")), str(tmp_path / "rows")]
    done = subprocess.run([*script, str(tmp_path / "struck")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "killed True, same bits True" in done.stdout


def test_a_checkpoint_goes_on_where_workers_die_again_and_again(
    session: Any, frame: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"executor": lk.Spark(session), "checkpoint": str(tmp_path / "fit")}
    with monkeypatch.context() as patched:
        struck(patched, 3, None)
        with pytest.raises(lk.errors.ExecutorError, match="Spark could not run"):
            lk.logit(FORMULA, frame, **options)
    passes = struck(monkeypatch, -1, None)
    resumed = lk.logit(FORMULA, frame, **options)
    n_resumed = len(passes)
    calm = lk.logit(FORMULA, frame, executor=lk.Spark(session))
    assert n_resumed < len(passes) - n_resumed
    assert np.array_equal(resumed.record.coef, calm.record.coef)


def test_verbs_that_look_at_rows(session: Any, frame: Any, table: Any) -> None:
    read, held = lk.logit(FORMULA, frame, executor=lk.Spark(session)), lk.logit(FORMULA, table)
    again = lk.logit(FORMULA, frame, executor=lk.Spark())  # the active session
    assert np.array_equal(read.record.coef, again.record.coef)
    np.testing.assert_allclose(read.robust("HC1").std_error, held.robust("HC1").std_error, rtol=1e-10)
    np.testing.assert_allclose(read.discrimination().auc, held.discrimination().auc, rtol=1e-12)
    np.testing.assert_allclose(read.residuals(), held.residuals(), rtol=1e-8)


def test_what_is_wrong_is_said_in_words(session: Any, frame: Any) -> None:
    with pytest.raises(lk.errors.FormulaError, match="'xx'"):
        lk.logit("y ~ xx", frame, executor=lk.Spark(session))
    with pytest.raises(lk.errors.DataError, match="no rows"):
        lk.logit("y ~ x", frame.where("x > 1e9"), executor=lk.Spark(session))
    with pytest.raises(lk.errors.DataError, match=r"executor=lk\.Spark\(session\)"):
        lk.logit("y ~ x", frame)
    with pytest.raises(lk.errors.DataError, match="give a session"):
        lk.Spark("spark://here")
    with pytest.raises(lk.errors.UnsupportedError, match="one after another"):
        lk.logit("y ~ x", lambda: iter([pd.DataFrame({"y": [0, 1], "x": [0.0, 1.0]})]), executor=lk.Spark(session))


def test_a_frame_that_changes_between_passes_is_refused(session: Any) -> None:
    rows = session.range(0, 2_000, 1, 3).selectExpr("sin(id) as x", "id % 2 as y", "id")
    moving = rows.where("id < 1500 + unix_micros(current_timestamp()) % 401")
    with pytest.raises(lk.errors.DataError, match=r"changed between two passes.*persist"):
        lk.logit("y ~ x", moving, executor=lk.Spark(session))


def test_the_page_of_scale_runs(session: Any) -> None:
    blocks = re.findall(r"^```python spark\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), {"session": session})
