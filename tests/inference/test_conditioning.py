"""Nearly collinear columns are named, ordinary ones are not; the measure knows no unit and no origin."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.inference.conditioning import conditioning
from tolerances import REFERENCE


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = lk.datasets.load_lbw()
    n = len(rows)
    noise = rng.normal(size=n)
    return rows.assign(
        fine=rows["lwt"] + 1e-9 * noise,
        coarse=rows["lwt"] + 1e-3 * noise,
        kilos=(rows["lwt"] / 2.20462).round(1),
        year=rng.integers(1990, 2021, n),
        g=rng.choice(list("abcd"), n),
    )


def test_the_number_is_that_of_the_weighted_columns_and_knows_no_unit(births: pd.DataFrame) -> None:
    """Condition of the correlations of the slopes, and factors as in R's car::vif, by NumPy from the rows."""
    formula = "low ~ age + lwt + smoke + age:smoke"
    fit = lk.logit(formula, births)
    found = conditioning(fit.record)
    covariance = fit.vcov.to_numpy()[1:, 1:]
    scale = np.sqrt(np.diag(covariance))
    values = np.linalg.eigvalsh(covariance / np.outer(scale, scale))
    assert_allclose(found.number, np.sqrt(values[-1] / values[0]), rtol=REFERENCE)
    assert fit.glance()["condition_number"].iloc[0] == found.number
    moved = births.assign(lwt=1e5 - 1e3 * births["lwt"])
    assert_allclose(conditioning(lk.logit(formula, moved).record).number, found.number, rtol=REFERENCE)


@pytest.mark.parametrize(("name", "size"), [("fine", 1e-9), ("coarse", 1e-3)])
def test_columns_that_are_nearly_the_same_are_named_with_their_condition(
    births: pd.DataFrame, name: str, size: float
) -> None:
    """The noise is an explicit part of the column: the factor on the standard error is the ratio of the spreads."""
    fit = lk.logit(f"low ~ age + lwt + {name}", births)
    found = conditioning(fit.record)
    assert found.columns == ("lwt", name)
    mu = fit.predict().to_numpy()
    root = np.sqrt(mu * (1 - mu))
    noise = (births[name] - births["lwt"]).to_numpy() / size
    spreads = []
    for column in (births["lwt"].to_numpy(), noise):
        others = np.column_stack([np.ones(len(births)), births["age"]])
        left = root * (column - others @ np.linalg.lstsq(others * root[:, None], column * root, rcond=None)[0])
        spreads.append(left @ left)
    # 6 digits of the noise are left in a column of 130 + 1e-9
    assert_allclose(found.inflation, np.sqrt(spreads[0] / spreads[1]) / size, rtol=0.02)
    text = " ".join(str(fit).split())
    assert f"Nearly collinear (condition number {found.number:.1e}): lwt, {name}." in text


@pytest.mark.parametrize(
    "formula",
    [
        "age + I(age**2)",
        "lwt + I(lwt**2) + I(lwt**3)",
        "year + I(year**2)",
        "year + I(year**2) + I(year**3)",
        "(year + I(year**2)) * g",
        "poly(lwt, 5) + bs(age, df=8)",
        "bs(lwt, df=4) * cr(age, df=4)",
        "age * race * smoke * lwt",
        "lwt + kilos",
        "year * g",
    ],
)
def test_ordinary_columns_are_no_alarm(births: pd.DataFrame, formula: str) -> None:
    fit = lk.logit(f"low ~ {formula}", births)
    assert conditioning(fit.record).columns == ()
    assert "collinear" not in str(fit)


def test_every_column_of_the_tables_at_once_is_no_alarm() -> None:
    """Factors and measurements, of which Amount and Price of the loans are the most alike."""
    for formula, frame in (
        ("Status ~ .", lk.datasets.load_credit_data()),
        ("`class` ~ .", lk.datasets.load_german_credit()),
        ("outcome ~ . - id - bleed", lk.datasets.load_indo_rct()),
    ):
        assert conditioning(lk.logit(formula, frame).record).columns == ()


def test_powers_with_few_digits_left_are_named(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ year + I(year**2) + I(year**3) + I(year**4)", births)
    found = conditioning(fit.record)
    assert found.computed
    assert fit.aliased == ()
    assert len(found.columns) >= 3
    assert "poly(x, degree)" in " ".join(str(fit).split())


def test_a_pair_beside_powers_is_seen(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ lwt + coarse + year + I(year**2) + I(year**3)", births)
    assert conditioning(fit.record).columns == ("lwt", "coarse")


def test_several_outcomes_matrices_clusters_and_groups_have_the_same_rule(births: pd.DataFrame) -> None:
    for reference in ("white", None):
        several = lk.multinomial("race ~ age + lwt + fine", births, reference=reference)
        assert "Nearly collinear" in str(several)
        assert conditioning(several.record).columns == ("lwt", "fine")
        assert several.glance()["condition_number"].iloc[0] > 1e9
    X = np.column_stack([np.ones(len(births)), births["lwt"] - 100, births["fine"] - 100, births["age"]])
    names = ["Intercept", "lwt", "fine", "age"]
    assert conditioning(lk.logit_matrix(X, births["low"], names=names).record).columns == ("lwt", "fine")
    by_cluster = lk.logit("low ~ lwt + fine", births.assign(id=np.arange(len(births)) // 3), cluster="id")
    plain = lk.logit("low ~ lwt + fine", births)
    assert conditioning(by_cluster.record) == conditioning(plain.record)
    rows = births.assign(fine=np.where(births["smoke"] == 1, births["fine"], births["bwt"]))
    fits = lk.logit_by("low ~ age + lwt + fine", rows, by="smoke")
    assert fits.glance()["collinear"].tolist() == ["", "lwt, fine"]
    assert "Nearly collinear columns, named by .glance(): 1 group (1)." in " ".join(str(fits).split())


def test_a_penalty_has_no_condition_number(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ lwt + fine", births, penalty=lk.Ridge(0.01))
    assert np.isnan(fit.glance()["condition_number"].iloc[0])
    assert "collinear" not in str(fit)


def test_few_clusters_are_named_with_what_t_would_make_of_them(births: pd.DataFrame) -> None:
    """R: qt(0.975, 11) / qnorm(0.975) = 1.122973."""
    for clusters, words in ((12, "Few clusters (12)"), (39, "Few clusters (39)"), (40, "")):
        rows = births.assign(id=np.arange(len(births)) % clusters)
        for model in (lk.logit("low ~ lwt", rows, cluster="id"), lk.multinomial("race ~ lwt", rows, cluster="id")):
            text = " ".join(str(model).split())
            assert words in text
            assert ("Few clusters" in text) == bool(words)
            if clusters == 12:
                assert "with t on 11 degrees of freedom" in text
                assert "intervals are 1.12 times as long" in text


def test_a_test_by_few_clusters_says_what_f_would_make_of_it(births: pd.DataFrame) -> None:
    """R: pf(statistic / 2, 2, 11, lower.tail = FALSE), which is (1 + statistic / 11)^(-11 / 2) in closed form."""
    rows = births.assign(id=np.arange(len(births)) % 12)
    for model, what in (
        (lk.logit("low ~ lwt + race", rows, cluster="id"), "race"),
        (lk.multinomial("race ~ lwt", rows, cluster="id"), "lwt"),
    ):
        test = model.test(what)
        text = " ".join(str(test).split())
        p = (1.0 + test.statistic / 11.0) ** (-5.5)
        assert f"By F with 2 and 11 degrees of freedom, the usual first remedy, the p-value is {p:.4f}." in text
    assert "Few clusters" not in str(lk.logit("low ~ race", rows).test("race"))
    for tests in (model.anova(3, "Wald"), model.combine_tests("Wald")):
        assert "By F with 11 degrees of freedom below, the usual first remedy, they are larger." in " ".join(
            str(tests).split()
        )


def test_a_joint_test_of_more_coefficients_than_clusters_is_withheld_in_words(births: pd.DataFrame) -> None:
    rows = births.assign(id=np.arange(len(births)) % 4)
    for model in (
        lk.logit("low ~ bs(lwt, df=5)", rows, cluster="id"),
        lk.multinomial("race ~ bs(lwt, df=5)", rows, cluster="id"),
    ):
        facts = {fact.label: fact.value for fact in model.summary().facts}
        assert (
            facts[f"Wald chi2({5 * len(model.record.coef) // 6})"] == "not computed: the covariance is rank-deficient"
        )


def test_groups_of_two_keys_are_told_apart(births: pd.DataFrame) -> None:
    """Where both columns have the level a, b the list of groups would read as one of twice as many."""
    rows = births.assign(one=births["race"].astype(str).replace({"black": "a, b"}), two=births["smoke"])
    rows.loc[rows["one"] == "a, b", "low"] = 0
    fits = lk.logit_by("low ~ lwt", rows, by=["one", "two"])
    text = " ".join(str(fits).split())
    assert "2 groups (('a, b', 0), ('a, b', 1))" in text
    assert list(fits.groups.names) == ["one", "two"]
    assert fits.groups.to_list()[:2] == [("a, b", 0), ("a, b", 1)]
    assert fits.glance()[["one", "two"]].to_numpy()[1].tolist() == ["a, b", 1]
