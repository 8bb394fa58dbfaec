"""Comparison of models of the same rows."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import chdtrc

import logitkit as lk
from logitkit.errors import DataError, SeparationError, UnsupportedError
from logitkit.inference.hypotheses.weighted_chi_squares import weighted_chi_square
from tolerances import REFERENCE, ROUTE


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    data = lk.datasets.load_lbw()
    return data.assign(visits=data["ftv"].clip(upper=2), site=data.index % 7)


def test_a_chain_has_the_likelihood_ratios_of_its_steps(births: pd.DataFrame) -> None:
    fits = [lk.logit(f"low ~ {x}", births) for x in ("age + lwt + C(race)", "1", "age + lwt")]
    found = lk.compare(*fits)
    assert found.labels == ("2: low ~ 1", "3: low ~ age + lwt", "1: low ~ age + lwt + C(race)")
    assert found.nested.tolist() == [False, True, True]
    assert found.dof.tolist() == [0, 2, 2]
    assert_allclose(found.statistic[1:], -np.diff(found.deviance), rtol=ROUTE)
    assert_allclose(found.p_value[1:], chdtrc(2, found.statistic[1:]), rtol=ROUTE)
    assert_allclose(found.aic, [fits[k].aic for k in (1, 2, 0)], rtol=ROUTE)
    weight = np.exp(-0.5 * found.delta_aic)
    assert_allclose(found.weight, weight / weight.sum(), rtol=ROUTE)
    assert found.delta_bic.min() == 0.0
    assert "Likelihood ratios" in str(found)


def test_columns_are_compared_by_what_they_span(births: pd.DataFrame) -> None:
    nested = [
        ("C(race, contr.sum) + I(age - 30)", "age + C(race) * smoke"),
        ("C(race):C(smoke)", "C(race) * C(smoke) + age"),
        ("I(race == 'black')", "C(race)"),
        ("poly(age, 2)", "age + I(age**2) + lwt"),
    ]
    for small, large in nested:
        assert lk.compare(*(lk.logit(f"low ~ {x}", births) for x in (small, large))).nested.tolist() == [False, True]
    for small, large in [("age", "lwt + smoke"), ("np.log(age)", "age + lwt"), ("age:smoke", "age + smoke")]:
        found = lk.compare(*(lk.logit(f"low ~ {x}", births) for x in (small, large)))
        assert not found.nested.any()
        assert np.isnan(found.statistic).all()
        assert "lk.vuong" in str(found)
    same = lk.compare(lk.logit("low ~ age", births), lk.logit("low ~ I(2 * age)", births))
    assert not same.nested.any()


def test_families_are_nested_by_construction(births: pd.DataFrame) -> None:
    def ordinal(**options: Any) -> Any:
        return lk.ordinal("visits ~ age + smoke", births, **options)

    chain = lk.compare(ordinal(), ordinal(nominal="age"), ordinal(nominal=["age", "smoke"]))
    assert chain.nested.tolist() == [False, True, True]
    assert chain.dof.tolist() == [0, 1, 1]
    free = lk.multinomial("visits ~ age + smoke", births)
    for smaller in (
        ordinal(model="adjacent"),
        lk.multinomial("visits ~ age + smoke", births, equal="age"),
        lk.multinomial("visits ~ age", births, reference=None),
    ):
        found = lk.compare(smaller, free)
        assert found.nested[1]
        assert_allclose(found.statistic[1], smaller.deviance - free.deviance, rtol=ROUTE)
    # Cumulative and multinomial logits are other models, and so are other links.
    assert not lk.compare(ordinal(), free).nested.any()
    assert not lk.compare(ordinal(), ordinal(link="probit", nominal="age")).nested.any()
    assert not lk.compare(
        lk.logit("low ~ age", births), lk.logit("low ~ age + lwt", births, link="probit")
    ).nested.any()


def test_absorbed_levels_are_the_same_in_both(births: pd.DataFrame) -> None:
    fits = [lk.logit(f"low ~ {x}", births, absorb="site") for x in ("age", "age + lwt")]
    found = lk.compare(*fits)
    columns = lk.compare(*(lk.logit(f"low ~ C(site) + {x}", births) for x in ("age", "age + lwt")))
    assert found.dof.tolist() == columns.dof.tolist() == [0, 1]
    assert_allclose(found.statistic[1], columns.statistic[1], rtol=1e-7)


def test_infinite_coefficients_count_for_what_the_data_determine(births: pd.DataFrame) -> None:
    rows = births[~((births["race"] == "black") & (births["low"] == 0))]
    small, large = (lk.logit(f"low ~ {x}", rows) for x in ("age + smoke", "age + smoke + race"))
    found = lk.compare(small, large)
    assert found.dof.tolist() == [0, 2]
    assert_allclose(found.statistic[1], large.anova().statistic[2], rtol=ROUTE)


def test_other_rows_are_refused(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ age", births)
    fewer = births.assign(lwt=births["lwt"].where(births.index > 3))
    with pytest.raises(DataError, match=r"Fits 1 and 2 are of 189 and 185 rows.*Drop the rows with a missing value"):
        lk.compare(fit, lk.logit("low ~ age + lwt", fewer))
    with pytest.raises(DataError, match="Fits 1 and 2 are of other outcomes"):
        lk.compare(fit, lk.logit("smoke ~ age", births))
    counts = births.assign(w=1 + births["id"] % 3)
    kinds = [lk.logit("low ~ age", counts, weights="w", weight_kind=kind) for kind in ("frequency", "precision")]
    with pytest.raises(DataError, match="Fits 1 and 2 have 378 and 189 observations, so that BIC is not"):
        lk.compare(*kinds)
    with pytest.raises(DataError, match="Fits 1 and 2 are of other weights"):
        lk.compare(fit, lk.logit("low ~ age", births.assign(w=2), weights="w"))
    moved = lk.logit("low ~ age", births.assign(age=births["age"].where(births.index > 0)))
    last = lk.logit("low ~ age", births.assign(age=births["age"].where(births.index < 188)))
    with pytest.raises(DataError, match="188 rows each, in other places"):
        lk.compare(moved, last)
    # The same rows with the other outcome as event are the same rows.
    assert lk.compare(fit, lk.logit("low ~ age", births, event=0)).weight.round(9).tolist() == [0.5, 0.5]


def test_what_has_no_likelihood_is_not_compared(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ age", births)
    with pytest.raises(DataError, match="One fit has nothing to be compared with"):
        lk.compare(fit)
    with pytest.raises(DataError, match="Argument 2 is a str, not a fit"):
        lk.compare(fit, "low ~ age")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="Fit 2 holds no rows"):
        lk.compare(fit, pickle.loads(pickle.dumps(fit)))
    with pytest.raises(UnsupportedError, match=r"not valid with sandwich by cluster.*fit.anova\(test='Wald'\)"):
        lk.compare(fit, lk.logit("low ~ age + lwt", births, cluster="site"))
    with pytest.raises(UnsupportedError, match="not offered after a penalty"):
        lk.compare(fit, lk.logit("low ~ age", births, penalty=lk.Ridge(0.1)))


# R 4.2.2: a <- glm(low ~ lwt + age, binomial), b <- glm(low ~ smoke + ht + ui, binomial); m the differences of the
# log-likelihoods of the rows: sum(m) / sqrt(n * w2), w2 = mean(m^2) - mean(m)^2. pscl 1.5.5, vuong(a, b), takes the
# variance with n - 1: -0.730575849251, -0.525730250873 with AIC's correction, -0.193701447329 with BIC's.
Z, VARIANCE, OF_PSCL = -0.732516293172, 0.125424092662, [-0.730575849251, -0.525730250873, -0.193701447329]
# Squared eigenvalues of W, by estfun of sandwich and vcov; P(sum > n w2) of 10^6 draws, with its error.
EIGENVALUES = [
    0.10886726264,
    0.112879460447,
    0.704803060318,
    1.00011683191,
    1.03743152189,
    1.05785798386,
    1.10208880812,
]
DRAWN, ERROR = 0.000268, 1.65e-5


def test_vuong_s_statistics_are_those_of_r(births: pd.DataFrame) -> None:
    one, other = lk.logit("low ~ lwt + age", births), lk.logit("low ~ smoke + ht + ui", births)
    found = lk.vuong(one, other)
    assert_allclose([found.statistic[0], found.variance], [Z, VARIANCE], rtol=REFERENCE)
    assert_allclose(found.statistic * np.sqrt(188 / 189), OF_PSCL, rtol=REFERENCE)
    assert_allclose(found.variance_p, weighted_chi_square(189 * VARIANCE, np.array(EIGENVALUES)), rtol=1e-8)
    assert abs(found.variance_p - DRAWN) < 4 * ERROR
    assert "not nested" in str(found)


def test_vuong_s_test_counts_frequency_weights_as_rows(births: pd.DataFrame) -> None:
    rows = births.assign(w=1 + births.index % 3)
    written = rows.loc[rows.index.repeat(rows["w"])].reset_index(drop=True)
    weighted = lk.vuong(*(lk.multinomial(f"visits ~ {x}", rows, weights="w") for x in ("age", "smoke")))
    twice = lk.vuong(*(lk.multinomial(f"visits ~ {x}", written) for x in ("age", "smoke")))
    assert weighted.n_obs == twice.n_obs == written.shape[0]
    assert_allclose(weighted.statistic, twice.statistic, rtol=ROUTE)
    assert_allclose(weighted.variance_p, twice.variance_p, rtol=1e-7)


def test_vuong_s_test_is_of_models_that_are_not_nested(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ age", births)
    with pytest.raises(UnsupportedError, match="One of these models is within the other"):
        lk.vuong(fit, lk.logit("low ~ age + lwt", births))
    with pytest.raises(DataError, match="every row the same probability"):
        lk.vuong(lk.logit("low ~ C(race)", births), lk.logit("low ~ C(race)", births, link="probit"))
    with pytest.raises(UnsupportedError, match="where a factor is absorbed"):
        lk.vuong(*(lk.logit(f"low ~ {x}", births, absorb="site") for x in ("age", "lwt")))
    rows = births[~((births["race"] == "black") & (births["low"] == 0))]
    with pytest.raises(SeparationError, match="are separated"):
        lk.vuong(lk.logit("low ~ race", rows), lk.logit("low ~ age", rows))


def test_models_that_fit_every_row_have_no_criteria_and_no_warning() -> None:
    births = lk.datasets.load_lbw()
    found = lk.compare(lk.logit("low ~ bwt", births), lk.logit("low ~ bwt + smoke", births))
    assert np.isnan([*found.delta_aic, *found.delta_bic, *found.weight]).all()
    assert "every row is fitted perfectly" in " ".join(str(found).split())


def test_models_of_one_formula_are_told_apart_by_their_arguments(births: pd.DataFrame) -> None:
    births = births.assign(weight=np.digitize(births["bwt"], [2500, 3500]))
    right = "weight ~ age + smoke"
    fits = [lk.ordinal(right, births), *(lk.ordinal(right, births, nominal=term) for term in ("smoke", "age"))]
    assert lk.compare(*fits).labels == (
        f"1: {right}, nominal=None",
        f"2: {right}, nominal='smoke'",
        f"3: {right}, nominal='age'",
    )
    one, other = (lk.logit("low ~ age", births, link=link) for link in ("logit", "probit"))
    assert lk.vuong(one, other).labels == ("low ~ age, link='logit'", "low ~ age, link='probit'")
    with_offset = lk.logit("low ~ age", births, offset="lwt")
    assert lk.compare(one, with_offset).labels == (
        "1: low ~ age, offset=None",
        "2: low ~ age, offset='lwt'",
    )


def test_models_have_the_names_that_are_given(births: pd.DataFrame) -> None:
    larger, smaller = (lk.logit(formula, births) for formula in ("low ~ age + smoke", "low ~ age"))
    named, plain = lk.compare(larger, smaller, names=["adjusted", "crude"]), lk.compare(larger, smaller)
    assert named.labels == ("crude", "adjusted")
    np.testing.assert_array_equal(named.aic, plain.aic)
    assert "low ~" not in str(named)
    assert [line.split()[0] for line in str(named).splitlines() if line[:5] in ("crude", "adjus")] == [
        "crude",
        "adjusted",
        "crude",
        "adjusted",
    ]
    mixed = lk.compare(smaller, lk.logit("low ~ age", births, link="probit"), names=["a", "b"])
    assert "regression" not in str(mixed)
    with pytest.raises(DataError, match="2 texts, one for each fit"):
        lk.compare(larger, smaller, names=["one"])
    with pytest.raises(DataError, match="are not all different"):
        lk.compare(larger, smaller, names=["one", "one"])
