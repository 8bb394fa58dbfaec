"""Tables of penalised fits of several outcomes: whether or not there are errors, there are estimates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from multinomial.tables import table
from tolerances import EXACT, ROUTE

NO_ERRORS: list[dict[str, Any]] = [
    {"penalty": lk.Lasso(0.03)},
    {"penalty": lk.ElasticNet(0.05, l1_ratio=0.5), "reference": "b"},
    {"penalty": lk.Ridge(0.1), "cluster": "id"},
    {"penalty": lk.Ridge(0.1), "weights": "w", "weight_kind": "sampling"},
]


@pytest.mark.parametrize("options", NO_ERRORS)
def test_without_a_covariance_tables_have_estimates_and_no_errors(options: dict[str, Any]) -> None:
    fit = lk.multinomial("y ~ x + z + g", table(), **options)
    tidy, ratios = fit.tidy(), fit.odds_ratios(outcome="c", against="a")
    assert tidy["estimate"].notna().all()
    assert fit.std_error.isna().all(axis=None)
    assert tidy[["std_error", "statistic", "p_value", "conf_low", "conf_high"]].isna().all(axis=None)
    assert ratios[["std_error", "conf_low", "conf_high", "p_value"]].isna().all(axis=None)
    base = fit.coef.get("a", 0.0)
    expected = np.exp((fit.coef["c"] - base).drop("Intercept"))
    assert_allclose(ratios["odds_ratio"].to_numpy(), expected.to_numpy(), rtol=EXACT)
    # By its meaning: what a step of x does to the ratio of two probabilities.
    steps = fit.predict(pd.DataFrame({"x": [0.0, 1.0], "z": 0.2, "g": "u"}))
    ratio = (steps["c"] / steps["a"]).to_numpy()
    assert_allclose(ratio[1] / ratio[0], ratios.loc[("c", "x"), "odds_ratio"], rtol=ROUTE)


@pytest.mark.parametrize("penalty", [lk.Lasso(0.02), lk.Ridge(0.1)])
def test_two_outcomes_have_the_ratios_of_the_binary_model(penalty: Any) -> None:
    rows = table(2)
    binary = lk.logit("y ~ x + z + g", rows, penalty=penalty, event="b").odds_ratios()
    several = lk.multinomial("y ~ x + z + g", rows, penalty=penalty, reference="a").odds_ratios()
    for column in ("odds_ratio", "std_error", "conf_low", "p_value"):
        assert_allclose(
            several[column].to_numpy(), binary[column].to_numpy(), rtol=1e-6
        )  # two solvers, each to its gap


def test_folds_spread_outcomes() -> None:
    rows = table()
    cv = lk.cross_validate("y ~ x + z", rows, model=lk.Multinomial(), penalty=lk.Ridge(), folds=lk.Folds(3, seed=1))
    assert "outcomes spread evenly" in str(cv)


@pytest.mark.parametrize(("reference", "keep"), [(None, None), (None, "z"), ("b", "z"), ("b", None)])
def test_what_is_not_zero_is_counted_among_the_coefficients_that_are_listed(
    reference: str | None, keep: str | None
) -> None:
    """In symmetric form a column without a penalty has a coefficient for each outcome, one of which is not free."""
    penalty = lk.Lasso(0.05, keep=keep)
    fit = lk.multinomial("y ~ x + z + g", table(), reference=reference, penalty=penalty)
    nonzero, unpenalised = int(np.count_nonzero(fit.coef)), fit.coef.shape[1] * (1 if keep is None else 2)
    assert 0 < nonzero < fit.coef.size
    text = " ".join(str(fit.summary()).split())
    assert f"Nonzero {nonzero} of {fit.coef.size} coefficients" in text
    assert f"Unpenalised {unpenalised} " in text
    assert fit.glance()["n_nonzero"][0] == nonzero
    assert fit.n_params == nonzero - (0 if reference else 1 if keep is None else 2)
    path = lk.path(
        "y ~ x + z + g",
        table(),
        model=lk.Multinomial(reference),
        penalty=lk.Lasso(keep=keep),
        strengths=[0.05, 0.01],
    )
    assert path.n_nonzero.tolist() == [np.count_nonzero(path.at(strength).coef) for strength in (0.05, 0.01)]
