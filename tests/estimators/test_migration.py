"""Rows S1, M1, ... of docs/coming/scikit_learn.md and statsmodels.md, run on both sides; tests are named by row."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import logitkit as lk
from estimators.problems import mixed_frame, overlapping, overlapping_classes
from logitkit.errors import ResponseError
from logitkit.estimators import (
    LogitClassifier,
    LogitClassifierCV,
    MultinomialClassifier,
    MultinomialClassifierCV,
)
from tolerances import EXACT, ITERATIVE, REFERENCE

PAGES = [
    Path(__file__).resolve().parents[2] / "docs" / "coming" / name for name in ("scikit_learn.md", "statsmodels.md")
]
NEWTON = {"solver": "newton-cholesky", "tol": 1e-12, "max_iter": 1000}
SAGA = {"solver": "saga", "tol": 1e-12, "max_iter": 100_000}
#: The tolerance of a penalised fit is a gap, whose root bounds coefficients: seven digits of them need this.
TIGHT = {"solver": lk.ProxNewton(tol=1e-15)}
WHERE_PENALISED = {None: {}, 0.5: {"C": 0.5, **TIGHT}}

pytestmark = [
    # scikit-learn 1.8 takes C=np.inf as no penalty, and says that it leaves C out.
    pytest.mark.filterwarnings("ignore:Setting penalty=None will ignore the C"),
]


@pytest.fixture
def data():
    X, y = overlapping()
    return X, y, np.linspace(0.5, 2.0, len(y))


@pytest.fixture
def frame():
    X, y = mixed_frame()
    X = X.drop(columns="dose").dropna()
    return X.assign(y=(y[X.index] == "relapse").astype(int)).reset_index(drop=True)


def both(model):
    return np.r_[model.intercept_, model.coef_[0]]


def engine(X, y, **options):
    names = ["Intercept", *(f"x{j}" for j in range(X.shape[1]))]
    return lk.logit_matrix(sm.add_constant(X), y, names, **options)


def test_every_row_of_the_page_has_its_test():
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    rows = re.findall(r"^\| ([SM]\d+) \|", text, re.MULTILINE)
    tests = [name.split("_")[1].upper() for name in globals() if re.match(r"test_[sm]\d+_", name)]
    assert rows
    assert sorted(rows) == sorted(set(tests))


# scikit-learn


def test_s1_without_penalty(data):
    X, y, _ = data
    assert_allclose(
        both(LogitClassifier().fit(X, y)), both(LogisticRegression(C=np.inf, **NEWTON).fit(X, y)), rtol=REFERENCE
    )


def test_s2_the_default_of_scikit_learn_is_a_ridge(data):
    X, y, _ = data
    assert_allclose(
        both(LogitClassifier(C=1.0, **TIGHT).fit(X, y)), both(LogisticRegression(**NEWTON).fit(X, y)), rtol=REFERENCE
    )


@pytest.mark.parametrize("C", [0.01, 1.0, 100.0])
def test_s3_c_as_a_strength(data, C):
    X, y, w = data
    reference = both(LogisticRegression(C=C, **NEWTON).fit(X, y, sample_weight=w))
    ridge = lk.Ridge(lk.strength_from("scikit-learn", C, weights=w), standardize=False)
    assert_allclose(both(LogitClassifier(penalty=ridge, **TIGHT).fit(X, y, sample_weight=w)), reference, rtol=REFERENCE)
    assert_allclose(both(LogitClassifier(C=C, **TIGHT).fit(X, y, sample_weight=w)), reference, rtol=REFERENCE)


@pytest.mark.parametrize("l1_ratio", [0.5, 1.0])
def test_s4_c_with_l1_ratio(data, l1_ratio):
    X, y, _ = data
    model = LogitClassifier(C=0.05, l1_ratio=l1_ratio, **TIGHT).fit(X, y)
    reference = LogisticRegression(C=0.05, l1_ratio=l1_ratio, **SAGA).fit(X, y)
    assert_allclose(both(model), both(reference), rtol=ITERATIVE, atol=1e-8)


def test_s5_standardised_inside(data):
    X, y, _ = data
    there = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, **NEWTON)).fit(X, y)
    model = LogitClassifier(strength=1.0 / (0.1 * len(y)), **TIGHT).fit(X, y)
    assert_allclose(model.coef_, there[-1].coef_ / there[0].scale_, rtol=REFERENCE)
    assert_allclose(model.predict_proba(X), there.predict_proba(X), rtol=REFERENCE)


@pytest.mark.parametrize("C", [None, 0.5])
def test_s6_without_intercept(data, C):
    X, y, _ = data
    there = LogisticRegression(C=np.inf if C is None else C, fit_intercept=False, **NEWTON).fit(X, y)
    model = LogitClassifier(fit_intercept=False, **WHERE_PENALISED[C]).fit(X, y)
    assert_allclose(both(model), both(there), rtol=REFERENCE)


@pytest.mark.parametrize("C", [None, 0.5])
@pytest.mark.parametrize("class_weight", ["balanced", {0: 1.0, 1: 4.0}])
def test_s7_class_weight(data, C, class_weight):
    X, y, w = data
    there = LogisticRegression(C=np.inf if C is None else C, class_weight=class_weight, **NEWTON)
    model = LogitClassifier(class_weight=class_weight, **WHERE_PENALISED[C])
    assert_allclose(both(model.fit(X, y)), both(there.fit(X, y)), rtol=REFERENCE)
    weighted = model.fit(X, y, sample_weight=w)
    assert_allclose(both(weighted), both(there.fit(X, y, sample_weight=w)), rtol=REFERENCE)


def test_s8_sample_weight(data):
    X, y, w = data
    there = LogisticRegression(C=np.inf, **NEWTON).fit(X, y, sample_weight=w)
    assert_allclose(both(LogitClassifier().fit(X, y, sample_weight=w)), both(there), rtol=REFERENCE)


def test_s9_predictions(data):
    X, y, w = data
    there, model = LogisticRegression(C=np.inf, **NEWTON).fit(X, y), LogitClassifier().fit(X, y)
    for verb in ("predict_proba", "predict_log_proba", "decision_function"):
        assert_allclose(getattr(model, verb)(X), getattr(there, verb)(X), rtol=REFERENCE, atol=REFERENCE)
    assert_array_equal(model.predict(X), there.predict(X))
    assert model.score(X, y, w) == there.score(X, y, w)


def test_s10_a_formula_for_a_column_transformer(frame):
    columns = ColumnTransformer(
        [("sex", OneHotEncoder(drop="first"), ["sex", "stage"]), ("age", StandardScaler(), ["age"])]
    )
    there = make_pipeline(columns, LogisticRegression(C=np.inf, **NEWTON)).fit(frame, frame["y"])
    model = LogitClassifier("age + C(sex) + stage").fit(frame, frame["y"])
    assert_allclose(model.predict_proba(frame), there.predict_proba(frame), rtol=REFERENCE)
    assert_allclose(model.coef_[0, 1:], there[-1].coef_[0, :-1], rtol=REFERENCE)
    assert_allclose(
        model.coef_[0, 0], there[-1].coef_[0, -1] / columns.named_transformers_["age"].scale_[0], rtol=REFERENCE
    )


def test_s11_attributes(data):
    X, y, _ = data
    there, model = LogisticRegression(C=np.inf, **NEWTON).fit(X, y), LogitClassifier().fit(X, y)
    for name in ("coef_", "intercept_", "classes_", "n_iter_"):
        assert getattr(model, name).shape == getattr(there, name).shape
    assert model.n_features_in_ == there.n_features_in_
    assert len(model.coef_names_) == X.shape[1]
    assert_allclose(model.fit_.coef, both(model), rtol=EXACT)


def test_s12_a_search_for_the_strength(data):
    X, y, _ = data
    strengths, trained = np.array([1.0, 0.1, 0.01, 0.001]), len(y) * 2 // 3
    there = GridSearchCV(
        LogisticRegression(**NEWTON), {"C": 1.0 / (strengths * trained)}, scoring="neg_log_loss", cv=3
    ).fit(X, y)
    model = LogitClassifierCV(penalty=lk.Ridge(standardize=False), strengths=strengths, cv=3, **TIGHT).fit(X, y)
    assert_allclose(model.scores_["mean"], -2.0 * there.cv_results_["mean_test_score"], rtol=REFERENCE)
    assert model.strength_ == 1.0 / (there.best_params_["C"] * trained)
    assert_allclose(both(model), both(LogitClassifier(C=1.0 / (model.strength_ * len(y))).fit(X, y)), rtol=1e-6)


@pytest.fixture
def classes():
    X, y = overlapping_classes()
    return X, y, np.linspace(0.5, 2.0, len(y))


def all_classes(model):
    return np.column_stack([model.intercept_ - model.intercept_.mean(), model.coef_ - model.coef_.mean(axis=0)])


def test_s13_more_classes_than_two(classes):
    X, y, w = classes
    there = LogisticRegression(C=np.inf, **NEWTON).fit(X, y, sample_weight=w)
    model = MultinomialClassifier().fit(X, y, sample_weight=w)
    assert_allclose(all_classes(model), all_classes(there), rtol=REFERENCE, atol=REFERENCE)
    assert_allclose([*model.coef_.sum(axis=0), model.intercept_.sum()], 0.0, atol=EXACT)
    assert_allclose(model.predict_proba(X), there.predict_proba(X), rtol=REFERENCE)
    with pytest.raises(ResponseError, match="MultinomialClassifier fits one model for all of them"):
        LogitClassifier().fit(X, y)


@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 1.0, 1: 4.0}])
def test_s14_c_and_class_weight_of_more_classes(classes, class_weight):
    X, y, w = classes
    there = LogisticRegression(C=0.5, class_weight=class_weight, **NEWTON).fit(X, y, sample_weight=w)
    model = MultinomialClassifier(C=0.5, class_weight=class_weight, **TIGHT).fit(X, y, sample_weight=w)
    assert_allclose(model.coef_, there.coef_, rtol=REFERENCE, atol=1e-8)
    assert_allclose(model.predict_proba(X), there.predict_proba(X), rtol=REFERENCE)


def test_s15_absolute_values_of_more_classes(classes):
    X, y, _ = classes
    there = LogisticRegression(C=0.1, l1_ratio=0.5, **SAGA).fit(X, y)
    model = MultinomialClassifier(C=0.1, l1_ratio=0.5, **TIGHT).fit(X, y)
    assert_allclose(model.coef_, there.coef_, rtol=ITERATIVE, atol=1e-7)


def test_s16_shapes(classes, data):
    for (X, y, _), rows in ((classes, 3), (data, 1)):
        model, there = MultinomialClassifier().fit(X, y), LogisticRegression(C=np.inf, **NEWTON).fit(X, y)
        assert model.coef_.shape == there.coef_.shape == (rows, 4)
        assert model.intercept_.shape == there.intercept_.shape == (rows,)
        assert model.decision_function(X).shape == there.decision_function(X).shape
        assert_allclose(model.predict_proba(X), there.predict_proba(X), rtol=REFERENCE)


def test_s17_a_search_for_the_strength_of_more_classes(classes):
    X, y, _ = classes
    X, y = X[:399], y[:399]  # three folds of one size, as the mean here is over rows and there over folds
    strengths, splits = (
        np.array([1.0, 0.1, 0.01, 0.001]),
        [(np.arange(399) % 3 != k, np.arange(399) % 3 == k) for k in range(3)],
    )
    folds = [(np.flatnonzero(train), np.flatnonzero(test)) for train, test in splits]
    there = GridSearchCV(
        LogisticRegression(**NEWTON), {"C": 1.0 / (strengths * 266)}, scoring="neg_log_loss", cv=folds
    ).fit(X, y)
    ridge = lk.Ridge(standardize=False)
    model = MultinomialClassifierCV(penalty=ridge, strengths=strengths, cv=folds, **TIGHT).fit(X, y)
    assert_allclose(model.scores_["mean"], -2.0 * there.cv_results_["mean_test_score"], rtol=REFERENCE)
    assert model.strength_ == 1.0 / (there.best_params_["C"] * 266)


def test_s18_one_against_the_rest_where_it_is_asked_for(classes):
    X, y, _ = classes
    there = OneVsRestClassifier(LogisticRegression(C=np.inf, **NEWTON)).fit(X, y)
    model = OneVsRestClassifier(LogitClassifier()).fit(X, y)
    assert_allclose(model.predict_proba(X), there.predict_proba(X), rtol=REFERENCE)
    assert np.abs(model.predict_proba(X) - MultinomialClassifier().fit(X, y).predict_proba(X)).max() > 1e-3


# statsmodels


def test_m1_a_matrix(data):
    X, y, _ = data
    assert_allclose(engine(X, y).coef, sm.Logit(y, sm.add_constant(X)).fit(disp=0, tol=1e-14).params, rtol=REFERENCE)


def test_m2_a_formula(frame):
    fit = lk.logit("y ~ age + C(sex) + stage", frame)
    there = smf.logit("y ~ age + C(sex) + stage", frame).fit(disp=0, tol=1e-14)
    assert_allclose(fit.coef, there.params[fit.coef.index], rtol=REFERENCE)


def test_m3_estimates_and_intervals(data):
    X, y, _ = data
    fit, there = engine(X, y), sm.Logit(y, sm.add_constant(X)).fit(disp=0, tol=1e-14)
    assert_allclose(fit.std_error, there.bse, rtol=REFERENCE)
    assert_allclose(fit.tidy()["p_value"], there.pvalues, rtol=REFERENCE)
    assert_allclose(fit.confint(), there.conf_int(), rtol=REFERENCE)


def test_m4_summary_and_odds_ratios(data):
    X, y, _ = data
    fit, there = engine(X, y), sm.Logit(y, sm.add_constant(X)).fit(disp=0, tol=1e-14)
    assert_allclose(fit.odds_ratios()["odds_ratio"], np.exp(there.params)[1:], rtol=REFERENCE)
    assert "Odds ratio" in str(fit.summary())


def test_m5_predictions(frame):
    fit = lk.logit("y ~ age + C(sex) + stage", frame)
    there = smf.logit("y ~ age + C(sex) + stage", frame).fit(disp=0, tol=1e-14)
    new = frame[["age", "sex", "stage"]].iloc[:20].copy()
    assert_allclose(fit.predict(new), there.predict(new), rtol=REFERENCE)
    new.loc[3, "age"] = np.nan
    assert fit.predict(new).isna().to_numpy().nonzero()[0].tolist() == [3]


def test_m6_frequency_weights(data):
    X, y, _ = data
    w = np.arange(len(y)) % 3 + 1
    there = sm.GLM(y, sm.add_constant(X), family=sm.families.Binomial(), freq_weights=w).fit(tol=1e-14)
    fit = engine(X, y, weights=w)
    assert_allclose(fit.coef, there.params, rtol=REFERENCE)
    assert_allclose(fit.std_error, there.bse, rtol=REFERENCE)
    assert fit.n_obs == w.sum()


def test_m7_precision_weights(data):
    X, y, w = data
    there = sm.GLM(y, sm.add_constant(X), family=sm.families.Binomial(), var_weights=w).fit(tol=1e-14)
    fit = engine(X, y, weights=w, weight_kind="precision")
    assert_allclose(fit.coef, there.params, rtol=REFERENCE)
    assert_allclose(fit.std_error, there.bse, rtol=REFERENCE)
    assert fit.n_obs == len(y)


def test_m8_offset(data):
    X, y, w = data
    there = sm.Logit(y, sm.add_constant(X), offset=w).fit(disp=0, tol=1e-14)
    assert_allclose(engine(X, y, offset=w).coef, there.params, rtol=REFERENCE)
    table = pd.DataFrame(X, columns=list("abcd")).assign(y=y, o=w)
    assert_allclose(lk.logit("y ~ a + b + c + d + offset(o)", table).coef, there.params, rtol=REFERENCE)


def test_m9_likelihood_statistics(data):
    X, y, _ = data
    fit, there = engine(X, y), sm.Logit(y, sm.add_constant(X)).fit(disp=0, tol=1e-14)
    ours = [fit.loglik, fit.record.null_loglik, fit.aic, fit.bic, fit.r_squared["mcfadden"]]
    assert_allclose(ours, [there.llf, there.llnull, there.aic, there.bic, there.prsquared], rtol=REFERENCE)


def test_m10_clusters(data):
    X, y, _ = data
    g = np.arange(len(y)) % 30
    n, k = len(y), X.shape[1] + 1
    there = sm.Logit(y, sm.add_constant(X)).fit(disp=0, tol=1e-14, cov_type="cluster", cov_kwds={"groups": g})
    fit = engine(X, y, cluster=g)
    assert_allclose(fit.std_error, there.bse / np.sqrt((n - 1) / (n - k)), rtol=REFERENCE)


def test_m11_lasso_of_logit(data):
    X, y, _ = data
    a, p = 6.0, X.shape[1]
    there = sm.Logit(y, sm.add_constant(X)).fit_regularized(
        alpha=np.r_[0.0, np.full(p, a)], disp=0, acc=1e-14, maxiter=10_000, trim_mode="off"
    )
    strength = lk.strength_from("statsmodels Logit", a, n_obs=len(y))
    fit = engine(X, y, penalty=lk.Lasso(strength, standardize=False), **TIGHT)
    assert_allclose(fit.coef, there.params, rtol=ITERATIVE)


@pytest.mark.parametrize("l1_ratio", [0.5, 1.0])
def test_m12_elastic_net_of_glm(data, l1_ratio):
    X, y, _ = data
    a, p = 0.02, X.shape[1]
    model = sm.GLM(y, sm.add_constant(X), family=sm.families.Binomial())
    there = model.fit_regularized(alpha=np.r_[0.0, np.full(p, a)], L1_wt=l1_ratio, maxiter=1000, cnvrg_tol=1e-13)
    fit = engine(X, y, penalty=lk.ElasticNet(a, l1_ratio, standardize=False), **TIGHT)
    assert_allclose(fit.coef, there.params, rtol=ITERATIVE)


def test_m13_more_classes_than_two(classes):
    X, y, _ = classes
    there = sm.MNLogit(y, sm.add_constant(X)).fit(disp=0, method="newton", tol=1e-14, maxiter=100)
    fit = lk.multinomial_matrix(sm.add_constant(X), y, ["Intercept", "x0", "x1", "x2", "x3"])
    assert_allclose(fit.coef, there.params, rtol=REFERENCE)
    assert_allclose(fit.std_error, there.bse, rtol=REFERENCE)
