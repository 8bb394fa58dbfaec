"""A model without a penalty is cross-validated by maximum likelihood without each fold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError
from tolerances import ROUTE

FORMULA = "low ~ age + lwt + race + smoke"


def test_scores_are_those_of_refits() -> None:
    births = lk.datasets.load_lbw()
    cv = lk.cross_validate(FORMULA, births, penalty=None, folds=lk.Folds(4, seed=2))
    scores = []
    for split in range(4):
        test, train = cv.record.folds.test(split), cv.record.folds.train(split)
        mu = lk.logit(FORMULA, births.iloc[train]).predict(births.iloc[test]).to_numpy()
        y = births["low"].to_numpy()[test]
        scores.append(-2.0 * np.mean(np.log(np.where(y == 1, mu, 1.0 - mu))))
    assert_allclose(cv.record.scores[:, 0], scores, rtol=ROUTE)
    whole = lk.logit(FORMULA, births)
    assert_allclose(cv.best.coef, whole.coef, rtol=ROUTE)
    assert_allclose(cv.best.std_error, whole.std_error, rtol=ROUTE)
    assert cv.strengths.tolist() == [0.0]
    text = str(cv)
    assert "without penalty" in text
    assert "lasso" not in text
    X = np.column_stack([np.ones(len(births)), births[["age", "lwt"]]])
    by_matrix = lk.cross_validate_matrix(
        X, births["low"], ["Intercept", "age", "lwt"], penalty=None, folds=lk.Folds(4, seed=2)
    )
    by_formula = lk.cross_validate("low ~ age + lwt", births, penalty=None, folds=lk.Folds(4, seed=2))
    assert_allclose(by_matrix.record.scores, by_formula.record.scores, rtol=ROUTE)


@pytest.mark.parametrize(
    "model",
    [lk.Multinomial(), lk.Multinomial("white", per_outcome={"black": "age"}), lk.Multinomial(equal="age")],
    ids=repr,
)
def test_scores_of_several_outcomes_are_those_of_refits(model: lk.Multinomial) -> None:
    births = lk.datasets.load_lbw()
    births["race"] = births["race"].astype(str)
    given: dict[str, Any] = {"model": model, "penalty": None, "folds": lk.Folds(3, seed=4)}
    cv = lk.cross_validate("race ~ age + smoke", births, **given)
    levels = sorted(set(births["race"]))
    for split in range(3):
        test, train = cv.record.folds.test(split), cv.record.folds.train(split)
        mu = lk.fit("race ~ age + smoke", births.iloc[train], model=model).predict(births.iloc[test]).to_numpy()
        own = mu[np.arange(len(test)), [levels.index(level) for level in births["race"].iloc[test]]]
        assert_allclose(cv.record.scores[split, 0], -2.0 * np.log(own).mean(), rtol=ROUTE)
    assert_allclose(cv.best.coef, lk.fit("race ~ age + smoke", births, model=model).coef, rtol=ROUTE)


def test_separation_without_a_fold_is_predicted_at_its_limit() -> None:
    x = np.r_[np.arange(10.0), 2.5]
    data = {"y": np.r_[np.zeros(5), np.ones(5), 1.0], "x": x}
    folds = np.r_[np.arange(10) % 2, 2]
    cv = lk.cross_validate("y ~ x", data, penalty=None, folds=lk.Folds(given=folds))
    assert cv.record.scores[2, 0] == np.inf  # the one row that overlaps, certain to be the other outcome
    codes = {"y": np.array(["a", "b"])[data["y"].astype(int)], "x": x}
    several = lk.cross_validate("y ~ x", codes, penalty=None, folds=lk.Folds(given=folds), model=lk.Multinomial())
    assert_allclose(several.record.scores, cv.record.scores, rtol=ROUTE)


def test_what_has_no_answer_is_refused() -> None:
    births = lk.datasets.load_lbw()
    births["g"] = np.where(np.arange(len(births)) < 2, "rare", "usual")
    folds = np.r_[0, 0, np.arange(len(births) - 2) % 3]
    with pytest.raises(DataError, match=r"Without fold 0.*2 of the rows left out"):
        lk.cross_validate("low ~ age + g", births, penalty=None, folds=lk.Folds(given=folds))
    with pytest.raises(DataError, match="a model without a penalty has no strength"):
        lk.path(FORMULA, births, penalty=None)
    with pytest.raises(DataError, match="strengths="):
        lk.cross_validate(FORMULA, births, penalty=None, strengths=[0.1])
    cv = lk.cross_validate(FORMULA, births, penalty=None, folds=3)
    with pytest.raises(DataError, match="no penalty"):
        cv.at(0.1)


def test_the_penalty_that_is_taken_by_default_is_in_the_signature() -> None:
    births = lk.datasets.load_lbw()
    named = lk.cross_validate(FORMULA, births, penalty=lk.Lasso(), folds=3, strengths=[0.01])
    assert_allclose(lk.cross_validate(FORMULA, births, folds=3, strengths=[0.01]).scores, named.scores)


@pytest.mark.parametrize(
    ("formula", "model", "title"),
    [
        ("race ~ age + smoke", lk.Multinomial(reference=None), "multinomial logistic regression"),
        ("race ~ age + smoke", lk.Multinomial(equal="smoke"), "multinomial logistic regression"),
        ("size ~ age + smoke", lk.Ordinal(), "cumulative logit model"),
        ("low ~ age + smoke", lk.Binary(link="probit"), "binary regression with the probit link"),
    ],
    ids=["symmetric", "equal", "ordered", "probit"],
)
def test_the_path_of_one_strength_is_the_fit(formula: str, model: Any, title: str) -> None:
    births = lk.datasets.load_lbw()
    births["size"] = pd.cut(births["bwt"], [0, 2500, 3200, 9999], labels=["small", "middling", "large"])
    cv, fit = (
        lk.cross_validate(formula, births, model=model, penalty=None, folds=3),
        lk.fit(formula, births, model=model),
    )
    assert cv.path.coef.shape == (1, fit.record.coef.size)
    assert_allclose(cv.path.coef.iloc[0], fit.record.coef, rtol=ROUTE)
    predicted = fit.predict().to_numpy().reshape(len(births), -1)
    assert_allclose(cv.path.predict(), predicted, rtol=ROUTE)
    assert f"Cross-validation of a {title} without penalty" in str(cv)
