"""Write what glum fits to the births, weights and scaling included: ``python tests/references/glum_births.py``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

import logitkit as lk

COLUMNS = ["age", "lwt", "smoke", "ptl"]
ALPHA = 0.02


def main() -> None:
    """Fit each case with glum and write the coefficients, the intercept first."""
    import glum

    births = lk.datasets.load_lbw()
    X, y = births[COLUMNS].to_numpy(dtype=float), births["low"].to_numpy(dtype=float)
    weights = 1.0 + np.arange(len(y)) % 3
    cases = []
    for l1_ratio in (0.0, 0.5, 1.0):
        for scaled in (False, True):
            for weighted in (False, True):
                model = glum.GeneralizedLinearRegressor(
                    family="binomial",
                    alpha=ALPHA,
                    l1_ratio=l1_ratio,
                    scale_predictors=scaled,
                    gradient_tol=1e-12,
                    max_iter=10_000,
                ).fit(X, y, sample_weight=weights if weighted else None)
                coef = [float(model.intercept_), *model.coef_.tolist()]
                cases.append({"l1_ratio": l1_ratio, "scaled": scaled, "weighted": weighted, "coef": coef})
    found = {
        "glum": glum.__version__,
        "columns": COLUMNS,
        "alpha": ALPHA,
        "weights": "1, 2, 3, in turn",
        "cases": cases,
    }
    path = Path(__file__).parent / "glum" / "births.json"
    path.write_text(json.dumps({**found, "cases": cases}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
