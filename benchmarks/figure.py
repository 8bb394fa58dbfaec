"""The figure: times of the peers over ours, and how times grow."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from contend import Entry, Outcome
from growth import exponent

KINDS = {
    "glum": "#4477AA",
    "scikit-learn": "#EE7733",
    "statsmodels": "#228833",
    "pyfixest": "#AA3377",
    "celer": "#66CCEE",
    "skglm": "#CCBB44",
    "R": "#777777",
}
PALE = 0.45
BAR = 0.12  # inches
SHADES = ("#CC3311", "#EE7733", "#228833", "#4477AA", "#AA3377", "#777777", "#66CCEE", "#CCBB44")


def fastest_of_each(outcome: Outcome) -> dict[str, Entry]:
    """Return the fastest of each package that reached the objective."""
    found: dict[str, Entry] = {}
    for entry in outcome.peers:
        kind = next(kind for kind in KINDS if entry.name.startswith(kind))
        if entry.reached and (kind not in found or entry.seconds < found[kind].seconds):
            found[kind] = entry
    return found


def draw_figure(outcomes: list[Outcome], growth: list[dict[str, Any]], path: Path) -> None:
    """Draw bars of time ratios on a log scale, and the growth lines beside them."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    plt.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "logitkit", "font.size": 9}
    bars = sum(len(fastest_of_each(outcome)) for outcome in outcomes)
    figure = plt.figure(figsize=(11, max(8.0, BAR * bars)), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(1.7, 1.0))
    _bars(figure.add_subplot(grid[:, 0]), outcomes)
    for row, along in enumerate(("n", "p")):
        _lines(figure.add_subplot(grid[row, 1]), [size for size in growth if size["along"] == along], along)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plt.close(figure)


def _bars(axes: Any, outcomes: list[Outcome]) -> None:
    y, ticks, labels = 0.0, [], []
    for outcome in outcomes:
        found = fastest_of_each(outcome)
        if not found or not outcome.ours.seconds > 0:
            continue
        top = y
        for kind, colour in KINDS.items():
            if kind in found:
                ratio = found[kind].seconds / outcome.ours.seconds
                # From 1, so that what is faster than ours points the other way.
                pale = PALE if outcome.ours.errors and not found[kind].errors else 1.0
                axes.barh(y, ratio - 1.0, left=1.0, height=0.85, color=colour, alpha=pale)
                text = f" {ratio:.3g}"
                axes.text(ratio, y, text, va="center", ha="left" if ratio >= 1.0 else "right", fontsize=7)
                y += 1.0
        ticks.append((top + y - 1.0) / 2.0)
        labels.append(outcome.work.key)
        y += 0.8
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    axes.set_xlim(min(low / 1.6, 0.5), high * 1.6)
    axes.axvline(1.0, color="black", linewidth=1.0)
    axes.set_yticks(ticks, labels)
    axes.invert_yaxis()
    axes.set_xlabel("time over logitkit's, to the same objective (right of the line: logitkit is faster)")
    axes.set_title("The fastest of each package (pale: without standard errors, which ours has)")
    handles = [axes.barh(0.0, 0.0, left=1.0, color=colour, label=kind) for kind, colour in KINDS.items()]
    below = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.06), "ncols": len(handles), "frameon": False}
    axes.legend(handles=handles, fontsize=7, columnspacing=1.0, **below)
    axes.spines[["top", "right"]].set_visible(False)


def _lines(axes: Any, sizes: list[dict[str, Any]], along: str) -> None:
    sizes = [size for size in sizes if "seconds" in size]
    if len(sizes) < 2:
        axes.set_axis_off()
        return
    x = [size[along] for size in sizes]
    for key, label, colour in (("seconds", "fit and standard errors", "#CC3311"), ("gram", "X'X", "#777777")):
        seconds = [size[key] for size in sizes]
        slope = exponent(x, seconds)
        axes.plot(x, seconds, "o-", color=colour, markersize=4, label=f"{label}: exponent {slope:.2f}")
    fixed = {"n": f"p = {sizes[0]['p']:,}", "p": f"n = {sizes[0]['n']:,}"}[along]
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel({"n": "rows n", "p": "columns p"}[along] + f" ({fixed})")
    axes.set_ylabel("seconds")
    axes.legend(fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def draw_scaling(lines: list[dict[str, Any]], path: Path) -> None:
    """Draw times by rows, a line a number of columns, and what threads save, a line a size."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    plt.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "logitkit", "font.size": 9}
    sizes = [line for line in lines if "seconds" in line]
    most = max(line["threads"] for line in sizes)
    figure, (by_rows, by_threads) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    for shade, p in zip(itertools.cycle(SHADES), sorted({line["p"] for line in sizes}), strict=False):
        for count, style in ((1, "o--"), (most, "o-")):
            here = sorted((line["n"], line["seconds"]) for line in sizes if (line["p"], line["threads"]) == (p, count))
            by_rows.plot(
                *zip(*here, strict=True),
                style,
                color=shade,
                markersize=3,
                label=f"p = {p:,}" if count == most else None,
            )
    by_rows.set(xscale="log", yscale="log", xlabel="rows n", ylabel="seconds")
    by_rows.set_title(f"{most} threads (dashed: 1)")
    large = sorted({(line["n"] * line["p"], line["n"], line["p"]) for line in sizes})[-len(SHADES) :]
    for shade, (_, n, p) in zip(SHADES, large, strict=False):
        here = {line["threads"]: line["seconds"] for line in sizes if (line["n"], line["p"]) == (n, p)}
        by_threads.plot(
            list(here),
            [here[1] / seconds for seconds in here.values()],
            "o-",
            color=shade,
            markersize=3,
            label=f"{n:,} x {p:,}",
        )
    counts = sorted({line["threads"] for line in sizes})
    by_threads.plot(counts, counts, ":", color="black", linewidth=1.0, label="as many times")
    by_threads.set(xscale="log", yscale="log", xlabel="threads", ylabel="time of one thread over that")
    by_threads.set_xticks(counts, [str(count) for count in counts])
    by_threads.minorticks_off()
    by_threads.set_title("What threads save, the largest sizes")
    for axes in (by_rows, by_threads):
        axes.legend(fontsize=7)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plt.close(figure)
