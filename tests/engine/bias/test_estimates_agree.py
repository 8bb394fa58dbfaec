"""Fits whose bias is reduced against brglm2, printed figures of logistf, closed forms and brute force."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import chdtrc

import logitkit as lk
from logitkit.engine.bias import estimate, null
from logitkit.inference.bias.ratios import penalised_ratio
from oracles.bias import adjusted_score, jeffreys_value
from references.load import load_fixture, load_table
from tolerances import EXACT, REFERENCE, ROUTE

STORED = load_table("bias/brglm2")
KINDS = {"mean": lk.MeanBias(), "median": lk.MedianBias()}
LIKELY = ["unlikely", "somewhat likely", "very likely"]
BY_STEPS = lk.Ordinal("adjacent", order=["white", "black", "other"])
TIGHT = lk.Newton(tol=1e-11)


def data_of(name):
    return load_fixture(name) if name != "lbw" else lk.datasets.load_lbw()


@pytest.mark.parametrize("name", STORED["fits"])
def test_two_outcomes_agree_with_brglm2(name):
    stored = STORED["fits"][name]
    penalty = KINDS.get(stored["type"]) or lk.Jeffreys(stored["power"])
    fit = lk.logit(
        stored["formula"],
        data_of(stored["data"]),
        link=stored["link"],
        weights=stored["weights"],
        penalty=penalty,
        solver=TIGHT,
    )
    assert_allclose(fit.coef, stored["coef"], rtol=REFERENCE, atol=REFERENCE)
    assert_allclose(fit.std_error, stored["std_error"], rtol=REFERENCE)
    assert_allclose(fit.loglik, stored["loglik"], rtol=REFERENCE)


@pytest.mark.parametrize("kind", KINDS)
def test_several_outcomes_agree_with_brglm2(kind):
    stored = STORED["several"][f"race_{kind}"]
    births = lk.datasets.load_lbw()
    fit = lk.multinomial(stored["formula"], births, reference="white", penalty=KINDS[kind], solver=TIGHT)
    assert_allclose(fit.coef[["black", "other"]].to_numpy().T, stored["coef"], rtol=REFERENCE)


def test_adjacent_categories_agree_with_brglm2():
    stored = STORED["several"]["students_mean"]
    model = lk.Ordinal("adjacent", order=LIKELY)
    fit = lk.fit(stored["formula"], load_fixture("ologit"), model=model, penalty=lk.MeanBias(), solver=TIGHT)
    assert_allclose(fit.record.coef, stored["coef"], rtol=REFERENCE)


# sex2 with logistf (Heinze and Schemper 2002), as its manual prints it: coefficients, errors, intervals, p-values.
SEX2 = {
    "Intercept": (0.12025405, 0.48554148),
    "age": (-1.10598133, 0.42366013),
    "oc": (-0.06881673, 0.44379345),
    "vic": (2.26887465, 0.54841596),
    "vicl": (-2.11140819, 0.54308236),
    "vis": (-0.78831695, 0.41736757),
    "dia": (3.09601183, 1.67500841),
}


@pytest.fixture(scope="module")
def sex2():
    return lk.logit("case ~ age + oc + vic + vicl + vis + dia", load_fixture("sex2"), penalty=lk.Jeffreys())


def test_sex2_agrees_with_logistf(sex2):
    coef, errors = np.array([SEX2[name] for name in sex2.coef.index]).T
    assert_allclose(sex2.coef, coef, atol=6e-9)  # eight decimals
    assert_allclose(sex2.std_error, errors, atol=6e-9)
    assert_allclose(sex2.record.adjustment.value, -132.5393795, atol=1e-7)
    test = sex2.lr_test()
    assert_allclose(test.statistic, 49.09064, atol=6e-6)
    assert test.dof == 6
    terms = dict(zip(sex2.anova().labels, sex2.anova().p_value, strict=True))
    printed = {"age": 6.143472e-03, "vic": 1.678877e-06, "vicl": 1.237805e-05, "dia": 4.951873e-03}
    for name, p in printed.items():
        assert_allclose(terms[name], p, rtol=1e-6)


def test_in_a_table_of_two_groups_each_count_gets_one_half():
    table = {"events": [0, 3], "nonevents": [5, 4], "group": ["a", "b"]}
    fit = lk.logit("cbind(events, nonevents) ~ group", table, penalty=lk.Jeffreys())
    first, second = np.log(0.5 / 5.5), np.log(3.5 / 4.5)
    assert_allclose(fit.coef, [first, second - first], rtol=ROUTE)


def test_of_several_outcomes_each_count_gets_one_half():
    counts = {"g": ["u", "u", "u", "v", "v", "v"], "y": list("abcabc"), "n": [4, 0, 3, 1, 5, 2]}
    fit = lk.multinomial("y ~ g", counts, weights="n", penalty=lk.Jeffreys(), reference="a")
    raised = np.array(counts["n"], dtype=float).reshape(2, 3) + 0.5
    assert_allclose(fit.predict({"g": ["u", "v"]}), raised / raised.sum(axis=1, keepdims=True), rtol=ROUTE)


def test_with_the_logit_mean_bias_reduction_is_jeffreys_prior():
    births = lk.datasets.load_lbw()
    for make in (
        lambda p: lk.logit("low ~ age + smoke", births, penalty=p, solver=TIGHT),
        lambda p: lk.multinomial("race ~ age + smoke", births, penalty=p, reference="white", solver=TIGHT),
        lambda p: lk.fit(
            "race ~ age", births, model=lk.Ordinal("adjacent", order=["white", "black", "other"]), penalty=p
        ),
    ):
        assert_allclose(make(lk.MeanBias()).record.coef, make(lk.Jeffreys()).record.coef, rtol=1e-7)  # two solvers


ORDERED = {"y": [1, 1, 2, 3, 2, 1, 3, 3, 2, 3, 1, 2], "x": [1.0, 2.0, 1.5, 4.0, 3.0, 2.5, 5.0, 3.5, 2.0, 4.5, 1.0, 3.0]}


def ordered_rows(link):
    """Probabilities of the outcomes as a function of thresholds and slope."""
    from logitkit.models.links import LINKS

    x = np.array(ORDERED["x"])

    def rows(coef):
        below = np.stack([np.zeros(x.size), *(LINKS[link].inverse(t - coef[2] * x) for t in coef[:2]), np.ones(x.size)])
        return np.diff(below, axis=0)

    return rows, np.eye(3)[np.array(ORDERED["y"]) - 1].T, np.ones(x.size)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_adjusted_scores_of_cumulative_models_are_zero_by_brute_force(link):
    rows, y, weights = ordered_rows(link)
    for penalty in (lk.MeanBias(), lk.MedianBias()):
        fit = lk.fit("y ~ x", ORDERED, model=lk.Ordinal(link=link), penalty=penalty)
        score = adjusted_score(rows, fit.record.coef, weights, y, median=isinstance(penalty, lk.MedianBias))
        assert_allclose(score, 0.0, atol=2e-5)  # second differences


def test_jeffreys_prior_of_cumulative_models_is_largest_by_brute_force():
    rows, y, weights = ordered_rows("probit")
    fit = lk.fit("y ~ x", ORDERED, model=lk.Ordinal(link="probit"), penalty=lk.Jeffreys())
    coef = fit.record.coef
    value = jeffreys_value(rows, coef, weights, y, 0.5)
    assert_allclose(fit.record.adjustment.value, value, rtol=1e-6)  # differences
    for unit in 0.01 * np.eye(3):
        assert max(jeffreys_value(rows, coef + s * unit, weights, y, 0.5) for s in (1, -1)) < value


def test_a_cumulative_model_of_two_outcomes_is_the_binary_one():
    data = {"y": [0, 0, 1, 0, 1, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0, 4.0]}
    for penalty in (lk.Jeffreys(), lk.MeanBias(), lk.MedianBias()):
        one = lk.logit("y ~ x", data, link="cloglog", penalty=penalty, solver=TIGHT).coef
        other = lk.fit("y ~ x", data, model=lk.Ordinal(link="loglog"), penalty=penalty, solver=TIGHT).record.coef
        assert_allclose(other, [-one["Intercept"], one["x"]], rtol=1e-7)  # two likelihoods


def test_log_f_priors_are_rows_that_are_added():
    births = lk.datasets.load_lbw()
    data = {"one": np.ones(189), "smoke": births["smoke"].to_numpy(), "age": births["age"].to_numpy() / 10}
    events = births["low"].to_numpy()
    fit = lk.logit("low ~ smoke + age", data | {"low": events}, penalty=lk.LogF({"smoke": 2, "age": 1}), solver=TIGHT)
    rows = {
        name: np.append(column, extra) for (name, column), extra in zip(data.items(), np.eye(3)[:, 1:], strict=True)
    }
    rows |= {"events": np.append(events, [1, 1]), "nonevents": np.append(1 - events, [1, 1])}
    weights = np.append(np.ones(189), [1.0, 0.5])  # of the two trials of each
    formula = "cbind(events, nonevents) ~ 0 + one + smoke + age"
    added = lk.logit(formula, rows, weights=weights, weight_kind="precision", solver=TIGHT)
    assert_allclose(fit.coef, added.coef, rtol=ROUTE)
    assert_allclose(fit.std_error, added.std_error, rtol=ROUTE)


def test_flic_and_flac_predict_the_proportion_of_events():
    endometrial = load_fixture("endometrial")
    firth = lk.logit("HG ~ NV + PI + EH", endometrial, penalty=lk.Jeffreys())
    flic, flac = (
        lk.logit("HG ~ NV + PI + EH", endometrial, penalty=lk.Jeffreys(correction=name)) for name in ("FLIC", "FLAC")
    )
    for fit in (flic, flac):
        assert_allclose(fit.predict().mean(), endometrial["HG"].mean(), rtol=ROUTE)
    assert_allclose(flic.coef.iloc[1:], firth.coef.iloc[1:], rtol=EXACT)
    # FLAC is maximum likelihood on the rows and copies of half the leverage, told apart by a column.
    X = np.column_stack([np.ones(79), endometrial[["NV", "PI", "EH"]]])
    p = firth.predict().to_numpy()
    root = X * np.sqrt(p * (1 - p))[:, None]
    half = 0.5 * np.einsum("ij,jk,ik->i", root, np.linalg.inv(root.T @ root), root)
    y = endometrial["HG"].to_numpy()
    rows = np.vstack([np.column_stack([X, np.zeros(79)])] + 2 * [np.column_stack([X, np.ones(79)])])
    fit = lk.logit_matrix(
        rows,
        np.concatenate([y, y, 1 - y]),
        names=["one", "NV", "PI", "EH", "added"],
        weights=np.concatenate([np.ones(79), half, half]),
        weight_kind="precision",
    )
    assert_allclose(flac.coef, fit.coef.iloc[:4], rtol=1e-6)  # leverages of a fit that stops at 1e-8


OF_FIRTHMODELS = load_table("bias/firthmodels")["fits"]
APART = {"y": [0, 0, 0, 1, 1, 1], "x": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "z": [1.0, 3.0, 2.0, 2.5, 1.5, 2.0]}


@pytest.mark.parametrize("name", OF_FIRTHMODELS)
def test_intervals_and_tests_agree_with_firthmodels(name):
    stored = OF_FIRTHMODELS[name]
    data = APART if stored["data"] == "separated" else load_fixture(stored["data"])
    fit = lk.logit(stored["formula"], data, penalty=lk.Jeffreys(stored["power"]), solver=TIGHT)
    assert_allclose(fit.coef, stored["coef"], rtol=REFERENCE, atol=1e-6)  # of a flat penalised likelihood
    assert_allclose(fit.record.adjustment.value, stored["loglik"], rtol=ROUTE)
    assert_allclose(fit.confint("profile"), np.column_stack([stored["low"], stored["high"]]), rtol=REFERENCE)
    p_value = np.array([float(value) for value in stored["p_value"]])
    known = np.isfinite(p_value)
    # It has none for some coefficients, where its constrained fit fails, and for none where its fit does not end.
    assert known.sum() >= 2 or name == "separated_0.2"
    functions = np.eye(p_value.size)
    own = [penalised_ratio(fit.record, fit.design, function[None])[0] for function in functions[known]]
    assert_allclose(chdtrc(1.0, own), p_value[known], rtol=REFERENCE)


ROUTES = {
    "weights of zero": ("y ~ x", {"weights": "w"}),
    "counts, some of no trial": ("cbind(e, o) ~ x", {}),
    "levels in place of an intercept": ("y ~ 0 + C(g) + x", {}),
    "offset": ("y ~ x + offset(z)", {}),
    "no constant": ("y ~ 0 + x", {}),
    "separated": ("s ~ x", {}),
}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("power", [0.5, 0.3])
def test_the_start_and_the_null_model_are_those_of_the_long_way(monkeypatch, route, power):
    """From zero, and with the information of all rows at each step of the null model."""
    rng = np.random.default_rng(11)
    n = 60
    x, events = rng.normal(size=n), rng.integers(0, 3, n)
    data = {"x": x, "y": (x + rng.logistic(size=n) > 1.0).astype(int), "s": (x > 0.4).astype(int)}
    data |= {"w": rng.integers(0, 3, n), "z": rng.normal(size=n), "g": rng.integers(0, 3, n)}
    data |= {"e": events, "o": np.where(rng.random(n) < 0.3, 0, 2) * (events > 0)}
    formula, arguments = ROUTES[route]
    fit = lk.logit(formula, data, penalty=lk.Jeffreys(power), solver=TIGHT, **arguments)
    monkeypatch.setattr(estimate, "evenly_adjusted", lambda penalised, origin: origin)
    monkeypatch.setattr(null, "_in_one_row", lambda penalised, solver: None)
    long = lk.logit(formula, data, penalty=lk.Jeffreys(power), solver=TIGHT, **arguments)
    assert fit.converged
    assert len(fit.record.trace) < len(long.record.trace)
    assert_allclose(fit.coef, long.coef, rtol=ROUTE, atol=ROUTE)
    assert_allclose(fit.record.adjustment.value, long.record.adjustment.value, rtol=EXACT)
    assert_allclose(fit.record.adjustment.null_value, long.record.adjustment.null_value, rtol=EXACT)
