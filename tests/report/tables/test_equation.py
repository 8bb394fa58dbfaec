"""Equations give the probabilities of the fit, in text and in LaTeX, for every family and link."""

from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.models.links import LINKS

BIRTHS = lk.datasets.load_lbw()
ORDERED = BIRTHS.assign(ftv=BIRTHS["ftv"].clip(upper=2))
ROW = {"age": 24.0, "smoke": 1.0, "race": "black", "lwt": 110.0}
NAMED = lk.labels(
    {"lwt": "Mother's weight & 100% more", "race": "Race_1", "low": "Low"},
    levels={"race": {"black": "B#1"}},
    units={"lwt": "lb"},
)
DIGITS = 2e-3  # the coefficients have four decimals, times columns of about 20


def _value(line: str, **known: float) -> float:
    """Return the right side of an equation at a row."""
    right = line.partition(" = ")[2] if "P(" not in line else line.rpartition(") = ")[2] or line.partition(" - c = ")[2]
    right = re.sub(r"\[(\w+) = (\w+)\]", lambda found: str(float(str(ROW[found[1]]) == found[2])), right)
    return float(eval(re.sub(r"(\d) (?=[\w(])", r"\1 * ", right), {}, {**ROW, **known, "log": np.log}))


def _row(data: object) -> object:
    return data.iloc[:1].assign(**ROW)  # type: ignore[attr-defined]


@pytest.mark.parametrize("link", sorted(LINKS))
def test_two_outcomes_with_every_link(link: str) -> None:
    terms = "age" if link == "log" else "age + smoke + race + np.log(lwt)"
    fit = lk.logit(f"low ~ {terms}", BIRTHS, link=link)
    eta = _value(fit.equation().text[0])
    assert_allclose(LINKS[link].inverse(np.array([eta])), fit.predict(_row(BIRTHS)), atol=DIGITS)


def test_several_outcomes_against_the_reference() -> None:
    fit = lk.multinomial("race ~ age + smoke", BIRTHS)
    logs = [0.0, *(_value(line) for line in fit.equation().text)]
    expected = np.exp(logs) / np.exp(logs).sum()
    assert_allclose(np.ravel(fit.predict(_row(BIRTHS))), expected, atol=DIGITS)


def test_several_outcomes_in_symmetric_form() -> None:
    fit = lk.multinomial("race ~ age", BIRTHS, reference=None)
    logs = [_value(line.replace(" - c = ", ") = ")) for line in fit.equation().text]
    assert_allclose(np.ravel(fit.predict(_row(BIRTHS))), np.exp(logs) / np.exp(logs).sum(), atol=DIGITS)


@pytest.mark.parametrize("direction", ["higher", "lower", "thresholds"])
@pytest.mark.parametrize("nominal", [None, "age"])
def test_cumulative_probabilities_have_the_right_signs(direction: str, nominal: str | None) -> None:
    fit = lk.ordinal("ftv ~ age + smoke", ORDERED, nominal=nominal, direction=direction)  # type: ignore[arg-type]
    text = fit.equation().text
    if nominal is None:
        thresholds = [float(each) for each in text[1].removeprefix("theta = ").split(", ")]
        etas = np.array([_value(text[0], theta_k=theta) for theta in thresholds])
    else:
        etas = np.array([_value(line) for line in text])
    below = 1.0 / (1.0 + np.exp(-etas))
    assert_allclose(np.ravel(fit.predict(_row(ORDERED))), np.diff(below, prepend=0.0, append=1.0), atol=DIGITS)


@pytest.mark.parametrize("direction", ["higher", "lower"])
@pytest.mark.parametrize("nominal", [None, "age"])
def test_odds_of_neighbours_have_the_right_signs(direction: str, nominal: str | None) -> None:
    fit = lk.ordinal("ftv ~ age + smoke", ORDERED, model="adjacent", nominal=nominal, direction=direction)  # type: ignore[arg-type]
    text = fit.equation().text
    if nominal is None:
        thresholds = [float(each) for each in text[1].removeprefix("theta = ").split(", ")]
        steps = [_value(text[0], theta_k=theta) for theta in thresholds]
    else:
        steps = [_value(line) for line in text]
    logs = np.cumsum([0.0, *steps])
    assert_allclose(np.ravel(fit.predict(_row(ORDERED))), np.exp(logs) / np.exp(logs).sum(), atol=DIGITS)


def test_splines_are_symbols_that_the_notes_explain() -> None:
    found = lk.logit("low ~ bs(age, df=3) + bs(lwt, df=4) * smoke", BIRTHS).equation()
    assert "B_1" in found.text[0]
    assert "B2_4 * smoke" in found.text[0]
    assert "B2_j: column j of bs(lwt, df=4)" in str(found)


def test_offsets_absorbed_levels_and_zero_coefficients() -> None:
    data = BIRTHS.assign(z=0.1)
    assert lk.logit("low ~ age", data, offset="z").equation().text[0].endswith("age + offset")
    assert lk.logit("low ~ age", data, absorb="race").equation().text[0].endswith("age + alpha[race]")
    assert "smoke" not in lk.logit("low ~ age + smoke", data, penalty=lk.Lasso(0.5)).equation().text[0]
    aliased = lk.logit("low ~ age + I(2 * age)", data).equation()
    assert "Aliased, and not in the equation: I(2 * age)" in str(aliased)


@pytest.mark.parametrize(
    "fit",
    [
        lk.logit("low ~ lwt + race * smoke", BIRTHS, labels=NAMED),
        lk.logit("low ~ bs(lwt, df=4)", BIRTHS, labels=NAMED, link="probit"),
        lk.logit("low ~ lwt", BIRTHS, labels=NAMED, link="cloglog"),
        lk.multinomial("race ~ lwt + smoke", BIRTHS, labels=NAMED),
        lk.ordinal("ftv ~ lwt + race", ORDERED, labels=NAMED),
        lk.ordinal("ftv ~ lwt", ORDERED, model="adjacent"),
    ],
    ids=["logit", "probit", "cloglog", "multinomial", "cumulative", "adjacent"],
)
def test_latex_is_read_by_a_parser_of_formulas(fit: lk.Fit) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.mathtext import MathTextParser

    source = fit.equation().to_latex()
    assert source.startswith("\\begin{align*}\n")
    assert source.endswith("\n\\end{align*}")
    body = source.removeprefix("\\begin{align*}\n").removesuffix("\n\\end{align*}")
    unescaped = body.replace(r"\{", "").replace(r"\}", "").replace(r"\#", "").replace(r"\&", "")
    assert unescaped.count("{") == unescaped.count("}")
    parser = MathTextParser("path")
    for line in body.split(r" \\" + "\n"):
        formula = (
            line.replace("&=", "=").replace(r"&\quad", "").replace(r"\text{", r"\mathrm{").replace(r"{\times}", "x")
        )
        for escaped, plain in (
            (r"\%", "percent"),
            (r"\&", "and"),
            (r"\#", "no"),
            (r"\_", "-"),
            (r"\textquotesingle{}", ""),
        ):
            formula = formula.replace(escaped, plain)
        parser.parse(f"${formula}$")


def test_numbers_stand_beside_their_own_terms_after_one_that_is_infinite() -> None:
    data = BIRTHS.assign(sure=((BIRTHS["ptl"] > 0) & (BIRTHS["low"] == 1)).astype(float))
    fit = lk.logit("low ~ sure + age + smoke", data)
    line = fit.equation().text[0].split(" = ", 2)[2]
    coef = fit.coef
    assert np.isinf(coef["sure"])
    assert line == f"{coef['Intercept']:.4f} + inf sure - {-coef['age']:.4f} age + {coef['smoke']:.4f} smoke"
    assert "infinite by separation" in str(fit.equation())
