"""Data frames of models of two and of several outcomes: the same columns and labels wherever both have them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataError

BIRTHS = lk.datasets.load_lbw()
SEVERAL = BIRTHS.assign(size=pd.cut(BIRTHS["bwt"], [0, 2500, 3300, 9999], labels=list("abc")).astype(str))
COLUMNS = ["age", "lwt", "smoke"]


@pytest.fixture(scope="module")
def lasso() -> lk.MultinomialFit:
    return lk.multinomial("size ~ age + lwt + smoke", SEVERAL, penalty=lk.Lasso(0.03))


def test_coefficients_of_several_outcomes_that_are_zero_may_be_left_out(lasso: lk.MultinomialFit) -> None:
    every, kept = lasso.tidy(), lasso.tidy(nonzero=True)
    zero = every["estimate"] == 0.0
    assert 0 < zero.sum() < len(every)
    pd.testing.assert_frame_equal(pd.DataFrame(kept), pd.DataFrame(every[~zero]))


def test_glance_tells_of_the_penalty_of_several_outcomes(lasso: lk.MultinomialFit) -> None:
    row = lasso.glance().iloc[0]
    assert (row["penalty"], row["strength"], row["chosen"]) == ("lasso", 0.03, "given")
    assert row["n_nonzero"] == np.count_nonzero(lasso.coef)
    assert row["n_params"] == row["n_nonzero"] - 1  # three intercepts that sum to zero
    assert np.isclose(row["deviance_ratio"], 1.0 - lasso.record.deviance / lasso.record.null_deviance, rtol=1e-12)


def test_glance_has_the_criterion_of_few_rows_beside_the_others() -> None:
    fit = lk.logit("low ~ age + lwt", BIRTHS)
    row = fit.glance().iloc[0]
    assert np.isclose(row["aicc"], row["aic"] + 2 * 3 * 4 / (189 - 4), rtol=1e-14)
    assert list(row.index[row.index.isin(["aic", "aicc", "bic"])]) == ["aic", "aicc", "bic"]
    assert np.isnan(lk.logit("low ~ age", BIRTHS, penalty=lk.Ridge(1.0)).glance().loc[0, "aicc"])


def test_each_coefficient_stands_under_its_outcome_and_term() -> None:
    fit = lk.multinomial("size ~ age + smoke", SEVERAL, reference="a", per_outcome={"c": "smoke"})
    table = fit.tidy()
    assert [fit.coef.loc[term, outcome] for outcome, term in zip(table["outcome"], table["term"], strict=True)] == list(
        table["estimate"]
    )
    assert list(fit.confint().index) == list(zip(table["outcome"], table["term"], strict=True))


def test_rows_of_a_matrix_have_their_outcome_given_again(tmp_path: Path) -> None:
    X, size = SEVERAL[COLUMNS].to_numpy(float), SEVERAL["size"].to_numpy()
    fit = lk.multinomial_matrix(X, size, COLUMNS)
    again = fit.on(X[:50], y=size[:50]).augment()
    pd.testing.assert_frame_equal(pd.DataFrame(again), pd.DataFrame(fit.augment().iloc[:50]))
    page = fit.on(X[:120], y=size[:120]).report(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "120 other rows" in page
    with pytest.raises(DataError, match="y"):
        fit.augment(X[:50])
