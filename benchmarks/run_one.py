"""One contender on one piece of work: prints a line of JSON after each thing that it has measured.

A process of its own gives every contender a fresh start, lets its memory be measured, and can be ended when it takes
too long. Before anything counts, the contender does the small version of the work, so that imports and compilation are
behind it. Then its tolerances are tried, loosest first, until the objective is reached, and that one is repeated.
"""

from __future__ import annotations

import argparse
import gc
import json
import tempfile
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from contender import Bar, Contender, excess
from drawing import as_problem, kept
from problems import Answer, loss
from timing import Effort, HighWater, gram_time, least_of, timed
from work import Work
from works import work

Say = Callable[[dict[str, Any]], None]


def measure(contender: Contender, problem: Any, target: Any, effort: Effort, bar: Bar, say: Say) -> Any:
    """Time a contender, and return its model."""
    part = 1.0 if contender.part is None else contender.part(problem)
    null = getattr(problem, "null", None)
    if contender.prepare is not None:
        contender.prepare(problem)
    if target is None and (contender.best is not None or len(contender.tolerances) > 1):
        # The first to run sets the target, by its tightest; what is timed is the loosest that reaches it.
        target = problem.objective(_best(contender, problem))
        say({"target": np.asarray(target).tolist()})
    memory, megabytes = HighWater(), np.nan
    for tol in contender.tolerances:
        first, model = timed(lambda tol=tol: contender.fit(problem, tol))
        if np.isnan(megabytes):
            megabytes = memory.megabytes()
        answer = contender.read(model, problem)
        value = problem.objective(answer)
        facts = {"objective": np.asarray(value).tolist(), "null": null, "tolerance": tol, "megabytes": megabytes}
        facts |= {} if answer.curve is None else {"curve": answer.curve.tolist()}
        say({"seconds": first * part, "runs": 1, **facts})
        if target is not None and excess(value, target, null) <= bar.near:
            break
    seconds, runs = least_of(lambda: contender.fit(problem, tol), effort, first)
    say({"seconds": seconds * part, "runs": runs, **facts})
    return model


def _best(contender: Contender, problem: Any) -> Answer:
    if contender.best is not None:
        return contender.best(problem)
    return contender.read(contender.fit(problem, contender.tolerances[-1]), problem)


def predict(contender: Contender, model: Any, problem: Any, effort: Effort, say: Say) -> None:
    """Time the prediction of the problem's own rows, and judge it by the loss."""
    assert contender.predict is not None
    work = partial(contender.predict, model, problem)
    first, mean = timed(work)
    seconds, _ = least_of(work, effort, first)
    mean = np.clip(np.asarray(mean, dtype=float), 1e-300, 1.0 - 1e-16)
    value = loss(np.log(mean) - np.log1p(-mean), problem.frame["y"].to_numpy(dtype=float))
    say({"predict": seconds, "predict_objective": value})


def run(found: Work, contender: Contender, problem: Any, target: Any, effort: Effort, say: Say) -> None:
    """Measure everything that is asked of a contender; its failure is a line in the table."""
    ours = found.dense and contender is found.contenders[0]
    try:
        r = [gram_time(problem.X, effort)] if ours else []
        model = measure(contender, problem, target, effort, found.bar, say)
        if ours:
            say({"gram": [*r, gram_time(problem.X, effort)]})
        if contender.predict is not None:
            predict(contender, model, problem, effort, say)
    except Exception as error:  # noqa: BLE001 - whatever a peer raises
        say({"note": f"failed: {type(error).__name__}: {' '.join(str(error).split())[:150]}"})


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work")
    parser.add_argument("contender")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--most", type=int, default=20)
    parser.add_argument("--target", type=json.loads, help="an objective, or a list of them")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    found = work(given.work)
    contender = found.named(given.contender)
    with tempfile.TemporaryDirectory() as name:
        found.draw(True).keep(Path(name))
        warm(contender, as_problem(kept(Path(name))))
    problem = as_problem(kept(given.folder))
    effort = Effort(given.seconds, given.most)
    run(found, contender, problem, given.target, effort, lambda facts: print(json.dumps(facts), flush=True))


def warm(contender: Contender, problem: Any) -> None:
    """Do a small piece of work, so that imports and compilation are behind."""
    with suppress(Exception):  # what fails in small is measured in full, and fails there in words
        if contender.prepare is not None:
            contender.prepare(problem)
        model = contender.fit(problem, contender.tolerances[0])
        if contender.predict is not None:
            contender.predict(model, problem)
    gc.collect()
    gc.freeze()  # modules and classes stay: looking through them before every run takes longer than most runs


if __name__ == "__main__":
    main()
