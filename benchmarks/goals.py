"""What was aimed at: a row a goal, what was measured beside what it is to be at most."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from contend import Entry, Outcome
from growth import exponent
from inference_page import seconds_text, table_text
from random_lasso import median_ratio

if TYPE_CHECKING:
    from page import Measured

ENGINE, SUMMARY, CERTIFICATE, ESTIMATOR = 0.0005, 0.0035, 1.10, 0.002
IMPORT, FIRST_SUMMARY, COMPILING = 0.3, 1.2, 15.0
GROWTH_FROM, EXPONENTS = 100_000, (0.95, 1.05)
APART = 0.2  # by which share two ways may differ where one hands over to the other

Row = list[str]


def goals_table(found: Measured) -> str:
    """Return every goal, in the order of the page."""
    rows = [row for outcome in found.outcomes for row in _of_work(outcome)]
    rows += [*_of_lassos(found.lassos), *_of_growth(found.growth), *_of_handovers(found.handovers)]
    rows += _of_startup(found.startup)
    missed = sum(row[-1] != "yes" for row in rows)
    words = f"{len(rows) - missed} of {len(rows)} goals are met." if rows else ""
    return "\n\n".join([words, table_text(["work", "", "measured", "at most", "met"], rows)]).strip()


def _of_work(outcome: Outcome) -> Iterator[Row]:
    goal, facts = outcome.work.goal, outcome.ours.facts
    seconds, megabytes, predict = outcome.ours.seconds, facts.get("megabytes", math.nan), facts.get("predict", math.nan)
    for what, aim, value, form in (
        ("time", goal.gram, seconds / outcome.gram, "{:.1f} r"),
        ("time", goal.seconds, seconds, None),
        ("time over the fastest peer's", goal.share, seconds / fastest(outcome), "{:.2f}"),
        ("memory", goal.megabytes, megabytes, "{:.0f} MB"),
        ("prediction", goal.predict, predict, None),
        ("prediction over the fastest peer's", goal.predict_share, predict / fastest_prediction(outcome), "{:.2f}"),
    ):
        if aim is not None and math.isfinite(value):
            texts = [form.format(number) if form else seconds_text(number) for number in (value, aim)]
            yield [outcome.title, what, *texts, met(value / aim)]


def met(share: float) -> str:
    """Return whether a figure is at most what it is to be, given what it is over that."""
    return "yes" if share <= 1.0 else f"no, {share:.2f} times"


def fastest(outcome: Outcome) -> float:
    """Return the least time of the peers that reached the objective, with standard errors if ours has them, or nan."""
    able = (entry for entry in outcome.peers if entry.reached and entry.errors >= outcome.ours.errors)
    return min((entry.seconds for entry in able), default=math.nan)


def predicting(outcome: Outcome) -> list[Entry]:
    """Return ours and those who predicted, ours first; none where ours did not."""
    if "predict" not in outcome.ours.facts or "mixed" not in outcome.work.key:
        return []
    return [outcome.ours, *(entry for entry in outcome.peers if "predict" in entry.facts)]


def fastest_prediction(outcome: Outcome) -> float:
    """Return the least time of the peers that predicted, or nan."""
    return min((entry.facts["predict"] for entry in predicting(outcome)[1:]), default=math.nan)


def _of_lassos(problems: list[dict[str, Any]]) -> Iterator[Row]:
    ratio = median_ratio(problems)
    if math.isfinite(ratio):
        text = f"{1.0 / ratio:.2f}"
        yield ["Lasso at one strength, random problems", "time over skglm's, median", text, "1.00", met(1.0 / ratio)]


def growth_exponent(growth: list[dict[str, Any]]) -> float:
    """Return the power of the rows with which time grows from 100,000 on, or nan."""
    sizes = [size for size in growth if size["along"] == "n" and "seconds" in size and size["n"] >= GROWTH_FROM]
    return exponent([s["n"] for s in sizes], [s["seconds"] for s in sizes]) if len(sizes) > 1 else math.nan


def _of_growth(growth: list[dict[str, Any]]) -> Iterator[Row]:
    power = growth_exponent(growth)
    if math.isfinite(power):
        low, high = EXPONENTS
        verdict = "yes" if low <= power <= high else "no, below" if power < low else "no, above"
        what = f"power of the rows, from {GROWTH_FROM:,} on"
        yield ["How time grows", what, f"{power:.2f}", f"{high:.2f} (at least {low:.2f})", verdict]


def apart(place: dict[str, Any]) -> float:
    """Return by which share the slower of two ways takes longer."""
    return float(max(place["ratio"], 1.0 / place["ratio"]) - 1.0)


def _of_handovers(places: list[dict[str, Any]]) -> Iterator[Row]:
    for name in dict.fromkeys(place["handover"] for place in places):
        worst = max(apart(place) for place in places if place["handover"] == name)
        verdict = "yes" if worst <= APART else "no"
        yield [f"Handover, {name}", "two ways apart, at the worst size", f"{worst:.0%}", f"{APART:.0%}", verdict]


def _of_startup(times: dict[str, float]) -> Iterator[Row]:
    if times:
        share = times["first-summary"] / times["libraries"]
        what = "over the import of pandas, formulaic and numba"
        yield [
            "Process, to the first summary",
            what,
            f"{share:.2f}",
            f"{FIRST_SUMMARY:.2f}",
            met(share / FIRST_SUMMARY),
        ]
