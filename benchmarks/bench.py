"""Time logitkit beside its peers in one run, and write the page and the figures.

Run by ``make bench``, within 50 minutes, and ten more for the pages of bins and of logits, in which nothing else should
run. What was measured is kept in ``build/benchmarks.jsonl`` part by part: ``--resume`` goes on with a run that was
interrupted, ``--page`` writes the page again and measures nothing. ``--quick`` does all of it in small, to see that it
works: in one process, unless ``--only`` names some of the work, and to where ``--out`` says.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import scaling
from calls import CallTimes, call_times
from contend import Scale
from figure import draw_figure, draw_scaling
from machine import machine_text
from page import Measured, make_page
from startup import separated_times, startup_times
from stored import Parts
from timing import json_lines
from works import WORKS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
STORE = ROOT / "build" / "benchmarks.jsonl"
LOGITS, BINNING = (Path(__file__).with_name(f"{name}.py") for name in ("logits", "binning"))
BESIDE = ("bias", "effects")
#: Scripts that print lines of JSON, and the seconds that they may take.
LIMITS = {
    "growth": 120.0,
    "scaling": 180.0,
    "handovers": 150.0,
    "random_lasso": 200.0,
    "intervals": 90.0,
    "covariances": 120.0,
    "bias": 60.0,
    "effects": 60.0,
}
MINUTES = 46.0  # after which no peer begins
LIMIT, SMALL_LIMIT = 20.0, 60.0  # seconds of a contender on a piece of work; small ones are no matter of time


def main() -> None:
    """Measure what was asked for, and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="everything in small")
    parser.add_argument("--large", action="store_true", help="nothing but rows that do not fit in memory (chunks.py)")
    parser.add_argument("--only", nargs="+", metavar="WORK", help=", ".join(work.key for work in WORKS))
    parser.add_argument(
        "--limit", type=float, help=f"seconds that a contender may take on a piece of work; {LIMIT:.0f}"
    )
    parser.add_argument("--minutes", type=float, default=MINUTES, help="after which no peer begins")
    parser.add_argument("--out", type=Path, help="folder of the page; docs/ unless --quick or --only is given")
    parser.add_argument("--store", type=Path, help="file of what was measured; build/benchmarks.jsonl, as --out")
    parser.add_argument("--resume", action="store_true", help="measure only what the file has not")
    parser.add_argument("--page", action="store_true", help="measure nothing, write the page from the file")
    given = parser.parse_args()
    if given.large:
        sys.exit(subprocess.call([sys.executable, Path(__file__).with_name("chunks.py"), "--large"]))
    if unknown := set(given.only or ()) - {work.key for work in WORKS}:
        parser.error(f"no work is called {', '.join(sorted(unknown))}")
    began = time.perf_counter()
    small = given.quick or bool(given.only)
    folder = given.out or (None if small else DOCS)
    parts = Parts(given.store or (None if small else STORE), given.resume or given.page, not given.page)
    limit = given.limit or (SMALL_LIMIT if given.quick else LIMIT)
    spent = 0.0 if given.page or not given.resume else parts.seconds
    until = time.perf_counter() + 60.0 * given.minutes - spent
    scale = Scale(given.quick, limit, apart=not given.quick or bool(given.only), until=until)
    found = measured(parts, scale, given.only)
    found.minutes = parts.seconds / 60.0
    _write(found, folder)
    if not given.only and not given.page:
        bins_and_cards(given.quick, folder)
        logits_beside_torch(given.quick, folder)
    print(f"{time.perf_counter() - began:.0f} s in all.", file=sys.stderr)


def measured(parts: Parts, scale: Scale, only: list[str] | None) -> Measured:
    """Measure everything, or take it from what is kept.

    Parameters
    ----------
    parts : Parts
        What is kept.
    scale : Scale
        How much is measured.
    only : list of str or None
        Keys of the work to which it is restricted.
    """
    quick = scale.quick
    found = Measured(quick, parts.part("machine", machine_text, ""), parts.part("limit", lambda: scale.limit, 0.0))
    if not only:
        _ourselves(found, parts)
    outcomes = [parts.outcome(work, scale) for work in WORKS if not only or work.key in only]
    found.outcomes = [outcome for outcome in outcomes if outcome is not None]
    return found


def _ourselves(found: Measured, parts: Parts) -> None:
    """Measure what is not work beside peers in processes of their own."""
    quick = found.quick

    def lines(name: str) -> list[Any]:
        return list(parts.part(name, lambda: _lines(name, quick), []))

    found.growth, found.handovers, found.lassos = lines("growth"), lines("handovers"), lines("random_lasso")
    found.scaling = scaling.read() or lines("scaling")
    found.intervals, found.covariances = lines("intervals"), lines("covariances")
    found.beside = [line for name in BESIDE for line in lines(name)]
    calls = parts.part("calls", lambda: asdict(call_times(quick)))
    found.calls = CallTimes(**calls) if calls else None
    found.startup = parts.part("startup", lambda: startup_times(1 if quick else 5, compiling=not quick), {})
    found.separated = [(what, seconds) for what, seconds in parts.part("separated", lambda: separated_times(quick), [])]


def bins_and_cards(quick: bool, folder: Path | None) -> bool:
    """Measure bins and cards beside optbinning and write their page; where it is not installed, say so.

    Parameters
    ----------
    quick : bool
        Whether all is smaller.
    folder : Path or None
        Of the page, which is not written without one.

    Returns
    -------
    bool
        Whether it was measured.
    """
    if find_spec("optbinning") is None:
        print("binning: optbinning is not installed, so that bins and cards were not measured.", file=sys.stderr)
        return False
    command = [sys.executable, str(BINNING), *(["--quick"] if quick else [])]
    command += ["--page", str(folder / "benchmarks-binning.md")] if folder else []
    if subprocess.run(command, check=False).returncode:
        print("binning: ended early, and its page was not written.", file=sys.stderr)
        return False
    return True


def torch_python() -> str | None:
    """Return an interpreter with torch, or None: that of TORCH_PYTHON, else that of ``.venv-torch``, else this one."""
    apart = ROOT / ".venv-torch" / "bin" / "python"
    named = os.environ.get("TORCH_PYTHON")
    for python in (named,) if named else (str(apart), sys.executable):
        command = [python, "-c", "import torch, torchvision"]
        if Path(python).exists() and not subprocess.run(command, check=False, capture_output=True).returncode:
            return python
    return None


def logits_beside_torch(quick: bool, folder: Path | None) -> bool:
    """Measure works on logits beside torch in its own environment, and write their page; without one, say so.

    Parameters
    ----------
    quick : bool
        Whether all is smaller.
    folder : Path or None
        Of the page, which is not written without one.

    Returns
    -------
    bool
        Whether they were measured beside torch.
    """
    python = torch_python()
    if python is None:
        print(
            "logits: torch is not installed (TORCH_PYTHON, or make torch-tools), so that its columns are skipped, and "
            "the page of logits stays as it is.",
            file=sys.stderr,
        )
    command = [python or sys.executable, str(LOGITS), *(["--quick"] if quick else [])]
    command += ["--page", str(folder / "benchmarks-logits.md")] if folder and python else []
    # Of another environment numba's version may differ, and one cache would be written again and again.
    apart = {} if python in (None, sys.executable) else {"NUMBA_CACHE_DIR": str(ROOT / ".venv-torch" / "numba")}
    place = {"PYTHONPATH": str(ROOT / "src")} | apart
    if subprocess.run(command, check=False, env=os.environ | place).returncode:
        print("logits: ended early, and their page was not written.", file=sys.stderr)
        return False
    return python is not None


def _lines(name: str, quick: bool) -> list[Any]:
    """Return what a script measured, in a process of its own, and tell why it ended early."""
    script, began = Path(__file__).with_name(f"{name}.py"), time.perf_counter()
    lines, why = json_lines([sys.executable, str(script), *(["--quick"] if quick else [])], LIMITS[name])
    print(f"{name}: {time.perf_counter() - began:.1f} s in all  {why}", file=sys.stderr, flush=True)
    return lines


def _write(found: Measured, folder: Path | None) -> None:
    page = make_page(found, "benchmarks.svg")
    if folder is None:
        print(page)
        with tempfile.TemporaryDirectory() as name:
            _draw(found, Path(name))
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "benchmarks.md").write_text(page, encoding="utf-8")
    _draw(found, folder)
    print(f"Written to benchmarks.md and its figures in {folder.name}.", file=sys.stderr)


def _draw(found: Measured, folder: Path) -> None:
    if found.outcomes:
        draw_figure(found.outcomes, found.growth, folder / "benchmarks.svg")
    if len(found.scaling) > 1:
        draw_scaling(found.scaling, folder / "benchmarks-scaling.svg")


if __name__ == "__main__":
    main()
