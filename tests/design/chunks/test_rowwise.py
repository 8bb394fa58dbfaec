"""A function that looks at other rows is refused by name, and is never coded chunk by chunk in silence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.design.chunks.learned import assert_as_in_memory, cut, in_chunks

from logitkit.design.chunks.rowwise import is_by_row
from logitkit.errors import UnsupportedError

N = 160


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"x": rng.normal(size=N), "k": rng.integers(0, 4, N), "g": rng.choice(list("abc"), N)})
    data["b"] = data["x"] > 0.8
    data["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 900, N), unit="D")
    data["y"] = (rng.random(N) < 0.4).astype(int)
    return data


def less_mean(x):
    return x - x.mean()


def ranked(x):
    return np.argsort(np.argsort(x))


def share(x):
    return np.asarray(x) / np.max(x)


def table_of_codes(g):
    return pd.Categorical(g).codes


def noise(x):
    return np.random.default_rng().normal(size=len(x))


def banded(x):
    return np.where(np.asarray(x) > 0.0, "high", "low")


def by_table(g):
    return pd.Series(g).map({"a": 1.0, "b": 2.5, "c": -1.0})


def one_by_one(x):
    return np.array([round(value, 2) for value in x])


def of_columns(x):
    if len(x) < 5:
        raise ValueError("too short")
    return np.asarray(x) ** 2


LOOKS = [
    "I(x - np.mean(x))",
    "I(x - np.median(x))",
    "I(x / np.std(x))",
    "I(x / np.max(x))",
    "I(k / k.max())",
    "I(b / b.sum())",
    "x.rank()",
    "x.cumsum()",
    "np.cumsum(x)",
    "I(x.diff().fillna(0))",
    "x.shift(1)",
    "x.clip(upper=x.quantile(0.95))",
    "np.clip(x, np.percentile(x, 1), 9)",
    "np.maximum.accumulate(x)",
    "np.sort(x)",
    "I(x == x.max())",
    "I(len(x) * x)",
    "I(x.rolling(3, min_periods=1).mean())",
    "I(x.expanding().mean())",
    "np.gradient(x)",
    "C(pd.qcut(x, 4))",
    "C(pd.cut(x, 4))",
    "C(x > np.median(x))",
    "pd.factorize(g)[0]",
    "g.duplicated()",
    "scale(x - np.mean(x))",
    "bs(x.rank(), df=4)",
    "x:less_mean(x)",
    "g:less_mean(x)",
    "x + offset(x - np.mean(x))",
    "less_mean(x)",
    "ranked(x)",
    "share(k)",
    "share(b)",
    "table_of_codes(g)",
    "noise(x)",
]
SEES_ROWS = [
    "I(x ** 2)",
    "np.log(x + 9)",
    "np.maximum(x, k)",
    "I(x > 0.3)",
    "C(pd.cut(x, [-9, -1, 0, 9]))",
    "C(k)",
    "C(np.digitize(x, [-1, 0, 1]))",
    "x.abs() + x.clip(0, 1)",
    "C(g.str.upper())",
    "C(g.str.len() + k)",
    "I(day.dt.month)",
    "I((day - START).dt.days)",
    "C(banded(x))",
    "by_table(g)",
    "one_by_one(x)",
    "of_columns(x)",
    "np.where(b, x, k)",
    "np.isin(k, [1, 2])",
    "hashed(g, levels=5)",
    "g.map({'a': 1, 'b': 2, 'c': 3})",
    "I(np.array([x, k]).max(axis=0))",
]
NAMES = {
    "pd": pd,
    "START": pd.Timestamp("2023-01-01"),
    **{each.__name__: each for each in (less_mean, ranked, share, table_of_codes, noise)},
    **{each.__name__: each for each in (banded, by_table, one_by_one, of_columns)},
}


@pytest.mark.parametrize("terms", LOOKS)
@pytest.mark.filterwarnings("ignore:.*is no number in")
def test_what_looks_at_other_rows_is_refused_by_name(terms, table) -> None:
    with pytest.raises(UnsupportedError, match=r"looks at other rows.*compute the column beforehand") as caught:
        in_chunks(f"y ~ {terms}", cut(table, 50), namespace=NAMES)
    part = terms.removeprefix("x:").removeprefix("g:").removeprefix("x + ").split("(")[0]
    assert str(caught.value).startswith(part)


@pytest.mark.parametrize("terms", SEES_ROWS)
def test_what_looks_at_its_own_row_is_coded_as_in_memory(terms, table) -> None:
    assert_as_in_memory(f"y ~ {terms}", table, cut(table, 50), NAMES)


@pytest.mark.parametrize("left", ["I(x > np.mean(x))", "x > x.median()", "cbind(k, k.max() - k)"])
def test_so_is_an_outcome_of_other_rows(left, table) -> None:
    with pytest.raises(UnsupportedError, match="looks at other rows"):
        in_chunks(f"{left} ~ k", cut(table, 50))


@pytest.mark.parametrize("formula", ["y ~ lag(x)", "y ~ I(x - lag(x, 2))", "y ~ k + offset(lag(x))"])
def test_lag_is_refused(formula, table) -> None:
    with pytest.raises(UnsupportedError, match=r"uses the previous row.*compute the column beforehand"):
        in_chunks(formula, cut(table, 50))


def test_a_name_of_the_callers_own_is_not_taken_for_a_known_one() -> None:
    columns = frozenset({"x", "log"})
    assert is_by_row("np.log(x)", columns)
    assert not is_by_row("log.rank()", columns)
    assert not is_by_row("f(x)", columns)
    assert not is_by_row("x[0] + x", columns)
    assert not is_by_row("x @ x", columns)
    assert not is_by_row("np.add.reduce(x)", columns)
    assert not is_by_row("[x for x in x]", columns)
