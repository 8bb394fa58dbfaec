"""The estimates of OrdinalClassifier beside those of the engine, R and scikit-learn, its order, and its outputs."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import expit, ndtr
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import logitkit as lk
from estimators.problems import mixed_frame_of_three, ordered_classes, overlapping
from logitkit.errors import DataError, DataWarning, FormulaError, ResponseError, UnsupportedError
from logitkit.estimators import LogitClassifier, MultinomialClassifier, OrdinalClassifier
from ordinal.stored import STORED, counted, terms
from tolerances import EXACT, REFERENCE, ROUTE

# scikit-learn 1.8 takes C=np.inf as no penalty, and says that it leaves C out.
pytestmark = pytest.mark.filterwarnings("ignore:Setting penalty=None will ignore the C")

NAMES = ["Intercept", "x0", "x1", "x2"]
LEVELS = np.array(["poor", "fair", "good", "very good"])  # whose order is not that of the alphabet
ORDER = LEVELS.tolist()
MODELS = [
    {},
    *({"link": link} for link in ("probit", "cloglog", "loglog", "cauchit")),
    {"model": "adjacent"},
    {"nominal": "x1"},
    {"nominal": ["x0", "x2"], "link": "probit"},
    {"nominal": "x1", "model": "adjacent"},
    {"information": "expected"},
]


@pytest.fixture
def data():
    return ordered_classes()


def with_intercept(X):
    return np.column_stack([np.ones(len(X)), X])


# The model.


@pytest.mark.parametrize("options", MODELS, ids=str)
def test_it_is_the_fit_of_the_engine(data, options):
    X, y = data
    model = OrdinalClassifier(**options).fit(X, y)
    fit = lk.fit_matrix(with_intercept(X), y, NAMES, model=lk.Ordinal(**options))
    assert isinstance(model.fit_, lk.OrdinalFit)
    assert_array_equal(model.fit_.coef, fit.coef)
    assert_array_equal(model.fit_.std_error, fit.std_error)
    assert_array_equal(model.classes_, np.arange(4))
    assert_array_equal(model.order_, np.arange(4))
    assert_array_equal(model.thresholds_, fit.coef[["0|1", "1|2", "2|3"]])
    assert model.coef_.shape == ((3 if "nominal" in options else 1), 3)
    assert model.coef_names_.tolist() == ["x0", "x1", "x2"]
    for j, name in enumerate(model.coef_names_):
        rows = [fit.coef[name]] if name in fit.coef else [fit.coef[f"{k}|{k + 1}:{name}"] for k in range(3)]
        assert_array_equal(model.coef_[:, j], np.broadcast_to(rows, len(model.coef_)))
    assert_allclose(model.predict_proba(X), fit.predict(), rtol=EXACT)
    assert_allclose(np.exp(model.predict_log_proba(X)), fit.predict(), rtol=EXACT)
    assert_allclose(model.decision_function(X), fit.predict_logit(), rtol=EXACT, atol=EXACT)
    assert_array_equal(model.predict(X), fit.predict().to_numpy().argmax(axis=1))
    assert model.score(X, y) == (model.predict(X) == y).mean()
    assert model.n_iter_.tolist() == [len(fit.trace) - 1]


@pytest.mark.parametrize("options", [{}, {"model": "adjacent"}, {"nominal": "contact"}], ids=str)
def test_r_agrees(options):
    """clm and VGAM's acat, as stored."""
    found = [
        fit
        for fit in STORED.values()
        if fit["table"] == "wine"
        and fit["model"] == options.get("model", "cumulative")
        and fit["link"] == "logit"
        and terms(fit["nominal"]) == options.get("nominal")
        and terms(fit["formula"]) in ({"temp"} if "nominal" in options else {"temp + contact"})
    ]
    assert len(found) == 1
    frame, _ = counted("wine")
    long = frame.melt(id_vars=["temp", "contact"], var_name="rating", value_name="n")
    model = OrdinalClassifier("temp + contact", order="sorted", **options)
    model.fit(long, long["rating"], sample_weight=long["n"])
    ours = np.r_[model.thresholds_, model.coef_.ravel()]
    if "nominal" in options:
        ours = np.r_[model.thresholds_, model.coef_[0, 0], model.coef_[:, 1]]
    error = np.asarray(found[0]["std_error"])
    assert np.abs((ours - found[0]["coef"]) / error).max() < REFERENCE


@pytest.mark.parametrize(
    ("link", "below"),
    [
        ("logit", expit),
        ("probit", ndtr),
        ("cauchit", lambda eta: 0.5 + np.arctan(eta) / np.pi),
        ("cloglog", lambda eta: -np.expm1(-np.exp(eta))),
        ("loglog", lambda eta: np.exp(-np.exp(-eta))),
    ],
)
@pytest.mark.parametrize("nominal", [None, "x1"])
def test_probabilities_are_those_of_the_formula(data, link, below, nominal):
    X, y = data
    model = OrdinalClassifier(link=link, nominal=nominal, order=[3, 2, 1, 0]).fit(X, y)
    assert model.order_.tolist() == [3, 2, 1, 0]
    cumulative = below(model.thresholds_ - X @ np.broadcast_to(model.coef_, (3, 3)).T)
    proba = np.diff(cumulative, axis=1, prepend=0.0, append=1.0)
    assert_allclose(model.predict_proba(X), proba[:, ::-1], rtol=1e-9, atol=1e-14)  # a difference loses digits


@pytest.mark.parametrize("nominal", [None, "x1"])
def test_adjacent_log_odds_are_those_of_the_formula(data, nominal):
    X, y = data
    model = OrdinalClassifier(model="adjacent", nominal=nominal).fit(X, y)
    log_odds = np.diff(model.predict_log_proba(X), axis=1)
    slopes = np.broadcast_to(model.coef_, (3, 3)).T
    assert_allclose(log_odds, model.thresholds_ + X @ slopes, rtol=ROUTE, atol=EXACT)


def test_with_every_term_nominal_adjacent_classes_are_the_multinomial_model(data):
    X, y = data
    model = OrdinalClassifier(model="adjacent", nominal=["x0", "x1", "x2"]).fit(X, y)
    several = MultinomialClassifier().fit(X, y)
    assert_allclose(model.predict_proba(X), several.predict_proba(X), rtol=ROUTE)
    assert_allclose(model.coef_, np.diff(several.coef_, axis=0), rtol=1e-8)


@pytest.mark.parametrize("options", [{}, {"model": "adjacent"}, {"nominal": "x1"}, {"order": ["yes", "no"]}], ids=str)
def test_two_classes_are_the_binary_model(options):
    X, y = overlapping()
    labels = np.array(["no", "yes"])[y]
    model = OrdinalClassifier(**options).fit(X, labels)
    binary = LogitClassifier().fit(X, labels)
    there = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(X, labels)
    sign = -1.0 if "order" in options else 1.0
    assert model.classes_.tolist() == ["no", "yes"]
    assert_allclose(sign * model.coef_, binary.coef_, rtol=ROUTE)
    cut = 1.0 if options.get("model") == "adjacent" else -1.0
    assert_allclose(sign * cut * model.thresholds_, binary.intercept_, rtol=ROUTE)
    for verb in ("decision_function", "predict_proba", "predict_log_proba"):
        assert_allclose(getattr(model, verb)(X), getattr(binary, verb)(X), rtol=ROUTE)
        assert_allclose(getattr(model, verb)(X), getattr(there, verb)(X), rtol=REFERENCE, atol=REFERENCE)
    assert_array_equal(model.predict(X), binary.predict(X))


# The order.


@pytest.mark.parametrize(
    "given",
    [
        lambda y: (y, {}),
        lambda y: (2.0 * y - 3.0, {}),
        lambda y: (LEVELS[y], {"order": ORDER}),
        lambda y: (LEVELS[y].astype(object), {"order": np.array(ORDER)}),
        lambda y: (LEVELS[y], {"order": ["awful", *ORDER]}),
        lambda y: (pd.Categorical(LEVELS[y], [*ORDER, "superb"], ordered=True), {}),
        lambda y: (pd.Series(pd.Categorical(LEVELS[y], ORDER, ordered=True), name="health"), {}),
        lambda y: (pl.Series(LEVELS[y].tolist(), dtype=pl.Enum(ORDER)), {}),
        lambda y: (np.array(["a", "b", "c", "d"])[y], {"order": "sorted"}),
        lambda y: (3 - y, {"order": [3, 2, 1, 0]}),
    ],
    ids=["codes", "floats", "text", "objects", "an extra class", "Categorical", "Series", "Enum", "sorted", "turned"],
)
def test_the_order_is_that_of_the_type_or_the_one_stated(data, given):
    X, y = data
    labels, options = given(y)
    model = OrdinalClassifier(**options).fit(X, labels)
    plain = OrdinalClassifier().fit(X, y)
    array = np.asarray(labels)
    assert_array_equal(model.classes_, np.unique(array))
    assert_array_equal(model.order_, [array[y == k][0] for k in range(4)])
    assert_allclose(model.coef_, plain.coef_, rtol=EXACT)
    assert_allclose(model.thresholds_, plain.thresholds_, rtol=EXACT)
    columns = np.searchsorted(model.classes_, model.order_)
    assert_allclose(model.predict_proba(X)[:, columns], plain.predict_proba(X), rtol=EXACT)
    assert_allclose(model.decision_function(X)[:, columns], plain.decision_function(X), rtol=EXACT, atol=EXACT)
    assert_array_equal(model.predict(X), model.order_[plain.predict(X)])
    assert model.score(X, array) == plain.score(X, y)
    assert model.fit_.outcomes == tuple(str(label) for label in model.order_)


def test_booleans_and_two_classes_of_text_need_no_order():
    X, y = overlapping()
    assert OrdinalClassifier().fit(X, y == 1).order_.tolist() == [False, True]
    assert OrdinalClassifier().fit(X, np.array(["no", "yes"])[y]).order_.tolist() == ["no", "yes"]


@pytest.mark.parametrize("kind", [np.asarray, list, pd.Categorical, lambda labels: pl.Series(list(labels))])
def test_text_is_never_sorted_in_silence(data, kind):
    X, y = data
    told = "order of the classes is not stated, and they were taken as sorted: 'fair' < 'good' < 'poor' < 'very good'"
    with pytest.warns(DataWarning, match=told) as found:
        model = OrdinalClassifier().fit(X, kind(LEVELS[y]))
    assert len(found) == 1
    assert found[0].filename == __file__
    assert model.order_.tolist() == sorted(ORDER)
    stated = OrdinalClassifier(order="sorted").fit(X, kind(LEVELS[y]))  # without a warning, which would be an error
    assert_array_equal(stated.coef_, model.coef_)


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ("alphabetical", r"order='alphabetical' is not a list; give the classes .* such as order=\['fair', 'good'"),
        (["poor", "fair", "good"], r"'y' holds 'very good', which is not in order="),
        (["poor", "fair", "good", "very goood"], r"Did you mean 'very goood'\?"),
        (["poor", "poor", "fair", "good", "very good"], r"order= names 'poor' twice"),
        (3, r"order=3 is not a list"),
    ],
)
def test_an_order_that_cannot_be_is_refused(data, order, told):
    X, y = data
    with pytest.raises(DataError, match=told):
        OrdinalClassifier(order=order).fit(X, LEVELS[y])


def test_scores_of_scikit_learn_read_the_columns_as_they_are(data):
    """They take probabilities to be in the order of the sorted labels, whatever the order of the outcomes."""
    X, y = data
    model = OrdinalClassifier(order=ORDER).fit(X, LEVELS[y])
    own = -np.log(model.fit_.predict().to_numpy()[np.arange(len(y)), y]).mean()
    assert_allclose(log_loss(LEVELS[y], model.predict_proba(X)), own, rtol=EXACT)
    assert_allclose(own, -model.fit_.loglik / len(y), rtol=EXACT)
    found = cross_val_score(model, X, LEVELS[y], cv=StratifiedKFold(3), scoring="neg_log_loss")
    codes = cross_val_score(OrdinalClassifier(), X, y, cv=StratifiedKFold(3), scoring="neg_log_loss")
    assert_allclose(found, codes, rtol=EXACT)
    ranked = cross_val_score(model, X, LEVELS[y], cv=StratifiedKFold(3), scoring="roc_auc_ovr")
    assert_allclose(ranked, cross_val_score(OrdinalClassifier(), X, y, cv=StratifiedKFold(3), scoring="roc_auc_ovr"))


# Input.


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csc_matrix, pd.DataFrame, pl.DataFrame, np.asfortranarray])
def test_the_kind_of_table_does_not_matter(data, kind):
    X, y = data
    X = np.where(np.abs(X) < 0.5, 0.0, X)
    dense = OrdinalClassifier().fit(X, y)
    model = OrdinalClassifier().fit(kind(X), y)
    assert_allclose(model.coef_, dense.coef_, rtol=ROUTE)
    assert_allclose(model.predict_proba(kind(X)), dense.predict_proba(X), rtol=ROUTE)


@pytest.mark.parametrize("options", [{}, {"nominal": "sex"}, {"model": "adjacent", "link": "logit"}], ids=str)
def test_a_formula_is_that_of_the_function(options):
    frame, labels = mixed_frame_of_three()
    order = ["none", "relapse", "death"]
    model = OrdinalClassifier("square(age) + sex + C(stage)", order=order, functions={"square": np.square}, **options)
    model.fit(frame, labels)
    square = np.square
    assert square is not None
    fit = lk.ordinal("y ~ square(age) + sex + C(stage)", frame.assign(y=labels), order=order, **options)
    assert_array_equal(model.fit_.coef, fit.coef)
    complete = frame[["age", "sex"]].notna().all(axis=1).to_numpy()
    proba = model.predict_proba(frame)[:, np.searchsorted(model.classes_, order)]
    assert_array_equal(np.isnan(proba).any(axis=1), ~complete)
    assert_allclose(proba[complete], fit.predict(frame[complete]), rtol=EXACT)
    with pytest.raises(DataError, match="missing value in a column of the formula"):
        model.predict(frame)
    assert model.coef_names_.tolist() == ["square(age)", "sex[T.male]", "C(stage)[T.II]", "C(stage)[T.III]"]
    new = frame[complete].assign(sex="other")
    with pytest.raises(DataError, match="'other'"):
        model.predict_proba(new)
    assert np.isnan(model.set_params(unseen="missing").predict_proba(new)).all()


def test_what_cannot_be_is_refused(data):
    X, y = data
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    with pytest.raises(FormulaError, match="leave the intercept in the formula"):
        OrdinalClassifier("0 + a").fit(frame, y)
    with pytest.raises(ResponseError, match="needs two classes or more, and y has only one class, 2"):
        OrdinalClassifier().fit(X, np.full(len(X), 2))
    with pytest.raises(UnsupportedError, match="model='continuation' is not offered in this version"):
        OrdinalClassifier(model="continuation").fit(X, y)
    with pytest.raises(UnsupportedError, match="cannot be combined with model='adjacent'"):
        OrdinalClassifier(model="adjacent", link="probit").fit(X, y)
    with pytest.raises(FormulaError, match="nominal"):
        OrdinalClassifier(nominal="zz").fit(frame, y)
    with pytest.raises(DataError, match=re.escape("give lk.Newton(tol=")):
        OrdinalClassifier(solver=lk.ProxNewton()).fit(X, y)
    frame["b"] = np.where(y == 1, np.nan, frame["b"])
    with pytest.raises(ResponseError, match="No row of the class 1 is left"):
        OrdinalClassifier("a + b").fit(frame, y)


def test_weights_are_rows(data):
    X, y = data
    weight = np.arange(len(y)) % 3
    repeated = OrdinalClassifier().fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    weighted = OrdinalClassifier().fit(X, y, sample_weight=weight)
    assert_allclose(weighted.coef_, repeated.coef_, rtol=ROUTE)
    assert_allclose(weighted.thresholds_, repeated.thresholds_, rtol=ROUTE)
    assert weighted.fit_.record.info.response.weight_kind == "precision"
    own = np.linspace(0.5, 2.0, len(y))
    by_class = OrdinalClassifier(class_weight={0: 1.0, 2: 3.0}).fit(X, y, sample_weight=own)
    by_row = OrdinalClassifier().fit(X, y, sample_weight=own * np.where(y == 2, 3.0, 1.0))
    assert_array_equal(by_class.coef_, by_row.coef_)
    record = OrdinalClassifier(class_weight="balanced", order=ORDER).fit(X, LEVELS[y], sample_weight=own).fit_.record
    assert_allclose(record.totals, record.total / 4.0, rtol=EXACT)


def test_an_aliased_column_has_coefficient_zero(data):
    X, y = data
    model = OrdinalClassifier().fit(np.column_stack([X, 2.0 * X[:, 1] + 1.0]), y)
    assert model.coef_[0, 3] == 0.0
    assert_allclose(model.coef_[:, :3], OrdinalClassifier().fit(X, y).coef_, rtol=ROUTE)


def test_rows_whose_thresholds_cross_have_no_label(data):
    X, y = data
    model = OrdinalClassifier(nominal="x1").fit(X, y)
    far = X.copy()
    spread = np.diff(model.coef_[:, 1])
    far[3, 1] = far[5, 1] = 1e3 * np.sign(spread[np.argmax(np.abs(spread))])
    proba = model.predict_proba(far)
    assert np.flatnonzero(np.isnan(proba).any(axis=1)).tolist() == [3, 5]
    assert np.isnan(model.decision_function(far)[[3, 5]]).all()
    told = rf"In 2 of {len(y)} rows \(the first is row 3, from 0\) the thresholds cross, .* predict_proba gives nan"
    with pytest.raises(DataError, match=told):
        model.predict(far)


# Separation.


def separated(model, X, y, **weights):
    with pytest.warns(DataWarning, match="The classes are separated"):
        return model.fit(X, y, **weights)


def test_the_direction_is_the_shortest():
    """By hand: both linear predictors of the rows beside the gaps are 1 or more from zero; the least b is 1."""
    X, y = np.array([[1.0], [2.0], [4.0], [5.0], [8.0], [9.0]]), [0, 0, 1, 1, 2, 2]
    model = separated(OrdinalClassifier(), X, y)
    assert_allclose(model.thresholds_, [120.0, 240.0], rtol=1e-6)
    assert_allclose(model.coef_, [[40.0]], rtol=1e-6)
    assert_allclose(model.predict_proba(X), np.eye(3)[y], atol=1e-17)
    assert_array_equal(model.predict(X), y)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"model": "adjacent"},
        {"link": "probit"},
        {"link": "cloglog"},
        {"link": "loglog"},
        {"link": "cauchit"},
        {"nominal": "x1"},
    ],
    ids=str,
)
@pytest.mark.parametrize("complete", [False, True])
def test_separated_rows_are_at_their_limits_and_the_others_where_they_are(options, complete):
    X, y = ordered_classes(150, 2, 3)
    if complete:
        y = np.searchsorted([-0.8, 0.6], X @ [1.0, 0.5])
    else:  # the last column is one where the highest class alone occurs
        inside = np.arange(len(y)) % 5 == 0
        X, y = np.column_stack([X, inside]), np.where(inside, 2, y)
    model = separated(OrdinalClassifier(**options), X, y)
    assert np.isfinite(model.coef_).all()
    assert np.isfinite(model.thresholds_).all()
    near = 3e-8 if options.get("link") == "cauchit" else 1e-8
    assert_allclose(model.predict_proba(X), model.fit_.predict(), atol=near)
    if complete:
        assert_array_equal(model.predict(X), y)
    else:
        assert_allclose(model.predict_proba(X[inside]), np.eye(3)[y[inside]], atol=near)
    twice = separated(OrdinalClassifier(**options), np.vstack([X, X])[::-1], np.r_[y, y][::-1])
    assert_allclose(twice.predict_log_proba(X), model.predict_log_proba(X), rtol=1e-5, atol=1e-6)
    scaled = separated(OrdinalClassifier(**options), X * np.r_[1e3, np.ones(X.shape[1] - 1)], y)
    # How far a separated estimate is moved out is found by a search that stops at some digits.
    assert_allclose(scaled.coef_[:, 0] * 1e3, model.coef_[:, 0], rtol=1e-4)


def test_two_separated_classes_are_those_of_the_binary_model():
    X, y = overlapping(60, 2)
    y = (X @ [1.0, -0.5] > 0.2).astype(int)
    model, binary = separated(OrdinalClassifier(), X, y), separated(LogitClassifier(), X, y)
    assert_allclose(model.coef_, binary.coef_, rtol=1e-6)
    assert_allclose(-model.thresholds_, binary.intercept_, rtol=1e-6)


# Composition.


def test_a_clone_keeps_every_parameter():
    model = OrdinalClassifier(
        "age",
        model="cumulative",
        link="probit",
        nominal="age",
        order=["a", "b"],
        information="expected",
        penalty=lk.MeanBias(),
        class_weight={"a": 2.0},
        missing="raise",
        unseen="missing",
        functions={"square": np.square},
        solver=lk.Newton(tol=1e-9),
        level=0.9,
    )
    assert clone(model).get_params() == model.get_params()
    shared = set(MultinomialClassifier().get_params()) - {"penalty", "strength", "l1_ratio", "C", "fit_intercept"}
    assert set(model.get_params()) == shared | {"model", "link", "nominal", "order", "information", "penalty"}


@pytest.mark.parametrize("by_formula", [False, True])
def test_a_pickle_holds_no_rows(by_formula):
    X, y = ordered_classes(20_000)
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    model = OrdinalClassifier("a + b + c" if by_formula else None, order=ORDER).fit(frame, LEVELS[y])
    text = pickle.dumps(model)
    assert len(text) < 40_000
    again = pickle.loads(text)
    assert_array_equal(again.predict_proba(frame), model.predict_proba(frame))
    assert str(again.fit_.summary()) == str(model.fit_.summary())


def test_it_composes(data):
    X, y = data
    frame = pd.DataFrame(X, columns=["dose", "age", "size"])
    pipeline = make_pipeline(StandardScaler(), OrdinalClassifier()).set_output(transform="pandas").fit(frame, y)
    assert pipeline[-1].fit_.record.names == ("0|1", "1|2", "2|3", "dose", "age", "size")
    search = GridSearchCV(OrdinalClassifier(), {"link": ["cauchit", "logit"]}, cv=3, scoring="neg_log_loss").fit(X, y)
    assert search.best_params_ == {"link": "logit"}
    calibrated = CalibratedClassifierCV(OrdinalClassifier(order=ORDER), cv=3).fit(X, LEVELS[y])
    assert (calibrated.predict(X) == LEVELS[y]).mean() > 0.4
    model = OrdinalClassifier().fit(frame, y)
    model.fit(X[:, :2], np.minimum(y, 2))
    assert model.coef_.shape == (1, 2)
    assert model.order_.tolist() == [0, 1, 2]
    assert not hasattr(model, "feature_names_in_")
    dense = model.predict_proba(X[:, :2])
    assert sparse.issparse(model.sparsify().coef_)
    assert_array_equal(model.predict_proba(X[:, :2]), dense)
    assert isinstance(model.densify().coef_, np.ndarray)


def test_sample_weight_is_routed(data):
    X, y = data
    weight = np.linspace(0.5, 2.0, len(y))
    with sklearn.config_context(enable_metadata_routing=True):
        model = OrdinalClassifier().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        found = cross_validate(model, X, y, cv=3, params={"sample_weight": weight}, return_estimator=True)
        train, _ = next(StratifiedKFold(3).split(X, y))
        own = OrdinalClassifier().fit(X[train], y[train], sample_weight=weight[train])
        assert_array_equal(found["estimator"][0].coef_, own.coef_)


def test_the_statistics_are_there(data):
    X, y = data
    model = OrdinalClassifier(level=0.9, order=ORDER).fit(pd.DataFrame(X, columns=["a", "b", "c"]), LEVELS[y])
    assert model.fit_.record.level == 0.9
    assert_allclose(model.fit_.odds_ratios().loc["b", "odds_ratio"], np.exp(model.coef_[0, 1]), rtol=EXACT)
    assert model.fit_.proportional_odds_test().dof[0] == 6
    assert "fair|good" in str(model.fit_.summary())


def test_a_reduction_of_bias_is_that_of_the_function():
    data = lk.datasets.load_lbw()
    visits = np.minimum(data["ftv"], 2)
    for penalty in (lk.MeanBias(), lk.Jeffreys(), lk.LogF(1)):
        model = OrdinalClassifier("age + lwt", penalty=penalty).fit(data, visits)
        fit = lk.ordinal("visits ~ age + lwt", data.assign(visits=visits), penalty=penalty)
        assert_allclose(model.coef_[0], fit.coef[["age", "lwt"]], rtol=ROUTE)
        assert_allclose(model.predict_proba(data), fit.predict(), rtol=ROUTE)
    with pytest.raises(UnsupportedError, match="penalty= is not offered"):
        OrdinalClassifier("age", penalty=lk.Ridge(0.1)).fit(data, visits)
