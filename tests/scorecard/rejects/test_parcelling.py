"""Parcelling: errors that count the movement of bands, against the spread over samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import logitkit as lk
from logitkit.scorecard import Parcelling
from logitkit.scorecard.rejects.applicants import Applicants, Refitted
from oracles.rejects import population, solved
from tolerances import EXACT


def kinds() -> tuple[Applicants, np.ndarray]:
    """Return one applicant of each of nine kinds and three fates, with the probability of each."""
    table, accepted = population(60_000, 1, "card")
    card = lk.scorecard(["first", "second"], table[accepted], target="bad")
    a = lk.scorecard.reject_inference(card, table[accepted], table[~accepted], []).applicants
    fate = np.concatenate([a.bad, np.full(a.rejects.shape[0], 2)])
    rows = np.column_stack([np.vstack([a.accepts, a.rejects]), fate]).round(10)
    found, count = np.unique(rows[np.argsort(fate == 2, kind="stable")], axis=0, return_counts=True)
    order = np.argsort(found[:, -1] == 2, kind="stable")
    found, count = found[order], count[order]
    own = found[:, -1] < 2
    one = Applicants(
        found[own, :-1], found[~own, :-1], found[own, -1] == 1, np.ones(18), np.ones(9), fitted, {}, a.chance, a.names
    )
    return one, count / count.sum()


def fitted(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> Refitted:
    return Refitted(solved(x, y, w, steps=8), separated=False)


def sample(one: Applicants, chance: np.ndarray, n: int, draw: np.random.Generator) -> Applicants:
    """Return a sample of these kinds."""
    number = draw.multinomial(n, chance).astype(float)
    given: dict[str, Any] = {
        name: getattr(one, name) for name in ("accepts", "rejects", "bad", "fit", "codes", "chance")
    }
    return Applicants(**given, names=one.names, accept_weights=number[:18], reject_weights=number[18:])


def test_errors_with_resamples_are_the_spread_over_samples_where_given_bands_have_half_of_it() -> None:
    """Nine kinds of applicants and three bands: kinds change their band from sample to sample."""
    one, chance = kinds()
    draw = np.random.default_rng(0)
    samples = [sample(one, chance, 2_000, draw) for _ in range(300)]
    plain = [Parcelling(bands=3).infer(each) for each in samples]
    spread = np.std([each.coef for each in plain], axis=0, ddof=1)
    given = np.sqrt(np.mean([each.std_error**2 for each in plain], axis=0))
    counted = [Parcelling(bands=3, resamples=60).infer(each) for each in samples[:12]]
    moving = np.sqrt(np.mean([each.std_error**2 for each in counted], axis=0))
    assert spread[2] > 2.0 * given[2]
    np.testing.assert_allclose(moving, spread, rtol=0.15)  # standard deviations of 300 samples, errors of 12
    rate = np.std([each.rate(a.reject_weights) for each, a in zip(plain, samples, strict=True)], ddof=1)
    assert np.sqrt(np.mean([each.rate_error**2 for each in counted])) == pytest.approx(rate, rel=0.15)


def test_where_no_applicant_changes_band_resamples_add_nothing() -> None:
    one, chance = kinds()
    whole = sample(one, chance, 4_000_000, np.random.default_rng(3))
    plain, counted = Parcelling(bands=2).infer(whole), Parcelling(bands=2, resamples=50).infer(whole)
    assert counted.vcov is not None
    np.testing.assert_allclose(counted.vcov, plain.vcov, rtol=0.02)  # rates are not quite linear in numbers
    np.testing.assert_allclose(counted.coef, plain.coef, rtol=EXACT)
