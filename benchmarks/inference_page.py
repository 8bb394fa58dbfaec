"""The parts of the page on inference after a fit, and how its numbers are written."""

from __future__ import annotations

import math
from typing import Any


def seconds_text(seconds: float) -> str:
    """Return a time with three digits that count."""
    if not math.isfinite(seconds):
        return ""
    return f"{seconds * 1e3:.3g} ms" if seconds < 0.1 else f"{seconds:.3g} s" if seconds < 100 else f"{seconds:.0f} s"


def excess_text(excess: float) -> str:
    """Return a relative distance from the least objective."""
    return "below 1e-12" if excess < 1e-12 else f"{excess:.0e}"


def table_text(head: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def intervals_table(sizes: list[dict[str, Any]]) -> str:
    """Return what intervals of all coefficients take, in fits too."""
    names = ("fit", "profile", "profile in R", "score", "single-step")
    rows = [
        [
            f"{size['n']:,} x {size['p']}",
            *(seconds_text(size.get(name) or math.nan) for name in names),
            f"{size['fits']:.1f}",
        ]
        for size in sizes
    ]
    return table_text(["rows and columns", *names, "profile, in fits"], rows)


def faster_covariances(sizes: list[dict[str, Any]]) -> list[str]:
    """Return a line per covariance that someone else has in less time."""
    return [
        f"- Robust covariances, {size['n']:,} x {size['p']}, {kind}: {other} in {time / size[kind]:.2f} of its time."
        for size in sizes
        for kind in size["fits"]
        for other in ("R", "statsmodels")
        if (time := size.get(f"{kind} in {other}")) and time < size[kind]
    ]


def beside_table(work: dict[str, Any]) -> str:
    """Return who took how long, and how far the numbers are from ours."""
    ours, rows = work["takers"][0]["seconds"], []
    for taken in work["takers"]:
        seconds, apart = taken["seconds"], taken["apart"]
        over = "" if taken is work["takers"][0] or not math.isfinite(seconds) else f"{seconds / ours:.2f}"
        time = seconds_text(seconds) if math.isfinite(seconds) else taken["note"]
        rows.append([taken["name"], time, over, excess_text(apart) if math.isfinite(apart) else ""])
    return table_text(["who", "time", "over ours", "numbers apart"], rows)


def rivals(work: dict[str, Any]) -> list[tuple[float, str]]:
    """Return the times over ours of those who gave the same numbers, with their names, fastest first."""
    ours = work["takers"][0]["seconds"]
    return sorted((taken["seconds"] / ours, taken["name"]) for taken in work["takers"] if math.isfinite(taken["apart"]))


def beside_verdict(work: dict[str, Any]) -> str:
    """Return in words who is faster, and whether what was aimed at was met."""
    others, words = rivals(work), []
    if faster := [f"{name} in {ratio:.2f} of its time" for ratio, name in others if ratio < 1.0]:
        words.append(f"Faster than logitkit: {'; '.join(faster)}.")
    elif others:
        words.append(f"No peer is faster; the nearest is {others[0][1]}, at {others[0][0]:.2f} times our time.")
    return " ".join([*words, *([work["aim"]] if work["aim"] else [])])


def covariances_table(sizes: list[dict[str, Any]]) -> str:
    """Return what each covariance takes after the fit, in fits too, and the same elsewhere."""
    rows = []
    for size in sizes:
        for kind, fits in size["fits"].items():
            elsewhere = [size.get(f"{kind} in {other}") for other in ("R", "statsmodels")]
            over = [f"{seconds_text(time)}, {time / size[kind]:.2f} times ours" if time else "" for time in elsewhere]
            rows.append([f"{size['n']:,} x {size['p']}", kind, seconds_text(size[kind]), f"{fits:.2f}", *over])
    return table_text(["rows and columns", "kind", "time", "in fits", "R", "statsmodels"], rows)
