"""Where one way of solving hands over to another: both ways at that size, in processor time on one thread.

Prints a line of JSON a place. A constant of the engine is set so that the one way is taken, and then the other. Where
their times differ by more than a fifth at the size of the handover, the constant is not at its best.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a thread of BLAS that waits for work takes processor time

from drawing import as_problem, draw_frame, draw_matrix
from outcome_drawing import draw_chain

import logitkit as lk
from logitkit.design.build import build_design
from logitkit.design.ready import ready_design
from logitkit.design.response.reading import NominalReader
from logitkit.engine import many_outcomes, small_fit
from logitkit.engine.fit import fit_design
from logitkit.engine.rows import products, vector
from logitkit.engine.solvers import choose
from logitkit.engine.solvers.newton import Newton
from logitkit.models.binomial import Binomial

NEVER, BELOW = 10**15, 200_000  # numbers: a sample of the rows has none of its own


@dataclass(frozen=True)
class Way:
    """A way of solving.

    Parameters
    ----------
    words : str
        What it is called.
    module : module
        Where the constants are that lead to it.
    constants : dict
        Their values.
    """

    words: str
    module: ModuleType
    constants: dict[str, Any]

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Set the constants, and put them back."""
        before = {name: getattr(self.module, name) for name in self.constants}
        vars(self.module).update(self.constants)
        try:
            yield
        finally:
            vars(self.module).update(before)


@dataclass(frozen=True)
class Handover:
    """A place where one way hands over to another.

    Parameters
    ----------
    words : str
        The place.
    ways : tuple of Way
        The two.
    prepare : callable
        Makes what is fitted anew for each run.
    work : callable
        The fit.
    """

    words: str
    ways: tuple[Way, Way]
    prepare: Callable[[], Any]
    work: Callable[[Any], Any] = lambda made: fit_design(*made, Newton()).inner_vcov.diagonal()


def binary(n: int, p: int) -> Callable[[], Any]:
    """Return what draws a dense problem of two outcomes."""
    arrays = draw_matrix(n, p).arrays
    names = [f"x{j}" for j in range(arrays["X"].shape[1])]
    return lambda: (ready_design(arrays["X"], arrays["y"], names), Binomial())


def levels(n: int, count: int) -> Callable[[], Any]:
    """Return what draws three numbers and a factor."""
    problem = as_problem(draw_frame(n, 3, (count,)))
    return lambda: (build_design(problem.formula, problem.frame, namespace={}), Binomial())


def several(n: int, p: int, n_outcomes: int) -> Callable[[], Any]:
    """Return what draws a problem of several outcomes."""
    arrays = draw_chain(n, p, n_outcomes)
    names = ["Intercept", *(f"x{j}" for j in range(1, p + 1))]

    def make() -> Any:
        design = ready_design(arrays["X"], arrays["y"], names, reader=NominalReader())
        return design, lk.Multinomial(reference="0").form(design.info)

    return make


COMPILED = (
    Way("compiled", small_fit, {"pays_alone": lambda *_: True}),
    Way("general", small_fit, {"pays_alone": lambda *_: False}),
)
SAMPLE = Way("sample", choose, {"NUMBERS_LEAST": BELOW}), Way("no sample", choose, {"NUMBERS_LEAST": NEVER})
WIDE = Way("sample", choose, {}), Way("no sample", choose, {"SOLVED_MOST": NEVER})  # the Hessian is kept by both
ARROW = (
    Way("one array", choose, {"ELIMINATED_LEAST": NEVER}),
    Way("eliminated", choose, {"ELIMINATED_LEAST": 0, "CUBE_A_ROW": 0, "SQUARE_SAMPLED": 0}),
)
MANY = (
    Way("second derivatives", many_outcomes, {"MANY": NEVER}),
    Way("products", many_outcomes, {"MANY": 0, "OUTCOMES": 0, "OUTCOMES_SAMPLED": 0}),
)
JOINT = (
    Way("pairs", vector, {"is_joint": lambda *_: False}),
    Way("jointly", vector, {"is_joint": lambda *_: True}),
)
SQUARES = Way("squares", products, {"SQUARES_MOST": NEVER}), Way("one by one", products, {"SQUARES_MOST": 0})

HANDOVERS: dict[str, tuple[tuple[Way, Way], Callable[..., Callable[[], Any]], tuple[tuple[int, ...], ...]]] = {
    "compiled": (COMPILED, binary, ((333_334, 3), (142_858, 7), (100_000, 10), (37_500, 20), (9_375, 40), (6_000, 50))),
    "sample": (SAMPLE, binary, ((8_000, 50), (4_000, 100), (2_000, 200))),
    "wide": (WIDE, binary, ((4_800, 200), (9_600, 400))),
    "arrow": (ARROW, levels, ((10_000, 161), (30_000, 230), (100_000, 343), (300_000, 475), (1_000_000, 867))),
    "many": (MANY, several, ((20_000, 30, 11), (5_000, 30, 11), (100_000, 20, 31), (20_000, 20, 16))),
    "joint": (JOINT, several, ((5_000, 5, 7), (5_000, 11, 13), (5_000, 15, 17), (5_000, 19, 40))),
    "squares": (SQUARES, several, ((5_000, 20, 30), (5_000, 20, 100))),
}
QUICK = ("compiled", "squares")


def seconds(handover: Handover, runs: int) -> list[float]:
    """Return the least processor time of each way, which take turns: the machine is not as fast at all times."""
    least = [math.inf] * len(handover.ways)
    for _ in range(runs):
        for place, way in enumerate(handover.ways):
            with way.taken():
                made = handover.prepare()
                start = time.process_time()
                handover.work(made)
                least[place] = min(least[place], time.process_time() - start)
    return least


def main() -> None:
    """Measure the places that the command line names, all by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(HANDOVERS))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one run at one size of each that is fitted in no time")
    parser.add_argument("--sizes", type=json.loads, help="other sizes than those of the handover")
    given = parser.parse_args()
    lk.set_threads(1)
    for name in QUICK if given.quick else given.names:
        ways, draw, sizes = HANDOVERS[name]
        for size in sizes[-1:] if given.quick else given.sizes or sizes:
            here = Handover(name, ways, draw(*size))
            times = seconds(here, 1 if given.quick else given.runs)
            shown = {way.words: round(value, 5) for way, value in zip(ways, times, strict=True)}
            ratio = round(times[0] / times[1], 3)
            print(json.dumps({"handover": name, "size": size, "ways": shown, "ratio": ratio}), flush=True)


if __name__ == "__main__":
    main()
