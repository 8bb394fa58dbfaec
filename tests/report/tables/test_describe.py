"""Paragraphs have the numbers of the tables, and say what they must."""

from __future__ import annotations

import re

import pytest

import logitkit as lk
from logitkit.errors import LogitkitError

BIRTHS = lk.datasets.load_lbw()
FIT = lk.logit("low ~ age + lwt + race + smoke", BIRTHS, labels=lk.labels({"race": "Race"}, levels={"low": {1: "low"}}))


def _text(fit: lk.Fit) -> str:
    return " ".join(str(fit.describe()).split())


def test_the_numbers_are_those_of_the_table() -> None:
    text, table = _text(FIT), lk.regression_table(FIT, style="full").to_markdown()
    area = FIT.discrimination()
    ranking = f"{area.auc:.3f} (95% CI {area.low:.3f} to {area.high:.3f}) on these rows, not corrected for optimism."
    assert f"The area under the ROC curve was {ranking}" in text
    for number in re.findall(r"\d\.\d{3,4}", text):
        assert number in table + str(FIT.summary()) + ranking
    for words in (
        "of low (event: low) on age, lwt, Race and smoke was fitted to 189 rows with 59 events (31.2%)",
        "Race black against white 3.425 (95% CI 1.243 to 9.438, p = 0.0173)",
        "Race as a whole (p = 0.0157)",
        "likelihood-ratio chi-square was 20.08 on 5 degrees of freedom (p = 0.0012)",
        "Standard errors: model-based (inverse information); intervals: Wald",
    ):
        assert words in text


def test_missing_rows_robust_errors_and_levels_are_named() -> None:
    data = BIRTHS.assign(lwt=BIRTHS["lwt"].where(BIRTHS.index % 7 != 0))
    text = _text(lk.logit("low ~ lwt", data, level=0.9).robust("HC3"))
    assert "fitted to 162 rows" in text
    assert "after leaving out 27 rows with missing values" in text
    assert "90% CI" in text
    assert "Standard errors: heteroscedasticity-robust sandwich (HC3)" in text
    assert "likelihood-ratio" not in text
    precision = _text(lk.logit("low ~ age", data, weights="age", weight_kind="precision"))
    assert re.search(r"ROC curve was 0\.\d{3} on these rows", precision)
    assert "99% CI" in str(FIT.describe(level=0.99))


def test_several_outcomes_are_described_one_by_one() -> None:
    text = _text(lk.multinomial("race ~ age", BIRTHS))
    assert "Relative risk ratios (RRR) for race = black (against white): age 0.897" in text
    assert "Odds ratios (OR): age" in _text(lk.ordinal("ftv ~ age", BIRTHS.assign(ftv=BIRTHS["ftv"].clip(upper=2))))


def test_of_many_estimates_those_that_are_clear_are_listed() -> None:
    fit = lk.logit("low ~ C(ftv) + age + lwt + race * smoke + ht + ui + ptl", BIRTHS)
    assert re.search(r"\d+ others with p of at least 0\.05 are not listed", _text(fit))


def test_penalties_leave_no_tests() -> None:
    ridge = _text(lk.logit("low ~ age + smoke", BIRTHS, penalty=lk.Ridge(0.1)))
    assert "95% interval" in ridge
    assert "p = " not in ridge
    lasso = _text(lk.logit("low ~ age + smoke", BIRTHS, penalty=lk.Lasso(0.05)))
    assert "there are no standard errors" in lasso
    assert "intervals: " not in lasso


@pytest.mark.filterwarnings("ignore:The fit has not converged")
def test_a_fit_that_has_not_converged_has_no_estimates_to_report() -> None:
    text = _text(lk.logit("low ~ age + lwt", BIRTHS, solver=lk.Newton(max_iter=1)))
    assert "has not converged, so that its estimates are not to be reported" in text
    assert "CI" not in text


def test_separated_fits_are_described() -> None:
    data = {"y": [0, 0, 1, 0, 1, 1, 0, 1], "x": [1.0, 2, 3, 4, 5, 6, 2, 4], "s": [0, 0, 0, 0, 1, 1, 0, 0]}
    assert "s inf" in _text(lk.logit("y ~ x + s", data))


def test_a_level_that_is_none_is_refused() -> None:
    with pytest.raises(LogitkitError, match="level"):
        FIT.describe(level=95)


def test_separation_and_weights_are_said() -> None:
    data = BIRTHS.assign(sure=((BIRTHS["ptl"] > 0) & (BIRTHS["low"] == 1)).astype(float), w=1.0 + BIRTHS["age"] / 100.0)
    text = " ".join(str(lk.logit("low ~ sure + lwt", data).describe()).split())
    assert "sure inf;" in text
    assert "The outcomes are separated: ratios of 0 or inf are limits" in text
    text = " ".join(str(lk.logit("low ~ lwt", data, weights="w", weight_kind="sampling").describe()).split())
    assert "weighted events (" in text
