"""Arguments of validation and monitoring that mean nothing are refused in words, or taken for what they say."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataError, LogitkitError

N = 150
BAD: tuple[Any, ...] = (
    None,
    "",
    5,
    -1,
    float("nan"),
    True,
    [],
    [None],
    [3.0, 2.0],
    [[1, 2], [3]],
    {"a": 1},
    set(),
    object(),
    pd.NA,
    pd.NaT,
    np.zeros((2, 2)),
    pd.DataFrame(),
    pd.Series([], dtype=float),
    b"x",
    10**400,
)
Verb = tuple[Callable[..., Any], dict[str, Any]]
ROWS = dict(target="class", indeterminate=(), weights=None, weight_kind=None)
DRAWN = dict(level=0.9, replicates=0, seed=1)


def made() -> dict[str, Verb]:
    """Return verbs with arguments that they take."""
    loans = lk.datasets.load_german_credit().iloc[:N]
    days = pd.Timestamp("2007-01-10") + pd.to_timedelta(np.arange(N) * 90 // N, unit="D")
    loans = loans.assign(day=days, bad_day=days + pd.to_timedelta(40, unit="D"))
    card = lk.scorecard(["duration"], loans, target="class", event="bad")
    grades, variable = card.grades(loans), card.binnings["duration"]
    ones = np.ones(N)
    whole = dict(data=loans, **ROWS)
    in_periods = dict(whole, period="day", every="month", **DRAWN)
    return {
        "psi": (
            lk.scorecard.psi,
            dict(base=ones, recent=ones, bins=5, weights=(ones, ones), weight_kind=None, **DRAWN),
        ),
        "vintages": (
            lk.scorecard.vintages,
            dict(data=loans, opened="day", event="bad_day", until="2008-01-31", every="month", level=0.9),
        ),
        "validate": (card.validate, dict(whole, by=None, level=0.9, seed=1)),
        "bands": (card.bands, dict(whole, n=4, cuts=None, level=0.9)),
        "calibration": (
            card.calibration_by_grade,
            dict(whole, grades=[500.0], pd=None, correlation=0.0, in_sample=False, lights=(0.9, 0.99), level=0.9),
        ),
        "grades": (card.grades, dict(whole, bins=None)),
        "assign": (grades.assign, dict(points=[500.0])),
        "central": (grades.to_central_tendency, dict(central_tendency=0.1, method="odds", shares=None)),
        "margin": (grades.with_margin, dict(level=0.9, correlation=0.0, a=0.0, b=0.0)),
        "fairness": (card.fairness, dict(whole, by=loans["age"] < 30, cut=500, reference=None, level=0.9)),
        "profit": (card.profit, dict(whole, gain=1.0, loss=5.0, level=0.9)),
        "prior": (card.with_prior, dict(bad_rate=0.1)),
        "stability": (card.stability, dict(data=loans, base=None, weights=None, base_weights=None, **DRAWN)),
        "monitor": (card.monitor, dict(in_periods, known=1, base=None, limits=None, base_weights=None)),
        "bins": (variable.stability, dict(in_periods, event="bad", base="first")),
        "Limits": (lk.scorecard.Limits, dict(psi=0.1, csi=0.1, points=1.0, bad_rate=1.0, gini=0.1)),
    }


VERBS = [
    "psi",
    "vintages",
    "validate",
    "bands",
    "calibration",
    "grades",
    "assign",
    "central",
    "margin",
    "fairness",
    "profit",
    "prior",
    "stability",
    "monitor",
    "bins",
    "Limits",
]
SHARED = {"data", *ROWS, *DRAWN}  # read by one function in all verbs of a card


@pytest.fixture(scope="module")
def verbs() -> dict[str, Verb]:
    return made()


@pytest.mark.parametrize("verb", VERBS)
def test_no_argument_ends_in_an_error_of_another_library(verbs: dict[str, Verb], verb: str) -> None:
    answer, good = verbs[verb]
    answer(**good)
    everything = verb in ("psi", "vintages", "validate", "margin", "stability", "bins")
    for name in good if everything else good.keys() - SHARED:
        for value in BAD:
            with contextlib.suppress(LogitkitError):
                answer(**{**good, name: value})


@pytest.mark.parametrize(
    ("verb", "argument", "value", "message"),
    [
        ("psi", "bins", None, "bins=None: give the number of bins"),
        ("psi", "bins", [], r"bins=\[\]: give the number of bins"),
        ("psi", "bins", -1, "bins=-1: give the number of bins"),
        ("psi", "weight_kind", "survey", "weight_kind='survey' is not known"),
        ("psi", "replicates", None, "replicates=None: give at least 100"),
        ("vintages", "until", 5, "until=5 is no date"),
        ("vintages", "until", pd.NaT, "until= is missing"),
        ("vintages", "opened", 5, "opened=5: give the name of a column"),
        ("validate", "seed", "a", "seed='a': give a whole number"),
        ("validate", "target", 5, "target=5: give the name of a column"),
        ("validate", "weights", 5, "weights=5: give a column"),
        ("validate", "weight_kind", "sampling", "weight_kind='sampling' says what weights= are"),
        ("validate", "by", 5, "by=5: give a column"),
        ("validate", "indeterminate", {"a": 1}, "give levels of the outcome"),
        ("calibration", "lights", None, "lights=None: give two levels"),
        ("calibration", "in_sample", "no", "in_sample='no' must be True or False"),
        ("grades", "bins", 5, r"bins=5: give lk.scorecard.Bins\(...\)"),
        ("assign", "points", [500.0, None], "points are missing in 1 rows"),
        ("assign", "points", 500.0, "points=500.0: give a list"),
        ("central", "shares", "a", "shares='a': give a list"),
        ("margin", "a", 5, "a=5: give a margin from 0 to 1"),
        ("margin", "correlation", "a", "correlation='a': give the asset correlation"),
        ("fairness", "by", None, "by=None: give a column"),
        ("profit", "gain", None, "gain=None: give a column"),
        ("monitor", "limits", 5, r"limits=5: give lk.scorecard.Limits\(...\)"),
        ("monitor", "period", ["day"], r"period=\['day'\]: give the name of a column"),
        ("bins", "event", np.zeros(2), "give the level of the outcome that is bad"),
        ("Limits", "gini", 40, "Gini coefficients are at most 1"),
        ("Limits", "gini", "develop", "gini='develop': give a limit"),
    ],
)
def test_what_is_refused_says_what_to_give(
    verbs: dict[str, Verb], verb: str, argument: str, value: Any, message: str
) -> None:
    answer, good = verbs[verb]
    with pytest.raises(DataError, match=message):
        answer(**{**good, argument: value})


@pytest.mark.parametrize(
    ("weights", "kind", "message"),
    [
        (np.full(N, 1.5), "frequency", "that of row 0 is 1.5"),
        (np.zeros(N), None, "all are zero"),
        (np.full(N, -1.0), None, "not negative"),
        (np.full(N, np.nan), None, "none may be missing"),
        (np.ones(N - 1), None, "they must agree"),
        ("class", None, "must be numeric"),
    ],
)
def test_weights_that_weigh_nothing_are_refused(verbs: dict[str, Verb], weights: Any, kind: Any, message: str) -> None:
    for verb in ("validate", "bands", "profit", "monitor", "bins", "stability"):
        answer, good = verbs[verb]
        with pytest.raises(DataError, match=message):
            answer(**good | {"weights": weights, "weight_kind": kind})
