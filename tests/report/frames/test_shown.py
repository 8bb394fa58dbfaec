"""Frames of estimates: the limits are seen at 80 columns, and everything else is pandas."""

from __future__ import annotations

import copy
import io
import pickle

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.report.frames.shown import ResultFrame

LONG = "a_rather_long_name_of_a_column_that_somebody_chose"


@pytest.fixture(scope="module")
def money() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    n = 2000
    limit, age = rng.lognormal(11.7, 0.8, n).round(-4), rng.integers(21, 75, n)
    y = rng.uniform(size=n) < 1 / (1 + np.exp(1.1 + 3e-6 * limit - 0.01 * age))
    kind = rng.choice(["graduate school", "university", "other"], n)
    three = np.where(y, "paid", np.where(rng.uniform(size=n) < 0.4, "late", "lost"))
    return {"y": y.astype(int), "limit_bal": limit, LONG: age, "kind": kind, "three": three}


FORMULA = f"y ~ limit_bal + {LONG} + kind"


@pytest.fixture(scope="module")
def frames(money) -> dict[str, pd.DataFrame]:
    fit = lk.logit(FORMULA, money)
    several = lk.multinomial(FORMULA.replace("y ~", "three ~"), money)
    ridge = lk.logit(FORMULA, money, penalty=lk.Ridge(0.01))
    return {
        "tidy": fit.tidy(),
        "odds": fit.odds_ratios(),
        "confint": fit.confint(),
        "predictions": fit.predictions(),
        "several": several.tidy(),
        "risk": several.odds_ratios(),
        "several confint": several.confint(),
        "several predictions": several.predictions(),
        "groups": lk.logit_by("y ~ limit_bal", money, by="kind").tidy(),
        "ridge": ridge.tidy(),
        "ridge odds": ridge.odds_ratios(),
    }


def test_every_column_is_seen_at_80_columns(frames):
    for name, frame in frames.items():
        text = repr(frame)
        assert max(map(len, text.splitlines())) <= 80, name
        head = text.splitlines()[0].split()
        assert [column for column in frame.columns if column not in head] == [], name
        assert "conf_low" in head
        assert frame._repr_html_().count("conf_high") == 1


@pytest.fixture(scope="module")
def wide(money) -> dict[str, pd.DataFrame]:
    fit = lk.logit(FORMULA, money)
    several = lk.multinomial(FORMULA.replace("y ~", "three ~"), money)
    path = lk.path(FORMULA, money, penalty=lk.Lasso(), n_strengths=5)
    return {
        "augment": fit.augment(),
        "several augment": several.augment(),
        "influence": fit.influence(),
        "bootstrap": fit.bootstrap(40, seed=1).tidy(),
        "groups glance": lk.logit_by("y ~ limit_bal", money, by="kind").glance(),
        "path": path.glance(),
        "path tidy": path.tidy(),
    }


def test_columns_without_room_are_shown_in_panels_that_repeat_the_labels(wide, frames):
    for name, frame in wide.items():
        text = repr(frame)
        assert max(map(len, text.splitlines())) <= 80, name
        heads = [line.split() for line in (panel.splitlines()[0] for panel in text.split("\n\n"))]
        assert [column for column in frame.columns if not any(column in head for head in heads)] == [], name
        assert "..." not in frame._repr_html_().partition("</thead>")[0].partition("<thead>")[2], name
    panels = repr(wide["bootstrap"]).split("\n\n")
    assert [panel.splitlines()[0].split()[0] for panel in panels] == ["term", "term"]
    assert panels[0].count(LONG[-5:]) == panels[1].count(LONG[-5:]) == 1
    first, second, size = repr(wide["augment"]).split("\n\n")
    assert first.splitlines()[1].split()[:2] == ["0", f"{wide['augment']['y'].iloc[0]:.0f}"]
    assert len(first.splitlines()) == len(second.splitlines()) == 12
    assert size == "[2000 rows x 9 columns]"
    assert len(repr(frames["tidy"]).split("\n\n")) == 1


@pytest.mark.parametrize("penalty", [None, "ridge"])
def test_one_wide_row_is_shown_as_a_list_of_its_columns(money, penalty):
    chosen = None if penalty is None else lk.Ridge(0.01)
    for fit in (
        lk.logit(FORMULA, money, penalty=chosen),
        lk.multinomial(FORMULA.replace("y ~", "three ~"), money, penalty=chosen),
    ):
        frame = fit.glance()
        assert frame.shape[0] == 1
        assert [line.split()[0] for line in repr(frame).splitlines()] == list(frame.columns)
        lines = dict(line.split(maxsplit=1) for line in repr(frame).splitlines())
        assert (lines["n_obs"], lines["status"]) == ("2000", "converged")
        assert lines["loglik"] == f"{fit.record.loglik:,.2f}"
        html = frame._repr_html_()
        assert all(f"<th>{column}</th>" in html for column in frame.columns)
        with pd.option_context("display.width", 400):
            assert len(repr(frame).splitlines()) == 2


def test_names_within_a_cell_can_be_told_apart():
    data = pd.DataFrame({"y": [0, 1, 0, 1] * 4, "x, y": [0.0, 1, 1, 2] * 4, "z": [1.0, 0, 1, 1] * 4})
    data["g"] = np.repeat(["a", "b"], 8)
    data.loc[:7, ["x, y", "z"]] = 1.0
    glance = lk.logit_by("y ~ `x, y` + z", data, by="g").glance()
    assert "'z'" in glance["aliased"].iloc[0]
    assert glance["aliased"].iloc[0].count("'") == 4


def test_numbers_are_kept_to_the_last_bit_and_shown_by_the_rule(frames, money):
    fit = lk.logit(FORMULA, money)
    assert (frames["tidy"]["estimate"].to_numpy() == fit.record.coef).all()
    line = next(line for line in repr(frames["odds"]).splitlines() if line.startswith("limit_bal"))
    assert line.split()[1:3] == ["1", f"{np.exp(fit.coef['limit_bal']):.7f}"]
    assert all("e-" in cell for cell in repr(frames["tidy"]).splitlines()[2].split()[2:4])


def test_what_holds_of_all_columns_is_said_below_them(frames):
    assert repr(frames["ridge"]).endswith("[posterior, given the strength]")
    assert repr(frames["predictions"]).endswith("[2000 rows x 6 columns]")
    assert "<p>2000 rows x 6 columns</p>" in frames["predictions"]._repr_html_()
    assert len(repr(frames["predictions"]).splitlines()) == 14
    assert frames["ridge"].columns.name == "posterior, given the strength"


def test_a_frame_is_a_pandas_frame_and_what_is_made_of_it_an_ordinary_one(frames):
    frame = frames["tidy"]
    plain = pd.DataFrame(frame)
    columns = ["term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"]
    assert list(frame.columns) == columns
    assert isinstance(frame, pd.DataFrame)
    made = [
        frame.head(2),
        frame[["term", "estimate"]],
        frame[frame["estimate"] > 0],
        frame.set_index("term"),
        frame.sort_values("estimate"),
        frame.assign(odds=np.exp(frame["estimate"])),
        frame.merge(frame, on="term"),
        pd.concat([frame, frame]),
        frame.groupby("term", as_index=False).mean(),
        frame.query("p_value < 0.05"),
        frame.melt("term"),
        frame.drop(columns="term").T,
        frame.round(3),
        frame.copy(),
        copy.deepcopy(frame),
    ]
    assert {type(each) for each in made} == {pd.DataFrame}
    for one, other in ((frame, plain), (plain, frame), (frame.copy(), frame)):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    with pytest.raises(AssertionError):
        pd.testing.assert_frame_equal(plain.assign(estimate=0.0), frame)
    assert not isinstance(plain["estimate"], ResultFrame)
    again = pickle.loads(pickle.dumps(frame))
    pd.testing.assert_frame_equal(again, plain, check_exact=True)
    assert repr(again) == repr(frame)
    read = pd.read_csv(io.StringIO(frame.to_csv(index=False)))
    assert read["conf_low"].to_numpy() == pytest.approx(frame["conf_low"].to_numpy(), rel=1e-15, abs=0.0)
    assert frame.to_string() == plain.to_string()


def test_options_of_pandas_and_columns_of_the_user_are_respected(frames):
    frame = frames["odds"]
    with pd.option_context("display.precision", 3):
        assert repr(frame) == repr(pd.DataFrame(frame))
        assert frame._repr_html_() == pd.DataFrame(frame)._repr_html_()
    with pd.option_context("display.float_format", "{:.1f}".format):
        assert repr(frame) == repr(pd.DataFrame(frame))
    with pd.option_context("display.width", 60):
        assert max(map(len, repr(frame).splitlines())) <= 70  # a label keeps some characters
    changed = ResultFrame(frame)
    changed["odds_ratio"] = "one"
    changed[7] = 1
    assert "one" in repr(changed)
    changed.columns = ["same"] * changed.shape[1]
    assert repr(changed) == repr(pd.DataFrame(changed))
    assert "Empty" in repr(ResultFrame())
