"""Time logitkit beside its peers in one run, and write the page and the figure.

Run by ``make bench``, within an hour or so in which nothing else should run. ``--quick`` does all of it in small, to
see that it works: in one process, unless ``--only`` names some of the work, and to where ``--out`` says.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from calls import call_times
from contend import Scale, contend
from figure import draw_figure
from page import Measured, make_page
from startup import separated_times, startup_times
from timing import json_lines
from works import WORKS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
GROWTH = Path(__file__).with_name("growth.py")
INTERVALS = Path(__file__).with_name("intervals.py")
COVARIANCES = Path(__file__).with_name("covariances.py")
BESIDE = tuple(Path(__file__).with_name(f"{name}.py") for name in ("bias", "effects"))
LOGITS = Path(__file__).with_name("logits.py")
BINNING = Path(__file__).with_name("binning.py")
GROWTH_LIMIT, INTERVALS_LIMIT, BESIDE_LIMIT = 300.0, 300.0, 600.0


def main() -> None:
    """Measure what was asked for, and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="everything in small")
    parser.add_argument("--large", action="store_true", help="nothing but rows that do not fit in memory (chunks.py)")
    parser.add_argument("--only", nargs="+", metavar="WORK", help=", ".join(work.key for work in WORKS))
    parser.add_argument(
        "--limit", type=float, default=60.0, help="seconds that a contender may take on a piece of work"
    )
    parser.add_argument("--out", type=Path, help="folder of the page; docs/ unless --quick or --only is given")
    given = parser.parse_args()
    if given.large:
        sys.exit(subprocess.call([sys.executable, Path(__file__).with_name("chunks.py"), "--large"]))
    if unknown := set(given.only or ()) - {work.key for work in WORKS}:
        parser.error(f"no work is called {', '.join(sorted(unknown))}")
    began = time.perf_counter()
    found = Measured(given.quick)
    scale = Scale(given.quick, given.limit, apart=not given.quick or bool(given.only))
    found.outcomes = [contend(work, scale) for work in WORKS if not given.only or work.key in given.only]
    if not given.only:
        found.growth = _lines(GROWTH, given.quick, GROWTH_LIMIT)
        found.intervals = _lines(INTERVALS, given.quick, INTERVALS_LIMIT)
        found.covariances = _lines(COVARIANCES, given.quick, BESIDE_LIMIT)
        found.beside = [line for script in BESIDE for line in _lines(script, given.quick, BESIDE_LIMIT)]
        found.calls = call_times(given.quick)
        found.startup = startup_times(1 if given.quick else 5, compiling=not given.quick)
        found.separated = separated_times(given.quick)
    folder = given.out or (None if given.quick or given.only else DOCS)
    _write(found, folder)
    if not given.only:
        bins_and_cards(given.quick, folder)
        logits_beside_torch(given.quick, folder)
    print(f"{time.perf_counter() - began:.0f} s in all.", file=sys.stderr)


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


def _lines(script: Path, quick: bool, limit: float) -> list[Any]:
    """Return what a script measured, in a process of its own, and tell why it ended early."""
    lines, why = json_lines([sys.executable, str(script), *(["--quick"] if quick else [])], limit)
    if why:
        print(f"{script.stem}: {why}", file=sys.stderr)
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
    print(f"Written to benchmarks.md and benchmarks.svg in {folder.name}.", file=sys.stderr)


def _draw(found: Measured, folder: Path) -> None:
    if found.growth:
        draw_figure(found.outcomes, found.growth, folder / "benchmarks.svg")


if __name__ == "__main__":
    main()
