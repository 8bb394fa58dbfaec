"""Cards of random columns, and rows to score, whose names, levels and numbers are hard for other languages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

import logitkit as lk
from logitkit.errors import LogitkitError

LEVELS = ["NULL", "nan", "None", "O'Brien", 'say "hi"', "a\\b", "back`tick", "ß", "日本", "🙂", "line\nbreak", "tab\t"]
LEVELS += [" lead", "trail ", "%", "A", "a", "é", "e\u0301", "--", ";", "$1", "{x}", "1", "1.0", "true", "\\'", "''"]
LEVELS += ["&amp;", "<x>", "0<=X<200", "#", "\u00a0", "two  spaces", "/* */", "\\n"]
NAMES = ["x", "in come", 'q"uote', "back`tick", "bin_0", "bin_1", "point_0", "logit_1", "naïve", "sel'ect", "select"]
NAMES += ["a\\b", "order", "日本", "a.b", "%s", "{x}", "<y>", "card_bins"]
KINDS = ["number", "tiny", "whole", "classes", "flag", "text", "many"]


@dataclass(frozen=True)
class RandomCard:
    """A card, rows that it is to score, and the types of their columns in words of SQL."""

    card: lk.scorecard.Scorecard
    rows: pd.DataFrame
    types: dict[str, str]

    def expected(self) -> pd.DataFrame:
        """Scores of the card; nan in rows that it refuses."""
        refused = np.zeros(len(self.rows), dtype=bool)
        for variable in self.card.card.variables:
            codes = variable.binning.codes(self.rows[variable.binning.name])
            refused |= np.isnan(variable.logits[codes])
        found = pd.DataFrame(np.nan, index=self.rows.index, columns=["points", "log_odds", "probability"])
        if not refused.all():
            found.loc[~refused] = self.card.score(self.rows[~refused]).to_numpy()
        return found

    def records(self) -> list[dict[str, Any]]:
        """The rows as a database driver would give them: None where missing."""
        return [
            {name: None if pd.isna(value) else value for name, value in row.items()}
            for row in self.rows.astype(object).to_dict("records")
        ]


def column(rng: np.random.Generator, kind: str, n: int) -> tuple[Any, np.ndarray, dict[str, Any]]:
    """Return values, what they add to the log-odds, and how they are binned."""
    missing = rng.uniform(size=n) < 0.1
    if kind in ("number", "tiny"):
        values = np.round(rng.normal(size=n), rng.integers(0, 17))
        effect = 0.7 * np.sign(values)
        stated: dict[str, Any] = {"shape": rng.choice(["auto", "none"])}
        if kind == "number" and rng.uniform() < 0.5:
            values[rng.uniform(size=n) < 0.1] = -9.0
            stated |= {"special": [-9]}
        if rng.uniform() < 0.3:
            stated |= {"cuts": [0.0]}
        return np.where(missing, np.nan, values * (5e-320 if kind == "tiny" else 1.0)), effect, stated
    if kind == "whole":
        whole = rng.integers(-5, 40, n)
        return whole, whole / 20.0, {"special": {"odd": [1, 3]}} if rng.uniform() < 0.5 else {}
    if kind == "flag":
        flag = rng.uniform(size=n) < 0.4
        return flag, 1.0 * flag, {}
    stated = {"unseen": rng.choice(["raise", "neutral", "missing"]), "min_size": rng.choice([0.05, 1.0]), "rare": 0.005}
    if kind == "classes":
        levels: list[Any] = [0.0, 1.0, 2.0, 5.0, -3.0]
        stated |= {"order": list(rng.permutation(levels)), "shape": "none"}
    elif kind == "text":
        levels = list(rng.choice(LEVELS, rng.integers(2, 12), replace=False))
        if len(levels) > 3 and rng.uniform() < 0.5:
            stated |= {"special": levels[:1]}
    else:
        levels = [f"bank {m}'s" for m in range(120)]
    codes = rng.integers(0, len(levels), n)
    values = np.array([str(x) if isinstance(x, str) else x for x in levels], dtype=object)[codes]
    if rng.uniform() < 0.5:
        values[missing] = np.nan if kind == "classes" else None
    return values.astype(float) if kind == "classes" else values, rng.normal(size=len(levels))[codes], stated


def random_card(seed: int, n: int = 400) -> RandomCard:
    """Return a card of one to four columns with its rows."""
    rng = np.random.default_rng(seed)
    kinds = rng.choice(KINDS, rng.integers(1, 5))
    names = [str(name) for name in rng.choice(NAMES, kinds.size, replace=False)]
    data, bins, log_odds = {}, {}, rng.normal(size=n) / 2 - 1
    for name, kind in zip(names, kinds, strict=True):
        data[name], effect, stated = column(rng, kind, n)
        turned = {"woe": "bad/good"} if rng.uniform() < 0.3 else {}
        bins[name] = lk.scorecard.Bins(empty=rng.choice(["raise", "neutral", "worst"]), **stated, **turned)
        log_odds = log_odds + effect
    table = pd.DataFrame(data)
    scaling = lk.scorecard.Scaling(
        rounded=bool(rng.uniform() < 0.5),
        zero=str(rng.choice(["neutral", "mean", "lowest"])),
        points_to_double=float(rng.choice([20.0, -15.0, 0.3])),
    )
    bad = (rng.uniform(size=n) < 1 / (1 + np.exp(-log_odds))).astype(int)
    made = partial(lk.scorecard, names, table.assign(T_=bad), target="T_", bins=bins, scaling=scaling)
    try:
        card = made(coding="dummies" if rng.uniform() < 0.3 else "woe")
    except LogitkitError:  # coefficients of dummies may be infinite
        card = made()
    if rng.uniform() < 0.3:
        card = card.with_prior(0.02)
    if rng.uniform() < 0.3:
        first = card.card.variables[0]
        label = first.binning.rule.labels()[int(np.argmax(np.isfinite(first.points)))]
        points = {first.binning.name: {label: float(rng.integers(-50, 50))}}
        card = card.with_points(points, base=500.0, any_order=True)
    types = {"number": "DOUBLE", "tiny": "DOUBLE", "classes": "DOUBLE", "whole": "BIGINT", "flag": "BOOLEAN"}
    kept = list(card.card.names)
    rows = hard_rows(card, table[kept].head(100).copy())
    rows.insert(0, "id", np.arange(len(rows)))
    of = dict(zip(names, kinds, strict=True))
    return RandomCard(card, rows, {"id": "BIGINT", **{name: types.get(of[name], "STRING") for name in kept}})


def hard_rows(card: lk.scorecard.Scorecard, rows: pd.DataFrame) -> pd.DataFrame:
    """Put cut points, special values and their neighbours, zeros of both signs, infinities and new levels into rows."""
    for variable in card.card.variables:
        name, rule = variable.binning.name, variable.binning.rule
        if rows[name].dtype == object or isinstance(rows[name].dtype, pd.StringDtype):
            rows[name] = rows[name].astype(object)
            rows.loc[: len(LEVELS) - 1, name] = LEVELS
            rows.loc[60, name] = None
        elif rows[name].dtype == np.float64:
            own = [*getattr(rule, "cuts", ()), *(value for _, values in rule.special for value in values), 0.0]
            at = np.array(own, dtype=np.float64)
            hard = np.concatenate([at, np.nextafter(at, -np.inf), np.nextafter(at, np.inf)])
            hard = np.append(hard, [-0.0, 1e300, -1e300, 5e-324, -5e-324, np.inf, -np.inf, np.nan, 7.0])
            rows.loc[: hard.size - 1, name] = hard[: len(rows)]
    return rows
