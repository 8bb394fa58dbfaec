"""Sums that several averages share against each average summed by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.design.matrix.dense import Dense
from logitkit.inference.effects import averages as module
from logitkit.inference.effects.averages import averages
from logitkit.inference.effects.pieces import Level, RowsOfFit, Slope
from logitkit.inference.effects.scales import LinkScale, ProbabilityScale
from logitkit.inference.effects.shared_sums import AlikeLevels, AlikeSlopes, OnePiece, parted
from logitkit.numerics.kernels.binomial_values import logit_curves, shifted_logit
from tolerances import EXACT

FORMULA = " ~ age + lwt + C(race) + C(ftv)"


def births() -> pd.DataFrame:
    data = lk.datasets.load_lbw()
    size = pd.cut(data["bwt"], [0, 2500, 3300, 9999], labels=["small", "middle", "large"]).astype(str)
    return data.assign(size=size, shift=np.linspace(-1.0, 1.0, len(data)))


FITS: dict[str, Callable[[Any], Any]] = {
    "logit": lambda data: lk.logit("low" + FORMULA, data, offset="shift"),
    "probit": lambda data: lk.logit("low" + FORMULA, data, link="probit"),
    "multinomial": lambda data: lk.multinomial("size" + FORMULA, data),
    "cumulative": lambda data: lk.ordinal("size" + FORMULA, data, order=["small", "middle", "large"]),
}


@pytest.fixture(scope="module", params=FITS)
def fit(request: Any) -> Any:
    return FITS[request.param](births())


def pieces_of(fit: Any) -> list[Level | Slope]:
    """Levels of two factors and slopes of two numbers, one of them along both, and one that stands by itself."""
    info, n = fit.record.info, fit.design.n_rows
    place = {name: k for k, name in enumerate(info.coding.names)}
    found: list[Level | Slope] = []
    for head in ("C(race)", "C(ftv)"):
        places = np.array([k for name, k in place.items() if name.startswith(head)])
        rows = np.vstack([np.zeros(places.size), np.eye(places.size)])
        found += [Level(places, Dense(np.broadcast_to(row, (n, places.size)))) for row in rows]
    for places, row in (([place["age"]], [1.0]), ([place["lwt"]], [1.0]), ([place["age"], place["lwt"]], [0.5, -2.0])):
        found.append(Slope(np.array(places), Dense(np.broadcast_to(row, (n, len(row))))))
    found.append(Slope(np.array([place["age"]]), Dense(np.linspace(0.0, 1.0, n)[:, None])))
    return found


@pytest.mark.parametrize("link", [False, True])
def test_what_is_shared_is_what_each_piece_has(fit: Any, link: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    record, design = fit.record, fit.design
    m = record.predictors.n_predictors
    scale = LinkScale(np.eye(m)) if link else ProbabilityScale(record.family, range(len(record.outcomes)))
    if record.family.words.has_event and not link:
        scale = ProbabilityScale(record.family, [1])
    pieces, shares = pieces_of(fit), np.linspace(1.0, 2.0, design.n_rows) / (1.5 * design.n_rows)
    given = record, RowsOfFit(design.matrix, design.response.offset), pieces, shares, scale
    found = averages(*given)
    assert any(isinstance(each, AlikeLevels) for each in parted(pieces, (1, m, 3), is_separated=False))
    assert any(isinstance(each, AlikeSlopes) for each in parted(pieces, (1, m, 3), is_separated=False))

    def alone(pieces: Any, shape: Any, **_: Any) -> list[OnePiece]:
        return [OnePiece(number, piece, shape) for number, piece in enumerate(pieces)]

    monkeypatch.setattr(module, "parted", alone)
    by_itself = averages(*given)
    assert_allclose(found.value, by_itself.value, rtol=EXACT, atol=1e-14)
    assert_allclose(found.jacobian, by_itself.jacobian, rtol=EXACT, atol=EXACT)


@pytest.mark.parametrize("shift", [0.0, -3.0, 49.0, 790.0])
def test_shifted_probabilities_are_those_of_the_shifted_predictor(shift: float) -> None:
    eta = np.array([[-np.inf, -800.0, -30.0, -1.0, 0.0, 2.0, 40.0, 800.0, np.inf, np.nan]])
    scale = ProbabilityScale(lk.logit("low ~ age", births()).record.family, [1])
    values, slopes = scale.shifted(eta, np.array([[shift], [0.0]]))
    link = scale.family.link
    for k, by in enumerate((shift, 0.0)):
        mean, rest = link.inverse(eta[0] + by), link.complement(eta[0] + by)
        assert_allclose(values[k, 0], mean, rtol=EXACT, atol=1e-300)
        assert_allclose(slopes[k, 0, 0], mean * rest, rtol=EXACT, atol=1e-300)
    assert_array_equal(slopes[:, 0, 0, [0, 8]], 0.0)  # at the limits nothing changes
    assert_allclose(scale.slopes(eta), scale.both(eta)[1], rtol=EXACT)
    curved = scale.family.probability_curvatures(eta, np.full(eta.shape, 2.0))[[1]]
    assert_allclose(scale.curvatures(eta, np.full(eta.shape, 2.0)), curved, rtol=EXACT, atol=1e-300)


def test_loops_over_odds_keep_both_tails() -> None:
    against = np.array([0.0, 1e-17, 1.0, 1e17, np.inf])
    mean, slope, curvature = np.empty((1, 5)), np.empty((1, 5)), np.empty(5)
    shifted_logit(against, np.ones(1), mean, slope)
    assert_allclose(mean[0], [1.0, 1.0, 0.5, 1e-17, 0.0], rtol=EXACT)
    assert_allclose(slope[0], [0.0, 1e-17, 0.25, 1e-17, 0.0], rtol=EXACT)
    logit_curves(against, slope[0], curvature)
    assert_allclose(slope[0], [0.0, 1e-17, 0.25, 1e-17, 0.0], rtol=EXACT)
    assert_allclose(curvature, [0.0, -1e-17, 0.0, 1e-17, 0.0], rtol=EXACT)
