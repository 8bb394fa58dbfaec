"""Models of ordered outcomes against R's clm, polr, VGAM and the likelihood written out, as stored."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError
from ordinal.stored import STORED, counted, stored_call, terms
from references.load import load_table
from tolerances import REFERENCE

TESTS = load_table("ordinal/cumulative")["tests"]
#: Tests of one term: the fit in which it is nominal.
FITS_TESTED = {name: name for name in ("students_public", "housing_cont", "wine_contact")}


@pytest.mark.parametrize("name", STORED)
@pytest.mark.parametrize("information", ["observed", "expected"])
def test_estimates_and_errors_are_those_stored(name: str, information: str) -> None:
    stored = STORED[name]
    formula, frame, options = stored_call(stored)
    fit = lk.ordinal(formula, frame, information=information, **options)
    assert fit.converged
    error = np.asarray(stored["std_error"])
    assert np.abs((fit.coef.to_numpy() - stored["coef"]) / error).max() < REFERENCE
    vcov = stored["vcov" if information == "observed" else "vcov_expected"]
    assert_allclose(fit.vcov.to_numpy(), vcov, rtol=REFERENCE, atol=REFERENCE * error.min() ** 2)
    constant = fit.record.log_constant  # of counts, which R leaves out
    assert_allclose(constant, stored["constant"], rtol=REFERENCE)
    assert_allclose(fit.loglik - constant, stored["loglik"], rtol=REFERENCE)
    assert_allclose(fit.record.null_loglik - constant, stored["null_loglik"], rtol=REFERENCE)
    assert_allclose(fit.predict().to_numpy()[: len(stored["fitted"])], stored["fitted"], rtol=REFERENCE, atol=1e-12)
    assert fit.n_params == stored["n_params"]


def test_rows_of_one_outcome_weights_and_counts_agree() -> None:
    frame, left = counted("wine")
    by_counts = lk.ordinal(f"{left} ~ temp + contact", frame)
    long = frame.melt(id_vars=["temp", "contact"], var_name="rating", value_name="n")
    weighted = lk.ordinal("rating ~ temp + contact", long, weights="n", order=[f"y{k}" for k in range(5)])
    rows = long.loc[long.index.repeat(long["n"].astype(int))]
    single = lk.ordinal("rating ~ temp + contact", rows, order=[f"y{k}" for k in range(5)])
    for fit in (weighted, single):
        assert_allclose(fit.coef, by_counts.coef, rtol=1e-12)
        assert_allclose(fit.vcov, by_counts.vcov, rtol=1e-9)
    assert single.n_obs == weighted.n_obs == 72
    assert_allclose(weighted.loglik, single.loglik, rtol=1e-13)


@pytest.mark.parametrize("model", ["cumulative", "adjacent"])
def test_an_offset_is_a_term_whose_coefficient_is_known(model: str) -> None:
    frame, left = counted("students")
    free = lk.ordinal(f"{left} ~ gpa + pared", frame, model=model)
    known = {"shift": free.coef["gpa"] * frame["gpa"]}
    beside = lk.ordinal(f"{left} ~ pared", frame.assign(**known), offset="shift", model=model)
    within = lk.ordinal(f"{left} ~ pared + offset(shift)", frame.assign(**known), model=model)
    for fit in (beside, within):
        assert_allclose(fit.coef["pared"], free.coef["pared"], rtol=1e-9)
        assert_allclose(fit.loglik, free.loglik, rtol=1e-13)
        assert_allclose(fit.predict(frame.assign(**known)), free.predict(), rtol=1e-9)
    bare = lk.ordinal(f"{left} ~ 1", frame.assign(**known), offset="shift", model=model)
    assert_allclose(bare.record.null_loglik, bare.loglik, rtol=1e-13)


@pytest.mark.parametrize("model", ["cumulative", "adjacent"])
@pytest.mark.parametrize("nominal", [None, "public"])
def test_columns_that_others_determine_are_dropped(model: str, nominal: str | None) -> None:
    frame, left = counted("students")
    frame = frame.assign(twice=2.0 * frame["gpa"] + frame["pared"])
    whole = lk.ordinal(f"{left} ~ gpa + pared + twice + public", frame, model=model, nominal=nominal)
    plain = lk.ordinal(f"{left} ~ gpa + pared + public", frame, model=model, nominal=nominal)
    assert whole.aliased == ("twice",)
    assert_allclose(whole.coef.drop("twice"), plain.coef, rtol=1e-9)
    assert_allclose(whole.std_error.drop("twice"), plain.std_error, rtol=1e-9)
    assert_allclose(whole.predict(), plain.predict(), rtol=1e-9)


@pytest.mark.parametrize("model", ["cumulative", "adjacent"])
@pytest.mark.parametrize("place", ["before", "after"])
def test_columns_that_nominal_ones_determine_are_dropped(model: str, place: str) -> None:
    # As R's clm(apply ~ pared + both, nominal = ~gpa) does: the nominal term keeps its coefficients.
    frame, left = counted("students")
    frame = frame.assign(both=2.0 * frame["gpa"] + frame["pared"] + 1000.0)
    right = "both + gpa + pared" if place == "before" else "gpa + pared + both"
    dropped = "pared" if place == "before" else "both"  # the later one in the formula
    whole = lk.ordinal(f"{left} ~ {right}", frame, model=model, nominal="gpa")
    plain = lk.ordinal(f"{left} ~ gpa + pared", frame, model=model, nominal="gpa")
    assert whole.aliased == (dropped,)
    assert np.isnan(whole.coef[dropped])
    assert_allclose(whole.loglik, plain.loglik, rtol=1e-13)
    assert whole.n_params == plain.n_params == 5
    assert_allclose(whole.predict(), plain.predict(), rtol=1e-8)
    errors = whole.predictions(frame.head(9))["std_error"].astype(float)
    assert_allclose(errors, plain.predictions(frame.head(9))["std_error"].astype(float), rtol=1e-7)
    if place == "after":
        assert_allclose(whole.coef.drop("both"), plain.coef, rtol=1e-8)
        assert_allclose(whole.std_error.drop("both"), plain.std_error, rtol=1e-8)
    broken = frame.head(3).assign(both=0.0)
    with pytest.raises(DataError, match=dropped):
        whole.predict(broken)
    assert whole.predict(broken, unseen="missing").isna().all(axis=None)
    assert "Aliased and dropped" in str(whole.summary())


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "loglog", "cauchit"])
@pytest.mark.parametrize("information", ["observed", "expected"])
def test_two_outcomes_are_a_binary_model_with_the_mirrored_link(link: str, information: str) -> None:
    births = lk.datasets.load_lbw()
    mirrored = {"cloglog": "loglog", "loglog": "cloglog"}.get(link, link)
    binary = lk.logit("low ~ age + smoke", births, link=mirrored)
    ordered = lk.ordinal("low ~ age + smoke", births, link=link, information=information)
    sign = np.array([-1.0, 1.0, 1.0])
    assert_allclose(ordered.coef * sign, binary.coef, rtol=1e-8)
    assert_allclose(ordered.loglik, binary.loglik, rtol=1e-12)
    assert_allclose(ordered.predict().iloc[:, 1], binary.predict(), rtol=1e-8)
    if information == "expected":
        assert_allclose(ordered.std_error, binary.std_error, rtol=REFERENCE)


def test_adjacent_categories_of_two_outcomes_are_a_binary_logit() -> None:
    births = lk.datasets.load_lbw()
    ordered, binary = lk.ordinal("low ~ age + smoke", births, model="adjacent"), lk.logit("low ~ age + smoke", births)
    assert_allclose(ordered.coef, binary.coef, rtol=1e-9)
    assert_allclose(ordered.std_error, binary.std_error, rtol=REFERENCE)


def test_adjacent_categories_with_all_terms_nominal_are_multinomial() -> None:
    births = lk.datasets.load_lbw()
    order = ["white", "other", "black"]
    births = births.assign(race=pd.Categorical(births["race"], categories=order, ordered=True))
    ordered = lk.ordinal("race ~ age + smoke", births, model="adjacent", nominal="age + smoke")
    several = lk.multinomial("race ~ age + smoke", births)
    assert_allclose(ordered.loglik, several.loglik, rtol=1e-13)
    assert_allclose(ordered.predict(), several.predict(), rtol=1e-9)
    expected = several.coef["black"] - several.coef["other"]
    assert_allclose(ordered.coef[["other|black", "other|black:age"]], expected[["Intercept", "age"]], rtol=1e-8)


def test_one_nominal_factor_gives_the_table() -> None:
    frame, left = counted("housing")
    fit = lk.ordinal(f"{left} ~ Infl", frame, nominal="Infl")
    totals = frame.groupby("Infl", observed=True)[["y0", "y1", "y2"]].sum()
    proportions = totals.div(totals.sum(axis=1), axis=0).loc[frame["Infl"]]
    assert_allclose(fit.predict(), proportions, rtol=1e-10)
    below = proportions.cumsum(axis=1).iloc[0, :2]
    assert_allclose(fit.coef[:2], np.log(below / (1 - below)), rtol=1e-10)


def test_reversing_the_order_turns_the_signs_and_mirrors_the_link() -> None:
    frame, _ = counted("housing")
    up = lk.ordinal("cbind(y0, y1, y2) ~ Infl + Cont", frame, link="cloglog", nominal="Cont")
    down = lk.ordinal("cbind(y2, y1, y0) ~ Infl + Cont", frame, link="loglog", nominal="Cont")
    assert_allclose(down.loglik, up.loglik, rtol=1e-13)
    assert_allclose(down.coef["Infl[T.High]"], -up.coef["Infl[T.High]"], rtol=1e-9)
    assert_allclose(down.coef["y2|y1:Cont[T.High]"], -up.coef["y1|y2:Cont[T.High]"], rtol=1e-9)


@pytest.mark.parametrize("name", [name for name in TESTS if name != "wine_temp"])
@pytest.mark.parametrize("information", ["observed", "expected"])
def test_proportional_odds_are_tested_as_stored(name: str, information: str) -> None:
    stored, at = TESTS[name], FITS_TESTED.get(name, f"{name}_logit")
    nominal = STORED[f"cumulative-{at}"]["nominal"]
    formula, frame, options = stored_call(STORED[f"cumulative-{at}"])
    fit = lk.ordinal(formula, frame, information=information, **options | {"nominal": None})
    for test, key in (("score", "score_"), ("Wald", "wald_"), ("LR", "likelihood_ratio")):
        expected = stored.get(key if test == "LR" else key + information)
        if expected is None:
            continue
        found = fit.proportional_odds_test(test)
        row = 0 if nominal is None else found.labels.index(terms(nominal))
        assert found.dof[row] == stored["dof"]
        assert_allclose(found.statistic[row], expected, rtol=1e-6)  # a test is off by the square of a gradient


def test_one_term_alone_is_all_terms() -> None:
    frame, left = counted("cheese")
    fit = lk.ordinal(f"{left} ~ additive", frame)
    found = fit.proportional_odds_test()
    assert found.labels == ("all terms", "additive")
    assert found.statistic[0] == found.statistic[1]
