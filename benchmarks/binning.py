"""Bins and cards beside optbinning, in one run: ``python benchmarks/binning.py --page FILE``.

``--peer`` names the interpreter that has optbinning, this one by default.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from inference_page import seconds_text, table_text
from timing import Effort, least_of, timed

import logitkit as lk

HERE = Path(__file__).parent
#: The variables of the case study, as the file has them.
CASE = (
    "bank",
    "state",
    "bank_state",
    "sector",
    "employees",
    "new_business",
    "jobs_created",
    "jobs_retained",
    "franchise_code",
    "urban_rural",
    "revolving",
    "low_doc",
    "gross_approved",
    "guaranteed",
)
#: As optbinning has them by default: no most of bins, no least counts, and no least size but that of its pre-bins.
FEWEST = {"max_bins": None, "min_events": 1, "min_nonevents": 1}
LIKE = {"min_size": 1.0, **FEWEST}
OWN = lk.scorecard.Bins(prebins=64, **FEWEST)
#: Least events and non-events of a bin of ours by default, and those that a level by itself is expected to have.
ENOUGH = 10
SCORING = lk.scorecard.Bins(unseen="neutral", empty="neutral")


def numbers(n: int) -> pd.DataFrame:
    """Return 12 numeric variables: three that matter, one of them with a peak, and nine that do not."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 12))
    p = 1 / (1 + np.exp(2 - X[:, 0] + 0.5 * X[:, 2] ** 2 + 0.3 * np.sin(3 * X[:, 1])))
    frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(12)])
    return frame.assign(bad=(rng.uniform(size=n) < p).astype(int))


def loans() -> pd.DataFrame:
    """Return the loans of the case study; bad are those charged off within 24 months."""
    frame = lk.datasets.load_sba_window()
    disbursed = frame["disbursement_date"]
    frame["bad"] = (frame["charge_off_date"] <= disbursed + pd.DateOffset(months=24)).astype(int)
    frame["guaranteed"] = frame["sba_approved"] / frame["gross_approved"]
    return frame[[*CASE, "bad", "disbursement_date"]]


def applicants(n: int) -> pd.DataFrame:
    """Return ten numeric and four text columns, with an outcome that depends on some of them."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(n, 10)), columns=[f"x{j}" for j in range(10)])
    for j in range(4):
        frame[f"g{j}"] = pd.Series(rng.choice([f"level {k}" for k in range(5 * (j + 1))], n)).astype("str")
    log_odds = frame[[f"x{j}" for j in range(10)]] @ np.linspace(0.1, 0.5, 10) - 2
    log_odds += 0.5 * sum((frame[f"g{j}"] == "level 0").to_numpy() for j in range(4))
    return frame.assign(bad=(rng.uniform(size=n) < 1 / (1 + np.exp(-log_odds))).astype(int))


def peer(python: str, table: pd.DataFrame, test: pd.DataFrame | None, options: dict[str, Any], runs: int) -> Any:
    """Return what optbinning does with a table, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        problem = {"target": "bad", "options": options, "runs": runs}
        for name, frame in (("table", table), ("test", test)):
            if frame is not None:
                problem[name] = str(Path(folder) / f"{name}.parquet")
                frame.to_parquet(problem[name])
        path = Path(folder) / "problem.json"
        path.write_text(json.dumps(problem), encoding="utf-8")
        bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        command = [python, str(HERE / "binning_peer.py"), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=bare)
    return json.loads(done.stdout.splitlines()[-1])


def information(values: pd.Series, bad: pd.Series, cuts: list[float]) -> float:
    """Return the information value of bins, by counting."""
    bins = np.searchsorted(cuts, values.to_numpy(dtype=float), side="right")
    p, q = (np.bincount(bins[rows], minlength=len(cuts) + 1) / rows.sum() for rows in (bad == 1, bad == 0))
    return float(((q - p) * np.log(q / p)).sum())


def own_bins(table: pd.DataFrame, bins: dict[str, Any]) -> dict[str, Any]:
    """Return our bins of every variable, with the options of each."""
    return {
        name: lk.scorecard.binning(name, table, target="bad", bins=bins.get(name, bins.get("*", SCORING)))
        for name in table
        if name != "bad"
    }


def same_prebins(table: pd.DataFrame, theirs: dict[str, Any]) -> dict[str, tuple[float, float, float]]:
    """Return, for numbers without missing values, their information value, ours on their pre-bins, and on our own."""
    found = {}
    for name, cuts in theirs["prebins"].items():
        if not cuts or table[name].isna().any():
            continue
        given, own = (
            lk.scorecard.binning(name, table, target="bad", bins=bins).rule.cuts
            for bins in (lk.scorecard.Bins(prebins=cuts, **LIKE), OWN)
        )
        found[name] = tuple(
            information(table[name], table["bad"], list(points)) for points in (theirs["splits"][name], given, own)
        )
    return found


def measured(quick: bool, python: str) -> dict[str, Any]:
    """Return all figures."""
    effort = Effort(0.1, 2) if quick else Effort(3.0, 20)
    found: dict[str, Any] = {"load": os.getloadavg()[0]}
    small = numbers(2_000 if quick else 20_000)
    like = {"*": OWN}
    own_bins(small, like)
    found["numbers"] = least_of(lambda: own_bins(small, like), effort)[0]
    theirs = peer(python, small, None, {}, 1 if quick else 3)
    found |= {"version": theirs["version"], "numbers_theirs": sum(theirs["seconds"].values())}
    found["same"] = same_prebins(small, theirs)
    everything = loans()
    if quick:
        everything = everything.sample(20_000, random_state=1)
    whole = everything.drop(columns="disbursement_date")
    rare: dict[str, dict[str, float]] = {name: {"rare": 0.005} for name in CASE}
    found["case"] = least_of(lambda: own_bins(whole, {}), Effort(effort.seconds, 3))[0]
    by_variable = {name: timed(lambda one=name: own_bins(whole[[one, "bad"]], {}))[0] for name in CASE}
    theirs = peer(python, whole, None, rare, 1)
    found["case_theirs"], found["case_by_variable"] = sum(theirs["seconds"].values()), theirs["seconds"]
    found["case_ours_by_variable"] = by_variable
    found["iv"] = {n: (theirs["iv"][n], b.information.value) for n, b in own_bins(whole, {}).items()}
    found["same_case"] = same_prebins(whole, theirs)
    dates = everything["disbursement_date"]
    train, test = (whole[dates.between(*ends)] for ends in (("2000-10-01", "2005-09-30"), ("2005-10-01", "2010-12-31")))
    found["cards"] = {}
    few = {"min_bin_n_event": ENOUGH, "min_bin_n_nonevent": ENOUGH}
    limited = {name: {"rare": ENOUGH / train["bad"].sum(), **few} for name in CASE}
    for which, selection in (("all 14 variables", None), ("those that ours selects", lk.scorecard.Selection())):
        card = lk.scorecard(list(CASE), train, target="bad", bins=SCORING, selection=selection)
        names = list(card.card.names)
        theirs = [
            peer(python, train[[*names, "bad"]], test[[*names, "bad"]], options, 1)["gini"]
            for options in (rare, limited)
        ]
        own = [lk.logit("bad ~ s", {"bad": t["bad"], "s": card.score(t)["log_odds"]}) for t in (train, test)]
        ranks = [fit.discrimination() for fit in own]
        found["cards"][which] = {
            "names": names,
            "ours": [2 * rank.auc - 1 for rank in ranks],
            "interval": [2 * ranks[1].low - 1, 2 * ranks[1].high - 1],
            "theirs": theirs[0],
            "theirs_limited": theirs[1],
        }
    million = applicants(20_000 if quick else 1_000_000)
    card = lk.scorecard([n for n in million if n != "bad"], million.head(50_000), target="bad", bins=SCORING)
    found["scored"] = least_of(lambda: card.score(million), effort, timed(lambda: card.score(million))[0])[0]
    return found


def page(found: dict[str, Any]) -> str:
    """Return the page of figures."""
    worst = min(ours - theirs for theirs, ours, _ in (*found["same"].values(), *found["same_case"].values()))
    goals = [
        ["12 numeric variables x 20,000 rows", found["numbers"], found["numbers_theirs"], 0.050],
        ["14 variables x 507,571 loans, 4,239 banks among them", found["case"], found["case_theirs"], 3.0],
        ["1,000,000 applicants: points and probability of 10 numeric and 4 text columns", found["scored"], None, 0.5],
    ]
    speed = [
        [
            work,
            seconds_text(ours),
            seconds_text(theirs) if theirs else "",
            f"{theirs / ours:.0f}" if theirs else "",
            seconds_text(aim),
            "yes" if ours <= aim else "no",
        ]
        for work, ours, theirs, aim in goals
    ]
    same = [
        [name, *(f"{value:.6f}" for value in values)]
        for name, values in (*found["same"].items(), *found["same_case"].items())
    ]
    case = [
        [
            name,
            seconds_text(found["case_ours_by_variable"][name]),
            seconds_text(found["case_by_variable"][name]),
            f"{found['iv'][name][1]:.4f}",
            f"{found['iv'][name][0]:.4f}",
        ]
        for name in CASE
    ]
    gini = [
        [
            which,
            *(f"{value:.4f}" for value in (*card["ours"], *card["theirs"], *card["theirs_limited"])),
            "{:.4f} to {:.4f}".format(*card["interval"]),
        ]
        for which, card in found["cards"].items()
    ]
    taken = ", ".join(f"`{name}`" for name in list(found["cards"].values())[-1]["names"])
    heads = ["variables", "ours, in time", "later", "optbinning, in time", "later", "with our limits, in time", "later"]
    heads.append("interval of ours")
    python = f"Python {platform.python_version()}, {os.cpu_count()} processors, load average {found['load']:.1f}"
    packages = ", ".join(f"{name} {version(name)}" for name in ("logitkit", "numpy", "pandas", "numba"))
    return f"""# Benchmarks of binning

Ours beside optbinning {found["version"]}, in one run of `benchmarks/binning.py`. {python}; {packages}.
Times are wall times, which a load above the number of processors lengthens: the least of some runs; of optbinning the
least of three on the small table and of one on the loans. The tables are as written by the program.

{table_text(["work", "logitkit", "optbinning", "ratio", "at most", "met"], speed)}

## The same pre-bins

Cut points of optbinning's pre-bins are given to ours, which then finds the best bins among them, under the same
constraints: event rates that rise or fall throughout, and no other limits. The last column has ours on 64 pre-bins of
its own, with bins of at least 5 % of the rows, as optbinning's pre-bins are, and no other least counts. Information
values are counted here from the cut points. The least of our value less theirs, on the same pre-bins, is {worst:.1e}.

{table_text(["variable", "optbinning", "ours, its pre-bins", "ours, own pre-bins"], same)}

Where ours is larger on the same pre-bins, optbinning decided for the other direction.

## The 14 variables of the loans

Times, and information values with missing values in a bin of their own, each by its own defaults: ours has at most ten
bins of at least 5 % of the rows, ten events and ten non-events, and pools levels of which fewer are expected;
optbinning has pre-bins of 5 %, and pools levels of less than 0.5 %, as it is asked to.

{table_text(["variable", "logitkit", "optbinning", "information value", "of optbinning"], case)}

## Cards with the same variables

Gini coefficients of a logistic regression, without a penalty, of the weights of evidence: loans disbursed from October
2000 to September 2005, and out of time those disbursed from October 2005 to December 2010. Bad is charged off within 24
months. Unseen levels are neutral in both; missing values have the weight of their bin in both, which optbinning does
where it is asked to. Optbinning has its defaults, with levels of less than 0.5 % pooled; and then the limits of ours:
ten events and non-events of a bin, and levels pooled of which fewer are expected. Bins that fit the training loans
better need not rank later ones better: differences are to be held against the interval (95 %) of the later Gini.
Ours selects {taken}.

{table_text(heads, gini)}
"""


def main() -> None:
    """Measure, print and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--peer", default=sys.executable)
    parser.add_argument("--page", type=Path)
    given = parser.parse_args()
    found = measured(given.quick, given.peer)
    print(json.dumps(found))
    if given.page:
        given.page.write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
