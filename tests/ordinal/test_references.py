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
    was = (
        "'both' was 2 gpa \\+ pared \\+ 1000; here" if place == "after" else "'pared' was -2 gpa \\+ both - 1000; here"
    )
    with pytest.raises(DataError, match=was):
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


#: R: clm(apply ~ pared + gpa + offset(0.5 * public), weights = w, link = ..., data = students), w = 1 + row %% 3, rows
#: from 1: log-likelihood, thresholds, pared and gpa, and their errors.
WEIGHTED = {
    "logit": (-723.126126111, [1.776419058263, 3.903334866473, 0.968691215125, 0.457618545622],
              [0.547145500092, 0.564515967401, 0.186839188055, 0.181280519420]),
    "probit": (-727.654283012, [0.950945741676, 2.178949287304, 0.561017775357, 0.225066903598],
               [0.327618664003, 0.333969535027, 0.109907577334, 0.108822597189]),
    "cloglog": (-725.106330152, [0.544545601068, 1.675959118581, 0.533328770237, 0.214279718458],
                [0.321746967178, 0.324941214518, 0.112629476727, 0.107787573388]),
    "loglog": (-730.657007102, [1.466489940408, 3.264514056488, 0.627453451500, 0.255129621993],
               [0.407884722587, 0.421918001467, 0.128327130067, 0.134294120969]),
    "cauchit": (-733.129814133, [1.373919263762, 4.224877320244, 0.873745893138, 0.358794564415],
                [0.486843247220, 0.574722253463, 0.223367410617, 0.160823195946]),
}  # fmt: skip


@pytest.mark.parametrize("link", WEIGHTED)
def test_weights_and_an_offset_are_those_of_clm(link: str) -> None:
    frame, left = counted("students")
    frame = frame.assign(w=1.0 + np.arange(1, len(frame) + 1) % 3, half=0.5 * frame["public"])
    fit = lk.ordinal(f"{left} ~ pared + gpa", frame, link=link, weights="w", offset="half")
    loglik, coef, error = WEIGHTED[link]
    # clm() puts the outer thresholds at -1e5 and 1e5, beyond which a Cauchy distribution still has 6e-6.
    within = 1e-4 if link == "cauchit" else REFERENCE
    assert_allclose(fit.loglik, loglik, rtol=within)
    assert_allclose(fit.coef, coef, rtol=within)
    assert_allclose(fit.std_error, error, rtol=max(within, 1e-6))  # of a Hessian by differences of gradients


def test_a_column_that_a_nominal_one_determines_is_dropped_by_clm_too() -> None:
    # R: clm(apply ~ pared + both, nominal = ~gpa, data = students), both = 2 * gpa + pared, is aliased there.
    frame, left = counted("students")
    frame = frame.assign(both=2.0 * frame["gpa"] + frame["pared"])
    fit = lk.ordinal(f"{left} ~ pared + both + gpa", frame, nominal="gpa")
    assert fit.aliased == ("both",)
    assert_allclose(fit.loglik, -358.136526667, rtol=1e-11)
    thresholds, slopes = [1.9948177358, 5.2599604069], [-0.5432165771, -0.9218122497]  # whose sign clm turns round
    assert_allclose(fit.coef.drop("both"), [*thresholds, 1.0366316570, *(-np.array(slopes))], rtol=REFERENCE)
