"""Effects where data are separated: infinite ones, finite ones beside them, and what the data do not determine."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from tolerances import EXACT, ROUTE


def groups(last):
    """Three groups, of which the last has one outcome only."""
    rng = np.random.default_rng(0)
    x, g = rng.normal(size=40).round(2), np.array(list("aabb" * 8 + "cccccccc"))
    y = np.where(g == "c", last, rng.random(40) < 0.5).astype(int)
    return pd.DataFrame({"y": y, "x": x, "g": g})


@pytest.fixture(scope="module")
def quasi():
    """A fit with an infinite coefficient and a finite slope, and that of the rows without the last group."""
    data = groups(1)
    return lk.logit("y ~ x + g", data), lk.logit("y ~ x + g", data[data["g"] != "c"])


@pytest.fixture(scope="module")
def complete():
    return lk.logit("y ~ x + z", {"y": [0, 0, 0, 0, 1, 1, 1, 1], "x": np.arange(8.0), "z": [1.0, 0, 0, 1, 1, 0, 1, 0]})


def test_on_the_scale_of_the_link_effects_are_linear_functions_at_their_limits(quasi):
    fit, rest = quasi
    found = fit.effects("g", scale="link", contrast="pairwise").to_frame().set_index("contrast")
    assert found["estimate"].loc[["c - a", "c - b"]].tolist() == [np.inf, np.inf]
    assert found.loc["c - a", ["std_error", "p_value", "conf_low", "conf_high"]].isna().all()
    assert_allclose(found.loc["b - a", "estimate"], rest.coef["g[T.b]"], rtol=1e-7)  # to the solver's tolerance
    assert_allclose(found.loc["b - a", "std_error"], rest.std_error["g[T.b]"], rtol=1e-7)
    # Rows of c are at infinity before and after, and their difference is that of the others.
    for change in (1, "slope"):
        for by in (None, "g"):
            slopes = fit.effects("x", scale="link", change=change, by=by).to_frame()
            assert_allclose(slopes["estimate"], rest.coef["x"], rtol=1e-7)
            assert_allclose(slopes["std_error"], rest.std_error["x"], rtol=1e-7)
    by_row = fit.effects("g", scale="link", average=False).to_frame()
    assert (by_row.loc[by_row["contrast"] == "c - a", "estimate"] == np.inf).all()
    assert "finite end" in str(fit.effects("g", scale="link"))


def test_odds_of_certain_events_are_infinite_exactly(quasi):
    found = quasi[0].effects("g", scale="odds_ratio").to_frame().set_index("contrast")
    assert found.loc["c / a", "estimate"] == np.inf
    assert found.loc["c / a", ["std_error", "conf_low", "conf_high"]].isna().all()
    down = lk.logit("y ~ x + g", groups(0))
    assert down.effects("g", scale="odds_ratio").to_frame().set_index("contrast").loc["c / a", "estimate"] == 0.0


def test_complete_separation_leaves_effects_without_errors(complete):
    found = complete.effects().to_frame()
    assert_allclose(found["estimate"], 0.0, atol=EXACT)  # probabilities are 0 or 1, and stay so
    assert found["std_error"].isna().all()
    link = complete.effects(scale="link").to_frame().set_index("variable")
    assert link.loc["x", "estimate"] == np.inf
    assert np.isnan(link.loc["z", "estimate"])  # directions of recession move it either way
    for scale in ("odds_ratio", "risk_ratio"):
        assert complete.effects(scale=scale).to_frame()["std_error"].isna().all()


def test_a_row_between_the_outcomes_has_an_infinite_slope():
    data = {"y": [0, 0, 0, 0, 1, 0, 1, 1, 1], "x": [1.0, 2, 3, 4, 4, 4, 5, 6, 7]}
    fit = lk.logit("y ~ x", data)
    assert_allclose(fit.predict({"x": [4.0]}), 1 / 3, rtol=ROUTE)
    by_row = fit.effects("x", average=False).to_frame()["estimate"]
    assert by_row.tolist() == [0, 0, 0, np.inf, np.inf, np.inf, 0, 0, 0]
    found = fit.effects("x").to_frame().iloc[0]
    assert found["estimate"] == np.inf
    assert np.isnan(found["std_error"])


def test_several_outcomes_have_their_limits():
    data = pd.DataFrame(
        {"y": list("abcabcabcabcc"), "x": [1.0, 2, 3, 2, 3, 1, 3, 1, 2, 1, 2, 2.5, 3], "g": list("uvuvuvuvuvuvw")}
    )
    fit = lk.multinomial("y ~ x + g", data, reference="a")
    found = fit.effects("g", scale="link").to_frame().set_index(["contrast", "outcome"])["estimate"]
    coef = fit.coef
    for outcome in ("b", "c"):
        assert_allclose(found["v - u", outcome], coef.loc["g[T.v]", outcome], rtol=ROUTE)
        expected = coef.loc["g[T.w]", outcome]
        assert np.isinf(expected) or np.isnan(expected)
        assert found["w - u", outcome] == expected or (np.isnan(expected) and np.isnan(found["w - u", outcome]))
