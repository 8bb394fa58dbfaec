"""Every public option, given what it is not: an error of ours, or an answer; words, flags and Axes never pass.

The table is made by ``inspect``, so that a new option of a public function or verb is in it.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot as plt

import logitkit as lk
from logitkit.errors import LogitkitError

JUNK: list[Any] = [object(), ["a"], 10**400]
SLOW = {"bootstrap", "jackknife", "nested", "anova", "iia_tests"}  # their options: below
#: Annotations of options that take some words, true or false, or Axes: none of what is junk may pass.
CLOSED = ("Literal", "bool", "Policy", "Kind", "Method", "Measure")
WORDS = {"ax", "title", "label", "color", "unseen", "missing"}

FRAME = lk.datasets.load_lbw().iloc[::2].reset_index(drop=True).astype({"race": str})
X = np.column_stack([np.ones(len(FRAME)), FRAME["age"], FRAME["lwt"]])


def functions() -> dict[str, tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]]:
    """The public functions and classes of options, with arguments that they take."""
    two, several = ("low ~ age", FRAME), ("race ~ age", FRAME)
    return {
        "logit": (lk.logit, two, {}),
        "logit_by": (lk.logit_by, two, {"by": "race"}),
        "logit_matrix": (lk.logit_matrix, (X, FRAME["low"]), {}),
        "multinomial": (lk.multinomial, several, {}),
        "multinomial_matrix": (lk.multinomial_matrix, (X, FRAME["race"]), {}),
        "path": (lk.path, two, {"n_strengths": 3}),
        "path_matrix": (lk.path_matrix, (X, FRAME["low"]), {"n_strengths": 3}),
        "cross_validate": (lk.cross_validate, two, {"n_strengths": 3, "folds": 2}),
        "cross_validate_matrix": (lk.cross_validate_matrix, (X, FRAME["low"]), {"n_strengths": 3, "folds": 2}),
        "strength_from": (lk.strength_from, ("scikit-learn", 1.0), {"n_obs": 100}),
        "set_threads": (lk.set_threads, (lk.get_threads(),), {}),
        **{
            name: (getattr(lk, name), (), {})
            for name in (
                "AdaptiveLasso",
                "Bounds",
                "ElasticNet",
                "Folds",
                "GaussianPrior",
                "GroupLasso",
                "Lasso",
                "Newton",
            )
        },
        **{name: (getattr(lk, name), (), {}) for name in ("ProxNewton", "RelaxedLasso", "Ridge")},
    }


def verbs() -> Iterator[tuple[str, tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]]]:
    """The verbs of results, with arguments that they take."""
    fit, several = lk.logit("low ~ age + race", FRAME), lk.multinomial("race ~ age + lwt", FRAME)
    path = lk.path("low ~ age + lwt", FRAME, n_strengths=3)
    owners = {
        "fit": fit,
        "fit.plot": fit.plot,
        "several": several,
        "several.plot": several.plot,
        "others": fit.on(FRAME),
        "others.plot": fit.on(FRAME).plot,
        "several others.plot": several.on(FRAME).plot,
        "path": path,
        "cv": lk.cross_validate("low ~ age + lwt", FRAME, n_strengths=3, folds=2),
        "groups": lk.logit_by("low ~ age", FRAME, by="race"),
        "summary": fit.summary(),
    }
    given: dict[str, tuple[Any, ...]] = {
        "test": ("age = 0",),
        "contrast": ({"age": 30}, {"age": 20}),
        "on": (FRAME,),
        "at": (path.record.strengths[-1],),
        "choose": ("aic",),
        "add1": ("smoke",),
        "equivalence": ("age", -1.0, 1.0),
        "means": ("race",),
        "score_bootstrap": ("age = 0", "ht", 99),
        "inverse": ("age",),
        "rao_scott_test": ("age",),
        "fragility": ("age",),
        "added_variable": ("age",),
        "partial_residuals": ("age",),
    }
    # Verbs that compare with another fit of the same outcome.
    beside = {"fit": lk.logit("low ~ age", FRAME), "several": lk.multinomial("race ~ age", FRAME)}
    compared = {"roc_test", "reclassification"}
    for owner, result in owners.items():
        for name, function in inspect.getmembers(type(result), inspect.isfunction):
            if name.startswith("_") or name in SLOW | {"report", "save"}:
                continue
            if owner == "several" and name in {"equivalence", "score_bootstrap"}:
                continue  # whose coefficients have other names: those of one outcome are asked
            args = ("age",) if name == "average_predictions" else given.get(name, ())
            if name in compared:
                args = (beside["several" if "several" in owner else "fit"],)
            if name == "validate":
                yield f"{owner}.{name}", (function.__get__(result), args, {"n": 10})
                continue
            named = {"outcome": "white"} if "several" in owner and ".plot.residuals" in f"{owner}.{name}" else {}
            yield f"{owner}.{name}", (function.__get__(result), args, named)


TABLE = {**functions(), **dict(verbs())}


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.filterwarnings("ignore")  # what is found to answer may well warn
def test_an_option_is_refused_by_an_error_of_ours(name: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    function, args, named = TABLE[name]
    parameters = list(inspect.signature(function).parameters.values())
    for place, parameter in enumerate(parameters):
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        closed = parameter.name in WORDS or any(word in str(parameter.annotation) for word in CLOSED)
        for junk in JUNK:
            given, options = list(args), dict(named)
            if place < len(given):
                given[place] = junk
            else:
                options[parameter.name] = junk
            answer = pytest.raises(LogitkitError) if closed else contextlib.suppress(LogitkitError)
            with answer:
                function(*given, **options)
            plt.close("all")


@pytest.mark.parametrize("junk", [*JUNK, "nope", -1, 2.5, {"a"}], ids=lambda junk: repr(junk)[:12])
@pytest.mark.parametrize(
    ("make", "option"),
    [
        (lk.Lasso, "keep"),
        (lk.GroupLasso, "groups"),
        (lk.Lasso, "relative"),
        (lk.AdaptiveLasso, "initial"),
        (lk.GaussianPrior, "mean"),
        (lk.GaussianPrior, "precision"),
        (lk.Bounds, "upper"),
    ],
)
def test_options_of_penalties_are_refused_at_the_fit_at_the_latest(make: Any, option: str, junk: Any) -> None:
    if (option, junk) in (("mean", -1), ("mean", 2.5), ("precision", 2.5), ("upper", 2.5)):
        return
    beside = lk.Ridge(0.1) if option == "upper" else lk.Bounds(lower=-5.0)
    with pytest.raises(LogitkitError):
        lk.logit("low ~ age + lwt", FRAME, penalty=make(**{option: junk}) + beside)


@pytest.mark.parametrize(
    "call",
    [
        lambda fit: fit.bootstrap("nope"),
        lambda fit: fit.bootstrap(n=10**400),
        lambda fit: fit.bootstrap(n=2, seed="nope"),
        lambda fit: fit.bootstrap(2, kind=np.zeros(3)),
        lambda fit: lk.multinomial("race ~ age", FRAME).anova(test="nope"),
        lambda fit: lk.multinomial("race ~ age", FRAME).anova(test=["LR"]),
        lambda fit: fit.anova("nope"),
        lambda fit: fit.anova(True),
        lambda fit: fit.anova([2]),
        lambda fit: fit.anova(2, np.zeros(3)),
        lambda fit: lk.multinomial("race ~ age", FRAME).iia_tests(["hausman"]),
        lambda fit: lk.cross_validate("low ~ age", FRAME, n_strengths=3, folds=2).nested(rule=["best"]),
        lambda fit: fit.report("page.html", title=5),
        lambda fit: lk.Newton(tol=1e300),
        lambda fit: lk.Newton(tol=10**400),
        lambda fit: lk.ProxNewton(tol=1e300),
        lambda fit: lk.Newton(max_iter=10**400),
    ],
)
def test_options_of_slow_verbs(call: Callable[[lk.Fit], Any]) -> None:
    with pytest.raises(LogitkitError):
        call(lk.logit("low ~ age", FRAME))


def test_messages_name_the_option_the_value_and_the_choice() -> None:
    fit = lk.logit("low ~ age", FRAME)
    for call, message in (
        (lambda: fit.predict(unseen="nope"), "unseen='nope' is not known; use 'raise' or 'missing'."),
        (lambda: fit.plot.roc(ax=0), "ax=0 must be matplotlib Axes, such as plt.subplots()[1], or None."),
        (lambda: lk.Ridge(0.1, standardize="no"), "standardize='no' must be True or False."),
        (lambda: fit.plot.roc(color="nope"), "color='nope' is not a matplotlib colour; use for example"),
    ):
        with pytest.raises(LogitkitError) as caught:
            call()
        assert str(caught.value).startswith(message)
