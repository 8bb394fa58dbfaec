"""A formula in the estimator: categories, text and missing values of a data frame, as ``lk.logit`` takes them."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

import logitkit as lk
from estimators.problems import mixed_frame
from logitkit.errors import DataError, FormulaError, ResponseError
from logitkit.estimators import LogitClassifier
from tolerances import EXACT, REFERENCE, ROUTE

# scikit-learn 1.8 takes C=np.inf as no penalty, and says that it leaves C out.
pytestmark = pytest.mark.filterwarnings("ignore:Setting penalty=None will ignore the C")

FORMULA = "age + C(sex) + stage"


@pytest.fixture
def data():
    return mixed_frame()


def halved(values):
    return values / 2.0


def engine(formula, X, y, **options):
    return lk.logit(f"y ~ {formula}", X.assign(y=y), event="relapse", **options)


def test_it_is_the_fit_of_the_engine(data):
    X, y = data
    model = LogitClassifier(FORMULA).fit(X, y)
    fit = engine(FORMULA, X, y)
    assert_array_equal(np.r_[model.intercept_, model.coef_[0]], fit.coef)
    assert model.coef_names_.tolist() == ["age", "C(sex)[T.male]", "stage[T.II]", "stage[T.III]"]
    assert model.classes_.tolist() == ["none", "relapse"]
    assert model.n_features_in_ == 4
    assert model.feature_names_in_.tolist() == list(X.columns)
    assert model.fit_.n_obs == fit.n_obs == X[["age", "sex"]].notna().all(axis=1).sum()
    assert_array_equal(model.fit_.std_error, fit.std_error)


def test_a_row_with_a_missing_value_has_the_probability_nan_and_no_label(data):
    X, y = data
    model = LogitClassifier(FORMULA).fit(X, y)
    gone = X[["age", "sex"]].isna().any(axis=1).to_numpy()
    expected = engine(FORMULA, X, y).predict(X).to_numpy()
    assert gone.sum() > 0
    for found in (model.predict_proba(X)[:, 1], np.exp(model.predict_log_proba(X)[:, 1])):
        assert_array_equal(np.isnan(found), gone)
        assert_allclose(found, expected, rtol=EXACT)
    assert_array_equal(np.isnan(model.decision_function(X)), gone)
    message = rf"{gone.sum()} of 300 rows have a missing value .* \(the first is row {np.argmax(gone)}, from 0\)"
    for refused in (model.predict, lambda frame: model.score(frame, y)):
        with pytest.raises(DataError, match=message):
            refused(X)
    assert_array_equal(model.predict(X[~gone]), np.where(expected[~gone] > 0.5, "relapse", "none"))


def test_a_missing_value_in_a_column_that_the_formula_does_not_use_is_no_matter(data):
    X, y = data
    X = X.assign(age=X["age"].fillna(50.0))
    assert X["dose"].isna().any()
    model = LogitClassifier("age + stage").fit(X, y)
    assert model.fit_.n_obs == len(X)
    assert set(model.predict(X)) == {"none", "relapse"}


def test_missing_values_may_be_refused(data):
    with pytest.raises(DataError, match="missing"):
        LogitClassifier(FORMULA, missing="raise").fit(*data)


def test_columns_are_found_by_name(data):
    X, y = data
    model = LogitClassifier(FORMULA).fit(X, y)
    other = X[["stage", "sex", "age"]].assign(more=1.0)
    assert_array_equal(model.predict_proba(other), model.predict_proba(X))
    with pytest.raises(DataError, match="no column 'age'"):
        model.predict_proba(X.drop(columns="age"))
    with pytest.raises(DataError, match="X must be a data frame, whose columns the formula names; it is a ndarray"):
        model.predict_proba(X.to_numpy())
    with pytest.raises(DataError, match=r"set_output\(transform='pandas'\)"):
        LogitClassifier(FORMULA).fit(X.to_numpy(), y)


@pytest.mark.parametrize("kind", [pl.from_pandas, pa.Table.from_pandas])
def test_other_frames(data, kind):
    X, y = data
    X = X.assign(stage=X["stage"].astype(str))
    model, other = LogitClassifier(FORMULA).fit(X, y), LogitClassifier(FORMULA).fit(kind(X), y)
    assert_array_equal(other.coef_, model.coef_)
    assert other.coef_names_.tolist() == model.coef_names_.tolist()
    assert other.feature_names_in_.tolist() == list(X.columns)
    assert_array_equal(other.predict_proba(kind(X)), model.predict_proba(X))


def test_a_level_that_the_fit_never_saw(data):
    X, y = data
    model = LogitClassifier(FORMULA).fit(X, y)
    new = pd.DataFrame({"age": [40.0, 41.0], "sex": ["male", "other"], "stage": ["I", "I"]})
    with pytest.raises(DataError, match="other"):
        model.predict(new)
    found = LogitClassifier(FORMULA, unseen="missing").fit(X, y).predict_proba(new)
    assert np.isnan(found[1]).all()
    assert_array_equal(found[0], model.predict_proba(new[:1])[0])


def test_the_callers_functions_are_given_by_name(data):
    X, y = data
    model = LogitClassifier("halved(age) + np.exp(age / 100)", functions={"halved": halved}).fit(X, y)
    assert_array_equal(np.r_[model.intercept_, model.coef_[0]], engine("halved(age) + np.exp(age / 100)", X, y).coef)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    with pytest.raises(FormulaError, match="'halved' in the formula is neither a column of the table nor a known name"):
        LogitClassifier("halved(age)").fit(X, y)


def test_splines_and_moments_are_those_of_the_fit(data):
    X, y = data
    complete = X.dropna()
    labels = y[X.notna().all(axis=1)]
    model = LogitClassifier("bs(age, df=4) + scale(dose)").fit(complete, labels)
    assert_array_equal(model.predict_proba(complete[:5]), model.predict_proba(complete)[:5])


def test_an_offset_in_the_formula_counts_in_predictions(data):
    X, y = data
    X = X.assign(known=np.linspace(-1.0, 1.0, len(X)))
    model = LogitClassifier("age + offset(known)").fit(X, y)
    expected = model.intercept_[0] + model.coef_[0, 0] * X["age"] + X["known"]
    assert_allclose(model.decision_function(X), expected, rtol=EXACT, atol=EXACT)
    assert_allclose(model.coef_[0], engine("age + offset(known)", X, y).coef.to_numpy()[1:], rtol=ROUTE)


def test_without_an_intercept(data):
    X, y = data
    model = LogitClassifier("0 + stage").fit(X, y)
    assert model.intercept_.tolist() == [0.0]
    assert model.coef_names_.tolist() == ["stage[I]", "stage[II]", "stage[III]"]
    share = pd.Series(y == "relapse").groupby(X["stage"], observed=True).mean().to_numpy()
    assert_allclose(model.coef_[0], np.log(share / (1.0 - share)), rtol=ROUTE)
    with pytest.raises(DataError, match=r"fit_intercept=False and formula= were given together; write '0 \+ \.\.\.'"):
        LogitClassifier("stage", fit_intercept=False).fit(X, y)


def test_weights_are_aligned_with_the_rows_before_any_is_dropped(data):
    X, y = data
    weight = np.linspace(0.5, 2.0, len(X))
    model = LogitClassifier(FORMULA).fit(X, y, sample_weight=weight)
    kept = X[["age", "sex"]].notna().all(axis=1).to_numpy()
    other = LogitClassifier(FORMULA).fit(X[kept], y[kept], sample_weight=weight[kept])
    assert_allclose(model.coef_, other.coef_, rtol=ROUTE)
    assert_allclose(
        model.coef_[0], engine(FORMULA, X, y, weights=weight, weight_kind="precision").coef.to_numpy()[1:], rtol=ROUTE
    )


def test_balanced_counts_the_rows_that_are_used(data):
    X, y = data
    X = X.assign(age=np.where((y == "none") & (np.arange(len(y)) % 2 == 0), np.nan, X["age"]))
    kept = X["age"].notna().to_numpy()
    model = LogitClassifier("age", class_weight="balanced").fit(X, y)
    reference = LogisticRegression(
        C=np.inf, class_weight="balanced", solver="newton-cholesky", tol=1e-12, max_iter=1000
    ).fit(X.loc[kept, ["age"]], y[kept])
    assert_allclose(model.coef_, reference.coef_, rtol=REFERENCE)
    events = model.fit_.record.events
    assert np.isclose(events, model.fit_.record.total - events, rtol=EXACT)


def test_the_outcome_has_a_name_of_its_own(data):
    X, y = data
    named = LogitClassifier("age").fit(X, pd.Series(y, name="status"))
    assert named.fit_.formula == "status ~ age"
    assert LogitClassifier("age").fit(X, y).fit_.formula == "y ~ age"
    clashing = LogitClassifier("age").fit(X.assign(y=1.0), y)
    assert clashing.fit_.formula == "y_ ~ age"
    assert_array_equal(clashing.coef_, named.coef_)
    assert LogitClassifier(".").fit(X[["age", "stage"]], y).coef_names_.tolist() == [
        "age",
        "stage[T.II]",
        "stage[T.III]",
    ]


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("y ~ age", "has a left side; give the right side only, such as 'age'"),
        ("agee", "Did you mean 'age'"),
        (3, "formula=3 must be the text of a formula's right side"),
    ],
)
def test_formulas_that_cannot_be_are_refused(data, formula, message):
    with pytest.raises(FormulaError, match=message):
        LogitClassifier(formula).fit(*data)


def test_outcomes_that_cannot_be_are_refused(data):
    X, y = data
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        LogitClassifier("age").fit(X, y[:-1])
    with pytest.raises(ValueError, match="requires y"):
        LogitClassifier("age").fit(X, None)
    gone = y.astype(object)
    gone[3] = None
    with pytest.raises(DataError, match=r"y is missing in row 3 \(from 0\), of 1 such rows"):
        LogitClassifier("age").fit(X, gone)
    alone = X.assign(age=np.where(y == "relapse", np.nan, X["age"]))
    with pytest.raises(ResponseError, match="one class only"):
        LogitClassifier("age").fit(alone, y)


def test_it_is_cloned_and_cross_validated(data):
    X, y = data
    complete = X.notna().all(axis=1).to_numpy()
    model = clone(LogitClassifier(FORMULA, class_weight="balanced"))
    assert model.get_params()["formula"] == FORMULA
    found = cross_val_predict(model, X[complete], y[complete], cv=3, method="predict_proba")
    assert found.shape == (complete.sum(), 2)
    assert np.isfinite(found).all()


def test_the_verbs_of_the_fit_take_the_frame(data):
    X, y = data
    model = LogitClassifier(FORMULA).fit(X, pd.Series(y, name="status"))
    table = X.assign(status=y)
    assert 0.5 < model.fit_.discrimination(table).auc < 1.0
    assert_allclose(model.fit_.predict(X), model.predict_proba(X)[:, 1], rtol=EXACT)
