"""Fits by two workers of Dask on this machine, beside the fit in memory, dask-ml, Spark and H2O.

    python benchmarks/cluster.py [--rows 1000000] [--columns 50] [--peer OTHER/bin/python]

The rows lie in Parquet files, which the workers read. The cold time is that of the first fit of fresh workers, the warm
ones come after it. dask-ml, which gives no standard errors, lives in an environment of its own, which ``--peer`` names,
with H2O. Spark's GeneralizedLinearRegression needs pyspark here, and both need Java. All read the files in each fit.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

FILES = 8
DASK_ML = """
import json, sys, time
import dask.dataframe as dd
from dask.distributed import Client, LocalCluster
from dask_ml.linear_model import LogisticRegression

def main(folder, names):
    quiet = {"dashboard_address": "127.0.0.1:0", "scheduler_kwargs": {"dashboard": False}}
    with LocalCluster(n_workers=2, threads_per_worker=1, **quiet) as cluster, Client(cluster):
        times = []
        for _ in range(2):
            start = time.perf_counter()
            frame = dd.read_parquet(folder).persist()
            X, y = frame[names].to_dask_array(lengths=True), frame["y"].to_dask_array(lengths=True)
            model = LogisticRegression(penalty="l2", C=1e12, solver="newton", max_iter=20).fit(X, y)
            times.append(time.perf_counter() - start)
        print(json.dumps({"times": times, "coef": [float(model.intercept_), *map(float, model.coef_.ravel())]}))

if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2].split(","))
"""
SPARK = """
import json, sys, time
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.regression import GeneralizedLinearRegression
from pyspark.sql import SparkSession

def main(folder, names):
    options = {"spark.ui.enabled": "false", "spark.driver.memory": "6g", "spark.log.level": "ERROR"}
    builder = SparkSession.builder.master("local[2]")
    for name, value in options.items():
        builder = builder.config(name, value)
    session, times = builder.getOrCreate(), []
    for _ in range(2):
        start = time.perf_counter()
        rows = VectorAssembler(inputCols=names, outputCol="x").transform(session.read.parquet(folder)).select("x", "y")
        rows = rows.persist()
        glr = GeneralizedLinearRegression(family="binomial", link="logit", featuresCol="x", labelCol="y", tol=1e-8)
        model = glr.fit(rows)
        errors = model.summary.coefficientStandardErrors
        times.append(time.perf_counter() - start)
        rows.unpersist(True)
    coef = [model.intercept, *model.coefficients]  # the intercept's error comes last
    print(json.dumps({"times": times, "coef": coef, "errors": [errors[-1], *errors[:-1]]}))

main(sys.argv[1], sys.argv[2].split(","))
"""
H2O = """
import json, sys, time
import h2o
from h2o.estimators import H2OGeneralizedLinearEstimator

def main(folder, names):
    h2o.init(nthreads=2, max_mem_size="6g", bind_to_localhost=True)
    h2o.no_progress()
    times = []
    for _ in range(2):
        start = time.perf_counter()
        rows = h2o.import_file(folder, pattern=r".*\\.parquet")
        rows["y"] = rows["y"].asfactor()
        glm = H2OGeneralizedLinearEstimator(family="binomial", lambda_=0.0, compute_p_values=True, standardize=False)
        glm.train(x=names, y="y", training_frame=rows)
        table = glm._model_json["output"]["coefficients_table"]
        times.append(time.perf_counter() - start)
    cells = [list(row) for row in table.cell_values]
    print(json.dumps({"times": times, "coef": [row[1] for row in cells], "errors": [row[2] for row in cells]}))
    h2o.cluster().shutdown()

main(sys.argv[1], sys.argv[2].split(","))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=50)
    parser.add_argument("--peer", help="an interpreter that has dask-ml")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        names = write(Path(place), asked.rows, asked.columns)
        formula = "y ~ " + " + ".join(names)
        print(f"{asked.rows:,} rows of {asked.columns} columns of float64 in {FILES} files, two workers of one thread")
        held = ours(place, formula, names)
        others = [("Spark", sys.executable, SPARK)]
        others += [("dask-ml", asked.peer, DASK_ML), ("H2O", asked.peer, H2O)] if asked.peer else []
        for name, python, script in others:
            peer(name, (python, script), place, names, held)


def write(place: Path, rows: int, columns: int) -> list[str]:
    """Write the files, and return the names of the columns."""
    rng = np.random.default_rng(16)
    names, coef = [f"x{k}" for k in range(columns)], rng.normal(scale=0.2, size=columns)
    for number in range(FILES):
        x = rng.normal(size=(rows // FILES, columns))
        y = rng.random(len(x)) < 1.0 / (1.0 + np.exp(0.5 - x @ coef))
        table = pa.table({"y": y.astype(np.int8)} | {name: x[:, k] for k, name in enumerate(names)})
        options: dict[str, Any] = {"compression": "none", "use_dictionary": False, "row_group_size": 1 << 16}
        parquet.write_table(table, place / f"{number}.parquet", **options)
    return names


def ours(place: str, formula: str, names: list[str]) -> Any:
    """Time the fits of this package, and return the one in memory."""
    from distributed import Client, LocalCluster

    import logitkit as lk

    options: dict[str, Any] = {"n_workers": 2, "threads_per_worker": 1}
    options |= {"dashboard_address": "127.0.0.1:0", "scheduler_kwargs": {"dashboard": False}}  # None is port 8787
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        executor = lk.Dask(client)
        cold = timed(lambda: lk.logit(formula, place, executor=executor), 1)[1]
        small = " + ".join(names[:5])
        timed(lambda: lk.logit(f"y ~ {small}", f"{place}/0.parquet", executor=executor), 1)
        fit, warm = timed(lambda: lk.logit(formula, place, executor=executor), 3)
        print(f"  workers, cold             {cold[0]:8.2f} s")
        passes = f"{fit.design.stream.passes.count} passes"
        print(f"  workers, warm             {min(warm):8.2f} s, median {np.median(warm):.2f} s, {passes}")
    chunked = timed(lambda: lk.logit(formula, place), 2)[1]
    print(f"  read in chunks here       {min(chunked):8.2f} s")
    table = parquet.read_table(place)
    held, times = timed(lambda: lk.logit(formula, table), 2)
    print(f"  in memory, once read      {min(times):8.2f} s")
    gap = np.abs(fit.record.coef - held.record.coef) / held.std_error.to_numpy()
    errors = np.abs(fit.std_error / held.std_error - 1.0)
    print(
        f"  largest differences from the fit in memory: {gap.max():.1e} standard errors, {errors.max():.1e} of an error"
    )
    return held


def peer(name: str, how: tuple[str, str], place: str, names: list[str], held: Any) -> None:
    """Time another package in its own environment, and compare it with the fit in memory."""
    with tempfile.TemporaryDirectory() as own:
        script = Path(own, "peer.py")
        script.write_text(how[1], encoding="utf-8")
        done = subprocess.run([how[0], script, place, ",".join(names)], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"  {name} failed: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
        return
    found = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    error = held.std_error.to_numpy()
    gap = np.abs((np.array(found["coef"]) - held.record.coef) / error).max()
    text = "without errors"
    if "errors" in found:
        text = f"errors within {np.abs(np.array(found['errors']) / error - 1.0).max():.0e}"
    times = found["times"]
    print(f"  {name + ', first and second':25s} {times[0]:8.2f} s, {times[1]:.2f} s")
    print(f"    coefficients within {gap:.0e} of an error, {text}")


def timed(function: Any, repeats: int) -> tuple[Any, list[float]]:
    """Return the last result, and seconds."""
    times, result = [], None
    for _ in range(repeats):
        start = time.perf_counter()
        result = function()
        times.append(time.perf_counter() - start)
    return result, times


if __name__ == "__main__":
    main()
