"""The model of the demonstration, in and out of time, by year and within industries, beside statsmodels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.cli.demo import FORMULA, loan_table
from logitkit.datasets import load_sba_loans
from tolerances import EXACT, REFERENCE


def auc(y: Any, score: Any) -> float:
    """The Mann-Whitney statistic as a share of all pairs, from midranks."""
    event = np.asarray(y) == 1
    ranks = pd.Series(np.asarray(score)).rank().to_numpy()
    above = ranks[event].sum() - event.sum() * (event.sum() + 1) / 2
    return float(above / (event.sum() * (~event).sum()))


@pytest.fixture(scope="module")
def loans() -> pd.DataFrame:
    return load_sba_loans()


@pytest.fixture(scope="module")
def table(loans: pd.DataFrame) -> pd.DataFrame:
    return loan_table(loans)


@pytest.fixture(scope="module")
def fit(table: pd.DataFrame) -> lk.Fit:
    return lk.logit(FORMULA, table[table["approval_fy"] <= 2006])


def test_a_leak_ranks_as_counting_says(loans: pd.DataFrame) -> None:
    """A flag made of the term has the area under a curve with one corner."""
    late = loans[loans["approval_fy"] > 2006].assign(odd=lambda frame: (frame["term"] % 12 != 0).astype(int))
    odd, y = late["odd"], late["default"]
    area = (1 + odd[y == 1].mean() - odd[y == 0].mean()) / 2
    assert_allclose(lk.logit("default ~ odd", late).discrimination().auc, area, rtol=EXACT)
    assert round(area, 2) == 0.89


def test_the_model_agrees_with_statsmodels_in_and_out_of_time(
    loans: pd.DataFrame, table: pd.DataFrame, fit: lk.Fit
) -> None:
    loans = loans.dropna(subset=["sector", "new_business", "revolving"])
    sectors = loans["sector"].replace({"55": "small", "92": "small"})
    X = pd.DataFrame({"Intercept": np.ones(len(loans))}, index=loans.index)
    X["amount"] = np.log2(loans["gross_approved"])
    X["guaranteed"] = loans["sba_approved"] / loans["gross_approved"]
    X["employees"] = np.log2(1 + loans["employees"])
    X["new"] = loans["new_business"].eq("new").astype(float)
    X["franchise"] = (~loans["franchise_code"].isin([0, 1])).astype(float)
    X["line"] = loans["revolving"].eq("Y").astype(float)
    X["elsewhere"] = loans["bank_state"].ne(loans["state"]).astype(float)
    for level in ("undefined", "urban"):
        X[level] = loans["urban_rural"].eq(level).astype(float)
    for level in [*sorted(set(sectors) - {"44-45", "small"}), "small"]:
        X[f"sector {level}"] = sectors.eq(level).astype(float)
    year, y = loans["approval_fy"], loans["default"]
    peer = sm.Logit(y[year <= 2006], X[year <= 2006]).fit(disp=0, method="newton", tol=1e-14)
    coef = fit.coef.to_numpy()
    assert_allclose(coef[:10], peer.params.iloc[:10], rtol=REFERENCE, atol=REFERENCE)
    assert_allclose(np.sort(coef[10:]), np.sort(peer.params.iloc[10:]), rtol=REFERENCE)
    probability = peer.predict(X)
    found = {}
    for approved, frame in table.groupby("approval_fy"):
        chosen = year == approved
        ranking, level = fit.discrimination(frame), fit.calibration(frame)
        total = ranking.events + ranking.nonevents
        found[approved] = level.expected / total, level.observed / total
        assert_allclose(ranking.auc, auc(y[chosen], probability[chosen]), rtol=REFERENCE)
        assert_allclose(found[approved][0], probability[chosen].mean(), rtol=REFERENCE)
        assert_allclose(found[approved][1], y[chosen].mean(), rtol=EXACT)
    assert len(found) == 10
    # The level breaks in the crisis.
    assert found[2008][0] < 0.24
    assert found[2008][1] > 0.40


def test_fits_by_year_agree_with_statsmodels(table: pd.DataFrame) -> None:
    """In 2006, when no sector was without a failure; signs hold of all years."""
    shown = ["np.log2(gross_approved)", "guaranteed_share", "line_of_credit", "bank_out_of_state"]
    yearly = lk.logit_by(FORMULA, table, by="approval_fy").coef[shown]
    loans = table.query("approval_fy == 2006").dropna(subset=["sector", "new_business", "line_of_credit"])
    assert loans.groupby("sector", observed=True)["default"].mean().between(0, 1, inclusive="neither").all()
    X = pd.get_dummies(loans[["new_business", "urban_rural", "sector"]], drop_first=True, dtype=float)
    X = X.assign(one=1.0, amount=np.log2(loans["gross_approved"]), employees=np.log2(1 + loans["employees"]))
    X[["guarantee", "line", "elsewhere", "franchise"]] = loans[
        ["guaranteed_share", "line_of_credit", "bank_out_of_state", "franchise"]
    ]
    peer = sm.Logit(loans["default"], X).fit(disp=0, method="newton", tol=1e-14)
    assert_allclose(yearly.loc[2006], peer.params[["amount", "guarantee", "line", "elsewhere"]], rtol=REFERENCE)
    assert (yearly["bank_out_of_state"] > 0).all()
    assert (yearly["np.log2(gross_approved)"] < 0).all()
    assert ((yearly["guaranteed_share"] > 0) == (yearly.index > 2006)).all()


def test_the_model_within_industries_solves_the_score_equations(table: pd.DataFrame) -> None:
    training = table.query("approval_fy <= 2006")
    within = lk.logit(FORMULA.replace(" + sector", ""), training, absorb="naics")
    intercepts = within.absorbed.query("abs(intercept) < inf").set_index("level")["intercept"]
    loans = training.dropna(subset=["naics", "new_business", "line_of_credit"])
    loans = loans[loans.groupby("naics")["default"].transform("nunique") == 2]
    X = np.column_stack(
        [
            np.log2(loans["gross_approved"]),
            loans["guaranteed_share"],
            np.log2(1 + loans["employees"]),
            loans["new_business"].eq("new"),
            loans["franchise"],
            loans["line_of_credit"],
            loans["bank_out_of_state"],
            *(loans["urban_rural"].eq(level) for level in ("undefined", "urban")),
        ]
    ).astype(float)
    assert set(loans["naics"]) == set(intercepts.index)
    eta = X @ within.coef.to_numpy() + loans["naics"].map(intercepts)
    residual = loans["default"] - 1 / (1 + np.exp(-eta))
    assert residual.groupby(loans["naics"]).sum().abs().max() < 1e-6
    assert_allclose(residual @ X / np.sqrt((X**2).sum(axis=0)), 0.0, atol=1e-6)
    assert loans["naics"].nunique() < 1_000 < training["naics"].nunique()
    corrected = float(np.abs(within.bias_correction().corrected / within.coef - 1)["bank_out_of_state"])
    assert 0.01 < corrected < 0.03


def test_small_sectors_are_merged_because_one_of_them_has_no_default(
    loans: pd.DataFrame, table: pd.DataFrame, fit: lk.Fit
) -> None:
    raw = table.assign(sector=loans["sector"]).query("approval_fy <= 2006")
    first = lk.logit(FORMULA.replace("sector", "C(sector, contr.treatment('44-45'))"), raw)
    assert first.coef[np.isinf(first.coef)].index.tolist() == ["C(sector, contr.treatment('44-45'))[T.55]"]
    assert np.isfinite(fit.coef).all()
    assert table["sector"].cat.categories[0] == "retail"
    # Banks of one state are alike: the errors that know it are larger.
    clustered = lk.logit(FORMULA, table[table["approval_fy"] <= 2006], cluster="bank_state")
    assert (fit.std_error / clustered.std_error)[["franchise", "bank_out_of_state"]].max() < 1
