"""Refits without each row or cluster: R, fits to the other rows, and the kernel against the general way."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.likelihood import likelihood_of
from logitkit.inference.resampling import left_out
from logitkit.inference.resampling.left_out import left_out_refits, without_unit
from logitkit.inference.resampling.refits import refit
from logitkit.inference.resampling.units import prior_weights, units_of
from tolerances import EXACT, REFERENCE, ROUTE

AGREE = 1e-9  # of a standard error: both iterations stop within 1e-9 or so of the solution


@pytest.fixture(scope="module")
def lbw():
    return lk.datasets.load_lbw()


def error_of(record: FitRecord) -> np.ndarray:
    return np.sqrt(np.diag(record.model_vcov))


def test_finneys_data_agree_with_r():
    vaso = json.loads((Path(__file__).parents[2] / "references" / "diagnostics" / "vaso.json").read_text())
    fit = lk.logit("y ~ log(rate) + log(volume)", {name: vaso[name] for name in ("y", "rate", "volume")})
    found = fit.leave_out()
    assert_allclose(found.to_frame(), vaso["without"], rtol=REFERENCE)
    # One step is a poor guide to the two rows that Pregibon found: the fit without them is far away.
    short = fit.dfbetas(scaled=False).loc[[3, 17], "log(rate)"] / found.changes().loc[[3, 17], "log(rate)"]
    assert ((short > 0.5) & (short < 0.7)).all()


@pytest.mark.parametrize(
    "options",
    [{}, {"weights": "w"}, {"weights": "w", "weight_kind": "precision"}, {"offset": "z"}, {"by": "race"}, {"by": "g"}],
)
def test_kernel_is_the_general_way(lbw, options):
    rng = np.random.default_rng(3)
    lbw = lbw.assign(w=rng.integers(0, 4, len(lbw)), z=rng.normal(size=len(lbw)), g=np.arange(len(lbw)) // 12)
    by = options.pop("by", None)
    fit = lk.logit("low ~ age + lwt + C(race) + smoke", lbw, cluster=by, **options)
    units = units_of(fit.design, "rows" if by is None else "cluster")
    found = left_out_refits(fit.record, fit.design, units)
    prior = without_unit(units, prior_weights(fit.design))
    expected = refit(fit.record, fit.design, units.multiplicity.size, prior=prior)
    assert_allclose(found.coef / error_of(fit.record), expected.coef / error_of(fit.record), rtol=0, atol=AGREE)


def test_kernel_proves_most_and_goes_far(lbw, monkeypatch):
    """Linear predictors that move by more than 1 leave the shortest series, and the solution is still one."""
    fit = lk.logit("low ~ age + lwt + smoke", lbw, cluster="race")
    model = likelihood_of(fit.record, fit.design)
    units = units_of(fit.design, "cluster")
    inner, certain = left_out._solved(model, fit.design, units)
    assert not certain.all()
    rows = units_of(fit.design, "rows")
    assert left_out._solved(model, fit.design, rows)[1].mean() > 0.95
    for unit in range(3):
        kept = lbw[units.of_row != unit]
        own = lk.logit("low ~ age + lwt + smoke", kept)
        assert_allclose(model.flat(inner)[unit], own.coef, rtol=1e-6)  # where the iteration went the whole way
    monkeypatch.setattr(left_out, "COLUMNS_MOST", 2)
    general = left_out_refits(fit.record, fit.design, units).coef
    monkeypatch.undo()
    assert_allclose(left_out_refits(fit.record, fit.design, units).coef, general, rtol=ROUTE)


def test_predictions_are_those_of_fits_to_other_rows(lbw):
    fit = lk.logit("low ~ age + C(race)", lbw, offset="smoke")
    found = fit.leave_out().predictions()
    by_smoke = fit.leave_out(by="ht").predictions()
    for i in (0, 50):
        without = lk.logit("low ~ age + C(race)", lbw.drop(index=i), offset="smoke")
        assert_allclose(found.loc[i, "left_out"], without.predict(lbw.loc[[i]]).iloc[0], rtol=ROUTE)
        assert_allclose(found.loc[i, "fitted"], fit.predict().loc[i], rtol=EXACT)
        others = lk.logit("low ~ age + C(race)", lbw[lbw["ht"] != lbw.loc[i, "ht"]], offset="smoke")
        assert_allclose(by_smoke.loc[i, "left_out"], others.predict(lbw.loc[[i]]).iloc[0], rtol=ROUTE)


@pytest.mark.parametrize(
    "model",
    [
        lambda rows: lk.logit("low ~ age + lwt", rows, link="cloglog"),
        lambda rows: lk.ordinal("race ~ age + smoke", rows, order=["white", "black", "other"]),
        lambda rows: lk.multinomial("race ~ age + smoke", rows),
        lambda rows: lk.logit("low ~ age + smoke", rows, penalty=lk.Jeffreys()),
    ],
)
def test_every_family(lbw, model):
    frame = lbw.sample(160, random_state=1).assign(g=np.arange(160) // 40)
    found = model(frame).leave_out(by="g")
    for label, own in found.to_frame().iterrows():
        without = model(frame[frame["g"] != label])
        assert_allclose(own, without.record.coef, rtol=1e-6, atol=1e-6)  # two iterations, each to its tolerance
        place = np.flatnonzero(frame["g"] == label)[0]
        predicted = without.predict(frame.iloc[[place]])
        row = found.predictions().loc[frame.index[place], "left_out"]
        assert_allclose(np.ravel(row), np.ravel(predicted), rtol=1e-6)


def test_a_frequency_weight_loses_one_observation(lbw):
    lbw = lbw.iloc[::3].assign(w=1 + lbw["ptl"])
    weighted = lk.logit("low ~ age + smoke", lbw, weights="w").leave_out()
    written = lk.logit("low ~ age + smoke", lbw.loc[lbw.index.repeat(lbw["w"])].reset_index(drop=True)).leave_out()
    first = np.concatenate([[0], np.cumsum(lbw["w"])[:-1]])
    assert_allclose(weighted.to_frame(), written.to_frame().iloc[first], rtol=1e-7)
    assert weighted.unit == "observations"


def test_what_befalls_a_refit_is_told():
    rows = pd.DataFrame({"x": [0, 0, 0, 0, 1, 1, 1], "y": [0, 1, 0, 1, 1, 1, 0], "g": list("aaaabbb")})
    found = lk.logit("y ~ x", rows).leave_out()
    assert np.isposinf(found.to_frame().loc[6, "x"])
    assert found.separated.tolist() == [False] * 6 + [True]
    assert "1 refit is separated" in str(found)
    open_ones = lk.logit("y ~ x", rows).leave_out(by="g")
    assert open_ones.aliased.all()
    assert open_ones.predictions()["left_out"].isna().all()


def test_jackknife_has_the_same_refits(lbw):
    fit = lk.logit("low ~ age + lwt", lbw)
    assert_allclose(fit.jackknife().replicates, fit.leave_out().to_frame(), rtol=EXACT)


def test_it_prints_the_range_of_each_coefficient(lbw):
    found = lk.logit("low ~ age + lwt + smoke", lbw).leave_out()
    text = str(found)
    assert "each of 189 rows" in text
    change = found.changes(scaled=True)["lwt"].abs().max()
    assert f"{change:.3f}" in text
    assert str(found.to_frame()["lwt"].idxmin()) in text


def test_what_has_no_answer_is_refused(lbw):
    fit = lk.logit("low ~ age", lbw)
    with pytest.raises(UnsupportedError, match="penalty"):
        lk.logit("low ~ age", lbw, penalty=lk.Ridge(0.1)).leave_out()
    with pytest.raises(UnsupportedError, match="one column in by="):
        fit.leave_out(by=["race", "smoke"])
    with pytest.raises(UnsupportedError, match="Influence is defined for the rows of the fit"):
        fit.leave_out(data=lbw.head(50))
