"""What optbinning does with a table: bins by variable, and the Gini coefficient of a card out of time.

Run by ``binning.py``, also in an environment of its own, as ``python binning_peer.py PROBLEM.json``; prints JSON. It
imports nothing of logitkit.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from optbinning import OptimalBinning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score


class Watched(OptimalBinning):
    """Keeps the cut points of the pre-bins."""

    def _fit_prebinning(self, *given: Any, **named: Any) -> Any:
        found = super()._fit_prebinning(*given, **named)
        self.prebins = found[0]
        return found


def numeric(values: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(values))


def column(values: pd.Series) -> np.ndarray:
    return values.to_numpy(dtype=float) if numeric(values) else values.astype("object").to_numpy()


def binned(values: pd.Series, bad: np.ndarray, options: dict[str, Any]) -> Watched:
    """Return the bins of one variable: event rates rise or fall, unless the options say otherwise."""
    kind = "numerical" if numeric(values) else "categorical"
    trend = {"monotonic_trend": "auto_asc_desc"} if kind == "numerical" else {}
    rare = {"cat_cutoff": options["rare"]} if kind == "categorical" and "rare" in options else {}
    given = {name: value for name, value in options.items() if name != "rare"}
    return Watched(name=str(values.name), dtype=kind, **{**trend, **rare, **given}).fit(column(values), bad)


def main() -> None:
    """Time the bins of every variable, and fit the card if there is a test set."""
    warnings.simplefilter("ignore")
    problem = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    table = pd.read_parquet(problem["table"])
    bad = table.pop(problem["target"]).to_numpy()
    runs = []
    for _ in range(problem["runs"]):
        found, seconds = {}, {}
        for name in table:
            start = time.perf_counter()
            found[name] = binned(table[name], bad, problem["options"].get(name, problem["options"].get("*", {})))
            seconds[name] = time.perf_counter() - start
        runs.append(seconds)
    least = min(runs, key=lambda seconds: sum(seconds.values()))
    answer: dict[str, Any] = {
        "version": version("optbinning"),
        "seconds": least,
        "status": {name: own.status for name, own in found.items()},
        "splits": {name: own.splits.tolist() if numeric(table[name]) else None for name, own in found.items()},
        "prebins": {
            name: np.asarray(own.prebins).tolist() if numeric(table[name]) else None for name, own in found.items()
        },
    }
    for own in found.values():
        own.binning_table.build()
    answer["iv"] = {name: float(own.binning_table.iv) for name, own in found.items()}
    if problem.get("test"):
        test = pd.read_parquet(problem["test"])
        late = test.pop(problem["target"]).to_numpy()
        how = {"metric": "woe", "metric_missing": "empirical"}
        woe, woe_late = (
            np.column_stack([found[name].transform(column(frame[name]), **how) for name in table])
            for frame in (table, test)
        )
        fit = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10).fit(woe, bad)
        answer["gini"] = [2 * roc_auc_score(y, fit.decision_function(X)) - 1 for X, y in ((woe, bad), (woe_late, late))]
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
