"""Fits whose levels were eliminated are saved whole: what they print and predict after loading is the same."""

from __future__ import annotations

import json

import numpy as np
import pytest

import logitkit as lk
from engine.levels.wide import places, wide_fit
from examples import every_other
from logitkit.design.formula.saved_levels import integers_of, pack_array
from logitkit.engine.saved import record as saved_record
from logitkit.errors import DataError, UnsupportedError

FORMULAS = [
    "y ~ x + z + C(g)",
    "y ~ 0 + C(g) + x",
    "y ~ x + I(2 * x) + C(g) + C(region)",
    "y ~ bs(x, df=5) + C(g) + C(region):z",
    "cbind(events, others) ~ C(g, contr.treatment('l007')) + x",
]


@pytest.mark.parametrize(
    ("formula", "options", "separated"), every_other(FORMULAS, [{}, {"cluster": "person"}], [False, True])
)
def test_a_loaded_fit_is_the_fit(tmp_path, formula, options, separated):
    frame = places()
    if separated:
        frame["y"] = np.where(frame["g"] == "l003", 1, frame["y"])
    fit = wide_fit(formula, frame, **options)
    again = lk.load(fit.save(tmp_path / "fit.json"))
    assert str(again) == str(fit)
    assert np.array_equal(again.tidy().iloc[:, 1:], fit.tidy().iloc[:, 1:], equal_nan=True)
    assert np.array_equal(again.predictions(frame), fit.predictions(frame), equal_nan=True)
    assert np.array_equal(again.augment(frame), fit.augment(frame), equal_nan=True)
    hypothesis = "C(g)[T.l004] = C(g)[T.l005]"
    if "C(g)[T.l004]" in fit.coef.index and "C(g)[T.l005]" in fit.coef.index:
        assert again.test(hypothesis).statistic == fit.test(hypothesis).statistic


def _out_of_range(text: str) -> str:
    codes = integers_of(text)
    codes[0] = 10_000
    return pack_array(codes)


@pytest.mark.parametrize("name", ["places", "kept", "select"])
def test_codes_out_of_range_are_refused(tmp_path, name):
    path = wide_fit("y ~ x + C(g)", places()).save(tmp_path / "fit.json")
    packed = json.loads(path.read_text())
    packed["coordinates"][name] = _out_of_range(packed["coordinates"][name])
    path.write_text(json.dumps(packed))
    with pytest.raises(DataError, match=rf"{name}' (holds a code out of range|is 10000, and must be)"):
        lk.load(path)


@pytest.mark.parametrize("name", ["head", "rest", "levels"])
def test_a_layout_that_does_not_fit_is_refused(tmp_path, name):
    path = wide_fit("y ~ x + C(g)", places()).save(tmp_path / "fit.json")
    packed = json.loads(path.read_text())
    layout = packed["coordinates"]["layout"]
    layout[name] = pack_array(integers_of(layout[name])[:-1])
    path.write_text(json.dumps(packed))
    with pytest.raises(DataError, match="damaged"):
        lk.load(path)


def test_a_covariance_too_large_for_text_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(saved_record, "COVARIANCE_MOST", 20)
    with pytest.raises(UnsupportedError, match="covariance of 31 coefficients"):
        wide_fit("y ~ x + C(g)", places()).save(tmp_path / "fit.json")
