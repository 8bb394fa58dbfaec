"""One count of decimals down a column of estimates or ratios, powers of ten for all of it or for none."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import logitkit as lk
from logitkit.report.document import Table
from logitkit.report.estimate_columns import format_estimates, format_ratios
from logitkit.report.formats.text import render_text

NAN = math.nan
FIXED = re.compile(r"-?[\d,]+\.(\d+)")
POWERS = re.compile(r"-?\d\.\d\de[+-]\d+|0")


def notation(column) -> set[object]:
    """Return the counts of decimals in a column, and 'e' for powers of ten."""
    cells = [cell for cell in column if cell not in ("", "inf", "-inf", "0", "1")]
    fixed = [FIXED.fullmatch(cell) for cell in cells]
    return {len(found[1]) if found else "e" for found in fixed}


def significant(cell: str) -> int:
    return len(re.sub(r"[^0-9]", "", cell.partition("e")[0]).lstrip("0"))


magnitudes = st.floats(-9, 7).map(lambda power: 10.0**power)
signed = st.tuples(st.sampled_from([-1.0, 1.0]), magnitudes).map(math.prod)


@given(st.lists(st.tuples(signed, magnitudes), min_size=1, max_size=6))
def test_a_column_of_estimates_has_one_notation_and_errors_two_digits(rows):
    estimate, error = (np.array(values) for values in zip(*rows, strict=True))
    estimates, errors, lows = format_estimates(estimate, error, estimate - 2 * error)
    for column in (estimates, errors, lows):
        assert len(notation(column)) == 1
    assert notation(estimates) == notation(lows)
    assert all(significant(cell) >= 2 for cell in errors)
    # What is printed is the number, to half a unit of its last place.
    for cell, value in zip(errors, error, strict=True):
        shown = float(cell.replace(",", ""))
        assert shown == pytest.approx(value, rel=0.051)  # half a unit of the second digit


@given(st.lists(st.tuples(st.floats(-14, 14), st.floats(1e-7, 5)), min_size=1, max_size=6))
def test_a_column_of_ratios_has_one_notation_and_three_digits(rows):
    coef, error = (np.array(values) for values in zip(*rows, strict=True))
    columns = [np.exp(coef), np.exp(coef - 1.96 * error), np.exp(coef + 1.96 * error)]
    ratios, lows, highs = format_ratios(columns, error)
    for column in (ratios, lows, highs):
        assert len(notation(column)) == 1
    assert all(significant(cell) >= 3 for cell in ratios)
    assert all(significant(cell) >= 2 for cell in lows)
    fixed = [column for column in (ratios, lows, highs) if notation(column) != {"e"}]
    assert len({*map(frozenset, map(notation, fixed))}) <= 1
    assert max(len(cell) for column in (ratios, lows, highs) for cell in column) <= 12


@pytest.mark.parametrize(
    ("estimate", "error", "cells"),
    [
        ([0.5, -1.25], [0.1, 0.25], ("0.5000", "-1.2500")),
        ([0.5, 0.00287], [0.1, 0.00085], ("0.50000", "0.00287")),
        ([0.5, 2e-6], [0.1, 1.2e-5], ("0.500000", "0.000002")),
        ([0.5, -2.75e-6], [0.1, 1.8e-7], ("5.00e-01", "-2.75e-06")),
        ([0.5, -0.3], [1e-8, 2e-8], ("0.5000", "-0.3000")),  # small errors alone: the estimates are legible
        ([-1500.125, 0.75], [210.0, 0.1], ("-1,500.12", "0.75")),
        ([1.3e8, 0.5], [1.6e8, 0.1], ("1.30e+08", "5.00e-01")),
        ([0.5, 1e-8], [NAN, NAN], ("5.00e-01", "1.00e-08")),  # no errors, as after a lasso
        ([math.inf, NAN, 0.0], [NAN, NAN, NAN], ("inf", "", "0.0000")),
        ([], [], ()),
    ],
)
def test_notation_of_estimates(estimate, error, cells):
    assert format_estimates(np.array(estimate), np.array(error))[0] == cells


@pytest.mark.parametrize(
    ("ratio", "error", "cells"),
    [
        ([0.9847, 6.4384], [0.0069, 0.697], ("0.985", "6.438")),
        ([1.0029, 6.4384], [0.00085, 0.697], ("1.0029", "6.4384")),
        ([0.9999972, 1.8], [1.8e-7, 0.02], ("0.9999972", "1.8000000")),
        ([0.9999972, 1.8], [2.6e-6, 0.02], ("0.999997", "1.800000")),  # to half a standard error
        ([1.000412, 1.8], [1.8e-9, 0.02], ("1.000412", "1.800000")),  # three digits of the distance from 1
        ([1.0 + 1e-9, 1.8], [0.02, 0.02], ("1.000", "1.800")),  # no effect in a good unit
        ([0.9999972, 321.0], [1.8e-7, 0.02], ("0.999997", "321.000000")),  # cells of ten characters
        ([1.00003, 1.8], [NAN, NAN], ("1.00003", "1.80000")),  # without errors one digit of it
        ([0.0421, 1.5], [0.3, 0.3], ("0.0421", "1.5000")),
        ([0.00421, 1.5], [0.3, 0.3], ("0.00421", "1.50000")),
        ([0.000421, 1.5], [0.3, 0.3], ("4.21e-04", "1.50e+00")),
        ([99999.0, 1.5], [0.3, 0.3], ("99,999.000", "1.500")),
        ([2.5e6, 1.5], [0.3, 0.3], ("2.50e+06", "1.50e+00")),
        ([math.inf, 0.0, NAN, 2.0], [NAN, NAN, NAN, 0.3], ("inf", "0.000", "", "2.000")),
    ],
)
def test_notation_of_ratios(ratio, error, cells):
    assert format_ratios([np.array(ratio)], np.array(error))[0] == cells


# ----------------------------------------------------------------------------------------- the tables of every fit


@pytest.fixture(scope="module")
def cards():
    """Credit cards: balances in money beside counts and a factor of long names."""
    rng = np.random.default_rng(5)
    n = 3000
    limit = np.round(np.exp(rng.normal(11.7, 0.8, n)), -4).clip(1e4, 1e6)
    bill, late = np.round(limit * rng.beta(0.8, 2, n)), rng.poisson(0.4, n)
    education = rng.choice(["graduate school", "university", "high school, or a course of the same length"], n)
    age = rng.integers(21, 75, n)
    logit = -1.1 - 3e-6 * limit + 1.5e-6 * bill + 0.005 * age + 0.6 * late
    paid = rng.uniform(size=n) < 1 / (1 + np.exp(-logit))
    outcome = np.where(paid, "paid", np.where(rng.uniform(size=n) < 0.3, "late", "lost"))
    return {
        "default": paid.astype(int),
        "outcome": outcome,
        "limit_of_the_balance": limit,
        "age": age,
        "late": late,
        "education": education,
        "bill_amt1": bill,
        "bank": np.arange(n) % 40,
    }


FORMULA = "default ~ limit_of_the_balance + age + late + education + bill_amt1"


@pytest.fixture(scope="module")
def documents(cards):
    fit = lk.logit(FORMULA, cards)
    several = lk.multinomial(FORMULA.replace("default", "outcome"), cards)
    made = [
        fit,
        lk.logit(FORMULA, cards, cluster="bank"),
        lk.logit(FORMULA, cards, penalty=lk.Ridge(0.01)),
        lk.logit(FORMULA, cards, penalty=lk.Lasso(0.01)),
        lk.logit(FORMULA, cards, absorb="bank"),
        several,
        lk.multinomial(FORMULA.replace("default", "outcome"), cards, penalty=lk.Ridge(0.01)),
        lk.logit_by(FORMULA, cards, by="late"),
    ]
    tests = [fit.test("age = 0, bill_amt1 = 0"), fit.bootstrap(10, seed=1), several.discrimination()]
    return [each.summary() for each in made] + [each.to_document() for each in tests]


def test_the_strengths_of_a_path_have_one_notation(cards):
    path = lk.path(FORMULA, cards, penalty=lk.Lasso(), n_strengths=12)
    (table,) = path.summary().blocks
    assert len(notation([row[0] for row in table.rows])) == 1
    assert all(significant(row[0]) >= 4 for row in table.rows)


def test_every_column_of_every_table_has_one_notation(documents):
    for document in documents:
        for table in document.blocks:
            assert isinstance(table, Table)
            for place, column in enumerate(table.columns):
                cells = [row[place] for row in table.rows]
                if any(FIXED.fullmatch(cell) or POWERS.fullmatch(cell) for cell in cells):
                    assert len(notation(cell for cell in cells if cell != "<0.0001")) == 1, (document.title, column)


@pytest.mark.parametrize("width", [80, 100])
def test_no_row_of_estimates_is_divided_whatever_the_units_of_its_columns(documents, width):
    for document in documents:
        lines = render_text(document, width).splitlines()
        assert max(map(len, lines)) <= width
        for table in document.blocks:
            if table.divides:
                continue
            for row in table.rows:
                numbers = [cell for cell, column in zip(row, table.columns, strict=True) if column.align == "right"]
                wanted = [piece for cell in numbers for piece in cell.split()]
                assert any(line.split()[-len(wanted) :] == wanted for line in lines), (document.title, row)


def test_a_row_stays_whole_where_the_page_is_too_narrow_for_it(documents):
    lines = render_text(documents[0], 50).splitlines()
    ends = [line.split()[-3:] for line in lines if line.startswith("late ")]
    assert ends == [list(next(row for row in documents[0].blocks[0].rows if row[0] == "late")[-3:])]


def test_limits_of_ratios_in_small_units_are_told_from_one(cards):
    fit = lk.logit(FORMULA, cards)
    rows = {row[0]: row[5:] for row in fit.summary().blocks[0].rows}
    found = fit.odds_ratios()
    for name in ("limit_of_the_balance", "bill_amt1"):
        ratio, low, high = rows[name]
        assert len({ratio, low, high, "1.0000000"}) == 4
        for cell, column in ((ratio, "odds_ratio"), (low, "conf_low"), (high, "conf_high")):
            assert float(cell) == pytest.approx(found.loc[name, column], abs=0.51e-7)
