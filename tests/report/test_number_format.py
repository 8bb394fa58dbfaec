from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logitkit.errors import LogitkitError
from logitkit.plots.style import level_text
from logitkit.report.number_format import (
    column_decimals,
    format_column,
    format_estimate,
    format_integer,
    format_interval,
    format_level,
    format_number,
    format_p,
    format_percent,
)

INF, NAN = math.inf, math.nan
finite = st.floats(-1e300, 1e300)


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1.000"),
        (0.46121, "0.4612"),
        (-0.029533, "-0.02953"),
        (0.000123449, "0.0001234"),
        (0.000032, "3.20e-05"),
        (9.99996, "10.00"),
        (-111.2865, "-111.29"),
        (24561.289, "24,561.29"),
        (123456.7, "123,456.7"),
        (1234567.8, "1,234,568"),
        (2.5e12, "2.50e+12"),
        (INF, "inf"),
        (-INF, "-inf"),
        (NAN, ""),
    ],
)
def test_a_number_that_stands_alone(x, text):
    assert format_number(x) == text


def test_fewer_digits_never_ask_for_negative_decimals():
    assert [format_number(x, digits=1) for x in (12.4, 0.26, 123.456)] == ["12", "0.3", "123.46"]


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.04231, "0.0423"),
        (1.0, "1.0000"),
        (0.0001, "0.0001"),
        (0.0000999, "<0.0001"),
        (0.0, "<0.0001"),
        (1e-320, "<0.0001"),
        (NAN, ""),
    ],
)
def test_a_p_value_is_never_zero(p, text):
    assert format_p(p) == text


def test_a_p_value_with_other_decimals_has_its_own_bound():
    assert (format_p(0.0004, 3), format_p(0.001, 3)) == ("<0.001", "0.001")


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (1.23456, "1.2346"),
        (-0.00004, "-4.00e-05"),
        (-0.0, "0.0000"),
        (12345.6, "12,345.6000"),
        (-INF, "-inf"),
        (NAN, ""),
    ],
)
def test_an_estimate_has_fixed_decimals(x, text):
    assert format_estimate(x) == text


def test_counts_and_shares():
    assert [format_integer(n) for n in (0, 999, 1000, 899164, -0.2, NAN, INF)] == [
        "0",
        "999",
        "1,000",
        "899,164",
        "0",
        "",
        "inf",
    ]
    assert [format_percent(share) for share in (0.3124, 1.0, -0.0001, NAN)] == ["31.2%", "100.0%", "0.0%", ""]
    assert format_percent(0.31249, decimals=2) == "31.25%"


def test_both_bounds_of_an_interval_share_their_decimals():
    assert format_interval(0.0123, 4.5) == "[0.0123, 4.5000]"
    assert format_interval(-INF, 4.5, decimals=1) == "[-inf, 4.5]"
    assert format_interval(NAN, 4.5, decimals=1) == "[NA, 4.5]"
    assert format_interval(NAN, NAN) == ""


@pytest.mark.parametrize(
    ("values", "decimals"),
    [
        ([], 4),
        ([0.0, NAN, INF], 4),
        ([0.46, -1.2], 4),
        ([25.3, 1.1], 3),
        ([812.5, 44.0], 2),
        ([99999.0], 2),
        ([9.99999], 3),
        ([99.99999], 2),
        ([1.5, 0.00032], 5),
        ([1.5, 0.000032], 6),
        ([1.5, 0.00000032], 4),
        ([3e11, 1.5], 4),
    ],
)
def test_the_decimals_that_a_column_shares(values, decimals):
    assert column_decimals(values) == decimals


def test_columns_by_kind():
    assert format_column([1.5, -0.00032, NAN, INF, 0.0], "estimate") == (
        "1.50000",
        "-0.00032",
        "",
        "inf",
        "0.00000",
    )
    assert format_column([1.5, 3e-9, NAN, 0.0], "estimate") == ("1.50e+00", "3.00e-09", "", "0")
    assert format_column([0.5, 3e-9], "probability") == ("0.5000", "<0.0001")
    assert format_column([1.5, 0.25], "estimate", decimals=2) == ("1.50", "0.25")
    assert format_column([-2.2311, -0.0001, NAN, -INF, 4e10], "statistic") == (
        "-2.231",
        "0.000",
        "",
        "-inf",
        "4.00e+10",
    )
    assert format_column([0.5, 0.0], "p_value") == ("0.5000", "<0.0001")
    assert format_column([0.5], "percent") == ("50.0%",)
    assert format_column([1234, 5], "integer", decimals=3) == ("1,234", "5")


def test_a_misspelt_kind_is_met_with_the_nearest():
    with pytest.raises(LogitkitError, match=r"'p_valu'.*'p_value'"):
        format_column([0.5], "p_valu")  # type: ignore[arg-type]


@given(finite)
def test_no_format_signs_a_zero_or_hides_a_number(x):
    texts = [format_number(x), format_estimate(x)]
    for text in texts:
        assert text.startswith("-") == (x < 0)
        shown = float(text.replace(",", ""))
        assert (shown == 0.0) == (x == 0.0)
        # At least three significant digits, or four decimals.
        assert shown == pytest.approx(x, rel=5.1e-3, abs=5.1e-5)
    statistic = format_column([x], "statistic")[0]
    assert not (statistic.startswith("-") and not statistic.strip("-0."))


@given(st.lists(st.just(0.0) | st.floats(1e-3, 1e8) | st.floats(-1e8, -1e-3), min_size=1))
def test_the_numbers_of_a_column_have_equal_decimals(values):
    assert len({len(text.partition(".")[2]) for text in format_column(values, "estimate")}) == 1


@pytest.mark.parametrize(
    ("level", "text"),
    [
        (0.95, "95%"),
        (0.9, "90%"),
        (0.5, "50%"),
        (0.995, "99.5%"),
        (0.999, "99.9%"),
        (1 - 0.0027, "99.73%"),
        (0.999999999, "99.9999999%"),
        (1e-7, "0.00001%"),
        (np.float64(0.975), "97.5%"),
    ],
)
def test_a_level_is_exact_in_tables_and_figures(level, text):
    assert format_level(level) == level_text(level) == text


@given(st.floats(min_value=0.0, max_value=1.0, exclude_min=True, exclude_max=True))
def test_a_level_is_never_certainty_and_reads_back(level):
    text = format_level(level)
    assert text not in {"0%", "100%"}
    assert Decimal(text.removesuffix("%")) == 100 * Decimal(repr(level))
