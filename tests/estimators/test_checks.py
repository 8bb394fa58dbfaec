"""scikit-learn's own checks, with no expected failure."""

from __future__ import annotations

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

import logitkit as lk
from estimators.problems import overlapping
from logitkit.estimators import (
    LogitClassifier,
    LogitClassifierCV,
    LogitPathClassifier,
    MultinomialClassifier,
    MultinomialClassifierCV,
    OrdinalClassifier,
)

VARIANTS = [
    LogitClassifier(),
    LogitClassifier(strength=0.01),
    LogitClassifierCV(cv=2, n_strengths=3),
    LogitPathClassifier(n_strengths=4),
    MultinomialClassifier(),
    MultinomialClassifier(strength=0.001, l1_ratio=0.5),
    MultinomialClassifierCV(cv=2, strengths=(0.1, 0.01)),
    OrdinalClassifier(),
]
COSTLY = LogitClassifierCV | MultinomialClassifierCV | LogitPathClassifier
# Whose code the others run too, those of cross-validation with fewer folds and strengths.
MORE = [
    LogitClassifier(penalty=lk.GroupLasso(0.01)),
    LogitClassifier(penalty=lk.Lasso(0.01) + lk.Bounds(lower=-5.0, upper=5.0)),
    LogitClassifier(strength=0.001, l1_ratio=0.5),
    MultinomialClassifier(class_weight="balanced"),
    OrdinalClassifier(model="adjacent", order="sorted"),
    LogitClassifier(penalty=lk.RelaxedLasso(0.01)),
    LogitClassifier(penalty=lk.AdaptiveLasso(0.01, initial=lk.Ridge(0.01))),
    LogitClassifier(penalty=lk.GaussianPrior(precision=1.0)),
    MultinomialClassifier(penalty=lk.ElasticNet(0.01, l1_ratio=0.5, across_outcomes=True)),
    LogitClassifierCV(cv=3, n_strengths=8),
    MultinomialClassifierCV(cv=3, n_strengths=8),
    LogitClassifier(class_weight="balanced"),
    LogitClassifier(C=1.0),
    MultinomialClassifier(C=1.0),
    MultinomialClassifier(strength=0.01),
    # With a complementary log-log a probability can be zero in float64 while its logarithm is -1,000, and a check takes
    # the logarithm of the zero.
    OrdinalClassifier(link="probit"),
    OrdinalClassifier(link="cauchit"),
    OrdinalClassifier(class_weight="balanced", information="expected"),
]


def checks_of(variants):
    mark = parametrize_with_checks(variants)
    # scikit-learn 1.8 hands a generator over, which pytest deprecates.
    return pytest.mark.parametrize(mark.args[0], list(mark.args[1]), **mark.kwargs)


def some_of_costly_ones(checks):
    """The same, of which those that fit at many strengths meet every third; the others are slow."""
    found = []
    for number, parameters in enumerate(checks.args[1]):
        given = getattr(parameters, "values", parameters)
        left = isinstance(given[0], COSTLY) and number % 3 != 1
        found.append(pytest.param(*given, marks=pytest.mark.slow) if left else parameters)
    return pytest.mark.parametrize(checks.args[0], found, **checks.kwargs)


checks = checks_of(VARIANTS)


# Many checks fit data whose classes are separated, or text without an order, of which the estimator warns.
@pytest.mark.filterwarnings("ignore:The classes are separated")
@pytest.mark.filterwarnings("ignore:The order of the classes is not stated")
@pytest.mark.filterwarnings("ignore:The columns selected by the lasso separate")
@some_of_costly_ones(checks)
def test_scikit_learn_checks(estimator, check, monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")  # without it one check would be skipped
    check(estimator)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The classes are separated")
@pytest.mark.filterwarnings("ignore:The order of the classes is not stated")
@checks_of(MORE)
def test_scikit_learn_checks_of_more_variants(estimator, check, monkeypatch):
    test_scikit_learn_checks(estimator, check, monkeypatch)


def test_the_checks_are_many_and_no_failure_is_expected():
    found = list(checks.args[1])
    assert len(found) > 50 * len(VARIANTS)
    assert not any(getattr(parameters, "marks", ()) for parameters in found)


@pytest.mark.parametrize("variant", [*VARIANTS, *MORE])
def test_what_the_tags_say_is_so(variant):
    tags = variant.__sklearn_tags__()
    assert not tags.non_deterministic
    # The classes of scikit-learn's data have no order: a model of ordered ones cannot but predict them badly.
    assert tags.classifier_tags.poor_score == isinstance(variant, OrdinalClassifier)
    assert not tags.no_validation
    assert tags.input_tags.sparse
    assert tags.target_tags.required
    assert tags.classifier_tags.multi_class == ("Logit" not in type(variant).__name__)
    assert LogitClassifier("x").__sklearn_tags__().input_tags.allow_nan
    variant.fit(*overlapping())
