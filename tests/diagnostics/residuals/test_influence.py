"""Influence, of an event and of several outcomes: R, VGAM, plain algebra, real refits, and the binary model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.design.rebuild import rebuild_design
from logitkit.diagnostics.residuals.influence import influence
from logitkit.errors import DataError, UnsupportedError
from oracles.outcome_algebra import algebra
from references.load import load_frame, rows_of
from tolerances import EXACT, REFERENCE, ROUTE

MODELS = [
    "credit_data",
    "esoph",
    "german_credit",
    "lbw",
    "lbw_aliased",
    "lbw_frequency",
    "lbw_interaction",
    "lbw_no_intercept",
    "lbw_offset",
    "lbw_poly",
    "lbw_precision",
    "lbw_spline",
]


def assert_agrees(found, expected, rows=slice(None)):
    standardized = expected["standardized_residuals"]
    for name, value in {
        "leverage": expected["leverage"],
        "cooks_distance": expected["cooks_distance"],
        "standardized_pearson": standardized["pearson"],
        "standardized_deviance": standardized["deviance"],
    }.items():
        assert_allclose(getattr(found, name)[rows], value, rtol=REFERENCE, atol=REFERENCE, err_msg=name)


@pytest.mark.parametrize("name", MODELS)
def test_agree_with_r(fitted, name):
    case = fitted(name)
    found = influence(case.record, case.design)
    assert_agrees(found, rows_of(case.reference))
    assert found.rank == case.reference["fit"]["rank"]
    response = case.design.response
    copies = response.prior if response.prior is not None and response.weight_kind == "frequency" else 1.0
    assert_allclose(np.sum(copies * found.leverage), found.rank, rtol=ROUTE)


def test_of_a_separated_fit_is_that_of_the_limiting_model(fitted):
    case = fitted("endometrial")
    separation = case.reference["separation"]
    found = influence(case.record, case.design)
    assert found.rank == case.reference["fit"]["rank"]
    assert_agrees(found, case.reference["fit"], separation["overlap_rows"])
    for values in (found.leverage, found.cooks_distance, found.standardized_deviance):
        assert_array_equal(values[separation["separated_rows"]], 0.0)


def test_leverage_of_1_has_no_distance(fitted):
    case = fitted("esoph_saturated")
    found = influence(case.record, case.design)
    assert_allclose(found.leverage, 1.0, rtol=ROUTE)
    assert np.isnan(found.cooks_distance).all()
    assert np.isnan(found.standardized_pearson).all()


def test_cooks_distance_is_a_newton_step_without_the_row(fitted):
    """By brute force: the step from the estimate, with the row's score and curvature taken out."""
    case = fitted("lbw")
    X, y = case.design.matrix.to_dense(), case.design.response.y
    mu = 1.0 / (1.0 + np.exp(-X @ case.record.coef))
    information = X.T @ (X * (mu * (1 - mu))[:, None])
    expected = []
    for i in range(len(y)):
        without = information - mu[i] * (1 - mu[i]) * np.outer(X[i], X[i])
        step = np.linalg.solve(without, X[i] * (y[i] - mu[i]))
        expected.append(step @ information @ step / X.shape[1])
    assert_allclose(influence(case.record, case.design).cooks_distance, expected, rtol=1e-8)  # 189 inverses


def test_rows_that_were_not_fitted_are_refused(fitted):
    case = fitted("lbw")
    other = rebuild_design(case.record.info, load_frame(case.reference).iloc[:100])
    with pytest.raises(UnsupportedError, match="rows of the fit"):
        influence(case.record, other)


def test_positions_are_those_of_the_table(fitted):
    case = fitted("credit_data")
    dropped = set(case.reference["model"]["dropped_rows"])
    found = influence(case.record, case.design).positions
    assert_array_equal(found, [i for i in range(case.reference["model"]["n_rows"]) if i not in dropped])


FORMULA = "race ~ age + lwt + smoke"


@pytest.fixture(scope="module")
def lbw() -> pd.DataFrame:
    data = lk.datasets.load_lbw()
    rng = np.random.default_rng(3)
    return data.assign(w=rng.integers(1, 4, len(data)).astype(float), z=0.3 * rng.standard_normal(len(data)))


@pytest.fixture(scope="module")
def fit(lbw) -> lk.MultinomialFit:
    return lk.multinomial(FORMULA, lbw, weights="w", weight_kind="precision", offset={"other": "z"})


@pytest.fixture(scope="module")
def counts() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    x = rng.standard_normal(30)
    eta = np.column_stack([np.zeros(30), 0.5 * x, 0.3 - x])
    p = np.exp(eta) / np.exp(eta).sum(axis=1, keepdims=True)
    drawn = np.array([rng.multinomial(6, row) for row in p])
    return pd.DataFrame({"a": drawn[:, 0], "b": drawn[:, 1], "c": drawn[:, 2], "x": x})


def test_residuals_are_their_formulas(fit):
    plain = algebra(fit)
    raw = plain.y - plain.p
    assert_allclose(fit.residuals("response"), raw, rtol=ROUTE, atol=ROUTE)
    pearson = raw / np.sqrt(plain.p * (1 - plain.p) / plain.w[:, None])
    assert_allclose(fit.residuals("pearson"), pearson, rtol=ROUTE)
    assert_allclose(fit.residuals("working"), raw / (plain.p * (1 - plain.p)), rtol=ROUTE)
    own = np.where(plain.y > 0, -np.log(plain.p), -np.log(1 - plain.p))
    assert_allclose(fit.residuals(), np.sign(raw) * np.sqrt(2 * plain.w[:, None] * own), rtol=ROUTE)
    assert list(fit.residuals().columns) == list(fit.outcomes)


def test_residuals_of_counts_are_those_of_binomial_counts(counts):
    fit = lk.multinomial("cbind(a, b, c) ~ x", counts)
    total, y = counts[["a", "b", "c"]].sum(axis=1).to_numpy(), algebra(fit).y
    p = fit.predict().to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(y > 0, y * np.log(y / p), 0.0) + np.where(y < 1, (1 - y) * np.log((1 - y) / (1 - p)), 0.0)
    # A row near its fit leaves a difference of logarithms.
    expected = np.sign(y - p) * np.sqrt(2 * total[:, None] * terms)
    assert_allclose(fit.residuals("deviance"), expected, rtol=ROUTE, atol=1e-7)


def test_what_rows_add_sums_to_the_statistics(fit, counts):
    plain = algebra(fit)
    found = fit.influence()
    assert_allclose(found["pearson"], (plain.w[:, None] * (plain.y - plain.p) ** 2 / plain.p).sum(axis=1), rtol=ROUTE)
    assert_allclose(found["deviance"].sum(), fit.deviance, rtol=EXACT)
    grouped = lk.multinomial("cbind(a, b, c) ~ x", counts)
    assert_allclose(grouped.influence()["deviance"].sum(), grouped.deviance, rtol=ROUTE)


@pytest.mark.parametrize("grouped", [False, True])
def test_a_frequency_weight_is_the_row_written_out(lbw, counts, grouped):
    """Residuals and influence are those of each copy."""
    formula, rows = ("cbind(a, b, c) ~ x", counts.assign(w=1.0 + np.arange(30) % 3)) if grouped else (FORMULA, lbw)
    weighted = lk.multinomial(formula, rows, weights="w")
    written = lk.multinomial(formula, rows.loc[rows.index.repeat(rows["w"].astype(int))].reset_index(drop=True))
    first = (rows["w"].cumsum() - rows["w"]).astype(int).to_numpy()
    for kind in ("response", "pearson", "deviance"):
        # The deviance of a proportion is a difference of logarithms: its root keeps half the digits.
        near = 1e-7 if grouped and kind == "deviance" else ROUTE
        assert_allclose(weighted.residuals(kind), written.residuals(kind).iloc[first], rtol=ROUTE, atol=near)
    assert_allclose(weighted.influence(), written.influence().iloc[first], rtol=ROUTE, atol=ROUTE)
    by_outcome = written.outcome_influence().loc[first]
    # The deviance of a proportion again.
    assert_allclose(weighted.outcome_influence(), by_outcome, rtol=ROUTE, atol=1e-7 if grouped else ROUTE)
    assert_allclose(rows["w"] @ weighted.influence()["leverage"], weighted.n_params, rtol=ROUTE)
    assert_allclose(rows["w"] @ weighted.influence()["deviance"], weighted.deviance, rtol=ROUTE)


@pytest.mark.parametrize("reference", ["white", "other"])
def test_influence_is_the_algebra_of_leaving_a_row_out(lbw, reference):
    """The Newton step without the row, from the information of all other rows, written out."""
    fit = lk.multinomial(FORMULA, lbw, weights="w", weight_kind="precision", offset={"other": "z"}, reference=reference)
    plain, found = algebra(fit), fit.influence()
    whole = plain.information()
    V = np.linalg.inv(whole)
    for i in (0, 17, 80, 188):
        X, W, s = plain.block(i), plain.row_information(i), plain.score(i)
        assert_allclose(found["leverage"][i], np.trace(X @ V @ X.T @ W), rtol=ROUTE)
        d = np.linalg.solve(plain.information(without=i), X.T @ s)
        assert_allclose(found["cooks_distance"][i], d @ whole @ d / fit.n_params, rtol=ROUTE)
        left = np.linalg.inv(W) - X @ V @ X.T
        inside = np.linalg.inv(W) @ s
        assert_allclose(found["pearson_deleted"][i], inside @ np.linalg.solve(left, inside), rtol=ROUTE)
    assert_allclose(found["leverage"].sum(), fit.n_params, rtol=ROUTE)


def test_distance_foretells_real_refits(lbw):
    """One step is not the whole way: it is short by a few per cent for most rows, by more for the most influential.

    The step without a row is short by a proportion of the order of its leverage. That is below 0.05 for most rows here
    and reaches 0.16.
    """
    fit = lk.multinomial(FORMULA, lbw)
    plain, found = algebra(fit), fit.influence()["cooks_distance"].to_numpy()
    whole = plain.information()
    rows = np.argsort(found)[::6]
    real = []
    for i in rows:
        without = lk.multinomial(FORMULA, lbw.drop(index=i))
        d = without.record.coef - fit.record.coef
        real.append(d @ whole @ d / fit.n_params)
    # One step of Newton is not the whole way: the more a row moves the fit, the more is left.
    assert_allclose(found[rows][:-8], real[:-8], rtol=0.05)
    assert_allclose(found[rows], real, rtol=0.2)
    assert (np.argsort(real)[-8:] == np.argsort(found[rows])[-8:]).all()


def test_outcome_leverage_is_the_variance_of_the_logit(fit):
    plain = algebra(fit)
    p, found = plain.p, fit.outcome_influence()
    predicted = fit.predictions()
    h = plain.w[:, None] * predicted["std_error"].to_numpy().reshape(p.shape) ** 2 / (p * (1 - p))
    assert_allclose(found["leverage"], h.reshape(-1), rtol=ROUTE)
    pearson = fit.residuals("pearson").to_numpy() / np.sqrt(1 - h)
    assert_allclose(found["standardized_pearson"], pearson.reshape(-1), rtol=ROUTE)
    assert_allclose((found["leverage"].to_numpy().reshape(p.shape) * (1 - p)).sum(axis=1), fit.influence()["leverage"])
    # The variance of y - fitted is W - W M W, element by element.
    V = np.linalg.inv(plain.information())
    X, W = plain.block(5), plain.row_information(5)
    variance = np.diag(W - W @ X @ V @ X.T @ W) / plain.w[5] ** 2
    expected = (plain.y[5] - plain.p[5])[plain.active] / np.sqrt(variance)
    assert_allclose(found.loc[5, "standardized_pearson"].to_numpy()[plain.active], expected, rtol=ROUTE)


def test_leverage_agrees_with_vgam(outcomes):
    assert_allclose(outcomes.fit.predict(), outcomes.reference["fitted"], rtol=REFERENCE)
    assert_allclose(outcomes.fit.influence()["leverage"], outcomes.reference["hat"], rtol=REFERENCE)


def test_no_reference_changes_no_influence(lbw):
    fits = [lk.multinomial(FORMULA, lbw, reference=reference) for reference in ("white", "other", None)]
    for other in fits[1:]:
        assert_allclose(other.influence(), fits[0].influence(), rtol=ROUTE)
        assert_allclose(other.outcome_influence(), fits[0].outcome_influence(), rtol=ROUTE)


@pytest.mark.parametrize("kind", ["frequency", "precision", "sampling"])
def test_two_outcomes_are_the_binary_model(lbw, kind):
    several = lk.multinomial("low ~ age + lwt + smoke", lbw, weights="w", weight_kind=kind)
    binary = lk.logit("low ~ age + lwt + smoke", lbw, weights="w", weight_kind=kind)
    for name in ("response", "pearson", "deviance"):
        assert_allclose(several.residuals(name)["1"], binary.residuals(name), rtol=ROUTE)
        assert_allclose(several.residuals(name)["0"], -binary.residuals(name), rtol=ROUTE)
    found, expected = several.influence(), binary.influence()
    assert_allclose(found["leverage"], expected["leverage"], rtol=ROUTE)
    assert_allclose(found["cooks_distance"], expected["cooks_distance"], rtol=ROUTE)
    assert_allclose(found["pearson_deleted"], expected["standardized_pearson"] ** 2, rtol=ROUTE)
    own = several.outcome_influence().xs("1", level="outcome")
    columns = ["leverage", "standardized_pearson", "standardized_deviance"]
    assert_allclose(own[columns], expected[columns], rtol=ROUTE)


def test_two_separated_outcomes_are_the_binary_model():
    data = {"x": [0, 0, 0, 1, 1, 1, 2, 2, 2], "y": [0, 0, 0, 0, 1, 1, 1, 1, 1]}
    several, binary = lk.multinomial("y ~ C(x)", data), lk.logit("y ~ C(x)", data)
    assert several.separation is not None
    assert_allclose(several.residuals()["1"], binary.residuals(), rtol=ROUTE)
    columns = ["leverage", "cooks_distance"]
    assert_allclose(several.influence()[columns], binary.influence()[columns], rtol=ROUTE, atol=EXACT)


def test_separated_rows_count_among_the_outcomes_that_are_left():
    """Where x = 0 only a and b are possible: a binary row within the limiting model."""
    data = pd.DataFrame({"x": np.repeat([0, 1], [6, 9]), "y": list("aabbbb" + "abcabcccc")})
    fit = lk.multinomial("y ~ C(x)", data)
    found = fit.influence()
    assert fit.separation is not None
    assert found.notna().all().all()
    # Saturated in each group of x: leverage is (K_x - 1) / n_x.
    assert_allclose(found["leverage"], np.where(data["x"] == 0, 1 / 6, 2 / 9), rtol=ROUTE)
    assert_allclose(fit.residuals("response")["c"][:6], 0.0, atol=0)
    contradicted = pd.DataFrame({"x": [0], "y": ["c"]})
    assert fit.residuals("response", data=contradicted)["c"].tolist() == [1.0]
    assert fit.residuals("pearson", data=contradicted)["c"].tolist() == [np.inf]


def test_a_row_with_coefficients_of_its_own_has_no_distance():
    counts = pd.DataFrame({"a": [4, 3], "b": [3, 2], "c": [5, 6], "g": [0, 1]})
    fit = lk.multinomial("cbind(a, b, c) ~ C(g)", counts)
    found = fit.influence()
    assert_allclose(found["leverage"], 2.0, rtol=ROUTE)
    assert found["cooks_distance"].isna().all()
    assert fit.outcome_influence()["standardized_pearson"].isna().all()


def test_what_has_no_answer_is_refused(fit, lbw):
    with pytest.raises(UnsupportedError, match="'deviant' is not a kind of residual"):
        fit.residuals("deviant")
    with pytest.raises(UnsupportedError, match="Influence is defined for the rows of the fit"):
        fit.influence(data=lbw.head(50))
    with pytest.raises(DataError, match="loaded model does not hold the rows"):
        type(fit)(fit.record).influence()
    assert_allclose(fit.influence(data=lbw), fit.influence(), rtol=EXACT)
    assert_allclose(fit.residuals(data=lbw.head(50)), fit.residuals().head(50), rtol=EXACT)
