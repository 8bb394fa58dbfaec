"""The notebook on several and ordered outcomes: statsmodels has the same models, and the numbers of its words hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose
from statsmodels.miscmodels.ordinal_model import OrderedModel

from logitkit.datasets import load_credit_data, load_german_credit
from notebook_runs import look_into
from tolerances import REFERENCE

pytestmark = pytest.mark.slow

YEARS = ["<1", "1<=X<4", "4<=X<7", ">=7"]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return look_into("16-several-outcomes", tmp_path_factory.mktemp("outcomes"), quick=False)


def homes() -> tuple[np.ndarray, np.ndarray]:
    """The outcome (0: rent, 1: owner, 2: parents), and the columns made by hand."""
    people = load_credit_data()
    people = people[
        people["Home"].isin(["rent", "owner", "parents"]) & people["Marital"].isin(["married", "single", "separated"])
    ]
    levels = [(people["Marital"] == level).to_numpy(float) for level in ("separated", "single")]
    X = np.column_stack([np.ones(len(people)), people["Age"], *levels, people["Seniority"]])
    return pd.Categorical(people["Home"], ["rent", "owner", "parents"]).codes, X


def test_homes_are_those_of_statsmodels(seen: dict[str, Any]) -> None:
    y, X = homes()
    fit = sm.MNLogit(y, X).fit(disp=0, method="newton", tol=1e-12)
    assert_allclose(seen["coef"], fit.params, rtol=1e-6)
    for term, columns in {"Age": [1], "Marital": [2, 3], "Seniority": [4]}.items():
        without = sm.MNLogit(y, np.delete(X, columns, axis=1)).fit(disp=0, method="newton", tol=1e-12)
        assert_allclose(seen["terms"][term], 2 * (fit.llf - without.llf), rtol=1e-6)
    married, single, separated = X.copy(), X.copy(), X.copy()
    for rows, values in ((married, (0, 0)), (separated, (1, 0)), (single, (0, 1))):
        rows[:, 2:4] = values
    base = fit.predict(married).mean(axis=0)
    order = [1, 2, 0]  # owner, parents, rent
    expected = [(fit.predict(rows).mean(axis=0) - base)[order] for rows in (separated, single)]
    assert_allclose(np.array(seen["effects"])[:, 0], np.concatenate(expected), rtol=1e-5)


def test_the_words_on_homes_hold(seen: dict[str, Any]) -> None:
    assert np.round(seen["ratios"], 2).tolist() == [5.42, 0.50]
    owner, parents, rent = (100 * np.array(row) for row in seen["effects"][3:])
    assert (round(owner[0]), round(parents[0]), round(rent[0], 1)) == (-31, 33, -2.4)
    assert np.round(rent[1:], 1).tolist() == [-6.4, 1.5]
    assert round(min(seen["pairs"]), 2) == 160.77
    assert round(seen["ages"], 3) == -0.086
    assert seen["images"] == 5


def test_years_are_those_of_statsmodels(seen: dict[str, Any]) -> None:
    loans = load_german_credit().query("employment != 'unemployed'")
    y = pd.Categorical(loans["employment"], YEARS, ordered=True)
    columns = {"age": loans["age"].to_numpy(float)}
    columns |= {level: (loans["housing"] == level).to_numpy(float) for level in ("own", "rent")}
    X = pd.DataFrame(columns | {"telephone": (loans["own_telephone"] == "yes").to_numpy(float)})
    fit = OrderedModel(pd.Series(y.codes), X, distr="logit").fit(disp=0, method="newton", maxiter=50)
    assert_allclose(seen["ordered"][3:], fit.params.iloc[:4], rtol=1e-5)
    assert_allclose(seen["table"]["AIC"]["proportional"], fit.aic, rtol=REFERENCE)
    free = sm.MNLogit(y.codes, sm.add_constant(X)).fit(disp=0, method="newton", tol=1e-12)
    assert_allclose(seen["table"]["AIC"]["no order"], free.aic, rtol=REFERENCE)
    young = (loans["age"] < 26).to_numpy()
    assert_allclose(seen["young"]["observed"], [np.mean(y[young] == level) for level in YEARS], rtol=REFERENCE)
    assert_allclose(seen["young"]["proportional"], fit.predict(X[young]).mean(axis=0), rtol=1e-5)
    assert_allclose(seen["young"]["no order"], free.predict(sm.add_constant(X))[young].mean(axis=0), rtol=1e-5)
    # A term freed: the likelihood ratio is the gain of AIC and two for each parameter.
    aic, n = seen["table"]["AIC"], seen["table"]["parameters"]
    gain = aic["proportional"] - aic["age free"] + 2 * (n["age free"] - n["proportional"])
    assert_allclose(seen["proportional"]["age"][0], gain, rtol=1e-6)


def test_the_words_on_years_hold(seen: dict[str, Any]) -> None:
    together, age = seen["proportional"]["all terms"], seen["proportional"]["age"]
    assert (round(together[0], 2), round(together[1], 3), round(age[0], 2)) == (25.89, 0.001, 18.33)
    assert round(np.exp(10 * seen["ordered"][3]), 2) == 1.91
    assert np.round(seen["partial"], 2).tolist() == [1.77, 1.75, 2.17]
    aic = seen["table"]["AIC"]
    assert round(aic["proportional"] - aic["age free"], 1) == 14.3
    assert round(aic["no order"] - aic["age free"], 1) == 3.8
    assert list(seen["table"]["parameters"].values()) == [7, 9, 15]
    assert (round(seen["at_22"]["proportional"][">=7"], 3), round(seen["at_22"]["age free"][">=7"], 3)) == (
        0.097,
        0.077,
    )
    young = 100 * np.array([seen["young"][name] for name in ("observed", "proportional", "age free", "no order")])
    assert np.round(young[:, 3], 1).tolist() == [7.2, 12.2, 10.0, 9.5]
    assert np.round(young[:, 2], 1).tolist() == [19.9, 14.0, 17.6, 19.6]
