"""Variance inflation over several outcomes: determinants in R, volumes by hand, and the binary model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import SeparationError, UnsupportedError
from tolerances import EXACT, REFERENCE, ROUTE

FORMULA = "race ~ age + lwt + smoke + C(ftv)"


@pytest.fixture(scope="module")
def lbw() -> pd.DataFrame:
    data = lk.datasets.load_lbw()
    return data.assign(ftv=data["ftv"].clip(upper=2), w=1.0 + data["id"] % 3)


def by_hand(fit: lk.results.multinomial.MultinomialFit, term: str) -> float:
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
    with pytest.raises(SeparationError, match="No coefficient but the intercepts is finite"):
        alone.collinearity()
    with pytest.raises(UnsupportedError, match="no column but the intercept"):
        lk.multinomial("race ~ 1", lbw).collinearity()
