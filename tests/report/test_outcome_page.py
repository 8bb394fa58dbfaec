"""The report of a fit of several outcomes: one page, whose sections follow from what the fit can say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataError
from logitkit.report.outcome_page import outcome_report_document


def trips(n: int = 160) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"cost": rng.normal(size=n), "g": rng.choice(["u", "v"], n)})
    eta = np.column_stack([np.zeros(n), 0.7 * frame["cost"], 0.4 - 0.6 * (frame["g"] == "u")])
    frame["mode"] = np.array(["bus", "car", "walk"])[(eta + rng.gumbel(size=eta.shape)).argmax(axis=1)]
    return frame


def headings(fit: Any, **more: Any) -> list[str]:
    return [section.heading for section in outcome_report_document(fit.record, fit.design, **more).blocks]


def test_the_page_is_one_file_with_its_figures(tmp_path: Path) -> None:
    fit = lk.multinomial("mode ~ cost + g", trips())
    path = fit.report(tmp_path / "report.html", trips(), title="Ways to work")
    text = path.read_text(encoding="utf-8")
    assert "<title>Ways to work" in text
    assert text.count("data:image/svg+xml") == 5
    assert not re.search(r'(src|href)="https?:', text)
    for words in ("mode = walk (against bus)", "Relative risk ratios", "Tests of terms", "Probabilities by cost"):
        assert words in text


def test_sections_follow_from_the_model() -> None:
    rows = trips()
    whole = ["Coefficients", "Relative risk ratios", "Tests of terms", "Can outcomes be combined?"]
    assert headings(lk.multinomial("mode ~ cost + g", rows)) == [*whole, "Predicted probabilities"]
    restricted = lk.multinomial("mode ~ cost + g", rows, per_outcome={"car": "cost"})
    assert "Can outcomes be combined?" not in headings(restricted)
    null = lk.multinomial("mode ~ 1", rows)
    assert headings(null) == ["Coefficients", "Relative risk ratios", "Predicted probabilities"]
    two = lk.multinomial("g ~ cost", rows)
    (section,) = [
        block for block in outcome_report_document(two.record, two.design).blocks if "Predicted" in block.heading
    ]
    assert len(section.blocks) == 1  # no triangle


@pytest.mark.parametrize("more", [{"reference": None}, {"weights": "w"}, {"cluster": "home"}, {"offset": {"car": "w"}}])
def test_every_kind_of_model_has_a_report(more: Any, tmp_path: Path) -> None:
    rows = trips().assign(w=1.0 + np.arange(160) % 3, home=np.arange(160) % 30)
    fit = lk.multinomial("mode ~ cost + g", rows, **more)
    text = fit.report(tmp_path / "report.html", rows).read_text(encoding="utf-8")
    assert "Average predictions" in text
    kind = "Wald" if "cluster" in more else "Likelihood-ratio"
    assert f"{kind} tests, each given the other terms" in text


def test_other_rows_are_told_apart_and_a_loaded_fit_needs_them(tmp_path: Path) -> None:
    rows = trips()
    fit = lk.multinomial("mode ~ cost + g", rows)
    loaded = lk.load(fit.save(tmp_path / "model.json"))
    with pytest.raises(DataError, match="pass data="):
        loaded.report(tmp_path / "report.html")
    text = loaded.report(tmp_path / "report.html", rows.iloc[:90]).read_text(encoding="utf-8")
    assert "Shown on 90 other rows." in text
    assert "Wald tests, each given" in text
    with pytest.raises(DataError, match="does not end in"):
        fit.report(tmp_path / "report.pdf")


def test_separated_models_have_a_report(tmp_path: Path) -> None:
    rows = trips()
    rows["north"] = ((rows["mode"] == "bus") & (rows["g"] == "u")).astype(float)
    text = lk.multinomial("mode ~ north + cost", rows).report(tmp_path / "r.html", rows).read_text(encoding="utf-8")
    assert "Separation" in text


@pytest.mark.parametrize("penalty", [lk.Ridge(0.05), lk.Lasso(0.03)])
@pytest.mark.parametrize("reference", [None, "car"])
def test_penalised_models_have_a_report(penalty: Any, reference: str | None, tmp_path: Path) -> None:
    rows = trips()
    fit = lk.multinomial("mode ~ cost + g", rows, penalty=penalty, reference=reference)
    ridge = isinstance(penalty, lk.Ridge)
    effects = ["Average predictions"] if ridge else []
    text = fit.report(tmp_path / "r.html", rows).read_text(encoding="utf-8")
    found = re.findall(r"<h2[^>]*>([^<]*)", text)
    assert found == ["Coefficients", "Relative risk ratios", "Predicted probabilities", *effects]
    words = ", with 95% posterior intervals, given the strength" if ridge else ", without intervals"
    assert words in text
    assert "Wald" not in text


def test_separated_models_have_average_predictions_and_say_which_pairs_have_no_test(tmp_path: Path) -> None:
    rows = trips()
    rows = rows[(rows["mode"] != "walk") | (rows["g"] != "u")]
    fit = lk.multinomial("mode ~ cost + g", rows)
    assert fit.separation is not None
    text = fit.report(tmp_path / "r.html", rows).read_text(encoding="utf-8")
    assert "Probabilities by g" in text
    assert "No statistic: " in text
