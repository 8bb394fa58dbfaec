"""The best partitions of pre-bins, beside every partition there is."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, pairwise

import numpy as np
import pytest

from logitkit.numerics.kernels.chains import best_chain, best_curved, best_monotone
from logitkit.numerics.kernels.partitions import best_free, bin_feasible, bin_values
from logitkit.scorecard.criteria import CRITERIA
from logitkit.typing import FloatArray

N_PREBINS, N_BINS = 7, 4
EXTRA = (3.0, 7.0)  # events and non-events of missing values


def rises(rates: FloatArray) -> bool:
    return bool((np.diff(rates) >= -1e-15).all())


SHAPES: dict[str, Callable[[FloatArray], bool]] = {
    "none": lambda r: True,
    "up": rises,
    "down": lambda r: rises(-r),
    "peak": lambda r: any(rises(r[: m + 1]) and rises(-r[m:]) for m in range(r.size)),
    "valley": lambda r: any(rises(-r[: m + 1]) and rises(r[m:]) for m in range(r.size)),
    "concave": lambda r: r.size < 3 or bool((np.diff(r, 2) <= 1e-12).all()),
    "convex": lambda r: r.size < 3 or bool((np.diff(r, 2) >= -1e-12).all()),
}
NEIGHBOURS = {"any": (0.0, 0.0), "difference": (0.03, 0.0), "p-value": (0.0, 1.5)}


def value(e: float, g: float, criterion: str) -> float:
    total_e, total_g = TOTALS
    n, rate = e + g, total_e / (total_e + total_g)
    p, q = e / total_e, g / total_g
    if criterion == "chi_square":
        return float((e - n * rate) ** 2 / (n * rate) + (g - n * (1 - rate)) ** 2 / (n * (1 - rate)))
    if criterion == "likelihood":
        return float(sum(c * np.log(c / n) for c in (e, g) if c > 0))
    if criterion == "hellinger":
        return float(0.5 * (np.sqrt(p) - np.sqrt(q)) ** 2)
    if criterion == "js":
        m = (p + q) / 2
        return float(0.5 * sum(x * np.log(x / m) for x in (p, q) if x > 0))
    if e == 0 or g == 0:
        own, more = (0.5, 0.5 * total_g / total_e) if e == 0 else (0.5 * total_e / total_g, 0.5)
        p, q = (e + own) / total_e, (g + more) / total_g
    return float((q - p) * np.log(q / p))


def far_enough(rates: FloatArray, sizes: FloatArray, difference: float, chi_square: float) -> bool:
    for (r1, n1), (r2, n2) in pairwise(zip(rates, sizes, strict=True)):
        if abs(r1 - r2) < difference:
            return False
        both = (r1 * n1 + r2 * n2) / (n1 + n2)
        variance = both * (1 - both) * (1 / n1 + 1 / n2)
        if chi_square > 0 and (variance <= 0 or (r1 - r2) ** 2 / variance < chi_square):
            return False
    return True


TOTALS = (0.0, 0.0)


def problem(seed: int, least: tuple[float, float, float], fixed: tuple[int, ...] = ()) -> tuple[FloatArray, ...]:
    global TOTALS  # noqa: PLW0603 - one problem at a time
    rng = np.random.default_rng(seed)
    sizes = rng.integers(4, 60, N_PREBINS)
    events = rng.binomial(sizes, rng.uniform(0.0, 0.6, N_PREBINS))
    n, e = np.r_[0.0, np.cumsum(sizes)], np.r_[0.0, np.cumsum(events)]
    g = n - e
    TOTALS = (e[-1] + EXTRA[0], g[-1] + EXTRA[1])
    marks = np.zeros(N_PREBINS + 1, dtype=np.int64)
    marks[list(fixed)] = 1
    feasible = bin_feasible(n, e, g, np.cumsum(marks), np.array(least), np.array([np.inf, np.inf, 90.0]))
    return n, e, g, feasible


def brute_force(n: FloatArray, e: FloatArray, criterion: str, allowed: Callable[[tuple[int, ...]], bool]) -> FloatArray:
    best = np.full(N_BINS + 1, -np.inf)
    for k in range(1, N_BINS + 1):
        for inner in combinations(range(1, N_PREBINS), k - 1):
            ends = (0, *inner, N_PREBINS)
            if allowed(ends):
                parts = [value(e[j] - e[i], (n[j] - n[i]) - (e[j] - e[i]), criterion) for i, j in pairwise(ends)]
                best[k] = max(best[k], sum(parts))
    return best


def rates_of(e: FloatArray, n: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore"):
        return (e[None, :] - e[:, None]) / (n[None, :] - n[:, None])


def own_limits(n: FloatArray, e: FloatArray, least: tuple[float, ...], fixed: tuple[int, ...]) -> Callable[..., bool]:
    def allowed(ends: tuple[int, ...]) -> bool:
        for i, j in pairwise(ends):
            size, events = n[j] - n[i], e[j] - e[i]
            if size < least[0] or events < least[1] or not least[2] <= size - events <= 90:
                return False
        return all(cut in ends for cut in fixed)

    return allowed


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("neighbours", NEIGHBOURS)
def test_the_best_bins_are_those_of_all_partitions(criterion: str, shape: str, neighbours: str) -> None:
    difference, chi_square = NEIGHBOURS[neighbours]
    found_any = False
    for seed in range(3):
        least = ((0.0, 0.0, 0.0), (30.0, 1.0, 1.0), (0.0, 2.0, 5.0))[seed % 3]
        fixed = (3,) if seed % 2 else ()
        n, e, g, feasible = problem(seed, least, fixed)
        within = own_limits(n, e, least, fixed)

        def allowed(
            ends: tuple[int, ...], n: FloatArray = n, e: FloatArray = e, within: Callable[..., bool] = within
        ) -> bool:
            sizes = np.diff(n[list(ends)])
            rates = np.diff(e[list(ends)]) / sizes
            return within(ends) and SHAPES[shape](rates) and far_enough(rates, sizes, difference, chi_square)

        expected = brute_force(n, e, criterion, allowed)
        values = bin_values(e, g, np.array(TOTALS), CRITERIA[criterion])
        if shape in ("concave", "convex"):
            sign = 1 if shape == "concave" else -1
            best, ends = best_curved(values, feasible, e, n, N_BINS, sign, difference, chi_square)
        else:
            direction = {"none": 0, "up": 1, "peak": 1}.get(shape, -1)
            turns = shape in ("peak", "valley")
            best, ends = best_chain(values, feasible, e, n, N_BINS, direction, turns, difference, chi_square)
            if direction and chi_square == 0:
                again, _ = best_monotone(values, feasible, rates_of(e, n), N_BINS, direction, turns, difference)
                np.testing.assert_array_equal(again, best)
        np.testing.assert_allclose(best, expected, rtol=1e-12, atol=1e-12)
        if shape == "none" and neighbours == "any":
            np.testing.assert_allclose(best_free(values, feasible, N_BINS)[0], expected, rtol=1e-12, atol=1e-12)
        for k in np.flatnonzero(np.isfinite(best)):
            own = tuple(ends[k, : k + 1].tolist())
            found_any = True
            assert allowed(own), own
            assert sum(values[i, j] for i, j in pairwise(own)) == pytest.approx(best[k], rel=1e-12)
    assert found_any


def test_no_partition_of_levels_beats_neighbours_by_event_rate() -> None:
    """Chou (1991): a convex criterion without constraints is best for groups that are neighbours by rate."""
    rng = np.random.default_rng(3)
    sizes = rng.integers(10, 50, 6)
    events = rng.binomial(sizes, 0.3)
    order = np.argsort(events / sizes, kind="stable")
    n, e = np.r_[0.0, np.cumsum(sizes[order])], np.r_[0.0, np.cumsum(events[order])]
    global TOTALS  # noqa: PLW0603
    TOTALS = (e[-1], n[-1] - e[-1])
    free = bin_feasible(n, e, n - e, np.zeros(7, dtype=np.int64), np.zeros(3), np.full(3, np.inf))
    best, _ = best_free(bin_values(e, n - e, np.array(TOTALS), 0), free, 3)
    largest = -np.inf
    for code in range(3**6):
        group = np.array([code // 3**m % 3 for m in range(6)])
        parts = [(events[group == m].sum(), sizes[group == m].sum()) for m in range(3) if (group == m).any()]
        if len(parts) == 3 and all(0 < a < b for a, b in parts):
            largest = max(largest, sum(value(a, b - a, "iv") for a, b in parts))
    assert best[3] == pytest.approx(largest, rel=1e-12)
