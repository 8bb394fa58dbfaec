"""Write the bins that optbinning finds: ``python tests/references/optbinning_bins.py``, with the ``bench`` extra."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

DATASETS = Path(__file__).resolve().parents[2] / "datasets"
LOANS = ("sba_loans.parquet", "default", 1)
GERMAN = ("german_credit.csv", "class", "bad")
#: Table, variable, shape by our name and theirs, criterion, further constraints.
CASES: tuple[tuple[tuple[str, str, Any], str, str, str | None, str, dict[str, Any]], ...] = (
    (LOANS, "gross_approved", "down", "descending", "iv", {}),
    (LOANS, "gross_approved", "none", None, "iv", {"max_n_bins": 5}),
    (LOANS, "gross_approved", "peak", "peak", "js", {}),
    (LOANS, "gross_approved", "valley", "valley", "hellinger", {}),
    (LOANS, "employees", "down", "descending", "js", {"max_n_bins": 4}),
    (LOANS, "employees", "valley", "valley", "iv", {"max_n_bins": 5}),
    (LOANS, "jobs_retained", "auto", "auto_asc_desc", "iv", {}),
    (LOANS, "sba_approved", "convex", "convex", "iv", {}),
    (LOANS, "sba_approved", "concave", "concave", "hellinger", {}),
    (LOANS, "sba_approved", "peak", "peak", "iv", {"min_bin_size": 0.1}),
    (GERMAN, "duration", "up", "ascending", "iv", {}),
    (GERMAN, "duration", "auto", "auto_asc_desc", "iv", {"min_event_rate_diff": 0.05}),
    (GERMAN, "credit_amount", "valley", "valley", "iv", {}),
    (GERMAN, "credit_amount", "none", None, "hellinger", {"max_n_bins": 4}),
    (GERMAN, "age", "down", "descending", "js", {"min_bin_n_event": 30}),
)


def main() -> None:
    """Bin each case with optbinning; keep the cut points of its pre-bins and of its bins."""
    from optbinning import OptimalBinning

    class Watched(OptimalBinning):  # type: ignore[misc]
        """Keeps the cut points of the pre-bins."""

        def _fit_prebinning(self, *given: Any, **named: Any) -> Any:
            found = super()._fit_prebinning(*given, **named)
            self.prebins = found[0]
            return found

    cases = []
    for (file, target, event), variable, shape, theirs, criterion, limits in CASES:
        path = DATASETS / file
        table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, keep_default_na=False)
        bad = (table[target] == event).to_numpy().astype(int)
        found = Watched(dtype="numerical", monotonic_trend=theirs, divergence=criterion, **limits)
        found.fit(table[variable].to_numpy(dtype=float), bad)
        cases.append(
            {
                "data": path.stem,
                "variable": variable,
                "shape": shape,
                "criterion": criterion,
                "limits": limits,
                "status": found.status,
                "prebins": np.asarray(found.prebins).tolist(),
                "splits": found.splits.tolist(),
            }
        )
    path = Path(__file__).parent / "scorecard" / "optbinning.json"
    path.write_text(
        json.dumps({"optbinning": version("optbinning"), "cases": cases}, indent=1) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
