"""Firth's estimates, profile intervals and penalised ratios by firthmodels, an independent implementation in Python.

Run in an environment that has it (``pip install firthmodels``; it is no dependency of the tests):
``python tests/references/firthmodels_fits.py`` writes ``bias/firthmodels.json``.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
SEPARATED = {"y": [0, 0, 0, 1, 1, 1], "x": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "z": [1.0, 3.0, 2.0, 2.5, 1.5, 2.0]}


def tables() -> dict[str, tuple[str, list[str], Any]]:
    """Give the outcome, the variables and the rows of each data set."""

    def read(name: str) -> Any:
        return np.genfromtxt(HERE / "data" / f"{name}.csv", delimiter=",", names=True, dtype=float)

    return {
        "sex2": ("case", ["age", "oc", "vic", "vicl", "vis", "dia"], read("sex2")),
        "endometrial": ("HG", ["NV", "PI", "EH"], read("endometrial")),
        "separated": ("y", ["x", "z"], SEPARATED),
    }


def fitted(outcome: str, names: list[str], table: Any, power: float) -> dict[str, Any]:
    """Fit, driven to a tight convergence, with an interval and a test of each coefficient."""
    from firthmodels import FirthLogisticRegression

    X, y = np.column_stack([table[name] for name in names]), np.asarray(table[outcome], dtype=int)
    fit = FirthLogisticRegression(max_iter=1000, gtol=1e-8, xtol=1e-8, penalty_weight=power, backend="numpy")
    fit.fit(X, y)
    fit.lrt()
    ends = fit.conf_int(method="pl", max_iter=1000, tol=1e-9)
    first = [-1, *range(len(names))]  # the intercept is its last coefficient
    full = np.append(fit.coef_, fit.intercept_)
    return {
        "coef": full[first].tolist(),
        "loglik": float(fit.loglik_),
        "low": plain(ends[first, 0]),
        "high": plain(ends[first, 1]),
        "p_value": plain(np.asarray(fit.lrt_pvalues_)[first]),
    }


def plain(values: np.ndarray) -> list[Any]:
    """Give numbers as JSON has them."""
    return [float(value) if np.isfinite(value) else "NaN" for value in values]


def main() -> None:
    """Write the file."""
    out: dict[str, Any] = {"versions": {"firthmodels": version("firthmodels"), "numpy": np.__version__}, "fits": {}}
    for name, (outcome, names, table) in tables().items():
        for power in (0.5, 0.2):
            out["fits"][f"{name}_{power}"] = {
                "data": name,
                "formula": f"{outcome} ~ {' + '.join(names)}",
                "power": power,
                **fitted(outcome, names, table, power),
            }
    (HERE / "bias" / "firthmodels.json").write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
