"""The summary of a penalised fit: what it says of the penalty, and what it must not say."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import ConvergenceWarning
from logitkit.report.document import Table
from logitkit.report.formats.html import render_html
from logitkit.report.formats.latex import render_latex
from logitkit.report.formats.markdown import render_markdown
from logitkit.report.formats.text import render_text
from logitkit.report.penalty import format_gap
from logitkit.report.penalty_table import LISTED_MOST

FORMULA = "low ~ age + lwt + C(race) + smoke"
PENALTIES = {
    "lasso": lk.Lasso(0.05),
    "relaxed lasso": lk.RelaxedLasso(0.05),
    "bounds": lk.Bounds(lower=0.0),
    "ridge": lk.Ridge(0.02),
    "prior": lk.GaussianPrior(precision=1.0),
    "sum": lk.Lasso(0.01) + lk.Ridge(0.1),
}
RENDERERS = (render_text, render_html, render_latex, render_markdown)


def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


@pytest.fixture(scope="module")
def fits() -> dict[str, lk.Fit]:
    return {name: lk.logit(FORMULA, births(), penalty=given) for name, given in PENALTIES.items()}


def facts(fit: lk.Fit) -> dict[str, str]:
    return {fact.label: fact.value for fact in fit.summary().facts}


def table(fit: lk.Fit) -> Table:
    (block,) = fit.summary().blocks
    assert isinstance(block, Table)
    return block


def heads(fit: lk.Fit) -> list[str]:
    return [column.name for column in table(fit).columns]


@pytest.mark.parametrize("name", PENALTIES)
@pytest.mark.parametrize("render", RENDERERS)
def test_no_renderer_prints_what_a_penalty_takes_away(fits: dict[str, lk.Fit], name: str, render) -> None:
    said = render(fits[name].summary())
    assert "Penalised logistic regression" in said
    for absent in ("AIC", "BIC", "LR chi", "Wald", "R2", "Std. error", "P>|z|", "Parameters", "Residual df"):
        assert absent not in said
    assert not re.search(r"\bnan\b", said)


def test_the_facts_are_those_of_the_fit(fits: dict[str, lk.Fit]) -> None:
    fit = fits["lasso"]
    said = facts(fit)
    assert (said["Penalty"], said["Strength"], said["Strength chosen"]) == ("lasso", "0.05", "given")
    assert said["Penalised"] == "standardised columns"
    assert said["Nonzero"] == f"{np.count_nonzero(fit.coef)} of 6 coefficients"
    assert said["Effective df"] == f"{fit.penalty.dof:.2f}"
    assert said["Deviance explained"] == f"{100 * (1 - fit.deviance / fit.null_deviance):.1f}%"
    assert said["Gap (relative)"].endswith("(tolerance 1e-12)")
    assert "Gap (relative)" not in facts(fits["relaxed lasso"])
    assert "Strength" not in facts(fits["prior"])
    assert {"Strength (lasso)": "0.01", "Strength (ridge)": "0.1"}.items() <= facts(fits["sum"]).items()


def test_a_penalty_that_chooses_leaves_coefficients_and_odds_ratios(fits: dict[str, lk.Fit]) -> None:
    for name in ("lasso", "relaxed lasso", "bounds", "sum"):
        fit = fits[name]
        assert heads(fit) == ["Term", "Coef.", "Odds ratio"]
        rows = {row[0]: row[1:] for row in table(fit).rows}
        assert list(rows) == list(fit.coef.index)
        for term, value in fit.coef.items():
            shown = ("0", "1") if value == 0.0 else (f"{value:.4f}", f"{np.exp(value):.3f}")
            assert rows[term] == (shown if term != "Intercept" else (shown[0], ""))
        assert any("no standard errors, intervals or p-values" in note for note in fit.summary().notes)


def test_a_posterior_is_called_one(fits: dict[str, lk.Fit]) -> None:
    for name, given in (("ridge", "given the strength"), ("prior", "given the prior")):
        fit = fits[name]
        assert heads(fit) == ["Term", "Coef.", "Posterior sd", "Odds ratio", "95% posterior interval"]
        (said,) = (note for note in fit.summary().notes if "Posterior sd" in note)
        assert given in said
        assert "z statistics and p-values are therefore not given" in said
        row = next(row for row in table(fit).rows if row[0] == "smoke")
        ends = fit.odds_ratios().loc["smoke", ["conf_low", "conf_high"]]
        assert row[2] == f"{fit.std_error['smoke']:.4f}"
        assert row[4] == " to ".join(f"{end:.3f}" for end in ends)


def test_a_strength_chosen_with_the_same_data_is_owned_up_to() -> None:
    cv = lk.cross_validate(FORMULA, births(), penalty=lk.Ridge(), folds=lk.Folds(4, seed=1), n_strengths=20)
    summary = cv.best.summary()
    assert {fact.label: fact.value for fact in summary.facts}["Strength chosen"].startswith("best mean score")
    assert any("chosen from the same data" in note for note in summary.notes)
    given = lk.logit(FORMULA, births(), penalty=lk.Ridge(cv.best_strength)).summary()
    assert not any("chosen from the same data" in note for note in given.notes)


def wide(penalty) -> lk.Fit:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 120)) * rng.uniform(0.1, 10.0, size=120)
    y = (rng.random(100) < 1 / (1 + np.exp(-2 * X[:, 0] / X[:, 0].std()))).astype(int)
    names = ["Intercept", *(f"x{j}" for j in range(120))]
    return lk.logit_matrix(np.column_stack([np.ones(100), X]), y, names, penalty=penalty)


def test_of_many_coefficients_the_largest_stand_first_and_zeros_are_counted() -> None:
    fit = wide(lk.Lasso(0.08))
    rows = [row[0] for row in table(fit).rows]
    assert rows[0] == "Intercept"
    size = (fit.coef * fit.penalty.scale).abs().drop("Intercept")
    expected = size[size > 0.0].sort_values(ascending=False, kind="stable").index
    assert rows[1:] == list(expected)
    (note,) = table(fit).notes
    assert f"Zero: {(fit.coef == 0.0).sum()} coefficients." in note


def test_of_very_many_only_some_are_listed() -> None:
    fit = wide(lk.Ridge(0.5))
    assert len(table(fit).rows) == LISTED_MOST
    (note,) = table(fit).notes
    assert f"Not listed: {121 - LISTED_MOST} smaller coefficients." in note
    assert "Zero:" not in note


def test_a_gap_that_is_rounding_is_a_bound() -> None:
    assert format_gap(1e-30, 1e-12) == "<1e-16 (tolerance 1e-12)"


def test_a_fit_that_has_not_converged_warns() -> None:
    with pytest.warns(ConvergenceWarning, match="not converged"):
        fit = lk.logit(FORMULA, births(), penalty=lk.Lasso(0.01), solver=lk.ProxNewton(tol=1e-14, max_iter=1))
    assert facts(fit)["Status"] == "not converged"
    assert any("Do not use these numbers" in warning for warning in fit.summary().warnings)


def test_calibration_says_that_its_slope_is_the_penalty(fits: dict[str, lk.Fit]) -> None:
    said = fits["lasso"].calibration().to_text()
    assert "Slope (SE)" in said
    assert "1 by construction" not in said
    null = lk.logit(FORMULA, births(), penalty=lk.Lasso(1.0)).calibration().to_text()
    assert "Slope" not in null


@pytest.mark.parametrize("name", PENALTIES)
@pytest.mark.usefixtures("figures_not_written")
def test_the_page_has_what_is_right_and_no_more(fits: dict[str, lk.Fit], name: str, tmp_path: Path) -> None:
    page = fits[name].report(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<h1>Penalised logistic regression</h1>" in page or "Penalised logistic regression" in page
    for section in ("Odds ratios", "Discrimination", "Calibration"):
        assert section in page
    for absent in ("Influential rows", "Wald intervals", "1 by construction"):
        assert absent not in page
    assert "is not offered after a penalty" in page  # the Hosmer-Lemeshow test
    posterior = name in ("ridge", "prior")
    assert ("posterior interval" in page) is posterior
    assert ("There are no intervals after this penalty" in page) is not posterior


@pytest.mark.usefixtures("figures_not_written")
def test_the_page_of_a_fit_that_chose_nothing(tmp_path: Path) -> None:
    fit = lk.logit(FORMULA, births(), penalty=lk.Lasso(1.0))
    page = fit.report(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "every odds ratio is 1" in page


def test_the_forest_has_intervals_only_where_there_are_any(fits: dict[str, lk.Fit]) -> None:
    assert "interval" not in fits["lasso"].plot.forest().get_xlabel()
    assert "95% posterior interval" in fits["ridge"].plot.forest().get_xlabel()
    assert "95% interval" in lk.logit(FORMULA, births()).plot.forest().get_xlabel()


@pytest.mark.parametrize(
    ("penalty", "said"),
    [
        (lk.Lasso(10.0), ("1 of 6 coefficients", "1")),
        (lk.Lasso(10.0, keep="C(race)"), ("3 of 6 coefficients", "3")),
        (lk.GaussianPrior(precision=1.0), ("6 of 6 coefficients", "1")),
        (lk.GaussianPrior(precision={"age": 1.0}), ("6 of 6 coefficients", "5")),
        (lk.Bounds(lower={"smoke": 0.0}), ("6 of 6 coefficients", "5")),
    ],
)
def test_what_is_not_zero_tells_what_no_penalty_draws_there(penalty, said: tuple[str, str]) -> None:
    found = facts(lk.logit(FORMULA, births(), penalty=penalty))
    assert (found["Nonzero"], found["Unpenalised"]) == said


@pytest.mark.parametrize("penalty", [None, lk.Lasso(0.05), lk.Ridge(0.05)])
def test_tidy_leaves_out_zeros_when_asked(penalty) -> None:
    fit = lk.logit(FORMULA, births(), penalty=penalty)
    every = fit.tidy()
    found = fit.tidy(nonzero=True)
    pd.testing.assert_frame_equal(found, every.loc[fit.coef.to_numpy() != 0.0])
    assert found.columns.name == every.columns.name
    assert (len(found) < len(every)) == isinstance(penalty, lk.Lasso)


def test_a_fit_without_an_intercept_says_so() -> None:
    data = births()[["age", "lwt"]]
    notes = lk.logit_matrix(data, births()["low"], penalty=lk.Lasso(0.01)).summary().notes
    assert notes[0].startswith("No intercept: no column is called 'Intercept'")
    path = lk.path_matrix(data, births()["low"])
    assert path.summary().notes[0] == notes[0]
    cv = lk.cross_validate_matrix(data, births()["low"], folds=3)
    assert notes[0] in cv.summary().notes
    given = data.assign(Intercept=1.0)
    for found in (lk.path_matrix(given, births()["low"]), lk.logit_matrix(given, births()["low"])):
        assert not any("No intercept" in note for note in found.summary().notes)
