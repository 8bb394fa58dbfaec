"""The parts of the page about ourselves: how times grow, threads, handovers, calls, processes, and what fell."""

from __future__ import annotations

import math
from typing import Any

from calls import CallTimes
from goals import (
    APART,
    CERTIFICATE,
    COMPILING,
    ENGINE,
    ESTIMATOR,
    EXPONENTS,
    FIRST_SUMMARY,
    GROWTH_FROM,
    IMPORT,
    SUMMARY,
    apart,
    growth_exponent,
)
from growth import exponent
from history import FELL, FILE, Fallen, Row, fallen, last_two, read, reasons, why
from inference_page import seconds_text, table_text


def growth_part(growth: list[dict[str, Any]]) -> str:
    """Return the time of each size beside that of X'X, and the powers with which they grow."""
    rows, words = [], []
    for size in growth:
        name = f"{size['n']:,} x {size['p']:,}"
        if "seconds" in size:
            in_r = f"{size['seconds'] / size['gram']:.1f}"
            rows.append([name, seconds_text(size["seconds"]), seconds_text(size["gram"]), in_r])
        else:
            rows.append([name, size["note"], "", ""])
    for along, what in (("n", "rows"), ("p", "columns")):
        sizes = [size for size in growth if size["along"] == along and "seconds" in size]
        if len(sizes) < 2:
            continue
        slopes = []
        for part in (sizes, sizes[-2:]):
            x = [size[along] for size in part]
            slopes.append([exponent(x, [size[key] for size in part]) for key in ("seconds", "gram")])
        words.append(
            f"With the {what}, time grows as their power {slopes[0][0]:.2f}, that of `X.T @ X` as {slopes[0][1]:.2f}; "
            f"between the two largest sizes {slopes[1][0]:.2f} and {slopes[1][1]:.2f}."
        )
    power, (low, high) = growth_exponent(growth), EXPONENTS
    if math.isfinite(power):
        verdict = "met" if low <= power <= high else "not met"
        words.append(
            f"From {GROWTH_FROM:,} rows on it is {power:.2f}; {low:.2f} to {high:.2f} is aimed at, which is {verdict}."
        )
    return table_text(["size", "fit and standard errors", "`X.T @ X` (r)", "in r"], rows) + "\n\n" + " ".join(words)


def handovers_part(places: list[dict[str, Any]]) -> str:
    """Return both ways at each place, and by how much they are apart."""
    rows = [
        [
            place["handover"],
            " x ".join(f"{size:,}" for size in place["size"]),
            *(f"{name}: {seconds_text(seconds)}" for name, seconds in place["ways"].items()),
            f"{apart(place):.0%}",
            "yes" if apart(place) <= APART else "no",
        ]
        for place in places
    ]
    words = (
        "Sizes at which one way of solving hands over to another, solved both ways: processor time on one thread. Two "
        f"ways that are within {APART:.0%} of each other say that the place is right. Sizes are rows, "
        "columns or levels, and outcomes."
    )
    head = ["handover", "size", "the one", "the other", "apart", f"within {APART:.0%}"]
    return words + "\n\n" + table_text(head, rows)


def scaling_part(lines: list[dict[str, Any]], figure: str) -> str:
    """Return the time of every size by the number of threads."""
    machine, sizes = lines[0], lines[1:]
    counts = sorted({size["threads"] for size in sizes if "threads" in size})
    rows = []
    for n, p in dict.fromkeys((size["n"], size["p"]) for size in sizes):
        here = {
            size["threads"]: size["seconds"] for size in sizes if (size["n"], size["p"]) == (n, p) and "threads" in size
        }
        if not here:
            note = next(size["note"] for size in sizes if (size["n"], size["p"]) == (n, p))
            rows.append([f"{n:,} x {p:,}", note, *[""] * len(counts)])
            continue
        most = max(here)
        gain = f"{here[1] / here[most]:.2f}" if 1 in here and most > 1 else ""
        rows.append([f"{n:,} x {p:,}", *(seconds_text(here.get(count, math.nan)) for count in counts), gain])
    head = ["size", *(f"{count} thread{'s' if count > 1 else ''}" for count in counts), f"1 over {counts[-1]}"]
    where = f"{machine['processor']}, {machine['cores']} cores, {machine['date']}, logitkit {machine['version']}."
    where += " Fits with standard errors."
    return "\n\n".join([where, f"![Times by rows, and what threads save]({figure})", table_text(head, rows)])


def fallen_part() -> str:
    """Return the figures of our history that are worse than the time before, with their reasons."""
    rows = read(FILE)
    if not rows:
        return "No figures are kept."
    here = rows[-1]["processor"]
    found, given = fallen(rows, here), reasons()
    about = (
        f"Our own figures are kept commit by commit (`benchmarks/history.csv`). Here are those of {here} that are "
        f"worse by more than {FELL:.0%} than the time before; why is written by hand (`benchmarks/fell.toml`)."
    )
    if not found:
        return f"{about} There is none."
    gram = _gram(rows, here)
    slower = gram[1] / gram[0] - 1.0 if gram else 0.0
    lines = [
        [
            each.what,
            *(_figure(value, each.unit) for value in (each.earlier, each.value)),
            f"{each.change:+.0%}",
            why(each, given) or _by_the_machine(each, slower),
        ]
        for each in found
    ]
    return "\n\n".join(
        [about, _of_the_machine(rows, here), table_text(["figure", "before", "now", "change", "why"], lines)]
    )


def _gram(rows: list[Row], here: str) -> list[float]:
    """Return the seconds of X'X, which is not ours, the time before and now; empty where they are not known."""
    pairs = last_two(rows, here)
    seconds, in_r = (pairs.get(("dense-1e6x50", unit)) for unit in ("s", "r"))
    if not seconds or not in_r:
        return []
    return [float(time["value"]) / float(ratio["value"]) for time, ratio in zip(seconds, in_r, strict=True)]


def _by_the_machine(each: Fallen, slower: float) -> str:
    """Return what is said of a figure without a reason."""
    if each.unit == "s" and each.change <= slower:
        return f"no more than `X.T @ X`, {slower:+.0%}"
    return "not explained yet"


def _figure(value: float, unit: str) -> str:
    return seconds_text(value) if unit == "s" else f"{value:.1f} r" if unit == "r" else f"{value:.0f} MB"


def _of_the_machine(rows: list[Row], here: str) -> str:
    """Return how two things that are not ours changed from the run before to the last."""
    words = []
    if gram := _gram(rows, here):
        words.append(f"`X.T @ X` of 1,000,000 x 50 took {seconds_text(gram[0])} before and {seconds_text(gram[1])} now")
    if libraries := last_two(rows, here).get(("libraries", "s")):
        before, now = (seconds_text(float(row["value"])) for row in libraries)
        words.append(f"the import of pandas, formulaic and numba {before} and {now}")
    return f"What is not ours tells of the machine: {', '.join(words)}." if words else ""


def calls_table(times: CallTimes) -> str:
    """Return what the steps of a call take."""
    rows = [
        ["engine, design to record", seconds_text(times.engine), seconds_text(ENGINE)],
        ["formula and frame to fit", seconds_text(times.whole), seconds_text(SUMMARY)],
        ["of it, to the design", seconds_text(times.build), ""],
        ["solve with the check for separation, over solve without", f"{times.certificate:.3f}", f"{CERTIFICATE:.2f}"],
    ]
    if math.isfinite(times.estimator):
        over = times.estimator - times.engine
        rows.append(["`LogitClassifier().fit`, over the engine", seconds_text(over), seconds_text(ESTIMATOR)])
    return table_text(["work", "measured", "at most"], rows)


def startup_table(times: dict[str, float]) -> str:
    """Return what processes take before their first answer."""
    rows = [
        ["import logitkit, above import numpy", seconds_text(times["import"]), seconds_text(IMPORT)],
        ["import pandas, formulaic, numba", seconds_text(times["libraries"]), ""],
        [
            "process, to the first summary of a formula",
            f"{seconds_text(times['first-summary'])}, {times['first-summary'] / times['libraries']:.2f} times that",
            f"{FIRST_SUMMARY:.1f} times",
        ],
    ]
    if "first-compile" in times:
        rows.append(
            ["the first fit ever, which compiles", seconds_text(times["first-compile"]), seconds_text(COMPILING)]
        )
    return table_text(["work", "measured", "at most"], rows)
