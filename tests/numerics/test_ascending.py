"""The order of many numbers and codes is that of a stable sort."""

from __future__ import annotations

import numpy as np
import pytest

from logitkit.numerics.ascending import ascending, by_code
from logitkit.numerics.kernels.radix import radix_order


@pytest.mark.parametrize("n", [0, 1, 2, 1_000])
def test_digits_give_the_order_of_a_stable_sort(n: int) -> None:
    rng = np.random.default_rng(n)
    wide = rng.normal(size=n) * 10.0 ** rng.integers(-300, 300, n)
    tied = np.round(rng.normal(size=n), 1) * rng.choice([1.0, -1.0], n)  # both zeros among them
    tied[: n // 10] = rng.choice([-np.inf, np.inf, 0.0, -0.0, 5e-324], n // 10)
    for values in (wide, tied, np.full(n, 3.0), wide[::-1]):
        assert radix_order(np.ascontiguousarray(values)).tolist() == np.argsort(values, kind="stable").tolist()


def test_many_numbers_of_a_column_of_a_table() -> None:
    table = np.random.default_rng(1).integers(-50, 50, (20_000, 2)).astype(float)
    assert np.array_equal(ascending(table[:, 0]), np.argsort(table[:, 0], kind="stable"))


@pytest.mark.parametrize(("least", "most"), [(0, 300), (-1, 70_000), (-(2**40), -(2**40) + 2**33), (0, 2**16 + 1)])
@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_many_codes_by_their_halves(least: int, most: int, kind: type) -> None:
    codes = np.random.default_rng(2).integers(least, most, 20_000).astype(kind)
    assert np.array_equal(by_code(codes), np.argsort(codes, kind="stable"))
