"""Applicants of every kind, and a card of them: what exports are compared by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import logitkit as lk

VARIABLES = ["in come", "n", "g", "owner", "class", "change"]
Bins, Scaling = lk.scorecard.Bins, lk.scorecard.Scaling


def applicants(n: int = 800) -> pd.DataFrame:
    """The rows that the card is made from."""
    rng = np.random.default_rng(0)
    data = pd.DataFrame(
        {
            "id": np.arange(n),
            "in come": np.round(rng.lognormal(3, 1, n), 2),
            "n": rng.integers(0, 30, n),
            "g": rng.choice(["a", "b'c", 'd"e', "ß", "F\\"], n),
            "owner": rng.uniform(size=n) < 0.4,
            "class": rng.choice([1.0, 2.0, 2.5, -7.0], n),
            "change": np.round(rng.normal(size=n), 1),
        }
    )
    data.loc[rng.uniform(size=n) < 0.1, "in come"] = np.nan
    data.loc[rng.uniform(size=n) < 0.05, "in come"] = -9.0
    data.loc[rng.uniform(size=n) < 0.05, "g"] = None
    data.loc[rng.uniform(size=n) < 0.1, "class"] = np.nan
    log_odds = data["owner"] - data["in come"].fillna(0) / 30 + data["n"] / 20 - data["change"]
    return data.assign(bad=(rng.uniform(size=n) < 1 / (1 + np.exp(-log_odds))).astype(int))


def card_of(rounded: bool, coding: str = "woe") -> lk.scorecard.Scorecard:
    """A card of numbers, levels, booleans and numbered classes, with special values, in whole or exact points."""
    bins = {
        "in come": Bins(special=[-9]),
        "g": Bins(special=["F\\"], unseen="neutral"),
        "class": Bins(order=[1.0, 2.0, 2.5], special=[-7.0], unseen="missing", shape="none"),
        "change": Bins(cuts=[-0.5, 0.0], special=[0.3]),
    }
    scaling = Scaling(rounded=rounded)
    return lk.scorecard(VARIABLES, applicants(), target="bad", bins=bins, scaling=scaling, coding=coding)


def new_applicants() -> pd.DataFrame:
    """Rows of every kind: missing, special and unseen values, cut points themselves and their neighbours."""
    data = applicants().drop(columns="bad")
    data.loc[5, "g"] = "unseen"
    data.loc[6, "in come"] = -0.0
    data.loc[7, "in come"] = 0.0
    data.loc[[8, 9, 10], "class"] = [9.0, -0.0, np.inf]
    data.loc[[8, 9, 10, 11], "change"] = [-0.0, 0.0, np.inf, -np.inf]
    return data


def at_the_cuts(card: lk.scorecard.Scorecard) -> pd.DataFrame:
    """Cut points and special values, and the doubles next to them."""
    cuts = np.array([*card.card.variables[0].binning.rule.cuts, -9.0, 0.0])  # type: ignore[union-attr]
    values = np.concatenate([cuts, np.nextafter(cuts, -np.inf), np.nextafter(cuts, np.inf), [1e300, -1e300]])
    same = {"n": 3, "g": "a", "owner": False, "class": 2.5, "change": values / 7}
    return pd.DataFrame({"id": np.arange(values.size), "in come": values, **same})


def require_equal(found: Any, expected: pd.DataFrame) -> None:
    """Points and log odds to the last bit, probabilities within 4 units in the last place."""
    for name in ("points", "log_odds"):
        np.testing.assert_array_equal(np.asarray(found[name], dtype=np.float64), expected[name])
    np.testing.assert_array_max_ulp(np.asarray(found["probability"]), expected["probability"].to_numpy(), 4)
