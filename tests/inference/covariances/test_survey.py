"""Survey designs: R's survey, collapses, replicate weights, domains, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import ArgumentError, DataError, UnsupportedError
from logitkit.results.fit import Fit
from tolerances import REFERENCE, ROUTE

STORED = json.loads((Path(__file__).parents[2] / "references" / "covariances" / "survey.json").read_text("utf-8"))
FORMULA = "low ~ age + lwt + smoke"


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    table = lk.datasets.load_lbw()
    number, s = table["id"].to_numpy(), table["id"].to_numpy() % 4
    u = (number // 4) % 7 + 10 * s
    return table.assign(
        w=np.round(0.25 + (number % 17) / 8, 3),
        s=s,
        u=u,
        total=np.array([20, 15, 9, 40])[s],
        lone=np.where(u == 10, 9, s),
        inside=table["age"] < 30,
        grade=table["race"].astype(str),
    )


def fitted(sample: pd.DataFrame, link: str = "logit", **survey: Any) -> Fit:
    return lk.logit(FORMULA, sample, weights="w", link=link, survey=lk.Survey(**survey))


DESIGNS: dict[str, dict[str, Any]] = {
    "plain": {"strata": "s", "units": "u"},
    "probit": {"strata": "s", "units": "u"},
    "finite": {"strata": "s", "units": "u", "fpc": "total"},
    "unstratified": {"units": "u"},
    "independent": {"strata": "s"},
    "domain": {"strata": "s", "units": "u", "domain": "inside"},
    "finitedomain": {"strata": "s", "units": "u", "fpc": "total", "domain": "inside"},
}


@pytest.mark.parametrize("name", list(DESIGNS))
def test_linearised_covariances_are_those_of_svyglm(name: str, sample: pd.DataFrame) -> None:
    fit = fitted(sample, "probit" if name == "probit" else "logit", **DESIGNS[name])
    assert_allclose(fit.coef, STORED[name]["coef"], rtol=REFERENCE)
    assert_allclose(fit.vcov, STORED[name]["vcov"], rtol=REFERENCE)
    assert fit.record.law.dof == STORED[name]["degf"]
    inside = int((sample["age"] < 30).sum())
    assert (f"domain of {inside} rows" in fit.record.covariance.label) == ("domain" in name)


@pytest.mark.parametrize("lonely", ["certainty", "centred", "average"])
def test_single_units_are_what_r_makes_of_them(lonely: str, sample: pd.DataFrame) -> None:
    fit = fitted(sample, strata="lone", units="u", lonely=lonely)
    assert_allclose(fit.vcov, STORED["lonely"][lonely]["vcov"], rtol=REFERENCE)
    assert fit.record.law.dof == STORED["lonely"][lonely]["degf"]
    assert f"single units: {lonely}" in fit.record.covariance.label
    with pytest.raises(DataError, match=r"single unit have no variance: '9'\. .*certainty.*centred.*average"):
        fitted(sample, strata="lone", units="u")


@pytest.mark.parametrize("kind", ["JKn", "JK1", "bootstrap", "BRR", "Fay"])
def test_replicate_weights_are_those_of_svrepdesign(kind: str, sample: pd.DataFrame) -> None:
    stored = STORED[kind]
    scales = stored["scale"] * np.asarray(stored["rscales"])
    given: dict[str, Any] = {"scales": scales} if kind in ("JKn", "bootstrap") else {}
    given |= {"fay": 0.3} if kind == "Fay" else {}
    fit = fitted(sample, replicates=np.array(stored["weights"]), kind=kind, **given)
    assert_allclose(fit.vcov, stored["vcov"], rtol=1e-6)  # the weights are stored with twelve decimals
    assert fit.record.law.dof == stored["degf"]
    names = [f"r{k}" for k in range(np.shape(stored["weights"])[1])]
    wide = pd.concat([sample, pd.DataFrame(stored["weights"], columns=names)], axis=1)
    assert_allclose(fitted(wide, replicates=names, kind=kind, **given).vcov, fit.vcov, rtol=ROUTE)


def test_ordered_models_are_those_of_svyolr(sample: pd.DataFrame) -> None:
    fit = lk.ordinal(
        "grade ~ age + lwt",
        sample,
        order=["white", "black", "other"],
        weights="w",
        survey=lk.Survey(strata="s", units="u"),
    )
    # svyolr has slopes before thresholds, its optimiser stops at some six digits, and its Hessian has some three.
    ours = [*fit.record.names[2:], *fit.record.names[:2]]
    assert_allclose(fit.coef[ours], STORED["ordered"]["coef"], rtol=1e-4)
    assert_allclose(fit.vcov.loc[ours, ours], STORED["ordered"]["vcov"], rtol=2e-2)


def test_several_outcomes_and_matrices_collapse(sample: pd.DataFrame) -> None:
    given = {"weights": "w", "survey": lk.Survey(strata="s", units="u")}
    two = sample.assign(low=np.where(sample["low"] == 1, "yes", "no"))
    logit, nominal = lk.logit(FORMULA, sample, **given), lk.multinomial("low ~ age + lwt + smoke", two, **given)
    assert_allclose(nominal.vcov, logit.vcov, rtol=1e-7)
    x = np.column_stack([np.ones(189), sample[["age", "lwt", "smoke"]]])
    arrays = lk.Survey(strata=sample["s"].to_numpy(), units=sample["u"].to_numpy())
    assert_allclose(lk.logit_matrix(x, sample["low"], weights=sample["w"], survey=arrays).vcov, logit.vcov, rtol=ROUTE)
    one = lk.logit(FORMULA, sample, weights="w", survey=lk.Survey(units="u"))
    by_cluster = lk.logit(FORMULA, sample, weights="w", weight_kind="sampling", cluster="u")
    assert_allclose(one.vcov, by_cluster.vcov, rtol=ROUTE)


def test_missing_rows_keep_their_place_in_the_design(sample: pd.DataFrame) -> None:
    holes = sample.assign(lwt=sample["lwt"].where(sample["u"] != 3))  # a whole unit without a value
    known = holes.assign(known=holes["lwt"].notna(), lwt=holes["lwt"].fillna(0.0))
    one = fitted(holes, strata="s", units="u")
    other = fitted(known, strata="s", units="u", domain="known")
    assert_allclose(one.vcov, other.vcov, rtol=ROUTE)
    assert one.record.law.dof == other.record.law.dof == 23
    assert "28 units" in one.record.covariance.label


def test_later_verbs_use_the_design(sample: pd.DataFrame, tmp_path: Path) -> None:
    fit = fitted(sample, strata="s", units="u")
    text = str(fit.summary())
    assert "P>|t|" in text
    assert "Wald F(3, 24)" in text
    assert "4 strata, 28 units" in " ".join(text.split())
    test = fit.test("age = 0, smoke = 0")
    assert test.law.dof == 24.0
    assert str(lk.load(fit.save(tmp_path / "fit.json")).summary()) == text
    for asked in (fit.lr_test, lambda: fit.bootstrap(5), lambda: fit.robust("HC0")):
        with pytest.raises(UnsupportedError, match="survey design"):
            asked()
    assert np.isnan(fit.aic)


@pytest.mark.parametrize(
    ("given", "error", "why"),
    [
        ({"psu": "u"}, ArgumentError, "It is units= here"),
        ({"lonely": "fail"}, DataError, "lonely='fail' is not known"),
        ({"kind": "BRR"}, DataError, "goes with replicates= only"),
        ({"replicates": ["w", "w"]}, DataError, "needs kind="),
        ({"replicates": ["w", "w"], "kind": "BRR", "strata": "s"}, DataError, "say all of the design"),
        ({"replicates": ["w", "w"], "kind": "Fay"}, DataError, "needs it"),
        ({"replicates": ["w", "w"], "kind": "JKn"}, DataError, "needs scales="),
        ({"replicates": ["w", "w"], "kind": "JK1", "scales": [1, 1]}, DataError, "have their own"),
        ({"replicates": ["w"], "kind": "JK1"}, DataError, "two or more columns"),
        ({"replicates": ["w", "minus"], "kind": "JK1"}, DataError, "not negative"),
        ({"replicates": ["w", "nothing"], "kind": "JK1"}, DataError, "Replicate 2 has no row"),
        ({"strata": "hole"}, DataError, "missing in 3 rows of the table"),
        ({"strata": "s", "units": "u", "fpc": "age"}, DataError, "one positive number within a stratum"),
        ({"strata": "s", "units": "u", "fpc": "two"}, DataError, "7 units of it are in the table"),
        ({"domain": "age"}, DataError, "must be true or false"),
        ({"domain": "nothing"}, DataError, "false in every row"),
        ({"strata": "S"}, DataError, "no such column"),
        ({"strata": "id", "lonely": "average"}, DataError, "needs a stratum with two"),
        ({"strata": "id", "lonely": "certainty"}, DataError, "no degrees of freedom"),
    ],
)
def test_refusals(given: dict[str, Any], error: type[Exception], why: str, sample: pd.DataFrame) -> None:
    more = sample.assign(hole=sample["s"].where(sample["id"] > sample["id"].nsmallest(3).max()), two=2, nothing=0)
    with pytest.raises(error, match=why):
        fitted(more.assign(minus=-1.0), **given)


def test_refusals_of_what_stands_beside_a_survey(sample: pd.DataFrame) -> None:
    survey = lk.Survey(strata="s", units="u")
    for given, why in (
        ({}, "needs weights="),
        ({"weights": "w", "weight_kind": "precision"}, "says otherwise"),
        ({"weights": "w", "cluster": "u"}, "both say which rows"),
        ({"weights": "w", "absorb": "race"}, "with absorb="),
        ({"weights": "w", "penalty": lk.Ridge(0.1)}, "with penalty="),
    ):
        with pytest.raises((DataError, UnsupportedError), match=why):
            lk.logit(FORMULA, sample, survey=survey, **given)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="is no design of a survey"):
        lk.logit(FORMULA, sample, weights="w", survey="s")  # type: ignore[arg-type]
