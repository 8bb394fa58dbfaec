"""Inference beside its peers: the same numbers from the same rows, who takes how long, and how far apart they are.

A script of such work prints a line of JSON for each, which ``bench.py`` reads; alone it prints tables.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from r_peers import r_version
from timing import Effort, least_of, timed

#: Reads the rows, defines ``run`` from the code of the work, and prints its least time and its numbers.
IN_R = """
folder <- commandArgs(TRUE)[1]
size <- as.integer(commandArgs(TRUE)[2:4])
X <- matrix(readBin(file.path(folder, "x.bin"), "double", size[1] * size[2]), size[1], size[2])
y <- readBin(file.path(folder, "y.bin"), "double", size[1])
g <- readBin(file.path(folder, "g.bin"), "double", size[1])
best <- Inf
for (k in seq_len(size[3])) best <- min(best, system.time(found <- run())[["elapsed"]])
cat(sprintf("%.17g", c(best, found)))
"""


@dataclass(frozen=True)
class Taken:
    """What someone took over a piece of work.

    Parameters
    ----------
    name : str
        Who.
    seconds : float
        Least wall time.
    apart : float
        Largest difference of the numbers from ours, relative to the largest of these; nan where others are asked for.
    note : str
        Why there is no time.
    """

    name: str
    seconds: float = math.nan
    apart: float = math.nan
    note: str = ""


@dataclass
class Beside:
    """A piece of work by us, and by others.

    Parameters
    ----------
    title : str
        What is done.
    effort : Effort
        How long to measure.
    takers : list of Taken
        Ours first.
    aim : str
        What was aimed at, in words, and whether it was met.
    """

    title: str
    effort: Effort
    takers: list[Taken] = field(default_factory=list)
    aim: str = ""
    _numbers: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)

    @property
    def ours(self) -> float:
        """Our time in seconds."""
        return self.takers[0].seconds

    def time(self, name: str, work: Callable[[], Any], *, same: bool = True) -> float:
        """Time what gives the numbers of the work, ours being the first, and return the seconds.

        Where ``same`` is False, other numbers are asked for, and none are compared.
        """
        found = work()  # which may compile
        seconds, _ = least_of(work, self.effort, timed(work)[0])
        if not self.takers:
            self._numbers = np.asarray(found, dtype=float)
        self.takers.append(Taken(name, seconds, self._apart(found) if same and self.takers else math.nan))
        return seconds

    def time_if_there(self, name: str, build: Callable[[], Callable[[], Any]]) -> None:
        """Time a package that may not be installed, or may not agree with what is."""
        try:
            self.time(name, build())
        except ImportError:
            self.takers.append(Taken(name, note="not installed"))
        except Exception as error:  # noqa: BLE001 - whatever it cannot do here, the others are measured all the same
            self.takers.append(Taken(name, note=f"failed: {type(error).__name__}"))

    def time_in_r(
        self, name: str, package: str, code: str, X: np.ndarray, y: np.ndarray, groups: np.ndarray | None = None
    ) -> None:
        """Time ``run`` of a piece of R, which has X, y and g, and returns the same numbers."""
        if r_version(package) is None:
            self.takers.append(Taken(name, note="not installed"))
            return
        with tempfile.TemporaryDirectory() as written:
            folder = Path(written)
            X.T.astype(float).tofile(folder / "x.bin")
            y.astype(float).tofile(folder / "y.bin")
            (np.zeros(len(y)) if groups is None else groups).astype(float).tofile(folder / "g.bin")
            (folder / "run.R").write_text(code + IN_R, encoding="utf-8")
            size = [str(len(X)), str(X.shape[1]), str(min(self.effort.most, 3))]
            command = ["Rscript", "--vanilla", str(folder / "run.R"), written, *size]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        numbers = np.array(done.stdout.split(), dtype=float)
        self.takers.append(Taken(name, float(numbers[0]), self._apart(numbers[1:])))

    def _apart(self, found: Any) -> float:
        gaps = np.abs(np.asarray(found, dtype=float) - self._numbers)
        return float(gaps.max() / np.abs(self._numbers).max())

    def as_json(self) -> str:
        """Return the work as a line of JSON."""
        return json.dumps({"title": self.title, "aim": self.aim, "takers": [asdict(each) for each in self.takers]})


def aimed(what: str, measured: float, most: float, unit: str) -> str:
    """Return in words what was aimed at, and whether it was met."""
    met = "met" if measured <= most else f"missed by a factor of {measured / most:.2f}"
    return f"{what}: {measured:.3g} {unit} measured, at most {most:g} aimed at, {met}."


def run_works(works: Callable[[bool, Effort], Iterable[Beside]], description: str | None) -> None:
    """Measure every piece of work of a script, and print it."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="in small, to see that it works")
    quick = parser.parse_args().quick
    for work in works(quick, Effort(0.05, 3) if quick else Effort(3.0, 20)):
        print(work.as_json(), flush=True)
