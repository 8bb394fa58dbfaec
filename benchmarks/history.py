"""Our own figures, commit by commit: measures them, adds them to ``history.csv``, and prints the last few.

Run by ``make bench-history``; nothing else should run meanwhile. Figures of one processor compare with each other only.
What fell by more than a tenth is listed on the page of the benchmarks, with the reason that ``fell.toml`` gives: a
table a run, named by the commit as in the history, and in it a line a figure, ``"mixed, memory" = "Why."``.
"""

from __future__ import annotations

import argparse
import csv
import math
import subprocess
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from contend import Scale, contend
from machine import processor
from startup import startup_times
from works import WORKS

import logitkit as lk

FILE = Path(__file__).with_name("history.csv")
COLUMNS = ("date", "commit", "version", "processor", "what", "unit", "value")
REASONS = Path(__file__).with_name("fell.toml")
SHOWN = 4
FELL = 0.1  # how much more a figure may be than in the run before
LEAST = {"s": 0.0, "r": 0.0, "MB": 5.0}  # below this a figure says nothing

Row = dict[str, str]


def commit() -> str:
    """Return the commit of the working tree, with a plus sign where files differ from it."""
    try:
        done = [
            subprocess.run(["git", *words], capture_output=True, text=True, check=True, cwd=FILE.parent)
            for words in (("rev-parse", "--short", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
        ]
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done[0].stdout.strip() + ("+" if done[1].stdout.strip() else "")


def measured(scale: Scale, only: list[str] | None) -> Iterable[tuple[str, str, float]]:
    """Yield what was measured, its unit and its value."""
    for work in WORKS:
        if work.key not in only if only else not work.history:
            continue
        outcome = contend(work, scale, ours_only=True)
        facts = outcome.ours.facts
        yield work.key, "s", outcome.ours.seconds
        yield work.key, "r", outcome.ours.seconds / outcome.gram
        yield f"{work.key}, prediction", "s", facts.get("predict", math.nan)
        yield f"{work.key}, memory", "MB", max(facts.get("megabytes", math.nan), 0.0)
    if not only:
        for name, seconds in startup_times(1 if scale.quick else 5, compiling=not scale.quick).items():
            yield name, "s", seconds


def read(path: Path) -> list[Row]:
    """Return the rows of a history, none where there is no file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def add(path: Path, rows: list[Row]) -> None:
    """Add rows to a history."""
    new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerows(rows)


def table(rows: list[Row], here: str) -> str:
    """Return the last few runs on this processor, and how the last differs from the one before."""
    rows = [row for row in rows if row["processor"] == here]
    runs = list(dict.fromkeys((row["date"], row["commit"]) for row in rows))[-SHOWN:]
    values = {(row["date"], row["commit"], row["what"], row["unit"]): float(row["value"]) for row in rows}
    names = list(dict.fromkeys((row["what"], row["unit"]) for row in rows if (row["date"], row["commit"]) in runs))
    lines = [f"{'':36}" + "".join(f"{label:>14}" for _, label in runs) + f"{'change':>10}"]
    for name in names:
        found = [values.get((*run, *name)) for run in runs]
        cells = ["" if value is None else f"{value:.4g} {name[1]}" for value in found]
        change = ""
        if len(found) > 1 and found[-1] is not None and found[-2]:
            change = f"{100.0 * (found[-1] / found[-2] - 1.0):+.0f}%"
        lines.append(f"{name[0]:36}" + "".join(f"{cell:>14}" for cell in cells) + f"{change:>10}")
    return "\n".join(lines)


@dataclass(frozen=True)
class Fallen:
    """A figure that is worse than in the run before on the same processor.

    Parameters
    ----------
    run, before : str
        Commits of the run and of the one before.
    what, unit : str
        The figure.
    value, earlier : float
        What it is and was.
    """

    run: str
    before: str
    what: str
    unit: str
    value: float
    earlier: float

    @property
    def change(self) -> float:
        """By which share it is more."""
        return self.value / self.earlier - 1.0


def last_two(rows: list[Row], here: str) -> dict[tuple[str, str], tuple[Row, Row]]:
    """Return the last two rows of each figure on a processor, the earlier first, by what it is and its unit."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row["processor"] == here:
            found.setdefault((row["what"], row["unit"]), []).append(row)
    return {name: (those[-2], those[-1]) for name, those in found.items() if len(those) > 1}


def fallen(rows: list[Row], here: str) -> list[Fallen]:
    """Return what is worse by more than a tenth than the time before on this processor, the most first."""
    found = [
        Fallen(now["commit"], before["commit"], what, unit, float(now["value"]), float(before["value"]))
        for (what, unit), (before, now) in last_two(rows, here).items()
        if float(before["value"]) > 0.0 and float(now["value"]) > LEAST[unit]
    ]
    return sorted((each for each in found if each.change > FELL), key=lambda each: -each.change)


def reasons(path: Path = REASONS) -> dict[str, dict[str, str]]:
    """Return what a person wrote of figures that fell, by run."""
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def why(each: Fallen, given: dict[str, dict[str, str]]) -> str:
    """Return the reason of a figure: its own, with its unit or without, else that of all figures of the run."""
    own = given.get(each.run, {})
    return own.get(f"{each.what}, {each.unit}") or own.get(each.what) or own.get("all") or ""


def main() -> None:
    """Measure, add and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="in small; needs --file, so that nothing else is spoilt")
    parser.add_argument("--only", nargs="+", metavar="WORK", help=", ".join(work.key for work in WORKS))
    parser.add_argument("--file", type=Path, default=FILE)
    parser.add_argument("--show", action="store_true", help="print only")
    given = parser.parse_args()
    if given.quick and given.file == FILE:
        parser.error("--quick needs --file: its figures mean nothing")
    if not given.show:
        date = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        about = {"date": date, "commit": commit(), "version": lk.__version__, "processor": processor()}
        scale = Scale(given.quick, apart=not given.quick)
        found = [(what, unit, value) for what, unit, value in measured(scale, given.only) if math.isfinite(value)]
        add(given.file, [{**about, "what": what, "unit": unit, "value": f"{value:.5g}"} for what, unit, value in found])
    rows, here = read(given.file), processor()
    print(table(rows, here))
    unexplained = [each for each in fallen(rows, here) if not why(each, reasons())]
    for each in unexplained:
        print(f"{each.what}: {each.change:+.0%} {each.unit} since {each.before}; the reason belongs in {REASONS.name}.")


if __name__ == "__main__":
    main()
