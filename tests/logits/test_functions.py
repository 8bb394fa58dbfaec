"""Functions of logits against mpmath, to units in the last place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import logitkit as lk
from logitkit.errors import DataError

EPS = float(np.finfo(np.float64).eps)
RNG = np.random.default_rng(20)
SMALL = 10.0 ** RNG.uniform(-20.0, 2.9, 150)
NUMBERS = np.concatenate(
    [
        [0.0, 1e4, -1e4, 40.0, -40.0, -708.5, -745.1, 88.8, -103.9],
        RNG.normal(0.0, 2.0, 500),
        RNG.uniform(-745.0, 745.0, 150),
        SMALL,
        -SMALL,
    ]
)


def log_one_plus_exp(x: Any) -> Any:
    return x + log_one_plus_exp(-x) if x > 0 else mp.log1p(mp.exp(x))


EXACT: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "log_sigmoid": lambda x: -log_one_plus_exp(-x),
    "softplus": log_one_plus_exp,
    "log1mexp": lambda x: mp.log(-mp.expm1(x)) if x > -1 else mp.log1p(-mp.exp(x)),
}


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("name", EXACT)
def test_two_units_in_the_last_place(name: str, kind: Any) -> None:
    x = (-np.abs(NUMBERS[1:]) if name == "log1mexp" else NUMBERS).astype(kind)
    found = getattr(lk.logits, name)(x)
    assert found.dtype == kind
    with mp.workprec(160):
        for at, value in zip(x, found, strict=True):
            true = EXACT[name](mp.mpf(float(at)))
            unit = mp.mpf(float(np.spacing(np.abs(kind(float(true))))))
            assert abs(mp.mpf(float(value)) - true) <= 2 * unit, (name, at)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXACT)
def test_two_units_in_the_last_place_at_many_numbers(name: str) -> None:
    x = np.random.default_rng(21).normal(0.0, 3.0, 40_000)
    x = -np.abs(x) if name == "log1mexp" else x
    found = getattr(lk.logits, name)(x)
    with mp.workprec(160):
        for at, value in zip(x, found, strict=True):
            true = EXACT[name](mp.mpf(float(at)))
            assert abs(mp.mpf(float(value)) - true) <= 2 * mp.mpf(float(np.spacing(abs(float(true)))))


def exact_rows(z: Any) -> list[dict[str, Any]]:
    """Return log-sum-exp, log probabilities, probabilities and entropy of rows in many digits; None is not allowed."""
    found = []
    for row in z:
        powers = [mp.mpf(0) if v is None else mp.exp(mp.mpf(float(v))) for v in row]
        total = mp.fsum(powers)
        p = [power / total for power in powers]
        logs = [None if v is None else mp.mpf(float(v)) - mp.log(total) for v in row]
        terms = [-each * log for each, log in zip(p, logs, strict=True) if log is not None]
        found.append({"lse": mp.log(total), "p": p, "log": logs, "entropy": mp.fsum(terms)})
    return found


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("scale", [0.01, 3.0, 3_000.0])
def test_rows_of_outcomes_are_right_to_four_units_of_what_is_summed(scale: float, kind: Any) -> None:
    z = np.random.default_rng(22).normal(0.0, scale, (30, 7)).astype(kind)
    z[0] = z[0, 0]
    eps = float(np.finfo(kind).eps)
    lse, logs, p = lk.logits.logsumexp(z), lk.logits.log_softmax(z), lk.logits.softmax(z)
    entropy = lk.logits.entropy(z)
    assert {each.dtype for each in (lse, logs, p, entropy)} == {np.dtype(kind)}
    with mp.workprec(200):
        for i, true in enumerate(exact_rows(z.tolist())):
            most = 1.0 + float(np.abs(z[i]).max())
            assert abs(mp.mpf(float(lse[i])) - true["lse"]) <= 4 * eps * most
            assert abs(mp.mpf(float(entropy[i])) - true["entropy"]) <= 4 * eps * (1.0 + float(true["entropy"]))
            for k in range(7):
                assert abs(mp.mpf(float(p[i, k])) - true["p"][k]) <= 4 * eps
                most = 1.0 + max(-float(true["log"][k]), float(true["entropy"]))
                assert abs(mp.mpf(float(logs[i, k])) - true["log"][k]) <= 4 * eps * most


@pytest.mark.parametrize("scale", [0.001, 1.0, 20.0])
def test_sums_over_many_outcomes_keep_to_the_bounds(scale: float) -> None:
    """Added up one after another, sums of 3,000 terms are 2 to 8 times as far off as this."""
    rng = np.random.default_rng(26)
    z = rng.normal(0.0, scale, 3_000)
    other, y = z + rng.normal(0.0, 3.0, z.size), rng.dirichlet(np.ones(z.size))
    one = z[None]
    with mp.workprec(120):
        (p,), (q,) = exact_rows(one), exact_rows(other[None])
        top, top_q = mp.mpf(float(z.max())), mp.mpf(float(other.max()))
        gaps = mp.fsum(p["p"][k] * (top - float(z[k])) for k in range(z.size))
        sizes = gaps + mp.fsum(p["p"][k] * (top_q - float(other[k])) for k in range(z.size))
        sizes += p["lse"] - top + q["lse"] - top_q
        divergence = mp.fsum(p["p"][k] * (p["log"][k] - q["log"][k]) for k in range(z.size))
        loss = -mp.fsum(mp.mpf(float(y[k])) * p["log"][k] for k in range(z.size))
        focal = -mp.fsum(mp.mpf(float(y[k])) * (1 - p["p"][k]) ** 2 * p["log"][k] for k in range(z.size))
        found = [
            (lk.logits.logsumexp(one), p["lse"], max(gaps, p["lse"] - top, abs(top))),
            (lk.logits.entropy(one), p["entropy"], p["entropy"]),
            (lk.logits.kl_divergence(one, other[None]), divergence, sizes),
            (lk.logits.CategoricalLoss().rows(one, y[None]), loss, gaps + loss),
            (lk.logits.CategoricalLoss(focus=2.0).rows(one, y[None]), focal, gaps + loss),
        ]
        for value, true, terms in found:
            assert abs(mp.mpf(float(value[0])) - true) <= 4 * EPS * (1 + terms)


def test_small_probabilities_keep_their_digits() -> None:
    p = lk.logits.softmax([[0.0, -300.0, -700.0]])[0]
    np.testing.assert_allclose(p[1:], np.exp([-300.0, -700.0]), rtol=4 * EPS)
    # What a confident row still loses is not lost in 1 - p.
    assert lk.logits.entropy([[0.0, -300.0]])[0] == pytest.approx(301.0 * np.exp(-300.0), rel=1e-14, abs=0.0)


def test_divergence_is_a_sum_of_mpmath() -> None:
    rng = np.random.default_rng(23)
    z, other = rng.normal(0.0, 4.0, (2, 20, 5))
    found = lk.logits.kl_divergence(z, other)
    with mp.workprec(200):
        pairs = zip(exact_rows(z.tolist()), exact_rows(other.tolist()), strict=True)
        for i, (p, q) in enumerate(pairs):
            terms = [p["p"][k] * (p["log"][k] - q["log"][k]) for k in range(5)]
            sizes = [p["p"][k] * (p["log"][k] + q["log"][k]) for k in range(5)]
            assert abs(mp.mpf(float(found[i])) - mp.fsum(terms)) <= 4 * EPS * (1.0 - float(mp.fsum(sizes)))
    assert (lk.logits.kl_divergence(z, z + rng.normal(0.0, 1.0, (20, 1))) < 1e-14).all()


@pytest.mark.parametrize("axis", [0, 1, 2, -2])
def test_any_axis_with_mask_and_offset(axis: int) -> None:
    rng = np.random.default_rng(24)
    z, offset = rng.normal(0.0, 2.0, (3, 4, 5)), rng.normal(0.0, 1.0, 5)
    mask = rng.random(z.shape) < 0.6
    np.put_along_axis(mask, np.argmax(z, axis=axis, keepdims=True), True, axis=axis)
    e = np.where(mask, np.exp(z + offset), 0.0)
    p = e / e.sum(axis=axis, keepdims=True)
    with np.errstate(divide="ignore"):
        logs = np.log(p)
    given = {"axis": axis, "mask": mask, "offset": offset}
    np.testing.assert_allclose(lk.logits.softmax(z, **given), p, rtol=1e-14)
    # The twin loses digits of a log near zero: its p is rounded first.
    np.testing.assert_allclose(lk.logits.log_softmax(z, **given), logs, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(lk.logits.logsumexp(z, **given), np.log(e.sum(axis=axis)), rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(
        lk.logits.entropy(z, **given), -np.where(mask, p * np.where(mask, logs, 0.0), 0.0).sum(axis=axis), rtol=1e-13
    )


def test_many_outcomes_and_many_rows_are_as_few_of_each() -> None:
    z = np.random.default_rng(25).normal(0.0, 3.0, (40, 3_000))
    whole = lk.logits.softmax(z)
    for i in (0, 39):
        np.testing.assert_array_equal(whole[i], lk.logits.softmax(z[i]))
    np.testing.assert_allclose(whole.sum(axis=1), 1.0, rtol=1e-14)
    flat = z.reshape(-1)
    np.testing.assert_array_equal(lk.logits.sigmoid(flat)[-10:], lk.logits.sigmoid(flat[-10:]))


class Lent:
    """An array that is only handed over by DLPack."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __dlpack__(self, **given: Any) -> Any:
        return self.array.__dlpack__(**given)

    def __dlpack_device__(self) -> Any:
        return self.array.__dlpack_device__()


def test_what_is_accepted_as_an_array() -> None:
    assert lk.logits.sigmoid(Lent(np.zeros(2, np.float32))).tolist() == [0.5, 0.5]
    assert lk.logits.sigmoid([[0]]).tolist() == [[0.5]]
    assert lk.logits.sigmoid(0.0) == 0.5
    assert lk.logits.sigmoid(np.zeros(2, np.float16)).dtype == np.float32
    assert lk.logits.softmax([0.0, 1.0]).sum() == pytest.approx(1.0)  # one row within 0 and 1 by chance


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: lk.logits.sigmoid([0.0, np.nan]), "not finite in row 1"),
        (lambda: lk.logits.softmax([[0.0, 1.0], [np.inf, 0.0]]), r"not finite in row 1, at \[1, 0\]"),
        (lambda: lk.logits.sigmoid(["a"]), "real numbers"),
        (lambda: lk.logits.sigmoid([1j]), "real numbers"),
        (lambda: lk.logits.sigmoid([]), "no number"),
        (lambda: lk.logits.softmax([[0.2, 0.8], [0.5, 0.5]]), "look like probabilities"),
        (lambda: lk.logits.softmax([[1.0, 2.0]], axis=2), "no axis 2"),
        (lambda: lk.logits.softmax([[1.0, 2.0]] * 2, mask=[[True, True], [False, False]]), r"no outcome in row 1 "),
        (lambda: lk.logits.softmax([[1.0, 2.0]], mask=[[1, 0]]), "True and False"),
        (lambda: lk.logits.softmax([[1.0, 2.0]], offset=[1.0, 2.0, 3.0]), r"offset has shape \(3,\)"),
        (lambda: lk.logits.kl_divergence([[1.0, 2.0]], [[1.0, 2.0, 3.0]]), "one shape"),
        (lambda: lk.logits.log1mexp([0.5]), "at most 0"),
    ],
)
def test_refused(call: Callable[[], Any], told: str) -> None:
    with pytest.raises(DataError, match=told):
        call()
