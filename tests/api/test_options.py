"""Options of the solver and of the process: refused where they are given, not where they would fail."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import logitkit as lk
from logitkit.errors import ArgumentError, DataError
from logitkit.estimators import LogitClassifier, LogitClassifierCV, MultinomialClassifier, OrdinalClassifier


@pytest.mark.parametrize("tol", ["a", None, True, 0, 0.0, -1, -1e-8, 1.5, 1e300, np.nan, np.inf, [1e-8], 1j])
def test_tolerances_that_are_none(tol: Any) -> None:
    with pytest.raises(DataError, match=r"tol=.*positive number"):
        lk.Newton(tol=tol)


@pytest.mark.parametrize("max_iter", ["a", None, True, 0, -3, 1.5, 10.0, np.inf, np.float64(3)])
def test_numbers_of_iterations_that_are_none(max_iter: Any) -> None:
    with pytest.raises(DataError, match=r"max_iter=.*whole number"):
        lk.Newton(max_iter=max_iter)


def test_numpy_numbers_are_numbers() -> None:
    solver = lk.Newton(tol=np.float32(1e-6), max_iter=np.int64(7))
    data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    assert lk.logit("y ~ x", data, solver=solver).converged
    assert lk.Newton(tol=1).tol == 1


def test_threads_may_be_a_numpy_integer() -> None:
    try:
        lk.set_threads(np.int64(2))
        assert lk.get_threads() == 2
        assert type(lk.get_threads()) is int
        for wrong in (np.int64(0), np.float64(2), 2.0, True, np.True_, "2"):
            with pytest.raises(DataError, match="whole number"):
                lk.set_threads(wrong)
    finally:
        lk.set_threads(None)


@pytest.mark.parametrize("solver", [lk.Newton, lk.ProxNewton])
@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("tl", "Did you mean 'tol'?"),
        ("maxiter", "Did you mean 'max_iter'?"),
        ("epsilon", "It is tol= here."),
        ("maxit", "It is max_iter= here."),
        ("step", "The names are: tol, max_iter."),
    ],
)
def test_arguments_that_a_solver_does_not_have(solver: type, word: str, ours: str) -> None:
    with pytest.raises(ArgumentError) as told:
        solver(**{word: 1})
    assert str(told.value) == f"{solver.__name__}() has no argument {word!r}. {ours}"
    with pytest.raises(ArgumentError, match=rf"^{solver.__name__}\(\) takes 2 values by position, and was given 3\.$"):
        solver(1e-8, 10, 3)


WITHOUT = ("MeanBias", "MedianBias")


@pytest.mark.parametrize("name", WITHOUT)
def test_what_takes_no_arguments_says_so(name: str) -> None:
    with pytest.raises(ArgumentError, match=rf"^{name}\(\) has no argument 'nothing'\. It takes none\.$"):
        getattr(lk, name)(nothing=1)
    with pytest.raises(ArgumentError, match=rf"^{name}\(\) takes 0 values by position, and was given 30\."):
        getattr(lk, name)(*range(30))


@pytest.mark.parametrize(
    "kind",
    [
        getattr(lk, name)
        for name in dir(lk)
        if isinstance(getattr(lk, name), type) and "Fit" not in name and name not in WITHOUT
    ],
    ids=lambda kind: kind.__name__,
)
def test_whatever_is_stated_by_a_call_refuses_what_it_does_not_have(kind: type) -> None:
    with pytest.raises(ArgumentError, match=rf"^{kind.__name__}\(\) has no argument 'nothing'\. The names are: "):
        kind(nothing=1)
    with pytest.raises(ArgumentError, match=rf"^{kind.__name__}\(\) takes \d+ values? by position, and was given 30\."):
        kind(*range(30))


BY, PATH = ("low ~ age", "smoke"), ("low ~ age",)


@pytest.mark.parametrize(
    ("verb", "named", "given", "words"),
    [
        *[(lk.logit_by, BY, each, words) for each, words in (("survey", "domain"), ("penalty", "one at a time"))],
        *[(lk.fit_by, BY, each, words) for each, words in (("survey", "domain"), ("dispersion", "of its own"))],
        *[
            (verb, PATH, each, words)
            for verb in (lk.path, lk.cross_validate)
            for each, words in (
                ("survey", "has no errors that a survey design would enter"),
                ("dispersion", "a path has not"),
                ("conventions", "state the model"),
                ("cluster", "folds=lk.Folds"),
            )
        ],
    ],
)
def test_functions_say_why_they_do_not_take_what_others_do(
    verb: Any, named: tuple[str, ...], given: str, words: str
) -> None:
    births = lk.datasets.load_lbw()
    with pytest.raises(ArgumentError, match=f"{verb.__name__}\\(\\) has no argument '{given}'.*{words}"):
        verb(named[0], births, *named[1:], **{given: "x"})


@pytest.mark.parametrize("given", ["survey", "dispersion", "conventions", "cluster"])
def test_estimators_say_why_they_do_not_take_what_functions_do(given: str) -> None:
    for kind in (LogitClassifier, MultinomialClassifier, OrdinalClassifier, LogitClassifierCV):
        with pytest.raises(ArgumentError, match=rf"{kind.__name__}\(\) has no argument '{given}'.*(lk\.logit|robust)"):
            kind(**{given: "x"})
