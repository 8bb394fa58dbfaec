"""What fits to rows in chunks hold: the peak of each verb beside ``memory=``, in a process of its own per source.

Prints one line of JSON per source, budget and verb: the peak of resident memory (VmHWM) during the verb less that after
imports and a small fit, in MB.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow import csv, parquet

FORMULA = "y ~ x0 + x1 + x2 + x3 + x4 + C(grade) + C(bank)"
SOURCES = ("large groups", "dictionaries", "partitioned", "csv", "polars", "polars, large groups", "duckdb", "function")
BUDGETS = (30, 50, 100, 200)
ROWS = 2_000_000


def write(place: Path, n: int) -> None:
    """Write n rows of an outcome, five numbers, two texts and a fold as each kind of source has them."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((5, n))
    bank = np.array([f"{name} bank of number {name}" for name in range(40)])[rng.integers(0, 40, n)]
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(1.0 - x[0]))).astype(np.int8)
    beside = {"grade": rng.choice(list("ABCDEFG"), n), "bank": bank, "fold": rng.integers(0, 5, n)}
    table = pa.table({"y": y, **{f"x{j}": column for j, column in enumerate(x)}, **beside})
    (place / "parquet").mkdir()
    parquet.write_table(table.slice(0, 3_000), place / "small.parquet")
    parquet.write_table(table, place / "large groups.parquet", row_group_size=1_000_000, use_dictionary=False)
    parquet.write_table(table, place / "dictionaries.parquet", row_group_size=100_000)
    for k in range(8):
        part = table.slice(k * n // 8, n // 8)
        parquet.write_table(part, place / "parquet" / f"{k}.parquet")
        ds.write_dataset(
            part.drop_columns("grade").append_column("grade", pa.array(["ABCDEFG"[k % 7]] * part.num_rows)),
            place / "partitioned",
            format="parquet",
            partitioning=["grade"],
            partitioning_flavor="hive",
            basename_template=f"{k}-{{i}}.parquet",
            existing_data_behavior="overwrite_or_ignore",
        )
    (place / "csv").mkdir()
    csv.write_csv(table, place / "csv" / "all.csv")


def source(kind: str, place: Path) -> Any:
    """Return what is given as data."""
    files = sorted(map(str, place.glob("parquet/*.parquet")))
    if kind.startswith("polars"):
        import polars as pl

        return pl.scan_parquet(place / "large groups.parquet" if kind == "polars, large groups" else files)
    if kind == "duckdb":
        import duckdb

        return duckdb.connect(config={"memory_limit": "40MB", "threads": 1}).read_parquet(files)
    if kind == "function":
        return lambda: (batch for name in files for batch in parquet.ParquetFile(name).iter_batches(20_000))
    return str(place / kind) if (place / kind).exists() else str(place / f"{kind}.parquet")


def peak(reset: bool = False) -> int:
    """Return the peak of resident memory in bytes, since the last reset."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def verbs(data: Any, memory: int, place: Path) -> dict[str, Callable[[Any], Any]]:
    """Return what is measured, each a function of the fit."""
    import logitkit as lk

    return {
        "fit": lambda _: lk.logit(FORMULA, data, memory=memory),
        "roc": lambda fit: fit.discrimination(),
        "hosmer-lemeshow": lambda fit: fit.hosmer_lemeshow(),
        "classification": lambda fit: fit.classification(threshold=0.3),
        "robust": lambda fit: fit.robust("HC1"),
        "effects": lambda fit: fit.effects(),
        "effects of data": lambda fit: fit.on(data).effects(),
        "predict": lambda fit: fit.predict(data, to=place / f"scores-{time.time_ns()}"),
        "bootstrap": lambda fit: fit.bootstrap(20, kind="poisson", seed=1),
        "path": lambda _: lk.path(FORMULA, data, memory=memory, n_strengths=5),
        "cross-validation": lambda _: lk.cross_validate(
            FORMULA, data, folds=lk.Folds(given="fold"), n_strengths=5, memory=memory
        ),
    }


def measure(kind: str, megabytes: int, place: Path, chosen: list[str]) -> None:
    """Measure verbs in this process."""
    import logitkit as lk

    small, data = str(place / "small.parquet"), source(kind, place)
    for run in verbs(small, 10**9, place).values():  # imports, and reads the compiled loops
        run(lk.logit(FORMULA, small, memory="1GB"))
    if kind.startswith(("polars", "duckdb")):
        lk.logit(FORMULA, source(kind, place).limit(1000), memory="1GB")
    before, fit = peak(reset=True), None
    for name, run in verbs(data, megabytes * 10**6, place).items():
        if name not in chosen and name != "fit":
            continue
        begun = time.process_time()
        peak(reset=True)
        try:
            found = run(fit)
            fit = found if name == "fit" else fit
            said = ""
        except lk.errors.LogitkitError as error:
            said = f"{type(error).__name__}: {error}"
        held = (peak() - before) / 1e6
        line = {"source": kind, "memory": megabytes, "verb": name, "peak": round(held, 1), "refused": said}
        print(json.dumps(line | {"cpu": round(time.process_time() - begun, 1)}), flush=True)
        if fit is None:
            return


def main() -> None:
    """Write the rows, and measure each source and budget in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--sources", nargs="*", default=SOURCES)
    parser.add_argument("--budgets", type=int, nargs="*", default=BUDGETS)
    parser.add_argument("--verbs", nargs="*", default=list(verbs(None, 1, Path())))
    parser.add_argument("--place", type=Path)
    parser.add_argument("--one", action="store_true")
    asked = parser.parse_args()
    if asked.one:
        measure(asked.sources[0], asked.budgets[0], asked.place, asked.verbs)
        return
    with tempfile.TemporaryDirectory() as made:
        place = asked.place or Path(made)
        if not (place / "small.parquet").exists():
            place.mkdir(exist_ok=True)
            write(place, asked.rows)
        for kind in asked.sources:
            for budget in asked.budgets:
                given = ["--one", "--sources", kind, "--budgets", str(budget), "--place", str(place)]
                subprocess.run([sys.executable, __file__, *given, "--verbs", *asked.verbs], check=True)


if __name__ == "__main__":
    main()
