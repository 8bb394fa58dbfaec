"""Passes of work that takes many fits of the same rows: paths, folds by strengths, a Poisson bootstrap, tests of terms.

Prints one line of JSON per work: passes over Parquet files, seconds, and seconds of all processors.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import logitkit as lk

P = 20
FORMULA = "y ~ " + " + ".join(f"x{j}" for j in range(P))


def write(place: Path, n_rows: int) -> None:
    """Write rows of twenty columns, half of them without an effect, with a fold, in eight files."""
    rng = np.random.default_rng(0)
    beta = 0.3 * rng.normal(size=P) * (np.arange(P) % 2)
    for number in range(8):
        X = rng.standard_normal((n_rows // 8, P), dtype=np.float32)
        y = (rng.random(len(X)) < 1.0 / (1.0 + np.exp(1.0 - X @ beta))).astype(np.int8)
        table = pa.table(
            {"y": y, "fold": rng.integers(0, 5, len(X), dtype=np.int8), **dict(zip(names(), X.T, strict=True))}
        )
        pq.write_table(table, place / f"{number}.parquet", compression="none", use_dictionary=False)


def names() -> list[str]:
    """Return the names of the columns."""
    return [f"x{j}" for j in range(P)]


def works(folder: str) -> dict[str, Callable[[], Any]]:
    """Return what is measured, each of which returns what has the rows."""
    strengths = 0.05 * 1e-3 ** (np.arange(70) / 69.0)
    few, folds = strengths[:: 70 // 20][:20], lk.Folds(given="fold")

    def path(penalty: Any) -> Any:
        return lk.path(FORMULA, folder, penalty=penalty, strengths=strengths)._given.design  # noqa: SLF001 - the count

    def validated(**options: Any) -> Any:
        return lk.cross_validate(FORMULA, folder, folds=folds, strengths=few, **options)._given.design  # noqa: SLF001

    def verb(name: str, *given: Any, **options: Any) -> Any:
        fit = lk.logit(FORMULA, folder)
        getattr(fit, name)(*given, **options)
        return fit.design

    return {
        "path of a lasso, 70 strengths": lambda: path(lk.Lasso()),
        "path of a ridge, 70 strengths": lambda: path(lk.Ridge()),
        "5 folds by 20 strengths, deviance": validated,
        "5 folds by 20 strengths, exact areas": lambda: validated(measure="auc"),
        "fit and Poisson bootstrap, 50 replicates": lambda: verb("bootstrap", 50, seed=1, kind="poisson"),
        "fit and likelihood ratios of 20 terms": lambda: verb("drop1"),
    }


def main() -> None:
    """Write the files, measure, and remove them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", default="", help="works whose names hold this")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        write(Path(place), given.rows)
        lk.logit("y ~ x0", place)  # compiled code
        for name, work in works(place).items():
            if given.only not in name:
                continue
            wall, cpu = time.perf_counter(), time.process_time()
            line: dict[str, Any] = {"rows": given.rows, "work": name}
            try:
                line["passes"] = work().stream.passes.count
            except lk.errors.UnsupportedError as error:
                line["refused"] = str(error)
            line |= {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
