"""Every row of the index of messages is raised by a call, with the class that it names."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import logitkit as lk

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "errors.md"
ROW = re.compile(r"^\| (\w+): `` (.+?) `` \| (.+?) \| (.+?) \|$", re.MULTILINE)

BIRTHS = lk.datasets.load_lbw()
FIT = lk.logit("low ~ age + lwt + race + smoke", BIRTHS)
SEVERAL = lk.multinomial("race ~ age + lwt", BIRTHS)
LASSO = lk.logit("low ~ age + lwt + smoke", BIRTHS, penalty=lk.Lasso(0.02))
MATRIX = lk.logit_matrix(BIRTHS[["age", "lwt"]].assign(Intercept=1.0), BIRTHS["low"])
ROBUST = FIT.robust("HC3")
SAMPLED = lk.logit("low ~ age", BIRTHS, weights="lwt", weight_kind="sampling")
SEPARATED = lk.logit("y ~ x", {"y": [0, 0, 0, 1, 1, 1], "x": [1.0, 2, 3, 4, 5, 6]})


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    return lk.load(FIT.save(tmp_path_factory.mktemp("fits") / "fit.json"))


CALLS: dict[str, Callable[..., object]] = {
    "...() has no argument '...'": lambda _: lk.logit("low ~ age", BIRTHS, wieghts="lwt"),
    "...() takes ... by position, and was given ...": lambda _: lk.logit("low ~ age", BIRTHS, BIRTHS.lwt),
    "...=... is not known; use ...": lambda _: FIT.confint("wild"),
    "level=... must be a number between 0 and 1": lambda _: FIT.confint(level=95),
    "link=... is not offered; the available links are ...": lambda _: lk.logit("low ~ age", BIRTHS, link="logistic"),
    "solver=... is not known; give lk.Newton(...)": lambda _: lk.logit("low ~ age", BIRTHS, solver="lbfgs"),
    "The formula ... has no '~': write 'response ~ terms'.": lambda _: lk.logit("low age", BIRTHS),
    "The formula ... has no response: write 'response ~ terms'.": lambda _: lk.logit("~ age", BIRTHS),
    "The formula ... has nothing after '~': write '~ 1' for the intercept alone.": lambda _: lk.logit("low ~", BIRTHS),
    "... in the formula is neither a column of the table nor a known name. ...": lambda _: lk.logit(
        "low ~ agee", BIRTHS
    ),
    "... in the formula: '^' is not a power there. Write ** for a power.": lambda _: lk.logit(
        "low ~ I(age ^ 2)", BIRTHS
    ),
    "The right side of ... has several parts (a '|' or brackets); ...": lambda _: lk.logit("low ~ age | race", BIRTHS),
    "... in the formula treats a column as a single truth value. ...": lambda _: lk.logit(
        "low ~ I(0 < age < 30)", BIRTHS
    ),
    "The formula's terms cannot be evaluated on the data. ...": lambda _: lk.logit("low ~ log(race)", BIRTHS),
    "Two columns of the design would both be called ...; rename a column of the table.": lambda _: lk.logit(
        "low ~ Intercept", BIRTHS.assign(Intercept=BIRTHS.age)
    ),
    "... covers ... from ... to ..., the range of the rows of the fit. ...": lambda _: lk.logit(
        "low ~ bs(age, df=5)", BIRTHS
    ).predict(BIRTHS.assign(age=99)),
    "... is absorbed and also in the formula; leave it out of one of them.": lambda _: lk.logit(
        "low ~ age + race", BIRTHS, absorb="race"
    ),
    "labels names ..., which is not ...": lambda _: lk.logit("low ~ age", BIRTHS, labels={"agee": "Age"}),
    "The response ... has ... classes (...); a binary model needs two. ...": lambda _: lk.logit("race ~ age", BIRTHS),
    "The response ... holds ... in row ... of those used; numbers must be 0 or 1. ...": lambda _: lk.logit(
        "ftv ~ age", BIRTHS
    ),
    "The response ... has one class only (...); both outcomes must occur among the rows used. ...": lambda _: lk.logit(
        "low ~ age", BIRTHS.assign(low=1)
    ),
    "event=... does not occur in the response ...": lambda _: lk.logit("low ~ age", BIRTHS, event=2),
    "The outcomes of ... have no order: ...": lambda _: lk.ordinal(
        "race ~ age", BIRTHS.assign(race=BIRTHS.race.astype(str))
    ),
    "outcome=... is not an outcome of ...": lambda _: SEVERAL.odds_ratios(outcome="green"),
    "Which of ... and ... of ... is bad? Name it by event=.": lambda _: lk.scorecard(
        "class ~ duration", lk.datasets.load_german_credit()
    ),
    "data is a ..., which is not a table in memory. ...": lambda _: lk.logit("low ~ age", 3),
    "There is no file ...": lambda _: lk.logit("low ~ age", "births.parquet"),
    "The table has no rows.": lambda _: lk.logit("low ~ age", BIRTHS[:0]),
    "There are ... columns called ...; rename them.": lambda _: lk.logit(
        "low ~ age", pd.concat([BIRTHS, BIRTHS[["age"]]], axis=1)
    ),
    "Column ... is missing in every row; leave it out of the model.": lambda _: lk.logit(
        "low ~ age", BIRTHS.assign(age=np.nan)
    ),
    "missing='raise', but values are missing. Missing values: ...": lambda _: lk.logit(
        "low ~ age", BIRTHS.assign(age=BIRTHS.age.where(BIRTHS.age > 15)), missing="raise"
    ),
    "Column ... holds ... in row ... (from 0). Every value of X must be finite ...": lambda _: lk.logit(
        "low ~ age", BIRTHS.assign(age=BIRTHS.age.where(BIRTHS.age > 15, np.inf))
    ),
    "...=...: there is no such column. ...": lambda _: lk.logit("low ~ age", BIRTHS, weights="w"),
    "... has ... values and the table has ... rows; they must agree.": lambda _: lk.logit(
        "low ~ age", BIRTHS, weights=np.ones(5)
    ),
    "...; weights must be finite and not negative. ...": lambda _: lk.logit(
        "low ~ age", BIRTHS, weights=np.full(189, -1.0)
    ),
    "..., but frequency weights count rows and must be whole numbers. ...": lambda _: lk.logit(
        "low ~ age", BIRTHS, weights=np.full(189, 1.5)
    ),
    "survey= needs weights=, the sampling weights; ...": lambda _: lk.logit(
        "low ~ age", BIRTHS, survey=lk.Survey(units="race")
    ),
    "The number of names, ..., is not that of the columns of X, ...: give one per column.": lambda _: lk.logit_matrix(
        np.ones((4, 2)), [0, 1, 1, 0], names=["a"]
    ),
    "Column ... of X must be numeric; ...": lambda _: lk.logit_matrix(BIRTHS[["race"]], BIRTHS.low),
    "memory= is for rows that are read in chunks, and data is a table in memory: ...": lambda _: lk.logit(
        "low ~ age", BIRTHS, memory="1GB"
    ),
    "No dataset is called ...": lambda _: lk.datasets.describe("lwb"),
    "... has a level that the fit never saw in ... rows: ...": lambda _: FIT.predict(BIRTHS.assign(race="green")),
    "There is no column ... Did you mean ...": lambda _: FIT.predict(BIRTHS.drop(columns="lwt")),
    "A loaded model does not hold the rows of the fit: pass data=...": lambda loaded: loaded.discrimination(),
    "The model was fitted on a ready matrix: pass y=... as well, ...": lambda _: MATRIX.discrimination(
        BIRTHS[["age", "lwt"]].assign(Intercept=1.0)
    ),
    "The model was fitted on a ready matrix, which has no variables to set.": lambda _: MATRIX.effects(),
    "Missing predictions: ... The data of the fit were separated, and the limit there is undetermined.": lambda _: (
        SEPARATED.predict({"x": [3.5]})
    ),
    "... in ... is neither a coefficient nor a term. ...": lambda _: FIT.test("agee = 0"),
    "The hypotheses ... contradict one another.": lambda _: FIT.test("age = 0, age = 1"),
    "units names ..., which is not a variable of the model. ...": lambda _: FIT.odds_ratios({"agee": 10}),
    "units names ..., which is a factor: its ratios compare levels and have no unit.": lambda _: FIT.odds_ratios(
        {"race": 10}
    ),
    "... is not a variable of the formula. ...": lambda _: FIT.effects("agee"),
    "... is a number with ... different values: state those whose means are asked for, ...": lambda _: FIT.means("age"),
    "Every term of ... is in the model already; name others.": lambda _: FIT.add1("age"),
    "A likelihood-ratio test is not valid with ...; use ...": lambda _: ROBUST.anova(test="LR"),
    "Models are compared by their likelihoods, which are not valid with ...": lambda _: lk.compare(SAMPLED, FIT),
    "Fits ... and ... are of other outcomes, and likelihoods are compared on the same rows only. ...": lambda _: (
        lk.vuong(FIT, SEVERAL)
    ),
    "A Wald test is not offered after a penalty: ...": lambda _: LASSO.test("age = 0"),
    "Intervals: The penalty chose the coefficients with the same data, ...": lambda _: LASSO.confint(),
    "No coefficient other than the intercept is finite (...), so there is no variance to inflate.": lambda _: (
        SEPARATED.collinearity()
    ),
    "... has no finite estimate with a standard error, so that it has no such test. ...": lambda _: (
        SEPARATED.equivalence("x", 1.0)
    ),
    "kind=... is not a kind of residual. ...": lambda _: FIT.residuals("deviances"),
    "The predictions fall into ... (groups=...; equal predictions stay together); the test needs three.": lambda _: (
        FIT.hosmer_lemeshow(groups=2)
    ),
    "... is of two outcomes; with more, fit a model of one of them against the rest.": lambda _: (
        SEVERAL.calibration_belt()
    ),
    "...: precision is of an event, and there are several outcomes: ...": lambda _: SEVERAL.precision_recall(),
    "threshold=... must be a probability, from 0 to 1.": lambda _: FIT.classification(threshold=3),
    "These are the rows of the fit, by which it is up to date already: update it by other rows.": lambda _: FIT.update(
        BIRTHS
    ),
    "penalty=... is not a penalty; give one such as ...": lambda _: lk.logit("low ~ age", BIRTHS, penalty="lasso"),
    "The penalty (...) has no strength. Give one, ...": lambda _: lk.logit("low ~ age", BIRTHS, penalty=lk.Lasso()),
    "Ridge(strength=...): give a number that is not negative.": lambda _: lk.Ridge(-1),
    "folds=...: give a whole number of at least 2.": lambda _: lk.cross_validate(
        "low ~ age + lwt", BIRTHS, penalty=lk.Lasso(), folds=1
    ),
    "penalty=None: a path is a sequence of penalty strengths, ...": lambda _: lk.path(
        "low ~ age", BIRTHS, penalty=None
    ),
    "The fit has not converged: the solver ... Do not use its numbers.": lambda _: lk.logit(
        "low ~ age + lwt", BIRTHS, solver=lk.Newton(max_iter=1)
    ),
    "... cannot be read: ...": lambda _: lk.load("nothing.json"),
    "... does not end in ...; give it such a name.": lambda _: FIT.report("report.pdf"),
}


def index() -> dict[str, str]:
    """The class of each message of the index."""
    found = ROW.findall(PAGE.read_text(encoding="utf-8"))
    return {message.replace("\\|", "|"): kind for kind, message, _, _ in found}


def pattern(message: str) -> str:
    """A regular expression for a message of the index."""
    return "^" + r"[\s\S]*?".join(re.escape(part) for part in message.removesuffix("...").split("..."))


def test_the_index_has_the_messages_that_are_raised():
    assert set(index()) == set(CALLS)
    assert len(CALLS) >= 60


@pytest.mark.parametrize("message", CALLS)
def test_a_message_of_the_index_is_raised(message, loaded):
    kind = getattr(lk.errors, index()[message])
    if issubclass(kind, Warning):
        with pytest.warns(kind, match=pattern(message)):
            CALLS[message](loaded)
    else:
        with pytest.raises(kind, match=pattern(message)) as raised:
            CALLS[message](loaded)
        assert type(raised.value) is kind
