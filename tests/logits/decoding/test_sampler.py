"""What a sampler keeps and draws, against sorting and against sums in plain NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import chdtrc

import logitkit as lk
from logitkit.errors import DataError
from logitkit.logits import Sampler


def brute(z: Any, temperature: float, top_k: int | None, top_p: float, penalty: float, seen: Any) -> Any:
    """Return the probabilities of one row by sorting it."""
    x = z.astype(np.float64).copy()
    x[seen] = np.where(x[seen] > 0.0, x[seen] / penalty, x[seen] * penalty)
    x /= temperature
    kept = np.ones(x.size, dtype=bool)
    if top_k is not None:
        kept &= x >= np.sort(x)[::-1][min(top_k, x.size) - 1]
    p = np.where(kept, np.exp(x - x.max()), 0.0)
    p /= p.sum()
    if top_p < 1.0:
        order = np.argsort(-x, kind="stable")
        sums = np.cumsum(p[order])
        last = order[np.searchsorted(sums, top_p * (1.0 - 1e-14))]
        kept &= x >= x[last]
        p = np.where(kept, p, 0.0)
    return p / p.sum()


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("temperature", "top_k", "top_p", "penalty"),
    [(1.0, None, 1.0, 1.0), (0.7, 5, 1.0, 1.0), (1.0, None, 0.9, 1.0), (1.5, 40, 0.6, 1.3), (1.0, 10_000, 0.999, 1.2)],
)
def test_probabilities_are_those_of_sorted_rows(
    temperature: float, top_k: int | None, top_p: float, penalty: float, kind: Any
) -> None:
    rng = np.random.default_rng(1)
    for scale, width in ((0.001, 30), (3.0, 500), (200.0, 40)):
        z = rng.normal(0.0, scale, (6, width)).astype(kind)
        seen = [rng.integers(0, width, 3).tolist() for _ in range(6)]
        sampler = Sampler(temperature, top_k, top_p, penalty)
        found, kept = sampler.probabilities(z, seen), sampler.kept(z, seen)
        assert found.dtype == kind
        for i in range(6):
            true = brute(z[i], temperature, top_k, top_p, penalty, seen[i])
            np.testing.assert_allclose(found[i], true, rtol=1e-12 if kind is np.float64 else 2e-6, atol=1e-45)
            np.testing.assert_array_equal(kept[i] & (found[i] > 0.0), true.astype(kind) > 0.0)


def test_equal_logits_are_kept_or_left_out_together() -> None:
    z = [[2.0, 1.0, 1.0, 1.0, 0.0]]
    assert Sampler(top_k=2).kept(z).tolist() == [[True, True, True, True, False]]
    assert Sampler(top_p=0.5).kept(z).tolist() == [[True, True, True, True, False]]
    assert Sampler(top_k=1).kept([[0.0, 0.0]]).tolist() == [[True, True]]
    assert Sampler(top_p=1e-9).kept(np.arange(8.0)).tolist() == [False] * 7 + [True]


def test_what_was_seen_by_number_or_by_mask() -> None:
    z = np.random.default_rng(2).normal(0.0, 1.0, (2, 6))
    mask = np.zeros((2, 6), dtype=bool)
    mask[0, [1, 4]] = True
    sampler = Sampler(repetition_penalty=1.7)
    np.testing.assert_array_equal(sampler.probabilities(z, [[1, 4, 1], []]), sampler.probabilities(z, mask))


def test_draws_have_their_probabilities_and_are_repeatable() -> None:
    z = np.random.default_rng(3).normal(0.0, 0.7, 12)
    sampler = Sampler(temperature=0.8, top_p=0.9)
    drawn = sampler.draw(np.tile(z, (20_000, 1)), seed=5)
    p = sampler.probabilities(z)
    counts = np.bincount(drawn, minlength=12)
    assert (counts[p == 0.0] == 0).all()
    expected = 20_000 * p[p > 0.0]
    assert 4 <= expected.size < 12
    assert chdtrc(expected.size - 1, ((counts[p > 0.0] - expected) ** 2 / expected).sum()) > 1e-3
    np.testing.assert_array_equal(drawn[:50], sampler.draw(np.tile(z, (50, 1)), seed=5))
    assert sampler.draw(z, seed=1).shape == ()
    assert Sampler(temperature=1e-3).draw(z, seed=1) == z.argmax()


@pytest.mark.parametrize("options", [{}, {"top_k": 2}, {"top_p": 0.5}])
def test_a_temperature_near_zero_leaves_the_largest(options: dict[str, Any]) -> None:
    for z in ([1e10, 2e10, -3.0, 1.9e10], [-2e10, -1e10, -3e10, -4e10]):
        sampler = Sampler(temperature=1e-300, **options)
        assert sampler.probabilities(z).tolist() == [0.0, 1.0, 0.0, 0.0]
        assert sampler.draw(z, seed=1) == 1


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: Sampler(temperature=0.0), "temperature=0.0"),
        (lambda: Sampler(top_k=0), "top_k=0"),
        (lambda: Sampler(top_p=1.5), "top_p=1.5"),
        (lambda: Sampler(repetition_penalty=-1.0), "repetition_penalty"),
        (lambda: Sampler().draw([[0.0, np.inf]]), "not finite in row 0"),
        (lambda: Sampler().draw([[0.5, 0.5], [0.1, 0.9]]), "look like probabilities"),
        (lambda: Sampler().draw([1.0]), "V at least 2"),
        (lambda: Sampler().draw([[0.0, 2.0]], [[2]]), "numbers from 0 to 1"),
        (lambda: Sampler().draw([[0.0, 2.0]], [[0], [1]]), "seen has 2 rows"),
        (lambda: Sampler().draw([[0.0, 2.0]], np.zeros((1, 3), bool)), "seen has shape"),
    ],
)
def test_refused(call: Callable[[], Any], told: str) -> None:
    with pytest.raises(DataError, match=told):
        call()


def test_a_row_of_a_vocabulary() -> None:
    z = np.random.default_rng(4).normal(0.0, 3.0, (2, 20_000)).astype(np.float32)
    found = lk.logits.Sampler(top_p=0.9).probabilities(z)
    for i in range(2):
        kept = np.sort(lk.logits.softmax(z[i].astype(np.float64)))[::-1]
        assert int((found[i] > 0.0).sum()) == int(np.searchsorted(np.cumsum(kept), 0.9)) + 1


def test_options_and_seeds_of_another_type_are_refused() -> None:
    for option in ({"temperature": "1"}, {"repetition_penalty": None}, {"top_p": "all"}):
        with pytest.raises(DataError, match=f"{next(iter(option))}="):
            Sampler(**option)  # type: ignore[arg-type]
    for seed in ("a", -1, 1.5):
        with pytest.raises(DataError, match="seed="):
            Sampler().draw([2.0, 1.0], seed=seed)


def test_logits_may_be_lent_by_another_library() -> None:
    class Lent:
        def __init__(self, values: Any) -> None:
            self.array = values

        def __dlpack__(self, **options: Any) -> Any:
            return self.array.__dlpack__(**options)

        def __dlpack_device__(self) -> tuple[int, int]:
            return self.array.__dlpack_device__()  # type: ignore[no-any-return]

    z = np.random.default_rng(1).normal(size=(5, 9))
    sampler = Sampler(top_k=3)
    assert (sampler.draw(Lent(z), seed=1) == sampler.draw(z, seed=1)).all()
    assert (sampler.kept(Lent(z)) == sampler.kept(z)).all()
    assert (sampler.probabilities(Lent(z[0])) == sampler.probabilities(z[0])).all()
