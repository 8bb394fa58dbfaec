"""scikit-learn's own checks of ensembles, with the one failure that is expected."""

from __future__ import annotations

import pytest
from sklearn.dummy import DummyClassifier
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from logitkit.estimators import BaggedClassifier, MultinomialClassifier, StackedClassifier

STACKED = StackedClassifier([MultinomialClassifier(strength=0.1), MultinomialClassifier(strength=1.0)], cv=2)
BAGGED = BaggedClassifier(n_samples=2)
# Whose code the others run too.
MORE = [
    StackedClassifier(
        {
            "tree": DecisionTreeClassifier(max_depth=2, random_state=0),
            "multinomial": MultinomialClassifier(strength=0.1),
        },
        cv=2,
    ),
    StackedClassifier([MultinomialClassifier(strength=0.1), DummyClassifier()], pool="log", cv=2, sum_to_one=True),
    BaggedClassifier(DecisionTreeClassifier(random_state=0), n_samples=3),
]
DRAWN = "Rows are drawn alike and keep their weights: a row of weight two is not two rows that are drawn apart."


def expected(estimator):
    kinds = ("dense", "sparse") if isinstance(estimator, BaggedClassifier) else ()
    return {f"check_sample_weight_equivalence_on_{kind}_data": DRAWN for kind in kinds}


def checks_of(variants, every=1):
    """All checks, or some of them, the others slow."""
    mark = parametrize_with_checks(variants, expected_failed_checks=expected)
    found = []
    for number, parameters in enumerate(mark.args[1]):
        marks = list(getattr(parameters, "marks", ()))
        values = getattr(parameters, "values", parameters)
        found.append(pytest.param(*values, marks=[*marks, pytest.mark.slow] if number % every else marks))
    return pytest.mark.parametrize(mark.args[0], found, **mark.kwargs)


checks = checks_of([STACKED, BAGGED], every=13)


@pytest.mark.filterwarnings("ignore:The classes are separated")
@checks
def test_scikit_learn_checks(estimator, check, monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")  # without it one check would be skipped
    check(estimator)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The classes are separated")
@checks_of(MORE)
def test_scikit_learn_checks_of_more_variants(estimator, check, monkeypatch):
    test_scikit_learn_checks(estimator, check, monkeypatch)


def test_only_drawing_by_weight_is_expected_to_fail():
    failing = [one for one in checks.args[1] if any(mark.name == "xfail" for mark in one.marks)]
    assert len(checks.args[1]) > 90
    assert {type(one.values[0]).__name__ for one in failing} == {"BaggedClassifier"}
    assert len(failing) == 2
