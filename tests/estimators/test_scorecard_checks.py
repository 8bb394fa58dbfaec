"""scikit-learn's own checks of the estimators of scorecards, with no expected failure."""

from __future__ import annotations

import pytest

from estimators.test_checks import checks_of
from logitkit.estimators import ScorecardClassifier, WoeEncoder
from logitkit.scorecard import Bins, Scaling

VARIANTS = [WoeEncoder(), ScorecardClassifier()]
# Whose code the others run too.
MORE = [
    WoeEncoder(Bins(shape="none", woe="bad/good")),
    ScorecardClassifier(Bins(max_bins=4, criterion="likelihood"), scaling=Scaling(rounded=False)),
]
checks = checks_of(VARIANTS)


# Many checks fit data whose classes are separated, of which the estimator warns.
@pytest.mark.filterwarnings("ignore:The classes are separated")
@pytest.mark.filterwarnings("ignore:No column has two bins")
@pytest.mark.filterwarnings("ignore:.*is taken for the bad one")
@checks
def test_scikit_learn_checks(estimator, check, monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")  # without it one check would be skipped
    check(estimator)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The classes are separated")
@pytest.mark.filterwarnings("ignore:No column has two bins")
@pytest.mark.filterwarnings("ignore:.*is taken for the bad one")
@checks_of(MORE)
def test_scikit_learn_checks_of_more_variants(estimator, check, monkeypatch):
    test_scikit_learn_checks(estimator, check, monkeypatch)


def test_the_checks_are_many_and_no_failure_is_expected():
    found = list(checks.args[1])
    assert len(found) > 40 * len(VARIANTS)
    assert not any(getattr(parameters, "marks", ()) for parameters in found)
