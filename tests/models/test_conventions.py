"""Conventions of R, Stata and SAS: each choice against a printed figure or its formula, and kept by the fit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.errors import DataError
from logitkit.logits.grouping import quantile_groups
from logitkit.models.conventions import CONVENTIONS, OURS
from tolerances import EXACT, ROUTE

#: SAS/STAT 14.1 User's Guide, the LOGISTIC procedure, Example 72.1, stepwise regression: remiss, cell, li, temp.
REMISSION = """1 .8 1.9 .996, 1 .9 1.4 .992, 0 .8 .8 .982, 0 1 .7 .986, 1 .9 1.3 .98, 0 1 .6 .982, 1 .95 1 .992,
0 .95 1.9 1.02, 0 1 .8 .999, 0 .95 .5 1.038, 0 .85 .7 .988, 0 .7 1.2 .982, 0 .8 .4 1.006, 0 .2 .8 .99, 0 1 1.1 .99,
1 1 1.9 1.02, 0 .65 .5 1.014, 0 1 1 1.004, 0 .5 .6 .99, 1 1 1.1 .986, 0 1 .4 1.01, 0 .9 .6 1.02, 1 1 1 1.002,
0 .95 1.6 .988, 1 1 1.7 .99, 1 1 .9 .986, 0 1 .7 .986"""
TRIALS = [16, 51, 45, 39, 36, 81, 30, 39, 28, 62, 51, 72, 41, 12, 13, 79, 30, 51, 74, 56]
GERMINATED = [8, 26, 23, 10, 9, 23, 10, 17, 8, 23, 32, 55, 22, 3, 10, 46, 15, 32, 53, 12]


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


# Hosmer and Lemeshow's groups.


def test_groups_of_sas_are_those_that_it_prints():
    """``model remiss(event='1') = li temp cell / lackfit``: 6.2983, 7 degrees of freedom, p 0.5054, as recalled."""
    table = pd.DataFrame([row.split() for row in REMISSION.split(",")], dtype=float)
    table.columns = ["remiss", "cell", "li", "temp"]
    fit = lk.logit("remiss ~ li + temp + cell", table, event=1, conventions="sas")
    test = fit.hosmer_lemeshow()
    assert (round(test.statistic, 4), test.dof, round(test.p_value, 4)) == (6.2983, 7, 0.5054)
    assert test.size.tolist() == [3, 3, 3, 3, 4, 3, 3, 3, 2]
    assert test.observed.tolist() == [0, 0, 0, 0, 1, 2, 2, 3, 1]
    assert test.expected.round(2).tolist() == [0.0, 0.01, 0.19, 0.56, 1.09, 1.35, 1.84, 2.15, 1.8]
    assert "PROC LOGISTIC" in test.grouping


def test_groups_follow_the_conventions(births):
    formula = "low ~ age + lwt + C(race) + smoke + ptl + ht + ui"
    for name, statistic in (("logitkit", 9.650683), ("stata", 9.650683), ("r", 10.397803)):
        fit = lk.logit(formula, births, conventions=name)
        assert_allclose(fit.hosmer_lemeshow().statistic, statistic, rtol=1e-6)  # as many digits are printed
        assert_allclose(fit.hosmer_lemeshow(grouping="r").statistic, 10.397803, rtol=1e-6)  # as above


@pytest.mark.parametrize(
    ("values", "counts", "groups", "expected"),
    [
        ([0.1, 0.2, 0.3, 0.4], [1, 1, 1, 1], 2, [0, 0, 1, 1]),
        ([0.1, 0.2, 0.3, 0.4], [3, 2, 1, 1], 2, [0, 0, 1, 1]),  # 3 < 4, and 3 + 2 // 2 is 4
        ([0.1, 0.2, 0.3, 0.4], [3, 4, 4, 1], 2, [0, 0, 1, 1]),  # 3 < 6, and 3 + 4 // 2 <= 6; then 7 is full
        ([0.1, 0.2, 0.2, 0.9], [1, 2, 2, 1], 3, [0, 1, 1, 1]),  # a last group of 1 is half the target: joined
    ],
)
def test_groups_of_sas_by_hand(values, counts, groups, expected):
    found = quantile_groups(np.array(values), np.array(counts, dtype=float), groups, "sas")
    assert found.tolist() == expected


# Information.


def test_information_of_other_links_is_observed_by_stata(births):
    stata = lk.logit("low ~ age + smoke", births, link="probit", conventions="stata")
    observed = lk.logit("low ~ age + smoke", births, link="probit", information="observed")
    assert_array_equal(stata.vcov, observed.vcov)
    for name in ("r", "sas", "logitkit"):
        other = lk.logit("low ~ age + smoke", births, link="probit", event=1, conventions=name)
        assert_array_equal(other.vcov, lk.logit("low ~ age + smoke", births, link="probit").vcov)


def test_information_of_ordered_outcomes_is_expected_by_sas(births):
    table = births.assign(visits=births["ftv"].clip(upper=2))
    sas = lk.ordinal("visits ~ age + smoke", table, link="probit", conventions="sas")
    options = {"link": "probit", "information": "expected"}
    lower = lk.ordinal("visits ~ age + smoke", table, direction="lower", **options)
    assert_array_equal(sas.vcov, lower.vcov)
    assert_allclose(sas.std_error, lk.ordinal("visits ~ age + smoke", table, **options).std_error, rtol=EXACT)
    assert not np.array_equal(sas.vcov, lk.ordinal("visits ~ age + smoke", table, link="probit").vcov)


# Levels.


def test_the_event_of_sas_is_the_first_level(births):
    table = births.assign(text=np.where(births["low"] == 1, "yes", "no"), truth=births["low"] == 1)
    ours = lk.logit("low ~ age + smoke", table)
    for response in ("low", "text", "truth"):
        sas = lk.logit(f"{response} ~ age + smoke", table, conventions="sas")
        assert_allclose(sas.coef, -ours.coef, rtol=ROUTE)
        assert_allclose(sas.predict(table.iloc[:5]), 1 - ours.predict(table.iloc[:5]), rtol=ROUTE)
        assert_array_equal(sas.on(table.iloc[:5]).residuals(), sas.residuals().iloc[:5])
        stated = sas.outcomes[0]
        again = lk.fit(f"{response} ~ age + smoke", table, model=sas.model)
        assert again.outcomes[0] == stated
    matrix = np.column_stack([np.ones(189), births["age"]])
    by_matrix = lk.logit_matrix(matrix, births["low"].to_numpy(), conventions="sas")
    assert_allclose(by_matrix.coef, -lk.logit_matrix(matrix, births["low"].to_numpy()).coef, rtol=ROUTE)
    assert lk.logit("low ~ age", births, event=1, conventions="sas").outcomes == ("0", "1")


def test_the_reference_of_several_outcomes(births):
    for name, reference in (("logitkit", "white"), ("r", "white"), ("stata", "white"), ("sas", "other")):
        assert lk.multinomial("race ~ age", births, conventions=name).reference == reference
    fewer = births[(births["race"] != "white") | (births["id"] % 4 == 0)]  # most are "other" there
    assert lk.multinomial("race ~ age", fewer, conventions="stata").reference == "other"
    assert lk.multinomial("race ~ age", births, reference="black", conventions="sas").reference == "black"
    assert lk.multinomial("race ~ age", births, penalty=lk.Ridge(0.1), conventions="sas").reference is None


# Sizes and factors.


def test_bic_of_sas_counts_trials():
    """SAS/STAT 14.1 User's Guide, Output 72.10.1: SC 1232.240, with the full log-likelihood 175.769."""
    table = pd.DataFrame({"r": GERMINATED, "n": TRIALS, "cult": np.repeat([0, 1, 0, 1], 5)})
    table = table.assign(f=table["n"] - table["r"], soil=np.repeat([0, 1], 10))
    fit = lk.logit("cbind(r, f) ~ cult * soil", table, conventions="sas")
    assert round(fit.bic, 3) == 175.769
    assert round(fit.bic + 2 * fit.record.log_constant, 3) == 1232.240
    assert "BIC (n = 906)" in str(fit)
    ours = lk.logit("cbind(r, f) ~ cult * soil", table)
    assert_allclose(ours.bic, fit.aic - 8 + 4 * np.log(20), rtol=EXACT)


def test_sandwiches_of_sas_count_parameters(births):
    """SURVEYLOGISTIC's VADJUST=DF: (n - 1) / (n - p) besides G / (G - 1)."""
    table = births.assign(w=1.0 + births["ftv"], ward=births["id"] % 20)
    for options in ({"cluster": "ward"}, {"weights": "w", "weight_kind": "sampling"}):
        ours = lk.logit("low ~ age + smoke", table, **options)
        sas = lk.logit("low ~ age + smoke", table, event=1, conventions="sas", **options)
        assert_allclose(sas.vcov, ours.vcov * 188 / 186, rtol=EXACT)
        assert "times (n - 1) / (n - k) with n = 189 and k = 3" in " ".join(str(sas).split())


# How they are asked for, and kept.


def test_a_block_has_conventions_and_ends(births):
    with lk.conventions("stata") as chosen:
        inside = lk.logit("low ~ age", births, link="probit")
        with lk.conventions("r"):
            assert lk.logit("low ~ age", births).conventions.name == "r"
        assert lk.logit("low ~ age", births, conventions="sas").conventions.name == "sas"
    assert inside.conventions == chosen == CONVENTIONS["stata"]
    assert lk.logit("low ~ age", births).conventions == OURS
    with pytest.raises(ZeroDivisionError), lk.conventions("sas"):
        1 / 0  # noqa: B018 - what ends a block
    assert lk.logit("low ~ age", births).conventions == OURS


@pytest.mark.parametrize("name", ["r", "stata", "sas"])
def test_the_summary_names_them_and_a_saved_model_keeps_them(births, tmp_path, name):
    fit = lk.logit("low ~ age + lwt + C(race) + smoke", births, event=1, conventions=name)
    text = " ".join(str(fit).split())
    assert f"Conventions of {CONVENTIONS[name].title}: " in text
    loaded = lk.load(fit.save(tmp_path / "fit.json"))
    assert loaded.conventions == fit.conventions
    assert str(loaded) == str(fit)
    assert loaded.hosmer_lemeshow(births).statistic == fit.hosmer_lemeshow(births).statistic
    assert "Conventions of" not in str(lk.logit("low ~ age", births))


def test_unknown_conventions_are_refused(births):
    with pytest.raises(DataError, match="conventions='spss'"):
        lk.logit("low ~ age", births, conventions="spss")
    with pytest.raises(DataError, match="conventions='Stata'"), lk.conventions("Stata"):
        raise AssertionError
