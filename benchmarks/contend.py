"""Runs every contender on a piece of work, and says how far each is from the best objective."""

from __future__ import annotations

import json
import math
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import r_peers
from contender import SAME, Bar, excess
from drawing import as_problem, kept
from run_one import run, warm
from timing import Effort, json_lines
from work import Work

START = 10.0  # seconds
LATE = "left out: the run had taken its time"
RUN_ONE = Path(__file__).with_name("run_one.py")


@dataclass(frozen=True)
class Scale:
    """How much is measured.

    Parameters
    ----------
    quick : bool
        The small versions, to see that everything runs.
    limit : float
        Seconds that a contender may take on a piece of work, its start included.
    apart : bool
        Whether each has a process of its own; starting one is most of the time of the small versions.
    until : float
        Reading of the clock after which no peer begins, and towards which those that begin have less time.
    """

    quick: bool = False
    limit: float = 60.0
    apart: bool = True
    until: float = math.inf

    def allowed(self, more: float) -> float:
        """Return the seconds of a contender that may take more than others, the start of its process at least."""
        return max(min(self.limit + more, self.until - time.perf_counter()), START)

    @property
    def is_over(self) -> bool:
        """Whether no peer begins any more."""
        return time.perf_counter() > self.until

    @property
    def effort(self) -> Effort:
        """How long to repeat; all have the same time."""
        return Effort(0.1, 3) if self.quick else Effort(2.0, 20)


@dataclass
class Entry:
    """What was measured of one contender.

    Parameters
    ----------
    name : str
        Contender.
    errors : bool
        Whether standard errors are part of its work.
    facts : dict
        Everything that its process printed, the last of each.
    note : str
        Why there is nothing, or not all.
    excess : float
        Relative distance of its objective above the least of all.
    bar : Bar
        What counts as the same objective.
    spent : float
        Seconds that it took in all, its start and every run included.
    """

    name: str
    errors: bool
    facts: dict[str, Any]
    note: str = ""
    excess: float = math.nan
    bar: Bar = SAME
    spent: float = math.nan

    @property
    def seconds(self) -> float:
        """Time of the work."""
        return float(self.facts.get("seconds", math.nan))

    @property
    def reached(self) -> bool:
        """Whether the objective counts as the least one."""
        return self.excess <= self.bar.reached


@dataclass
class Outcome:
    """What was measured of one piece of work, ours first.

    Parameters
    ----------
    work : Work
        The work.
    quick : bool
        Whether it was the small version.
    entries : list of Entry
        One a contender.
    facts : dict
        What was drawn.
    absent : str
        Why it was not done here.
    """

    work: Work
    quick: bool
    entries: list[Entry] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    absent: str = ""

    @property
    def title(self) -> str:
        """What the work is."""
        return self.work.small_title if self.quick else self.work.title

    @property
    def ours(self) -> Entry:
        """The first of ours that has a time, else the first."""
        mine = [entry for entry in self.entries if entry.name.startswith("logitkit")]
        return next((entry for entry in mine if entry.seconds > 0), mine[0])

    @property
    def peers(self) -> list[Entry]:
        """All but ours."""
        return [entry for entry in self.entries if not entry.name.startswith("logitkit")]

    @property
    def gram(self) -> float:
        """Return r of the same array, in the process of ours."""
        return min(self.ours.facts.get("gram", [math.nan]))


def contend(work: Work, scale: Scale, ours_only: bool = False) -> Outcome:
    """Measure every contender that is there."""
    outcome = Outcome(work, scale.quick, absent=work.missing() or "")
    if outcome.absent:
        outcome.entries = [Entry(work.contenders[0].name, work.contenders[0].errors, {}, outcome.absent)]
        tell(work, outcome.entries[0])
        return outcome
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "arrays"
        drawn = work.draw(scale.quick)
        drawn.keep(folder)
        outcome.facts = drawn.facts
        del drawn
        target: Any = None
        here = None if scale.apart else as_problem(kept(folder))
        for contender in work.contenders:
            if ours_only and contender.package != "logitkit":
                continue
            entry = Entry(contender.name, contender.errors, {}, contender.missing() or "", bar=work.bar)
            if scale.is_over and contender is not work.contenders[0]:
                entry.note = entry.note or LATE
            began = time.perf_counter()
            if not entry.note and here is None:
                _run_apart(work, entry, folder, target, scale)
            elif not entry.note:
                _run_here(work, entry, here, target, scale)
            entry.spent = time.perf_counter() - began
            outcome.entries.append(entry)
            tell(work, entry)
            target = entry.facts.get("target", entry.facts.get("objective")) if target is None else target
        if not ours_only and work.in_r:
            problem = as_problem(kept(folder))
            for peer in work.in_r:
                entry = Entry(peer.name, peer.errors, {}, r_peers.missing(peer) or "", bar=work.bar)
                entry.note = entry.note or (LATE if scale.is_over else "")
                began = time.perf_counter()
                if target is None:
                    entry.note = "there is no objective to reach"
                elif not entry.note:
                    entry.facts = r_peers.run_r(
                        peer, problem, folder, target, work.bar, scale.effort, scale.allowed(peer.more)
                    )
                    entry.note = entry.facts.pop("note")
                entry.spent = time.perf_counter() - began
                outcome.entries.append(entry)
                tell(work, entry)
    _judge(outcome.entries)
    return outcome


def _run_apart(work: Work, entry: Entry, folder: Path, target: Any, scale: Scale) -> None:
    """Run a contender in a process of its own, which is ended when it takes too long."""
    effort = scale.effort
    command = [sys.executable, str(RUN_ONE), work.key, entry.name, str(folder)]
    command += ["--seconds", str(effort.seconds), "--most", str(effort.most)]
    command += [] if target is None else ["--target", json.dumps(target)]
    lines, why = json_lines(command, _limit(work, entry, scale))
    for line in lines:
        entry.facts |= line
    entry.note = entry.facts.pop("note", why)


def _limit(work: Work, entry: Entry, scale: Scale) -> float:
    """Return the seconds of a contender; ours, which comes first, has them whatever was taken before."""
    contender = work.named(entry.name)
    ours = contender is work.contenders[0]
    return scale.limit + contender.more if ours else scale.allowed(contender.more)


def _run_here(work: Work, entry: Entry, problem: Any, target: Any, scale: Scale) -> None:
    """Run a contender in this process."""
    contender = work.named(entry.name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warm(contender, problem)
        run(work, contender, problem, target, scale.effort, entry.facts.update)
    entry.note = entry.facts.pop("note", "")


def _judge(entries: list[Entry]) -> None:
    """State how far each objective is above the least, one strength at a time where there are many."""
    found = [entry for entry in entries if np.isfinite(entry.facts.get("objective", math.nan)).all()]
    if found:
        known = [entry.facts["target"] for entry in entries if "target" in entry.facts]
        least = np.min([*known, *(entry.facts["objective"] for entry in found)], axis=0)
        for entry in found:
            entry.excess = excess(entry.facts["objective"], least, entry.facts.get("null"))


def tell(work: Work, entry: Entry) -> None:
    times = f"{entry.seconds:10.4f} s, {entry.spent:5.1f} s in all"
    print(f"{work.key:26} {entry.name:40} {times}  {entry.note}", file=sys.stderr, flush=True)
