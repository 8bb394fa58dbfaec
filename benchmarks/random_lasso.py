"""One lasso beside skglm on random problems, 20 of each of four shapes: who reaches the same objective in less time.

    python benchmarks/random_lasso.py             # prints a line of JSON a problem

Of each problem the correlation of the columns, the columns that count, how much they say, and the strength as a
share of the largest are drawn. Both run in one process, warmed up on small problems of the same storage. Ours stops at
a duality gap of 1e-6 of the null objective, which its time includes; skglm is given the loosest tolerance at which it
is as near to the least objective, which is known from ours at a gap of a thousandth of that.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import math
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import penalised_ours as ours
from contender import WITHIN_GAP, excess
from inference_page import seconds_text, table_text
from penalised_peers import fit_skglm
from penalised_problems import PenalisedMatrix, column_scale, largest_strength
from problems import Answer
from scipy.sparse import csr_array, diags_array, hstack
from timing import Effort, least_of, timed

PROBLEMS = 20
SEED = 20_251_130
TOLERANCES = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
CORRELATIONS, SHARES, SPREADS = (0.0, 0.8), (0.02, 0.5), (0.5, 3.0)
WHAT = "Lasso at one strength, random problems beside skglm"
LIMIT = 165.0  # seconds: no problem begins after them


@dataclass(frozen=True)
class Shape:
    """A shape of problems.

    Parameters
    ----------
    n, p : int
        Rows and columns.
    entries : int
        Of a row; 0 where the columns are dense.
    """

    n: int
    p: int
    entries: int = 0

    @property
    def words(self) -> str:
        """What it is called."""
        return f"{self.n:,} x {self.p:,}" + (f", sparse, {self.entries} entries a row" if self.entries else "")


SHAPES = (Shape(103, 687), Shape(20_000, 2_000, 20), Shape(100_000, 100), Shape(1_000, 5_000))
SMALL = (Shape(60, 90), Shape(500, 60, 5))


def draw(shape: Shape, seed: int) -> tuple[PenalisedMatrix, dict[str, Any]]:
    """Draw a problem, and what was drawn of it."""
    rng = np.random.default_rng([SEED, shape.n, shape.p, seed])
    correlation, spread = rng.uniform(*CORRELATIONS), rng.uniform(*SPREADS)
    share = math.exp(rng.uniform(*np.log(SHARES)))
    true = round(math.exp(rng.uniform(0.0, math.log(min(shape.n, shape.p) / 4))))
    columns: Any = _sparse(shape, rng) if shape.entries else _dense(shape, correlation, rng)
    eta = columns[:, :true] @ rng.normal(size=true)
    eta = (eta - eta.mean()) * (spread / eta.std())
    y = (rng.random(shape.n) < 1.0 / (1.0 + np.exp(-eta))).astype(float)
    largest = largest_strength(columns, y, np.ones(shape.p), y.mean())
    ones = np.ones((shape.n, 1))
    X = _of_short_indices(hstack([ones, columns], format="csr")) if shape.entries else np.hstack([ones, columns])
    facts = {"shape": shape.words, "seed": seed, "share": share, "true": true, "spread": spread}
    facts |= {} if shape.entries else {"correlation": correlation}
    return PenalisedMatrix(X, y, np.array([share * largest]), np.empty(0)), facts


def _dense(shape: Shape, correlation: float, rng: np.random.Generator) -> np.ndarray:
    """Return columns that share a factor, standardised."""
    columns = np.sqrt(1.0 - correlation) * rng.standard_normal((shape.n, shape.p))
    columns += np.sqrt(correlation) * rng.standard_normal((shape.n, 1))
    columns -= columns.mean(axis=0)
    return np.asarray(columns / columns.std(axis=0))


def _sparse(shape: Shape, rng: np.random.Generator) -> Any:
    """Return columns of counts like those of words, the frequent ones spread among the others, of deviation 1."""
    frequency = rng.permutation(1.0 / np.arange(10.0, shape.p + 10.0))
    cells = rng.choice(shape.p, size=(shape.n, shape.entries), p=frequency / frequency.sum())
    rows = np.repeat(np.arange(shape.n), shape.entries)
    counts = csr_array((np.ones(cells.size), (rows, cells.ravel())), shape=(shape.n, shape.p))
    counts.sum_duplicates()
    scale = column_scale(counts)
    return csr_array(counts @ diags_array(1.0 / np.where(scale > 0.0, scale, 1.0)))


def _of_short_indices(X: Any) -> csr_array:
    """Return the matrix with indices of 32 bits, which is what skglm takes."""
    return csr_array((X.data, X.indices.astype(np.int32), X.indptr.astype(np.int32)), shape=X.shape)


def measure(problem: PenalisedMatrix, effort: Effort) -> dict[str, Any]:
    """Return the times of both, how far each is above the least objective, and the tolerance of skglm."""
    best = np.ravel(ours.fit_one(problem, ours.TARGET).coef)
    target = problem.objective(Answer(coef=best[None]))
    found: dict[str, Any] = {"kept": int(np.count_nonzero(best[1:]))}
    answers = {}
    fit: Callable[[float], Any] = lambda tol: np.ravel(ours.fit_one(problem, tol).coef)  # noqa: E731
    found["ours"], answers["ours"] = _least(lambda: fit(ours.GAP[0]), effort)
    for tolerance in TOLERANCES:
        first, model = timed(lambda tolerance=tolerance: fit_skglm(problem, tolerance))
        answers["skglm"] = np.r_[np.ravel(model.intercept_), np.ravel(model.coef_)]
        found["tolerance"] = tolerance
        if excess(problem.objective(Answer(coef=answers["skglm"][None])), target, problem.null) <= WITHIN_GAP.near:
            break
    found["skglm"] = least_of(lambda: fit_skglm(problem, tolerance), effort, first)[0]
    values = {name: problem.objective(Answer(coef=coef[None])) for name, coef in answers.items()}
    least = np.min([target, *values.values()], axis=0)
    found["above"] = {name: excess(value, least, problem.null) for name, value in values.items()}
    found["reached"] = {name: above <= WITHIN_GAP.reached for name, above in found["above"].items()}
    return found


def _least(work: Callable[[], Any], effort: Effort) -> tuple[float, Any]:
    first, result = timed(work)
    return least_of(work, effort, first)[0], result


def works(quick: bool) -> Iterator[dict[str, Any]]:
    """Yield what was measured of each problem, the first of every shape before the second of any."""
    effort = Effort(0.02, 2) if quick else Effort(0.25, 3)
    shapes, problems = (SMALL, 2) if quick else (SHAPES, PROBLEMS)
    for shape in SMALL:  # so that all is compiled
        problem, _ = draw(shape, PROBLEMS)
        measure(problem, Effort(0.0, 1))
    gc.freeze()
    began = time.perf_counter()
    for seed in range(problems):
        for shape in shapes:
            if time.perf_counter() - began > LIMIT:
                return
            problem, facts = draw(shape, seed)
            problem.by_columns  # noqa: B018 - laid out as skglm likes it, before anything is timed
            yield facts | measure(problem, effort)


def compared(problems: list[dict[str, Any]]) -> list[float]:
    """Return the times of skglm over ours where both reached the objective."""
    return [each["skglm"] / each["ours"] for each in problems if all(each["reached"].values())]


def median_ratio(problems: list[dict[str, Any]]) -> float:
    """Return the median time of skglm over ours, or nan."""
    ratios = compared(problems)
    return statistics.median(ratios) if ratios else math.nan


def table(problems: list[dict[str, Any]]) -> str:
    """Return a row a shape, and one of all."""
    rows = []
    names = list(dict.fromkeys(each["shape"] for each in problems))
    for name in [*names, "all"]:
        here = [each for each in problems if name in (each["shape"], "all")]
        ratios = compared(here)
        if not ratios:
            rows.append([name, f"0 of {len(here)}", *[""] * 5])
            continue
        medians = [seconds_text(statistics.median(each[who] for each in here)) for who in ("ours", "skglm")]
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        won = f"{sum(ratio > 1.0 for ratio in ratios)} of {len(ratios)}"
        times = ["", ""] if name == "all" else medians
        rows.append([name, f"{len(ratios)} of {len(here)}", *times, f"{statistics.median(ratios):.2f}", spread, won])
    head = ["shape", "both reached the objective", "logitkit", "skglm", "over ours", "from, to", "logitkit faster"]
    return table_text(head, rows)


def lassos_part(problems: list[dict[str, Any]]) -> str:
    """Return the part of the page."""
    words = (
        f"{PROBLEMS} problems of each shape, as far as {LIMIT:.0f} s allow; the correlation (0 to 0.8), the columns "
        "that count, what they say, and the strength (0.02 to 0.5 of the largest) are drawn. Both run in one process, "
        "warmed up. Ours stops at a gap of 1e-6 of the null objective, which its time includes; skglm is given the "
        "loosest tolerance that comes as near."
    )
    ratio = median_ratio(problems)
    if not math.isfinite(ratio):
        return words + "\n\n" + table(problems)
    verdict = "logitkit is faster" if ratio > 1.0 else "skglm is faster"
    return "\n\n".join([words, table(problems), f"In the median {verdict}: skglm takes {ratio:.2f} of our time."])


def main() -> None:
    """Measure, and print a line of JSON a problem."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few small problems")
    parser.add_argument("--table", action="store_true", help="the table in the place of lines")
    given = parser.parse_args()
    if importlib.util.find_spec("skglm") is None:
        return
    warnings.simplefilter("ignore")
    found = []
    for line in works(given.quick):
        found.append(line)
        if not given.table:
            print(json.dumps(line), flush=True)
    if given.table:
        print(table(found))


if __name__ == "__main__":
    main()
