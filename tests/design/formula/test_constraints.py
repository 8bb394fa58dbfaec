"""Hypotheses in words give the linear functions that they say, whatever the names look like."""

from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose

from logitkit.design.formula.constraints import parse_hypothesis
from logitkit.errors import FormulaError
from tolerances import EXACT

NAMES = [
    "Intercept",
    "x",
    "z",
    "x2",
    "x:z",
    "x:C(g)[T.b]",
    "C(g)[T.b]",
    "C(g)[T.bb]",
    "C(g, contr.treatment('a'))[T.b]",
    "bs(x, df=4)[1]",
    "np.log(a - 1)",
    "my col",
]
# Each hypothesis with the differences, left less right, that it says are zero; %0, %1, ... are the names by place.
SAID = [
    ("x = 0", ["%1"]),
    ("x", ["%1"]),
    ("x = -0.5", ["%1 + 0.5"]),
    ("x = 1e-3, z = 2.5E+2", ["%1 - 1e-3", "%2 - 250"]),
    ("-x = z", ["-%1 - %2"]),
    ("x - z", ["%1 - %2"]),
    ("x = z = 0", ["%1 - %2", "%2"]),
    ("x = z = x2 = x:z", ["%1 - %2", "%2 - %3", "%3 - %4"]),
    ("x:z = -2*C(g)[T.b] + 1", ["%4 + 2 * %6 - 1"]),
    ("(x + -z)/2 = 3", ["(%1 - %2) / 2 - 3"]),
    ("x - -z = 1", ["%1 + %2 - 1"]),
    ("2*(x - z) = 1", ["2 * (%1 - %2) - 1"]),
    ("C(g)[T.b] = C(g)[T.bb]", ["%6 - %7"]),
    ("x:C(g)[T.b] = C(g, contr.treatment('a'))[T.b]", ["%5 - %8"]),
    ("bs(x, df=4)[1] = np.log(a - 1)", ["%9 - %10"]),
    ("`my col` = Intercept", ["%11 - %0"]),
    ("my col = .5", ["%11 - 0.5"]),
]


@pytest.mark.parametrize(("text", "said"), SAID)
def test_the_function_is_the_one_that_is_written(text, said):
    left, right, words = parse_hypothesis(text, NAMES)
    assert left.shape == (len(said), len(NAMES))
    assert len(words) == len(said)
    rng = np.random.default_rng(0)
    for coef in rng.normal(size=(3, len(NAMES))):
        values = [eval(re.sub(r"%(\d+)", r"coef[\1]", part), {"coef": coef}) for part in said]
        assert_allclose(left @ coef - right, values, atol=EXACT)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = zz", "'zz' in 'x = zz' is neither a coefficient nor a term"),
        ("X = 0", "'X' in 'X = 0' is neither a coefficient"),
        ("C(g)[T.c] = 0", "is neither a coefficient nor a term"),
        ("x * z = 0", "cannot be read"),
        ("x + = 1", "cannot be read"),
        ("x / 0 = 1", "cannot be read: division by zero"),
        ("x = 0,", "nothing on one side"),
        ("1 = 1", "involves no coefficient"),
        ("", "is text such as"),
        ("x > 0", "cannot be read"),
    ],
)
def test_what_is_no_linear_hypothesis_is_refused_in_plain_text(text, reason):
    with pytest.raises(FormulaError, match=re.escape(reason)) as caught:
        parse_hypothesis(text, NAMES)
    assert "\x1b" not in str(caught.value)
    assert "coefficient_" not in str(caught.value)
