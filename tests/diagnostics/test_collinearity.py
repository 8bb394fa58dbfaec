"""Variance inflation: car, determinants in R, regressions and volumes by hand, and the binary model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.diagnostics.collinearity import collinearity
from logitkit.errors import DataError, SeparationError, UnsupportedError
from tolerances import EXACT, REFERENCE, ROUTE


def test_agrees_with_car(fitted):
    case = fitted("lbw")
    expected = case.reference["inference"]["gvif"]
    found = collinearity(case.record)
    assert list(found.terms) == expected["term"]
    assert_allclose(found.gvif, expected["gvif"], rtol=REFERENCE)
    assert_allclose(found.dof, expected["dof"])
    assert_allclose(found.gvif_scaled, expected["gvif_scaled"], rtol=REFERENCE)
    assert found.has_intercept
    assert found.left_out == ()


def weighted_vif(X, weights, j):
    """1 / (1 - R^2) of the weighted regression of column j on the others, intercept first."""
    root = np.sqrt(weights)[:, None]
    others = np.delete(X, j, axis=1)
    fitted = others @ np.linalg.lstsq(others * root, X[:, j] * root[:, 0], rcond=None)[0]
    mean = np.average(X[:, j], weights=weights)
    return (weights @ (X[:, j] - mean) ** 2) / (weights @ (X[:, j] - fitted) ** 2)


@pytest.mark.parametrize("name", ["lbw", "lbw_frequency", "esoph", "german_credit", "credit_data"])
def test_one_column_is_a_regression_on_the_others(fitted, name):
    case = fitted(name)
    X, mu = case.design.matrix.to_dense(), case.reference["fit"]["fitted"]
    weights = case.design.response.weights * mu * (1 - mu)
    found = collinearity(case.record)
    columns = {term.name: term.columns for term in case.record.info.terms}
    single = [i for i, name in enumerate(found.terms) if found.dof[i] == 1]
    assert single
    expected = [weighted_vif(X, weights, columns[found.terms[i]][0]) for i in single]
    assert_allclose(found.gvif[single], expected, rtol=REFERENCE)


@pytest.mark.parametrize("name", ["lbw", "german_credit", "lbw_interaction"])
def test_a_term_is_the_ratio_of_volumes(fitted, name):
    """The same factor from the information: det S_AA det S_BB / det S with S centred cross-products."""
    case = fitted(name)
    X, mu = case.design.matrix.to_dense()[:, 1:], case.reference["fit"]["fitted"]
    weights = mu * (1 - mu)
    centred = X - np.average(X, axis=0, weights=weights)
    S = centred.T @ (centred * weights[:, None])
    scale = 1.0 / np.sqrt(np.diag(S))
    S *= scale[:, None] * scale
    terms = [term for term in case.record.info.terms if 0 not in term.columns]
    expected = []
    for term in terms:
        inside = np.array(term.columns) - 1
        outside = np.setdiff1d(np.arange(len(S)), inside)
        log_det = [np.linalg.slogdet(S[np.ix_(i, i)])[1] for i in (inside, outside)]
        expected.append(np.exp(sum(log_det) - np.linalg.slogdet(S)[1]))
    assert_allclose(collinearity(case.record).gvif, expected, rtol=REFERENCE)


def test_one_term_has_nothing_to_be_inflated_by(fit_formula, tied):
    record, _ = fit_formula("y ~ x", tied)
    assert_allclose(collinearity(record).gvif, 1.0, rtol=EXACT)


def test_rescaling_a_column_changes_nothing(fit_formula, tied):
    one, _ = fit_formula("y ~ x + w", tied)
    other, _ = fit_formula("y ~ x + w", {**tied, "x": 1000.0 * tied["x"] - 5.0})
    assert_allclose(collinearity(other).gvif, collinearity(one).gvif, rtol=ROUTE)


def test_aliased_columns_are_left_out_and_named(fitted):
    case = fitted("lbw_aliased")
    found = collinearity(case.record)
    assert found.left_out == ("lwt_kg",)
    assert "lwt_kg" not in found.terms
    assert np.isfinite(found.gvif).all()


def test_separated_columns_are_left_out_and_named(fitted):
    found = collinearity(fitted("endometrial").record)
    assert found.left_out == ("NV",)
    assert found.terms == ("PI", "EH")


def test_says_when_there_is_no_intercept(fitted):
    found = collinearity(fitted("lbw_no_intercept").record)
    assert not found.has_intercept
    assert found.terms[0] == "C(race)"


def test_nothing_to_compare_is_refused(fit_formula, tied):
    with pytest.raises(UnsupportedError, match="no column besides the intercept"):
        collinearity(fit_formula("y ~ 1", tied)[0])
    with pytest.raises(SeparationError, match="x"):
        collinearity(fit_formula("y ~ x", {"x": [0, 1, 2, 3], "y": [0, 0, 1, 1]})[0])


FORMULA = "race ~ age + lwt + smoke + C(ftv)"


@pytest.fixture(scope="module")
def lbw() -> pd.DataFrame:
    data = lk.datasets.load_lbw()
    return data.assign(ftv=data["ftv"].clip(upper=2), w=1.0 + data["id"] % 3)


def by_hand(fit: lk.MultinomialFit, term: str) -> float:
    """The ratio of determinants of the covariance, over the coefficients whose name has the term or has not."""
    names = [name for name in fit.vcov.index if not name.endswith("Intercept")]
    inside = [name for name in names if name.split(":", 1)[1].startswith(term)]
    outside = [name for name in names if name not in inside]
    V = fit.vcov
    logs = [np.linalg.slogdet(V.loc[part, part])[1] for part in (inside, outside, names)]
    return float(np.exp(logs[0] + logs[1] - logs[2]))


def test_agrees_with_r(outcomes):
    found = outcomes.fit.collinearity()
    assert list(found.index) == outcomes.reference["terms"]
    assert_allclose(found["gvif"], outcomes.reference["gvif"], rtol=REFERENCE)
    assert found["dof"].tolist() == [2, 2, 2, 2]
    assert_allclose(found["gvif_scaled"], found["gvif"] ** 0.25, rtol=EXACT)


def test_terms_of_several_columns_by_hand(lbw):
    fit = lk.multinomial(FORMULA, lbw)
    found = fit.collinearity()
    for term in found.index:
        assert_allclose(found.loc[term, "gvif"], by_hand(fit, term), rtol=ROUTE)
    assert found.loc["C(ftv)", "dof"] == 4


@pytest.mark.parametrize("reference", ["other", "white", None])
def test_the_reference_changes_nothing(lbw, reference):
    first = lk.multinomial(FORMULA, lbw, reference="black").collinearity()
    found = lk.multinomial(FORMULA, lbw, reference=reference).collinearity()
    assert_allclose(found, first, rtol=1e-8)  # two optima


@pytest.mark.parametrize("options", [{}, {"weights": "w"}, {"weights": "w", "weight_kind": "sampling"}])
def test_two_outcomes_are_the_binary_model(lbw, options):
    formula = "low ~ age + lwt + smoke + C(ftv)"
    several = lk.multinomial(formula, lbw, **options).collinearity()
    pd.testing.assert_frame_equal(several, lk.logit(formula, lbw, **options).collinearity(), rtol=ROUTE)


def test_predictors_that_differ_count_what_they_have(lbw):
    fit = lk.multinomial("race ~ age + lwt + smoke", lbw, per_outcome={"other": "age + smoke"}, equal="smoke")
    found = fit.collinearity()
    assert found["dof"].to_dict() == {"age": 2, "lwt": 1, "smoke": 1}
    # One name an estimate: those of black, and age of other.
    names = ["black:age", "black:lwt", "black:smoke", "other:age"]
    if "black" not in fit.record.modelled:
        names = [f"{fit.record.modelled[0]}:{name.split(':')[1]}" for name in names[:3]] + names[3:]
    V = fit.vcov.loc[names, names].to_numpy()
    for term, inside in {"age": [0, 3], "lwt": [1], "smoke": [2]}.items():
        outside = [j for j in range(4) if j not in inside]
        parts = [np.linalg.det(V[np.ix_(part, part)]) for part in (inside, outside)]
        assert_allclose(found.loc[term, "gvif"], parts[0] * parts[1] / np.linalg.det(V), rtol=ROUTE)


def test_separated_and_aliased_coefficients_take_no_part(lbw):
    twice = lk.multinomial("race ~ age + lwt + x2", lbw.assign(x2=2 * lbw["lwt"]))
    assert_allclose(twice.collinearity(), lk.multinomial("race ~ age + lwt", lbw).collinearity(), rtol=ROUTE)
    data = lbw.assign(g=((lbw["race"] == "white") & (lbw["age"] > 25)).astype(int))
    separated = lk.multinomial("race ~ age + lwt + g", data)
    assert separated.separation is not None
    assert list(separated.collinearity().index) == ["age", "lwt"]
    alone = lk.multinomial("race ~ g", data)
    with pytest.raises(SeparationError, match="No coefficient other than the intercepts is finite"):
        alone.collinearity()
    with pytest.raises(UnsupportedError, match="no column besides the intercept"):
        lk.multinomial("race ~ 1", lbw).collinearity()


@pytest.mark.parametrize("options", [{}, {"weights": "w", "weight_kind": "precision"}, {"link": "probit"}])
def test_condition_indices_are_singular_values_of_the_weighted_columns(lbw, options):
    """By the singular values of the columns themselves, each of unit length, as Belsley, Kuh and Welsch have them."""
    lbw = lbw.assign(w=np.linspace(0.5, 2.0, len(lbw)), near=lbw["lwt"] + np.sin(np.arange(len(lbw))) / 20)
    fit = lk.logit("low ~ age + lwt + near + C(race)", lbw, **options)
    eta, X = fit.predict_link().to_numpy()[None], fit.design.matrix.to_dense()
    curvature = fit.design.response.weights * fit.record.family.curvatures(eta)[0, 0]
    if options.get("link") == "probit":
        curvature = fit.design.response.weights * fit.record.family.expected.curvatures(eta)[0, 0]
    scaled = np.sqrt(curvature)[:, None] * X
    _, values, vectors = np.linalg.svd(scaled / np.linalg.norm(scaled, axis=0))
    parts = (vectors / values[:, None]) ** 2
    found = fit.collinearity("condition")
    assert_allclose(found["condition_index"], values[0] / values, rtol=1e-5)  # of some thousand, from squares
    assert_allclose(found["eigenvalue"], values**2, rtol=1e-5)
    assert_allclose(found.iloc[:, 2:], parts / parts.sum(axis=0), atol=1e-6)
    assert found["condition_index"].max() > 1_000
    assert found.loc[found.index[-1], ["lwt", "near"]].min() > 0.99


def test_condition_indices_of_what_has_none(lbw):
    several = lk.multinomial("race ~ age + lwt", lbw).collinearity("condition")
    assert several.columns[2:].tolist() == [f"{k}:{x}" for k in ("black", "other") for x in ("Intercept", "age", "lwt")]
    assert_allclose(several["eigenvalue"].sum(), 6.0, rtol=ROUTE)
    aliased = lk.logit("low ~ age + twice", lbw.assign(twice=2 * lbw["age"])).collinearity("condition")
    assert aliased.columns[2:].tolist() == ["Intercept", "age"]
    with pytest.raises(DataError, match="kind='vif' is not known"):
        lk.logit("low ~ age", lbw).collinearity("vif")
