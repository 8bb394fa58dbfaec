"""What a run measured, part by part in a file, so that an interrupted run goes on and a page is written again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from contend import Entry, Outcome, Scale, contend
from work import Work


class Parts:
    """The parts of a run.

    Parameters
    ----------
    path : Path or None
        Lines of JSON, one a part; without one nothing is kept.
    again : bool
        Whether parts that the file has are taken from it; the file begins anew otherwise.
    measuring : bool
        Whether parts that the file has not are measured.
    """

    def __init__(self, path: Path | None, again: bool = False, measuring: bool = True) -> None:
        self.path, self.measuring = path, measuring
        self.found: dict[str, Any] = {}
        if path and again and path.exists():
            lines = path.read_text(encoding="utf-8").splitlines()
            self.found = {line["part"]: line["found"] for line in map(json.loads, lines)}
        elif path:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("", encoding="utf-8")

    def part(self, name: str, measure: Callable[[], Any], absent: Any = None) -> Any:
        """Return a part: as the file has it, else measured and kept, else what stands for one that is not there."""
        if name in self.found:
            return self.found[name]
        if not self.measuring:
            return absent
        began = time.perf_counter()
        found = measure()
        if self.path:
            line = {"part": name, "spent": round(time.perf_counter() - began, 1), "found": found}
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        # As the file gives it back: the page is the same now and when it is written again.
        return json.loads(json.dumps(found))

    def outcome(self, work: Work, scale: Scale) -> Outcome | None:
        """Return what was measured of a piece of work, None where it was not and is not to be."""
        found = self.part(f"work {work.key}", lambda: _as_lines(contend(work, scale)))
        return None if found is None else _as_outcome(work, found)

    @property
    def seconds(self) -> float:
        """Return how long all parts of the file took, nan where there is none."""
        if self.path is None or not self.path.exists():
            return float("nan")
        lines = self.path.read_text(encoding="utf-8").splitlines()
        return float(sum(json.loads(line)["spent"] for line in lines))


def _as_lines(outcome: Outcome) -> dict[str, Any]:
    entries = [{name: value for name, value in asdict(entry).items() if name != "bar"} for entry in outcome.entries]
    return {"quick": outcome.quick, "facts": outcome.facts, "absent": outcome.absent, "entries": entries}


def _as_outcome(work: Work, found: dict[str, Any]) -> Outcome:
    entries = [Entry(**entry, bar=work.bar) for entry in found["entries"]]
    return Outcome(work, found["quick"], entries, found["facts"], found["absent"])
