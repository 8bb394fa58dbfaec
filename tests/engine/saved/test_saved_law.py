"""Saved fits keep the distribution that their statistics are compared with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import logitkit as lk
from logitkit.engine.law import Law
from logitkit.engine.satterthwaite import SatterthwaiteLaw
from logitkit.engine.saved.file import digest_of
from logitkit.errors import DataError
from logitkit.results.fit import Fit

ROWS = {"y": [0, 0, 1, 0, 1, 1, 0, 1], "x": [1.0, 2, 2.5, 3, 3.5, 5, 1.5, 4], "g": list("aabbccdd")}


def fit_with(law: Law) -> Fit:
    fit = lk.logit("y ~ x", ROWS, cluster="g")
    return Fit(replace(fit.record, covariance=replace(fit.record.covariance, law=law)), fit.design)


def satterthwaite() -> Law:
    fit = lk.logit("y ~ x", ROWS)
    mu, x = fit.predict().to_numpy(), fit.record.coordinates.matrix(fit.design.matrix).to_dense()
    squares = np.einsum("gri,gr,grj->gij", x.reshape(4, 2, 2), (mu * (1 - mu)).reshape(4, 2), x.reshape(4, 2, 2))
    return SatterthwaiteLaw(bread=fit.record.inner_model_vcov.array(), own=squares, across=squares)


@pytest.mark.parametrize("law", [Law(3.0), Law(7.25), satterthwaite()], ids=["t", "fraction", "satterthwaite"])
def test_intervals_and_tests_are_the_same_after_loading(law: Law, tmp_path: Path) -> None:
    fit = fit_with(law)
    again = lk.load(fit.save(tmp_path / "fit.json"))
    assert_array_equal(again.tidy().to_numpy()[:, 1:], fit.tidy().to_numpy()[:, 1:])
    assert again.test("x = 0").p_value == fit.test("x = 0").p_value
    assert str(again.summary()) == str(fit.summary())
    normal = lk.logit("y ~ x", ROWS, cluster="g").tidy()
    assert (fit.tidy()["conf_high"] > normal["conf_high"]).all()


@pytest.mark.parametrize(
    ("law", "why"),
    [({"dof": -1.0}, "dof"), ({"dof": 0.0}, "dof"), ({"cauchy": 1}, "law"), ({"satterthwaite": {"own": ""}}, "across")],
)
def test_a_damaged_law_is_refused(law: dict[str, object], why: str, tmp_path: Path) -> None:
    path = fit_with(Law(3.0)).save(tmp_path / "fit.json")
    packed = json.loads(path.read_text(encoding="utf-8"))
    packed["covariance"]["law"] = law
    packed["digest"] = digest_of(packed)
    path.write_text(json.dumps(packed), encoding="utf-8")
    with pytest.raises(DataError, match=why):
        lk.load(path)
