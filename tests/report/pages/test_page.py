"""The report of a fit of several outcomes: one page, whose sections follow from what the fit can say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from examples import every_other, every_section
from logitkit.errors import DataError, SeparationError
from logitkit.report.document import Prose, Section, Table
from logitkit.report.pages.judged import Judged
from logitkit.report.pages.page import report_document
from logitkit.report.pages.trust import verdicts


def trips(n: int = 160) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"cost": rng.normal(size=n), "g": rng.choice(["u", "v"], n)})
    eta = np.column_stack([np.zeros(n), 0.7 * frame["cost"], 0.4 - 0.6 * (frame["g"] == "u")])
    frame["mode"] = np.array(["bus", "car", "walk"])[(eta + rng.gumbel(size=eta.shape)).argmax(axis=1)]
    return frame


def headings(fit: Any, **more: Any) -> list[str]:
    return [section.heading for section in every_section(report_document(fit.record, fit.design, **more).blocks)]


def prose(blocks: Any) -> Iterator[str]:
    """Every sentence of a report, but not the cells of its tables."""
    for block in blocks:
        if isinstance(block, Section):
            yield from prose(block.blocks)
        elif isinstance(block, Table):
            yield from block.notes
        else:
            yield block.text if isinstance(block, Prose) else block.caption


@pytest.mark.parametrize(
    "make",
    [
        lambda rows: lk.multinomial("mode ~ cost + g", rows),
        lambda rows: lk.multinomial("mode ~ cost + g", rows, reference=None),
        lambda rows: lk.multinomial("mode ~ cost + g", rows, penalty=lk.Lasso(0.02)),
        lambda rows: lk.multinomial("mode ~ cost + g", rows[(rows["mode"] != "walk") | (rows["g"] != "u")]),
        lambda rows: lk.logit("g ~ cost", rows),
        lambda rows: lk.logit("g ~ cost + mode", rows, penalty=lk.Lasso(0.02)),
        lambda rows: lk.logit("g ~ cost", rows.assign(home=np.arange(160) // 8), absorb="home"),
        lambda rows: lk.logit("g ~ cost * mode", rows[(rows["mode"] != "walk") | (rows["g"] != "u")]),
        lambda rows: lk.logit("g ~ C(many)", rows.assign(many=np.arange(160) // 2)),
    ],
)
@pytest.mark.usefixtures("figures_not_written")
def test_a_reader_needs_no_python(make: Any) -> None:
    fit = make(trips())
    document = report_document(fit.record, fit.design)
    texts = [*document.warnings, *document.notes, *prose(document.blocks)]
    assert len(texts) > 5
    for text in texts:
        assert re.search(r"\bfit\.[a-z]|\blk\.[a-zA-Z]|\w=[\w'\"{\[]|\w\(\)", text) is None, text


def test_the_page_is_one_file_with_its_figures(tmp_path: Path) -> None:
    fit = lk.multinomial("mode ~ cost + g", trips())
    path = fit.report(tmp_path / "report.html", trips(), title="Ways to work")
    text = path.read_text(encoding="utf-8")
    assert "<title>Ways to work" in text
    assert text.count("data:image/svg+xml") == 7
    assert not re.search(r'(src|href)="https?:', text)
    for words in ("mode = walk (against bus)", "Relative risk ratios", "Tests of terms", "Probabilities by cost"):
        assert words in text


@pytest.mark.usefixtures("figures_not_written")
def test_sections_follow_from_the_model() -> None:
    rows = trips()
    whole = ["Coefficients", "Relative risk ratios", "Tests of terms", "Can outcomes be combined?"]
    judged = ["Predicted probabilities", "Discrimination", "Classification by the most probable outcome", "Calibration"]
    first, after = ["What was modelled", "The answer"], ["How well does it predict?"]
    trusted = ["Can it be trusted?", "Tests of fit"]
    more = ["Goodness of fit", "Who drives it?", "Influential rows", "What to do next", "About this report"]
    assert headings(lk.multinomial("mode ~ cost + g", rows)) == [
        *first,
        *whole,
        *trusted,
        "Collinearity",
        *after,
        *judged,
        *more,
    ]
    restricted = lk.multinomial("mode ~ cost + g", rows, per_outcome={"car": "cost"})
    assert "Can outcomes be combined?" not in headings(restricted)
    null = lk.multinomial("mode ~ 1", rows)
    assert headings(null) == [*first, "Coefficients", "Relative risk ratios", *trusted, *after, *judged, *more]
    two = lk.multinomial("g ~ cost", rows)
    (section,) = [
        block for block in every_section(report_document(two.record, two.design).blocks) if "Predicted" in block.heading
    ]
    assert len(section.blocks) == 1  # no triangle


@pytest.mark.parametrize("more", [{"reference": None}, {"weights": "w"}, {"cluster": "home"}, {"offset": {"car": "w"}}])
@pytest.mark.usefixtures("figures_not_written")
def test_every_kind_of_model_has_a_report(more: Any, tmp_path: Path) -> None:
    rows = trips().assign(w=1.0 + np.arange(160) % 3, home=np.arange(160) % 30)
    fit = lk.multinomial("mode ~ cost + g", rows, **more)
    text = fit.report(tmp_path / "report.html", rows).read_text(encoding="utf-8")
    assert "Average predictions" in text
    kind = "Wald" if "cluster" in more else "Likelihood-ratio"
    assert f"{kind} tests: the coefficients of the term are zero for all outcomes, given the other terms." in text


@pytest.mark.parametrize("more", [{}, {"link": "cloglog"}, {"penalty": lk.Ridge(0.1)}, {"weights": "w"}])
@pytest.mark.usefixtures("figures_not_written")
def test_a_model_of_two_outcomes_has_average_predictions_too(more: Any, tmp_path: Path) -> None:
    rows = trips().assign(w=1.0 + np.arange(160) % 3)
    text = lk.logit("g ~ cost + mode", rows, **more).report(tmp_path / "r.html").read_text(encoding="utf-8")
    found = re.findall(r"<h[23][^>]*>([^<]*)", text)
    assert found[found.index("Average predictions") + 1] == "Can it be trusted?"
    assert "Probabilities by cost" in text
    assert "Probabilities by mode" in text
    lasso = lk.logit("g ~ cost", rows, penalty=lk.Lasso(0.01)).report(tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Average predictions" not in lasso  # without errors there are no intervals


@pytest.mark.usefixtures("figures_not_written")
def test_other_rows_are_told_apart_and_a_loaded_fit_needs_them(tmp_path: Path) -> None:
    rows = trips()
    fit = lk.multinomial("mode ~ cost + g", rows)
    loaded = lk.load(fit.save(tmp_path / "model.json"))
    with pytest.raises(DataError, match="pass data="):
        loaded.report(tmp_path / "report.html")
    text = loaded.report(tmp_path / "report.html", rows.iloc[:90]).read_text(encoding="utf-8")
    assert "Diagnosed on 90 other rows; the coefficients are those of the fit." in text
    assert "Wald tests: the coefficients of the term are zero" in text
    with pytest.raises(DataError, match="does not end in"):
        fit.report(tmp_path / "report.pdf")


@pytest.mark.usefixtures("figures_not_written")
def test_separated_models_have_a_report(tmp_path: Path) -> None:
    rows = trips()
    rows["north"] = ((rows["mode"] == "bus") & (rows["g"] == "u")).astype(float)
    text = lk.multinomial("mode ~ north + cost", rows).report(tmp_path / "r.html", rows).read_text(encoding="utf-8")
    assert "Separation" in text


@pytest.mark.parametrize(("penalty", "reference"), every_other([lk.Ridge(0.05), lk.Lasso(0.03)], [None, "car"]))
@pytest.mark.usefixtures("figures_not_written")
def test_penalised_models_have_a_report(penalty: Any, reference: str | None, tmp_path: Path) -> None:
    rows = trips()
    fit = lk.multinomial("mode ~ cost + g", rows, penalty=penalty, reference=reference)
    ridge = isinstance(penalty, lk.Ridge)
    effects = ["Average effects", "Average predictions"] if ridge else ["Average effects"]  # or why there are none
    text = fit.report(tmp_path / "r.html", rows).read_text(encoding="utf-8")
    found = re.findall(r"<h[23][^>]*>([^<]*)", text)
    judged = ["Predicted probabilities", "Discrimination", "Classification by the most probable outcome", "Calibration"]
    answer = ["What was modelled", "The answer", "Coefficients", "Relative risk ratios", *effects]
    trusted = ["Can it be trusted?", "Tests of fit", "Collinearity", "How well does it predict?"]
    last = ["What to do next", "About this report"]
    assert text.count("<p>Left out: ") == (2 if ridge else 3)
    assert found == [*answer, *trusted, *judged, *last]
    assert "Apparent: these are the rows of the fit" in text
    words = (
        " with 95% posterior intervals, given the strength" if ridge else "There are no intervals after this penalty."
    )
    assert words in text
    assert "Wald" not in text


@pytest.mark.usefixtures("figures_not_written")
def test_separated_models_say_what_is_left_out(tmp_path: Path) -> None:
    rows = trips()
    rows = rows[(rows["mode"] != "walk") | (rows["g"] != "u")]
    fit = lk.multinomial("mode ~ cost + g", rows)
    assert fit.separation is not None
    text = fit.report(tmp_path / "r.html", rows).read_text(encoding="utf-8")
    assert "Omitted, because they are slow under separation" in text
    assert "No statistic: " in text


def test_averages_over_rows_that_are_not_determined_are_refused() -> None:
    """In the gap between the first outcome and the others nothing is known of a row."""
    x = np.r_[np.linspace(0.0, 1.0, 8), np.linspace(2.0, 3.0, 12)]
    rows = pd.DataFrame({"y": ["a"] * 8 + ["b", "c"] * 6, "x": x, "z": np.cos(7.0 * x)})
    fit = lk.multinomial("y ~ x + z", rows)
    with pytest.raises(SeparationError, match="no average"):
        fit.plot.average_predictions("x", rows, values=[1.4, 1.5])


@pytest.mark.parametrize("model", ["cumulative", "adjacent"])
@pytest.mark.usefixtures("figures_not_written")
def test_a_report_of_ordered_outcomes_tests_their_single_coefficients(model: Any) -> None:
    births = lk.datasets.load_lbw()
    table = births.assign(visits=births["ftv"].clip(upper=2))
    fit = lk.ordinal("visits ~ age + smoke", table, model=model)
    document = report_document(fit.record, fit.design)
    (section,) = [
        each for each in every_section(document.blocks) if each.heading == "Is one coefficient per term enough?"
    ]
    test = fit.proportional_odds_test()
    rows = section.blocks[1].rows
    assert [row[0] for row in rows] == ["all terms", "age", "smoke"]
    assert [float(row[1]) for row in rows] == [round(float(each), 2) for each in test.statistic]
    for other in (
        lk.ordinal("visits ~ age + smoke", table, model=model, nominal=["age", "smoke"]),
        lk.ordinal("visits ~ age", table.assign(w=1.0), weights="w", weight_kind="sampling", model=model),
    ):
        found = report_document(other.record, other.design)
        (section,) = [
            each for each in every_section(found.blocks) if each.heading == "Is one coefficient per term enough?"
        ]
        assert section.blocks[0].text.startswith("Left out: ")
    assert "Is one coefficient per term enough?" not in headings(lk.logit("low ~ age", table))


@pytest.mark.usefixtures("figures_not_written")
def test_a_report_has_the_average_effects(tmp_path: Path) -> None:
    births = lk.datasets.load_lbw()
    fit = lk.logit("low ~ age + race + smoke", births)
    text = fit.report(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Average effects" in text
    wanted = fit.effects(change={"smoke": (0, 1)}).to_frame()
    for value in wanted["estimate"]:
        assert f"{value:.4f}" in text
    separated = lk.logit("low ~ twins", births.assign(twins=(births["low"] == 1) & (births["age"] > 30)))
    assert "Average effects" not in separated.report(tmp_path / "other.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("figures_not_written")
def test_a_report_has_what_was_asked_for_and_the_panel_of_tests(tmp_path: Path) -> None:
    fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
    text = fit.report(tmp_path / "page.html", validate="cross-validation").read_text(encoding="utf-8")
    found = re.findall(r"<h[23][^>]*>([^<]*)", text)
    assert found.index("Tests of fit") < found.index("How well does it predict?")
    assert "Osius-Rojek" in text
    assert "In the large" in text
    assert "GoodnessTest(" not in text
    assert found.index("Validation by resampling") < found.index("What to do next")
    assert "TRIPOD+AI" not in text
    assert "validate the model" not in text
    with pytest.raises(DataError, match="validate="):
        fit.report(tmp_path / "other.html", validate="internal-external")
    plain = fit.report(tmp_path / "plain.html").read_text(encoding="utf-8")
    assert "Validation by resampling" not in plain
    assert "validate the model" in plain
    assert "A logistic regression of low (event: 1) on age, lwt and smoke was fitted" in plain


def test_findings_say_the_rule_that_they_applied() -> None:
    births = lk.datasets.load_lbw()

    def answers(fit: Any, design: Any = None) -> dict[str, str]:
        judged = Judged(fit.record, fit.design if design is None else design)
        return {each.question: each.answer for each in verdicts(judged)}

    good = answers(lk.logit("low ~ age + lwt + smoke", births))
    assert "no" not in good.values()
    assert good["Are there enough observations?"] == "yes"
    assert good["Is calibration on new rows right?"] == "not judged"
    few = answers(lk.logit("low ~ poly(age, 4) + lwt + smoke + race", births))
    assert few["Are there enough observations?"] == "look"  # 59 events for 8 coefficients
    rows = births.assign(lwt=births["lwt"].where(births["id"] % 5 > 0), twice=births["age"] + 0.01 * births["ftv"])
    assert answers(lk.logit("low ~ lwt", rows))["Are the rows complete?"] == "look"
    assert answers(lk.logit("low ~ age + twice", rows))["Can the terms be told apart?"] == "look"
    assert answers(lk.logit("low ~ age", births, cluster="race"))["Are there enough clusters?"] == "look"
    separated = answers(lk.logit("low ~ x", births.assign(x=births["low"] * (births["age"] > 20))))
    assert separated["Are the estimates finite?"] == "no"
    one = pd.DataFrame({"x": [*np.linspace(-1.0, 1.0, 60), 6.0]})
    one["y"] = [*(int(np.sin(5.0 * k) < 2.0 * x) for k, x in enumerate(one["x"][:60])), 0]
    assert answers(lk.logit("y ~ x", one))["Do the answers rest on many rows?"] == "look"
    fit = lk.logit("low ~ age + lwt + smoke", births)
    moved = births.assign(low=1 - births["low"])
    assert answers(fit, fit.on(moved)._rows.design)["Is calibration on new rows right?"] == "look"
    wide = pd.DataFrame({"x": np.linspace(-2.0, 2.0, 2_000)})
    wide["y"] = (np.random.default_rng(1).random(2_000) < 0.2 + 0.6 * (np.abs(wide["x"]) > 1.0)).astype(int)
    found = answers(lk.logit("y ~ x", wide))
    assert found["Do predicted rates agree with observed ones?"] == "look"
    assert found["Does the model tell events from non-events?"] == "look"
    assert all(each.rule and each.then for each in verdicts(Judged(fit.record, fit.design)) if each.answer == "look")
