"""Time logitkit beside its peers in one run, as ratios, and write docs/benchmarks.md.

Run by ``make bench``; nothing else should run meanwhile. r is the time to form X'X, so that figures carry over between
machines.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from peers import installed_peers, quiet
from timing import best_of, gram_time, process_json, process_time

import logitkit as lk
from logitkit.design.build import build_design
from logitkit.design.ready import ready_design
from logitkit.families.binomial import Binomial
from logitkit.fit import fit_design
from logitkit.objective import Objective
from logitkit.separation import overlap_is_certain
from logitkit.solvers.newton import Newton

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
PACKAGES = ("logitkit", "numpy", "scipy", "numba", "pandas", "formulaic", "scikit-learn", "glum", "statsmodels")

FIRST_SUMMARY = """
import logitkit as lk, numpy as np, pandas as pd
rng = np.random.default_rng(0)
data = pd.DataFrame({"x": rng.normal(size=500), "g": rng.choice(list("abc"), 500)})
data["y"] = (rng.random(500) < 0.4).astype(int)
print(lk.logit("y ~ x + g", data))
"""

MEMORY = """
import json
import numpy as np
import logitkit as lk
rng = np.random.default_rng(0)
small = rng.normal(size=(200_000, 50)); small[:, 0] = 1.0
lk.logit_matrix(small, (rng.random(200_000) < 0.5).astype(float)).std_error
del small
X = np.empty((1_000_000, 50))
for start in range(0, 1_000_000, 100_000):
    X[start : start + 100_000] = rng.normal(size=(100_000, 50))
X[:, 0] = 1.0
y = (rng.random(1_000_000) < 0.5).astype(float)
def status(field):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(field))
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")  # the high-water mark starts anew
before = status("VmRSS")
lk.logit_matrix(X, y).std_error
print(json.dumps([before, status("VmHWM")]))
"""


def problem(n: int, p: int) -> tuple[np.ndarray, np.ndarray]:
    """Return standard normal columns with an intercept, and outcomes whose logits have standard deviation about 1."""
    rng = np.random.default_rng(42)
    X = rng.normal(size=(n, p))
    X[:, 0] = 1.0
    coef = rng.normal(size=p)
    coef *= 1.0 / np.linalg.norm(coef[1:])
    coef[0] = -0.5
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(-X @ coef))).astype(float)
    return X, y


def loss(X: np.ndarray, y: np.ndarray, coef: np.ndarray) -> float:
    """Return the mean negative log-likelihood."""
    eta = X @ coef
    return float(np.mean(np.logaddexp(0.0, eta) - y * eta))


def dense_work(n: int, p: int, repeats: int) -> list[str]:
    """Time one dense problem beside the peers."""
    X, y = problem(n, p)
    names = ["Intercept", *(f"x{j}" for j in range(1, p))]
    r = gram_time(X, repeats)
    rows = [f"| X'X (r) | {r:.4f} s | 1 | |"]
    ours = best_of(lambda: lk.logit_matrix(X, y, names).std_error, repeats)
    fit = lk.logit_matrix(X, y, names)
    best = loss(X, y, fit.coef.to_numpy())
    rows.append(f"| logitkit, with standard errors | {ours:.4f} s | {ours / r:.1f} | 0 |")
    objective = Objective(fit.design.matrix, fit.design.response, Binomial())
    walk = best_of(lambda: objective.evaluate(fit.coef.to_numpy()), repeats)
    rows.append(f"| one walk with the Hessian | {walk:.4f} s | {walk / r:.2f} | |")
    for name, fitter in installed_peers(large=n * p > 2e7).items():
        taken = best_of(lambda fitter=fitter: quiet(fitter, X, y), 2 if n * p > 2e7 else repeats)
        gap = loss(X, y, quiet(fitter, X, y)) - best
        rows.append(f"| {name} | {taken:.4f} s ({taken / ours:.1f} times ours) | {taken / r:.1f} | {gap:.1e} |")
    return [
        f"### Dense {n:,} x {p}",
        "",
        "| work | time | in r | mean loss above ours |",
        "|---|---|---|---|",
        *rows,
        "",
    ]


def small_work() -> list[str]:
    """Time the smallest problems: what a call costs."""
    X, y = problem(1_000, 10)
    names = ["Intercept", *(f"x{j}" for j in range(1, 10))]
    design = ready_design(X, y, names)
    engine = best_of(lambda: fit_design(design, Binomial(), Newton()), 200)
    data = pd.DataFrame(X[:, 1:], columns=names[1:]).assign(y=y.astype(int))
    formula = "y ~ " + " + ".join(names[1:])
    whole = best_of(lambda: lk.logit(formula, data), 50)
    building = best_of(lambda: build_design(formula, data, namespace={}), 50)
    import statsmodels.formula.api as smf

    peer = best_of(lambda: smf.logit(formula, data).fit(disp=0).bse, 20)
    certificate = (
        best_of(lambda: overlap_is_certain(Newton().solve(objective, np.zeros(10))), 200)
        if (objective := Objective(design.matrix, design.response, Binomial()))
        else 0.0
    )
    solving = best_of(lambda: Newton().solve(objective, np.zeros(10)), 200)
    return [
        "### 1,000 x 10: what a call costs",
        "",
        "| work | time | target |",
        "|---|---|---|",
        f"| engine, design to record | {engine * 1e3:.2f} ms | 0.5 ms |",
        f"| formula to fit | {whole * 1e3:.2f} ms | 8 ms |",
        f"| of it, formula to design (mostly formulaic) | {building * 1e3:.2f} ms | |",
        f"| statsmodels, formula to fit | {peer * 1e3:.2f} ms ({peer / whole:.1f} times ours) | |",
        f"| solve with the check for separation, over solve without | {certificate / solving:.3f} | 1.10 |",
        "",
    ]


def separated_work() -> list[str]:
    """Time what separation costs where it occurs: levels of a factor without an event."""
    rows = []
    for n, levels in ((3_000, 300), (60_000, 40)):
        rng = np.random.default_rng(5)
        data = pd.DataFrame({"x": rng.normal(size=n), "g": rng.integers(0, levels, n).astype(str)})
        data["y"] = (rng.random(n) < 1.0 / (1.0 + np.exp(2.0 - data["x"]))).astype(int)
        data.loc[data["g"] == "0", "y"] = 0
        whole = best_of(lambda data=data: lk.logit("y ~ x + g", data), 3)
        fit = lk.logit("y ~ x + g", data)
        infinite = int(np.isinf(fit.coef).sum())
        rows.append(f"| {n:,} rows, {levels} levels, {infinite} infinite | {whole:.2f} s |")
    return ["### Separated data, formula to fit", "", "| work | time |", "|---|---|", *rows, ""]


def process_work() -> list[str]:
    """Time whole processes: import, first summary, first compile; and memory."""
    numpy_only = process_time("import numpy", 5)
    ours = process_time("import logitkit", 5)
    libraries = process_time("import pandas, formulaic, numba", 5)
    process_time(FIRST_SUMMARY, 1)
    summary = process_time(FIRST_SUMMARY, 5)
    with tempfile.TemporaryDirectory() as folder:
        first = process_time(FIRST_SUMMARY, 1, {"NUMBA_CACHE_DIR": folder})
    before, after = process_json(MEMORY)
    return [
        "### Processes and memory",
        "",
        "| work | measured | target |",
        "|---|---|---|",
        f"| import logitkit, above import numpy | {max(ours - numpy_only, 0.0):.3f} s | 0.3 s |",
        f"| import pandas, formulaic, numba | {libraries:.2f} s | |",
        f"| process, first formula summary | {summary:.2f} s, {summary / libraries:.2f} times that | 1.6 times |",
        f"| the first fit ever, compiling | {first:.1f} s | 15 s |",
        f"| memory beyond X and y at 1,000,000 x 50 | {(after - before) / 1024:.0f} MB | 100 MB |",
        "",
    ]


def machine() -> list[str]:
    """Return what the figures were measured on."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES if _installed(name))
    model = next(
        (line.split(":")[1].strip() for line in _cpu_lines() if line.startswith("model name")), platform.processor()
    )
    return [f"{model}, {os.cpu_count()} processors, Python {platform.python_version()}; {versions}.", ""]


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _cpu_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def main() -> None:
    """Run everything, print it, and write the page."""
    lines = ["# Benchmarks", "", "Written by `make bench`, in one run; times are the least of several.", ""]
    lines += machine()
    lines += [
        "r is the fastest of three ways to form `X.T @ X` of the same array. Loss is the mean negative log-likelihood,",
        "computed for every fit by the same function; a gap of 0 or below 1e-10 means the same optimum.",
        "",
    ]
    for part in (
        lambda: dense_work(1_000_000, 50, 4),
        lambda: dense_work(100_000, 20, 10),
        small_work,
        separated_work,
        process_work,
    ):
        found = part()
        print("\n".join(found), flush=True)
        lines += found
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text("\n".join(lines), encoding="utf-8")
    print(f"Written to {PAGE.name} in docs.")


if __name__ == "__main__":
    main()
