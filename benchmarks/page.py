"""The page: every table and every sentence about who is faster is made from what was measured."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from calls import CallTimes
from contend import Entry, Outcome
from contender import SAME, WITHIN_GAP
from goals import goals_table, predicting
from inference_page import (
    beside_table,
    beside_verdict,
    covariances_table,
    excess_text,
    faster_covariances,
    intervals_table,
    rivals,
    seconds_text,
    table_text,
)
from own_page import calls_table, fallen_part, growth_part, handovers_part, scaling_part, startup_table
from random_lasso import WHAT, lassos_part

INTRODUCTION = f"""\
Every contender works on the same arrays, in a process of its own that has done a small version of the work before.
Times are wall times, the least of as many runs as fit into two seconds. r is the fastest of three ways to form
`X.T @ X` of the same array (one BLAS thread, two, two halves of the rows on two threads), measured in the process of
ours just before and just after. All may use all processors.

*Above the least* is how far the objective is above the least that anyone reached, relative to it, computed here from
each contender's coefficients in plain NumPy. Each is given the loosest of a few tolerances that brings it there; one
that is above {SAME.reached:.0e} at the tightest is marked, and not compared. Memory is the highest above what
the process held with the data, in one run of the work, after the memory that earlier runs had freed was given back.

Lasso and ridge are judged at each of their strengths, by the penalised objective and relative to that of the intercept
alone: *above the least* is the farthest of any strength, and {WITHIN_GAP.reached:.0e} is near enough. Ours stops at a
duality gap of as much, which bounds it; the least is known from a run to a thousandth of it.

Where a tolerance stops too early or too late, a contender is given a number of iterations instead, and again more from
the start until it is there; the time is that of the last run.

The figures are written by `make bench`, and none is typed in. A ratio above 1 says that logitkit is faster."""


@dataclass
class Measured:
    """Everything that a run measured.

    Parameters
    ----------
    quick : bool
        Whether in small.
    machine : str
        Where, and with what.
    limit : float
        Seconds that a contender could take on a piece of work.
    minutes : float
        That the run took.
    outcomes : list of Outcome
        One a piece of work.
    growth : list of dict
        One a size.
    handovers : list of dict
        One a place where a way of solving hands over to another.
    scaling : list of dict
        The machine, and then one a size and number of threads.
    lassos : list of dict
        One a random problem.
    intervals : list of dict
        One a size.
    covariances : list of dict
        One a size.
    beside : list of dict
        One per piece of inference: its title, what was aimed at, and who took how long.
    calls : CallTimes or None
        Times of the steps of a call.
    startup : dict
        Times of processes.
    separated : list of (str, float)
        Problems and times.
    """

    quick: bool
    machine: str = ""
    limit: float = math.nan
    minutes: float = math.nan
    outcomes: list[Outcome] = field(default_factory=list)
    growth: list[dict[str, Any]] = field(default_factory=list)
    handovers: list[dict[str, Any]] = field(default_factory=list)
    scaling: list[dict[str, Any]] = field(default_factory=list)
    lassos: list[dict[str, Any]] = field(default_factory=list)
    intervals: list[dict[str, Any]] = field(default_factory=list)
    covariances: list[dict[str, Any]] = field(default_factory=list)
    beside: list[dict[str, Any]] = field(default_factory=list)
    calls: CallTimes | None = None
    startup: dict[str, float] = field(default_factory=dict)
    separated: list[tuple[str, float]] = field(default_factory=list)


def tolerance_text(tolerance: float) -> str:
    """Return what told a contender when to stop: a tolerance, or a number of iterations."""
    if not math.isfinite(tolerance):
        return "default"
    return f"{tolerance:.0e}" if tolerance < 1.0 else f"{tolerance:.0f} iteration{'s' if tolerance > 1.0 else ''}"


def make_page(found: Measured, figure: str) -> str:
    """Return the page as Markdown; the figure of threads lies beside the other, with ``-scaling`` in its name."""
    parts = ["# Benchmarks", found.machine]
    if found.quick:
        parts.append("**This is the small version, to see that everything runs: its figures mean nothing.**")
    parts += [INTRODUCTION, _run(found), f"![Times of the peers over ours, and how times grow]({figure})"]
    parts += [
        "## Where a peer is faster",
        _faster(found),
        "## What was aimed at",
        goals_table(found),
        "## Figures that fell, and why",
        fallen_part(),
    ]
    for section in dict.fromkeys(outcome.work.section for outcome in found.outcomes):
        parts.append(f"## {section}")
        for outcome in found.outcomes:
            parts += _work(outcome) if outcome.work.section == section else []
        parts += [f"### {WHAT}", lassos_part(found.lassos)] if section == "Penalties" and found.lassos else []
    parts += _predictions(found.outcomes)
    if found.growth:
        parts += ["## How time grows", growth_part(found.growth)]
    if len(found.scaling) > 1:
        parts += ["## Threads and sizes", scaling_part(found.scaling, figure.replace(".svg", "-scaling.svg"))]
    if found.handovers:
        parts += ["## Where one way hands over to another", handovers_part(found.handovers)]
    if found.intervals:
        parts += ["## Intervals of all coefficients", intervals_table(found.intervals)]
    if found.covariances:
        parts += ["## Robust covariances", covariances_table(found.covariances)]
    for work in found.beside:
        parts += [f"## {work['title']}", beside_table(work), beside_verdict(work)]
    if found.calls:
        parts += ["## 1,000 x 10: what a call costs", calls_table(found.calls)]
    if found.separated:
        rows = [[what, seconds_text(seconds)] for what, seconds in found.separated]
        parts += ["## Separated data, from formula to fit", table_text(["work", "time"], rows)]
    if found.startup:
        parts += ["## Processes", startup_table(found.startup)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _run(found: Measured) -> str:
    """Return how long a contender could take, and the run did."""
    words = []
    if math.isfinite(found.limit):
        words.append(
            f"A contender has {found.limit:.0f} s for a piece of work, its start and all tolerances included, and more "
            "where its table says so."
        )
    if math.isfinite(found.minutes):
        words.append(f"All of the page is one run of {found.minutes:.0f} minutes on one machine.")
    return " ".join(words)


def _work(outcome: Outcome) -> list[str]:
    """Return the parts of a piece of work."""
    if outcome.absent:
        return [f"### {outcome.title}", f"Not measured: {outcome.absent}."]
    left_out = [outcome.work.left_out.format(**outcome.facts)] if outcome.work.left_out else []
    return [f"### {outcome.title}", _table(outcome), _verdict(outcome), *left_out, *_curves(outcome)]


def _ratio(entry: Entry, outcome: Outcome) -> float:
    return entry.seconds / outcome.ours.seconds


def _table(outcome: Outcome) -> str:
    with_r, rows = math.isfinite(outcome.gram), []
    some = any(entry.errors for entry in outcome.entries)
    if with_r:
        rows.append(["`X.T @ X` (r)", seconds_text(outcome.gram), "", "1", "", "", ""])
    for entry in outcome.entries:
        if "seconds" not in entry.facts:
            rows.append([entry.name, entry.note, *[""] * (5 if with_r else 4)])
            continue
        tolerance, megabytes = entry.facts.get("tolerance", math.nan), entry.facts.get("megabytes", math.nan)
        alone = entry is outcome.ours or not math.isfinite(_ratio(entry, outcome))
        ratio = "" if alone else f"{_ratio(entry, outcome):.2f}"
        row = [
            f"{entry.name}{', no standard errors' if some and not entry.errors else ''}",
            f"{seconds_text(entry.seconds)}{f' ({entry.note})' if entry.note else ''}",
            ratio if entry.reached or not ratio else f"({ratio})",
            *([f"{entry.seconds / outcome.gram:.1f}"] if with_r else []),
            f"{excess_text(entry.excess)}{'' if entry.reached else ', **not reached**'}",
            tolerance_text(tolerance),
            f"{max(megabytes, 0.0):.0f} MB" if math.isfinite(megabytes) else "",
        ]
        rows.append(row)
    head = ["who", "time", "over ours", *(["in r"] if with_r else []), "above the least", "tolerance", "memory"]
    return table_text(head, rows)


def _curves(outcome: Outcome) -> list[str]:
    """Return how far the scores of rows held out differ from ours."""
    ours = outcome.ours.facts.get("curve")
    if ours is None:
        return []
    words = []
    for entry in outcome.peers:
        if "curve" in entry.facts:
            far = max(abs(theirs / own - 1.0) for own, theirs in zip(ours, entry.facts["curve"], strict=True))
            words.append(f"The mean held-out deviances of {entry.name} are within {far:.0e} of ours, relative to them.")
    return words


def faster_peers(outcome: Outcome) -> list[Entry]:
    """Return the peers that reached the objective in less time than ours, fastest first."""
    if not outcome.ours.seconds > 0:
        return []
    able = [entry for entry in outcome.peers if entry.reached and _ratio(entry, outcome) < 1.0]
    return sorted(able, key=lambda entry: entry.seconds)


def _named(entry: Entry, outcome: Outcome) -> str:
    errors = "" if entry.errors or not outcome.ours.errors else ", without standard errors"
    return f"{entry.name} in {_ratio(entry, outcome):.2f} of its time{errors}"


def _verdict(outcome: Outcome) -> str:
    """Return in words who is faster and who did not arrive."""
    if not outcome.ours.seconds > 0:
        return "logitkit has no time here."
    words = []
    if not outcome.ours.reached:
        words.append(f"logitkit itself is {outcome.ours.excess:.1e} above the least objective.")
    if faster := faster_peers(outcome):
        words.append(f"Faster than logitkit: {'; '.join(_named(entry, outcome) for entry in faster)}.")
    elif rivals := [entry for entry in outcome.peers if entry.reached]:
        nearest = min(rivals, key=lambda entry: entry.seconds)
        words.append(
            f"No peer is faster; the nearest is {nearest.name}, at {_ratio(nearest, outcome):.2f} times our time."
        )
    if late := [entry.name for entry in outcome.peers if entry.facts and not entry.reached]:
        words.append(f"Not at the same objective, and not compared: {', '.join(late)}.")
    return " ".join(words)


def _faster(found: Measured) -> str:
    outcomes = found.outcomes
    lines = [
        f"- {outcome.title}: {'; '.join(_named(entry, outcome) for entry in faster_peers(outcome))}."
        for outcome in outcomes
        if faster_peers(outcome)
    ]
    for outcome in outcomes:
        for entry in predicting(outcome)[1:]:
            share = entry.facts["predict"] / outcome.ours.facts["predict"]
            if share < 1.0:
                lines.append(f"- Prediction, {outcome.work.key}: {entry.name} in {share:.2f} of its time.")
    lines += faster_covariances(found.covariances)
    for work in found.beside:
        faster = [f"{name} in {ratio:.2f} of its time" for ratio, name in rivals(work) if ratio < 1.0]
        lines += [f"- {work['title']}: {'; '.join(faster)}."] if faster else []
    return "\n".join(lines) or "No peer reached the same objective in less time on any of this work."


def _predictions(outcomes: list[Outcome]) -> list[str]:
    parts = []
    for outcome in outcomes:
        entries = predicting(outcome)
        if not entries:
            continue
        least = min(entry.facts["predict_objective"] for entry in entries)
        rows = []
        for entry in entries:
            time, excess = entry.facts["predict"], entry.facts["predict_objective"] / least - 1.0
            over = "" if entry is outcome.ours else f"{time / outcome.ours.facts['predict']:.2f}"
            mark = "" if excess <= SAME.reached else ", **not the same**"
            rows.append([entry.name, seconds_text(time), over, f"{excess_text(excess)}{mark}"])
        parts += [
            f"## Prediction of the frame of: {outcome.title}",
            table_text(["who", "time", "over ours", "loss above the least"], rows),
        ]
    return parts
