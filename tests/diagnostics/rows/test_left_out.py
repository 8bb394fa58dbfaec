"""What a verb leaves out is counted and said by it; a row with a prediction belongs in what judges predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics import brier_score_loss, roc_auc_score

import logitkit as lk
from logitkit.errors import DataWarning
from tolerances import ROUTE


def panel(seed: int, levels: int = 60, rows: int = 5) -> pd.DataFrame:
    """Levels of few rows, so that many have one outcome; the levels differ by the same effects for every seed."""
    effects = 1.5 * np.random.default_rng(99).normal(size=levels)
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(levels), rows)
    x = rng.normal(size=g.size)
    y = (rng.random(g.size) < 1 / (1 + np.exp(-x - effects[g]))).astype(int)
    return pd.DataFrame({"y": y, "x": x, "g": g})


@pytest.fixture(scope="module")
def fit() -> lk.Fit:
    return lk.logit("y ~ x", panel(1), absorb="g")


def test_rows_of_levels_with_one_outcome_are_judged_by_their_predictions(fit: lk.Fit):
    fresh = panel(2)
    predicted = fit.predict(fresh)
    sure = predicted.isin([0.0, 1.0])
    wrong = sure & (predicted != fresh["y"])
    assert sure.sum() > 30
    assert wrong.sum() > 3
    found = fit.discrimination(fresh)
    assert_allclose(found.auc, roc_auc_score(fresh["y"], predicted), rtol=ROUTE)
    assert found.events + found.nonevents == len(fresh)
    calibration = fit.calibration(fresh)
    assert calibration.log_loss == np.inf
    assert_allclose(calibration.brier, brier_score_loss(fresh["y"], predicted), rtol=ROUTE)
    assert_allclose(calibration.expected, predicted.sum(), rtol=ROUTE)
    assert "an outcome occurred whose predicted probability is 0" in " ".join(str(calibration).split())
    assert "()" not in str(calibration)
    residuals = fit.residuals(data=fresh)
    assert_allclose(residuals[wrong & (fresh["y"] == 1)], np.inf)
    assert_allclose(residuals[sure & ~wrong], 0.0)
    assert_allclose(fit.augment(fresh)["fitted"], predicted)


def test_the_table_of_the_fit_gives_what_the_fit_gives_and_says_what_took_no_part(fit: lk.Fit):
    frame = panel(1)
    dropped = fit.record.nuisance.n_dropped_rows
    said = f"Rows used: {len(frame) - dropped} of {len(frame)}. Left out: {dropped} of the fit in absorbed levels"
    for own, given in (
        (fit.discrimination(), fit.discrimination(frame)),
        (fit.calibration(), fit.calibration(frame)),
    ):
        assert str(own) == str(given)
        assert said in " ".join(str(given).split())
    with pytest.warns(DataWarning, match="Left out"):
        assert_allclose(fit.influence(frame), fit.influence())


MISSING = {"x": [3, 8], "y": [8, 11]}


def with_holes(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.copy().astype({"y": object})
    for column, places in MISSING.items():
        frame.loc[frame.index[places], column] = np.nan
    return frame


@pytest.mark.parametrize("family", ["logit", "multinomial"])
def test_every_diagnostic_says_which_rows_it_left_out(family: str):
    rng = np.random.default_rng(3)
    n = 80
    frame = pd.DataFrame({"x": rng.normal(size=n), "w": np.where(np.arange(n) < 4, 0, 1)})
    codes = (frame["x"] + rng.normal(size=n) > 0).astype(int) + (0 if family == "logit" else rng.integers(0, 2, n))
    frame["y"] = codes if family == "logit" else np.array(["a", "b", "c"])[codes]
    fit = getattr(lk, family)("y ~ x", frame, weights="w")
    holes = with_holes(frame)
    told = "Rows used: 74 of 80. Left out: 3 with a missing value (y 2, x 2), 3 with zero weight or no trials."
    verbs = ["discrimination", "calibration", "hosmer_lemeshow"]
    results: list[Any] = [getattr(fit, verb)(holes) for verb in verbs]
    if family == "multinomial":
        results.append(fit.classification(holes))
    for result in results:
        assert result.left_out.used == 74
        for text in (result.to_text(), result.to_markdown()):
            assert told in " ".join(text.split())
    assert "4 with zero weight or no trials" in " ".join(str(fit.discrimination()).split())
    for verb in (lambda: fit.residuals("pearson", holes), lambda: fit.augment(holes)):
        with pytest.warns(DataWarning, match="Left out: 3 with a missing value"):
            assert len(verb()) == 77


def test_nothing_is_said_where_every_row_is_used():
    frame = panel(1)
    assert "Rows used" not in str(lk.logit("y ~ x", frame).discrimination())


def test_a_report_says_which_rows_its_diagnostics_left_out(fit: lk.Fit, tmp_path):
    holes = with_holes(panel(2)).astype({"y": float})
    page = fit.report(tmp_path / "page.html", holes).read_text(encoding="utf-8")
    assert "Left out: 3 with a missing value" in page


def test_a_row_without_trials_has_no_outcome_and_no_residual():
    groups = pd.DataFrame({"e": [3, 0, 5, 2], "o": [4, 0, 1, 6], "x": [1.0, 2.0, 3.0, 1.5]})
    fit = lk.logit("cbind(e, o) ~ x", groups)
    augmented = fit.augment()
    for column in ("y", "residual", "pearson_residual", "deviance_residual"):
        assert augmented[column].isna().tolist() == [False, True, False, False]
    assert augmented["fitted"].notna().all()
    assert fit.residuals("working").isna().tolist() == [False, True, False, False]
    counts = pd.DataFrame({"a": [3, 0, 5, 2], "b": [4, 0, 1, 6], "c": [1, 0, 2, 2], "x": [1.0, 2.0, 3.0, 1.5]})
    several = lk.multinomial("cbind(a, b, c) ~ x", counts)
    augmented = several.augment()
    assert augmented["observed"].isna().tolist() == [False, True, False, False]
    assert augmented["residual:a"].isna().tolist() == [False, True, False, False]
    assert several.residuals("pearson").isna().any(axis=1).tolist() == [False, True, False, False]
