"""Where every row is fitted perfectly nothing that follows from that alone is printed as a finding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError

N, P = 30, 20


@pytest.fixture(scope="module")
def noise() -> pd.DataFrame:
    """Columns that have nothing to do with the outcomes, and tell all of them: 20 for 30 rows."""
    rng = np.random.default_rng(4)
    columns = {f"x{j}": rng.normal(size=N) for j in range(P)}
    y = rng.integers(0, 2, N)
    return pd.DataFrame(columns | {"y": y, "three": np.where(y == 1, "c", rng.choice(["a", "b"], N))})


@pytest.fixture(scope="module", params=["binary", "several", "symmetric"])
def fit(request: pytest.FixtureRequest, noise: pd.DataFrame) -> Any:
    right = " + ".join(f"x{j}" for j in range(P))
    if request.param == "binary":
        return lk.logit(f"y ~ {right}", noise)
    return lk.multinomial(f"three ~ {right}", noise, reference="a" if request.param == "several" else None)


def test_no_statistic_of_a_likelihood_of_one_is_given(fit: Any) -> None:
    assert fit.record.separated_completely
    assert not np.isfinite(np.asarray(fit.coef, dtype=float)).any()
    assert np.isnan([fit.aic, fit.bic]).all()
    assert fit.r_squared.isna().all()
    row = fit.glance().iloc[0]
    assert row[["aic", "bic", "mcfadden", "cox_snell", "nagelkerke", "lr_p_value"]].isna().all()
    labels = {fact.label.split(" ")[0] for fact in fit.summary().facts}
    assert not labels & {"AIC", "BIC", "LR", "McFadden", "Nagelkerke", "Tjur", "Deviance"}
    (warning,) = fit.summary().warnings
    assert warning.startswith("Complete separation: ")
    assert "overlap" not in warning


def test_the_ratio_has_no_p_value_as_its_statistic_knows_the_outcomes_only(fit: Any) -> None:
    test = fit.lr_test()
    assert test.statistic == pytest.approx(fit.null_deviance, rel=1e-9)
    assert np.isnan(test.p_value)
    assert "No p-value: every row is fitted perfectly" in " ".join(str(test).split())


@pytest.mark.usefixtures("figures_not_written")
def test_figures_and_reports_say_why_they_are_empty(fit: Any, tmp_path: Path) -> None:
    if not isinstance(fit, lk.MultinomialFit):
        with pytest.raises(UnsupportedError, match="complete separation"):
            fit.plot.forest()
        with pytest.raises(DataError, match="no residuals to draw"):
            fit.plot.residuals()
    else:
        for draw in (fit.plot.coefficients, fit.plot.forest):
            with pytest.raises(UnsupportedError, match="complete separation"):
                draw()
    page = fit.report(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "no estimate" not in page
    assert "Complete separation" in page
    assert "every row is fitted perfectly" in page.lower()
    for title in ("Tests of terms", "Can outcomes be combined?", "rows of largest"):
        assert title not in page


@pytest.mark.usefixtures("figures_not_written")
def test_a_report_judges_a_perfect_fit_on_other_rows_only(fit: Any, noise: pd.DataFrame, tmp_path: Path) -> None:
    judged = ("AUC", "Area under", "area under the ROC curve is", "Classification by", "Brier", "Observed against")
    own = fit.report(tmp_path / "own.html").read_text(encoding="utf-8")
    assert "Omitted: every row is fitted perfectly" in own
    assert not [word for word in judged if word in own]
    other = fit.report(tmp_path / "other.html", data=noise.iloc[3:]).read_text(encoding="utf-8")
    assert "Omitted: every row is fitted perfectly" not in other
    assert "Brier" in other


def test_separation_in_part_keeps_its_statistics_and_says_of_what_they_are() -> None:
    births = lk.datasets.load_lbw()
    rows = births[(births["race"] != "black") | (births["low"] == 1)]
    fit = lk.logit("low ~ race + age", rows)
    assert not fit.record.separated_completely
    assert np.isfinite(fit.aic)
    assert "the rows that overlap, as are the likelihood statistics" in " ".join(str(fit).split())


def test_a_completely_separated_group_has_no_criterion(noise: pd.DataFrame) -> None:
    rows = noise.assign(half=np.arange(N) % 2, sure=noise["y"] * (np.arange(N) % 2))
    fits = lk.logit_by("y ~ x0 + sure", rows, by="half")
    assert np.isfinite(fits.glance()["aic"]).tolist() == [True, False]


def test_a_loaded_fit_says_the_same(fit: Any, tmp_path: Path) -> None:
    loaded = lk.load(fit.save(tmp_path / "fit.json"))
    assert loaded.record.separated_completely
    assert loaded.summary().warnings == fit.summary().warnings
