"""Words of other packages are answered with ours, wherever a user may write them."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
import warnings
from operator import attrgetter

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import ArgumentError, DataError, LogitkitError
from logitkit.estimators import (
    LogitClassifier,
    LogitClassifierCV,
    LogitPathClassifier,
    MultinomialClassifier,
    OrdinalClassifier,
)
from logitkit.results.several.cross_validated import CrossValidated
from logitkit.results.several.grouped import GroupedFits
from logitkit.results.several.path import Path
from logitkit.results.their_words import ATTRIBUTES
from logitkit.results.their_words import FUNCTIONS as OF_PACKAGES

DATA = pd.DataFrame({"y": [0, 1, 0, 1, 1, 0], "x": [1.0, 2.0, 3.0, 2.5, 4.0, 1.5], "g": list("aabbcc")})
FUNCTIONS = [
    lk.fit,
    lk.fit_matrix,
    lk.fit_by,
    lk.logit,
    lk.logit_matrix,
    lk.logit_by,
    lk.multinomial,
    lk.multinomial_matrix,
    lk.path,
    lk.path_matrix,
    lk.cross_validate,
    lk.cross_validate_matrix,
]
HELD = [lk.Fit, lk.MultinomialFit, Path, CrossValidated, GroupedFits]
VERBS = [
    pytest.param(kind, name, id=f"{kind.__name__}.{name}")
    for kind in HELD
    for name in dir(kind)
    if not name.startswith("_") and inspect.isfunction(inspect.getattr_static(kind, name))
]


@pytest.fixture(scope="module")
def fit() -> lk.Fit:
    return lk.logit("y ~ x", DATA)


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("cov_type", "cluster="),
        ("robust", "cluster="),
        ("subset", "data.query"),
        ("max_iter", "solver=lk.Newton"),
        ("alpha", "level="),
        ("freq_weights", "weight_kind='frequency'"),
        ("levle", "Did you mean 'level'?"),
    ],
)
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_a_keyword_of_another_package_is_answered(function, word, ours):
    if word == "levle" and "level" not in inspect.signature(function).parameters:
        ours = "The names are"
    with pytest.raises(ArgumentError, match=rf"^{function.__name__}\(\) has no argument '{word}'\. ") as told:
        function("y ~ x", DATA, **{word: 1})
    assert ours in str(told.value)


@pytest.mark.parametrize(("kind", "name"), VERBS)
def test_every_verb_refuses_what_it_does_not_have(kind, name):
    """Before it looks at the fit, so that an empty one will do."""
    verb = getattr(object.__new__(kind), name)
    with pytest.raises(ArgumentError, match=rf"^{kind.__name__}\.{name}\(\) has no argument 'nothing'"):
        verb(nothing=1)
    with pytest.raises(ArgumentError, match=rf"^{kind.__name__}\.{name}\(\) takes .* and was given 30"):
        verb(*range(30))


def test_two_fits_are_not_compared_by_the_test_of_one(fit):
    with pytest.raises(ArgumentError, match=r"Fit\.lr_test\(\) takes no values, and was given 1\."):
        fit.lr_test(fit)


@pytest.mark.parametrize(
    "kind", [LogitClassifier, LogitClassifierCV, LogitPathClassifier, MultinomialClassifier, OrdinalClassifier]
)
def test_an_estimator_names_itself(kind):
    with pytest.raises(ArgumentError, match=rf"^{kind.__name__}\(\) has no argument 'max_iter'\. Options"):
        kind(max_iter=100)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("bse", "std_error"),
        ("params", "coef"),
        ("pvalues", r"tidy\(\)\['p_value'\]"),
        ("conf_int", r"confint\(\)"),
        ("nobs", "n_obs"),
        ("llf", "loglik"),
        ("Anova", r"anova\(\)"),
        ("term_tests", r"anova\(\)"),
    ],
)
def test_an_attribute_of_another_package_is_answered(fit, theirs, ours):
    with pytest.raises(AttributeError, match=rf"^A Fit has no attribute '{theirs}'\. It is called {ours} here\.$"):
        getattr(fit, theirs)
    assert not hasattr(fit, theirs)


@pytest.mark.parametrize("kind", [lk.Fit, lk.MultinomialFit])
def test_what_is_named_is_there(kind):
    ours = {word.partition("(")[0].partition(",")[0] for word in ATTRIBUTES.values()}
    assert {name for name in ours if not hasattr(kind, name)} <= {"design"}


def test_ratios_of_risks_are_no_ratios_of_odds(fit):
    several = lk.multinomial("z ~ x", {"x": [1.0, 2, 3, 4, 5, 6, 2, 1, 5], "z": list("abcabcabc")})
    for each in (fit, several):
        with pytest.raises(AttributeError, match=r"Ratios of odds, which are another quantity, are odds_ratios\(\)"):
            _ = each.risk_ratios
        assert not hasattr(each, "risk_ratios")
    with pytest.raises(AttributeError, match="risk_ratios"):
        _ = several.plot.risk_ratios


@pytest.mark.parametrize("theirs", list(OF_PACKAGES))
def test_a_function_of_another_package_is_answered(theirs):
    with pytest.raises(AttributeError, match=rf"^logitkit has no attribute '{theirs}'\. Here it is lk\.") as found:
        getattr(lk, theirs)
    for ours in re.findall(r"lk\.([A-Za-z_.]+)\(", str(found.value)):
        assert callable(attrgetter(ours)(lk))


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("OrdinalClassifier", r"lk\.estimators\.OrdinalClassifier"),
        ("MultinomialClassifierCV", r"lk\.estimators\.MultinomialClassifierCV"),
        ("OrderedModel", r"lk\.ordinal\('y ~ x', data\)"),
        ("clm", r"lk\.ordinal\('y ~ x', data\)"),
        ("acat", r"lk\.fit\('y ~ x', data, model=lk\.Ordinal\('adjacent'\)\)"),
    ],
)
def test_an_estimator_and_a_model_of_another_package_are_found(theirs, ours):
    with pytest.raises(AttributeError, match=rf"^logitkit has no attribute '{theirs}'\. Here it is {ours}\.$"):
        getattr(lk, theirs)


def test_a_name_of_ours_with_a_slip_is_answered():
    with pytest.raises(AttributeError, match=r"no attribute 'logti'\. Did you mean 'logit'"):
        _ = lk.logti


def test_a_figure_that_is_not_there_is_answered_with_those_that_are(fit):
    with pytest.raises(
        AttributeError,
        match=r"no attribute .ternary.\. The names are: added_variable, average_predictions, ",
    ):
        _ = fit.plot.ternary
    assert not hasattr(copy.copy(fit.plot), "ternary")


def test_a_comparison_of_nested_fits_is_told_how(fit):
    with pytest.raises(ArgumentError, match=r"compared by lk\.compare\(fit1, fit2\)"):
        fit.lr_test(fit)
    with pytest.raises(ArgumentError, match=r"no argument .other.\. It takes none\."):
        fit.lr_test(other=fit)


def test_a_misspelt_attribute_is_answered_and_copies_work(fit):
    with pytest.raises(AttributeError, match=r"Did you mean 'deviance'\?"):
        _ = fit.devience
    for again in (copy.copy(fit), copy.deepcopy(fit), pickle.loads(pickle.dumps(fit))):
        assert np.array_equal(again.coef, fit.coef)


def test_formulas_see_the_names_of_the_caller():
    shift = 2.0  # noqa: F841 - the formulas use it
    assert np.isclose(lk.logit("y ~ I(x + shift)", DATA).coef.iloc[1], lk.logit("y ~ x", DATA).coef.iloc[1])
    assert lk.logit_by("y ~ I(x + shift)", pd.concat([DATA] * 4), by="g").coef.shape[1] == 2


def test_a_warning_points_at_the_line_that_called():
    columns = np.column_stack([np.ones(40), np.full(40, 3.0), np.linspace(-1, 1, 40)])
    y = (np.arange(40) % 3 < np.arange(40) / 16).astype(int)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", ResourceWarning)  # of garbage of other tests, collected at any time
        lk.logit_matrix(columns, y, ["Intercept", "flat", "x"], penalty=lk.Ridge(0.1))
        lk.path_matrix(columns, y, ["Intercept", "flat", "x"], penalty=lk.Ridge(), n_strengths=3)
        LogitClassifier(strength=0.1, fit_intercept=False).fit(columns, y)
    assert len(told) == 3
    assert {each.filename for each in told} == {__file__}


def test_the_error_is_of_our_tree_and_what_python_would_raise():
    assert issubclass(ArgumentError, LogitkitError)
    assert issubclass(ArgumentError, TypeError)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("lincom", "test('a + b = 0')"),
        ("nlcom", "test('a / b = 0')"),
        ("emmeans", "means(factor)"),
        ("ed50", "inverse(variable, 0.5)"),
        ("tost", "equivalence(name, low, high)"),
        ("lrtest", "lk.compare(fit1, fit2)"),
        ("firth", "penalty=lk.Jeffreys()"),
        ("vce", "robust(kind, cluster=...)"),
    ],
)
def test_commands_of_stata_and_r_are_answered_with_our_verbs(fit, theirs, ours):
    with pytest.raises(AttributeError, match=re.escape(ours)):
        getattr(fit, theirs)


def test_a_verb_of_a_fit_is_not_told_of_solvers(fit):
    with pytest.raises(ArgumentError, match=r"has no argument .tol.\. The names are") as found:
        fit.effects(tol=1e-8)
    assert "solver" not in str(found.value)
    with pytest.raises(ArgumentError, match="solver=lk"):
        lk.logit("y ~ x", DATA, method="bfgs")


@pytest.mark.parametrize(
    ("call", "ours"),
    [
        (lambda fit: fit.anova(test="LRT"), "'LRT' is 'LR' here"),
        (lambda fit: fit.anova(type="III"), "'III' is 3 here"),
        (lambda fit: fit.tidy(adjust="fdr"), "'fdr' is 'benjamini-hochberg' here"),
        (lambda fit: fit.confint("Wald"), "'Wald' is 'wald' here"),
        (lambda fit: fit.effects(scale="RR"), "'RR' is 'risk_ratio' here"),
        (lambda fit: fit.robust("hc3"), "'hc3' is 'HC3' here"),
        (lambda fit: fit.means("x", at={"x": [1, 2]}, contrasts="tukey"), "'tukey' is 'pairwise' here"),
        (lambda fit: fit.means("x", at={"x": [1, 2]}, adjust="tukey"), "'tukey' is 'single-step' here"),
    ],
)
def test_words_of_options_elsewhere_are_answered(fit, call, ours):
    with pytest.raises(DataError, match=re.escape(ours)):
        call(fit)


def test_verbs_of_cards_and_of_results_refuse_words_that_they_do_not_have(fit):
    loans = lk.datasets.load_german_credit().iloc[:200]
    card = lk.scorecard(["duration"], loans, target="class", event="bad")
    for call, words in (
        (
            lambda: card.validate(loans, levle=0.9),
            r"Scorecard.validate\(\) has no argument 'levle'. Did you mean 'level'",
        ),
        (lambda: card.score(newdata=loans), r"Scorecard.score\(\) has no argument 'newdata'. It is data= here"),
        (lambda: card.binnings["duration"].merge(1, 2, why="few"), "first, second, reason"),
        (
            lambda: fit.decision_curve().plot(axes=None),
            r"DecisionCurveResult.plot\(\) has no argument 'axes'. Did you mean 'ax'",
        ),
        (lambda: fit.calibration().to_text(widht=60), r"to_text\(\) has no argument 'widht'. Did you mean 'width'"),
    ):
        with pytest.raises(ArgumentError, match=words):
            call()


def test_what_a_call_needs_is_named_by_its_public_name() -> None:
    with pytest.raises(ArgumentError, match=r"^power\(\) needs event_rate=\.$"):
        lk.power()
    with pytest.raises(ArgumentError, match=r"^sample_size\(\) needs n_parameters= and prevalence=\.$"):
        lk.sample_size()
    assert lk.sample_size(3, prevalence=0.3, r_squared=0.2).n > 0
    fit = lk.logit("low ~ lwt", lk.datasets.load_lbw())
    with pytest.raises(ArgumentError, match=r"no argument 'cluster'. Clusters belong to the fit"):
        fit.jackknife(cluster="race")
