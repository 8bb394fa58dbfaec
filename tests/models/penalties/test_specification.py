"""Penalties as they are written: wrong keywords are answered with the right ones."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import logitkit as lk
from logitkit.errors import ArgumentError, DataError

WITH_STRENGTH = [lk.Lasso, lk.Ridge, lk.ElasticNet, lk.GroupLasso, lk.AdaptiveLasso, lk.RelaxedLasso]
STATED = [
    lk.ElasticNet(0.1, 0.3, keep="age", relative={"lwt": 2.0}),
    lk.Lasso(0.1),
    lk.GroupLasso(0.1, groups={"body": ["age", "lwt"]}),
    lk.RelaxedLasso(0.1, gamma=0.5),
    lk.AdaptiveLasso(power=2.0),
    lk.GaussianPrior(1.0, {"age": 2.0}),
    lk.Bounds(lower=0.0),
]


@pytest.mark.parametrize("penalty", WITH_STRENGTH)
@pytest.mark.parametrize(
    ("keyword", "advice"),
    [
        (
            "C",
            r"strength=.*1 / \(C \* W\).*standardize=False.*strength_from\('scikit-learn'",
        ),
        (
            "alpha",
            r"strength=.*glum.*n times the strength.*strength_from\('statsmodels Logit'",
        ),
        ("lambda_", r"strength=.*glmnet"),
        ("lam", r"strength="),
    ],
)
def test_the_strength_under_another_name(penalty: Any, keyword: str, advice: str) -> None:
    with pytest.raises(ArgumentError, match=rf"^{penalty.__name__}\(\) has no argument '{keyword}'\. .*{advice}"):
        penalty(**{keyword: 0.1})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: lk.Lasso(0.1, standardise=True),
            r"Lasso\(\) has no argument 'standardise'\. Did you mean 'standardize'\?",
        ),
        (lambda: lk.GroupLasso(0.1, group={}), "Did you mean 'groups'"),
        (lambda: lk.AdaptiveLasso(0.1, pwer=1), "Did you mean 'power'"),
        (lambda: lk.RelaxedLasso(0.1, gama=1), "Did you mean 'gamma'"),
        (lambda: lk.GaussianPrior(precison=1.0), "Did you mean 'precision'"),
        (lambda: lk.GaussianPrior(alpha=1.0), "The names are: mean, precision"),
        (lambda: lk.Bounds(low=0.0), "Did you mean 'lower'"),
        (lambda: lk.Lasso(0.1, l1_ratio=0.5), r"Its l1_ratio is 1; lk\.ElasticNet\(strength, l1_ratio\)"),
        (lambda: lk.Ridge(0.1, 0.5), r"Ridge\(\) takes 1 value by position, and was given 2\..*Its l1_ratio is 0"),
        (lambda: lk.GroupLasso(0.1, 0.0, True), "takes 2 values by position, and was given 3.*standardize=, keep="),
        (lambda: lk.Bounds(0, 1, 2), r"^Bounds\(\) takes 2 values by position, and was given 3\.$"),
    ],
)
def test_other_wrong_arguments(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make()


@pytest.mark.parametrize("penalty", STATED, ids=lambda penalty: type(penalty).__name__)
def test_right_ones_are_as_any_dataclass(penalty: Any) -> None:
    """The check stands before the constructor and hides neither its signature nor copies."""
    assert pickle.loads(pickle.dumps(penalty)) == copy.deepcopy(penalty) == dataclasses.replace(penalty) == penalty
    own = [field.name for field in dataclasses.fields(penalty) if field.init]
    assert sorted(inspect.signature(type(penalty)).parameters) == sorted(own)


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"lower": 1, "upper": 0}, r"lower bound of every coefficient \(1\) is above the upper one \(0\).*swap"),
        ({"lower": {"age": 1}, "upper": {"age": -1}}, r"the coefficient 'age' \(1\) is above the upper one \(-1\)"),
        ({"lower": 0.5, "upper": {"age": 0.0}}, r"the coefficient 'age' \(0\.5\) is above the upper one \(0\.0\)"),
        ({"lower": {"age": 1}}, r"Bounds\(lower=\{'age': 1\}\) excludes zero, where the coefficient 'age' starts"),
        ({"upper": -1.0}, r"Bounds\(upper=-1\.0\) excludes zero, where every coefficient starts"),
        ({"upper": {"age": "1"}}, r"Bounds\(upper=\{'age': '1'\}\): give numbers"),
    ],
)
def test_bounds_that_cannot_hold(bounds: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        lk.Bounds(**bounds)
