"""Saved penalised fits: every fact to the last bit, the same predictions and summary, and refusals of damage."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.design.formula.saved_levels import pack_array
from logitkit.engine.curvature.vcov import WithheldVcov
from logitkit.errors import DataError, UnsupportedError

FORMULA = "low ~ age + lwt + C(race) + smoke"
PRECISION = np.diag([0.1, 1.0, 2.0, 1.0, 1.0, 3.0]) + 0.05
PENALTIES = {
    "lasso": lk.Lasso(0.03),
    "elastic net, kept": lk.ElasticNet(0.03, 0.5, keep="age", relative={"smoke": 2.0}),
    "group lasso": lk.GroupLasso(0.02),
    "sparse-group lasso": lk.GroupLasso(0.02, 0.3, standardize=False),
    "adaptive lasso": lk.AdaptiveLasso(0.005),
    "relaxed lasso": lk.RelaxedLasso(0.03, gamma=0.5),
    "bounds": lk.Lasso(0.01) + lk.Bounds(lower=0.0, upper={"smoke": 0.5}),
    "ridge": lk.Ridge(0.02),
    "prior": lk.GaussianPrior(mean={"age": 0.1}, precision=4.0),
    "whole prior": lk.Ridge(0.01) + lk.GaussianPrior(precision=PRECISION),
}


def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


@pytest.fixture(params=PENALTIES)
def fit(request: pytest.FixtureRequest) -> lk.Fit:
    return lk.logit(FORMULA, births(), penalty=PENALTIES[request.param])


@pytest.fixture
def lasso(tmp_path: Path) -> Path:
    return lk.logit(FORMULA, births(), penalty=PENALTIES["lasso"]).save(tmp_path / "lasso.json")


def same(left: Any, right: Any) -> bool:
    """Whether two values agree to the last bit, field by field."""
    if is_dataclass(left):
        return type(left) is type(right) and all(
            same(getattr(left, field.name), getattr(right, field.name)) for field in fields(left)
        )
    if isinstance(left, np.ndarray):
        return left.shape == right.shape and left.dtype == right.dtype and left.tobytes() == right.tobytes()
    if isinstance(left, tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) and np.isnan(left):
        return bool(np.isnan(right))
    return bool(left == right)


def test_everything_comes_back_to_the_last_bit(fit: lk.Fit, tmp_path: Path) -> None:
    loaded = lk.load(fit.save(tmp_path / "fit.json"))
    assert same(fit.penalty, loaded.penalty)
    assert same(fit.record.coef, loaded.record.coef)
    assert fit.record.covariance == loaded.record.covariance
    assert str(loaded.summary()) == str(fit.summary())
    for verb in ("predict", "predict_logit", "augment"):
        assert same(getattr(fit, verb)(births()).to_numpy(), getattr(loaded, verb)(births()).to_numpy())
    for table in ("tidy", "glance", "odds_ratios"):
        pd.testing.assert_frame_equal(getattr(fit, table)(), getattr(loaded, table)(), check_exact=True)


def test_errors_and_refusals_come_back(fit: lk.Fit, tmp_path: Path) -> None:
    loaded = lk.load(fit.save(tmp_path / "fit.json"))
    if fit.record.covariance.kind == "posterior":
        assert same(fit.vcov.to_numpy(), loaded.vcov.to_numpy())
        assert same(fit.predictions(births()).to_numpy(), loaded.predictions(births()).to_numpy())
        return
    assert same(fit.record.inner_vcov, loaded.record.inner_vcov)
    assert isinstance(loaded.record.inner_vcov, WithheldVcov)
    for refused in (loaded.confint, lambda: loaded.predictions(births()), lambda: loaded.vcov):
        with pytest.raises(UnsupportedError, match="penalty"):
            refused()


@pytest.mark.parametrize(
    "penalty", [lk.AdaptiveLasso(0.005), lk.RelaxedLasso(0.03, gamma=0.5), lk.Ridge(0.02)], ids=repr
)
@pytest.mark.parametrize("reference", [None, "other"])
def test_fits_of_several_outcomes_come_back(penalty: lk.ElasticNet, reference: str | None, tmp_path: Path) -> None:
    form = {} if reference is None else {"reference": reference}
    fit = lk.multinomial("race ~ age + lwt + smoke", births(), penalty=penalty, **form)
    loaded = lk.load(fit.save(tmp_path / "fit.json"))
    assert same(fit.penalty, loaded.penalty)
    assert (fit.penalty.place is None) == (reference is not None)
    assert same(fit.record.coef, loaded.record.coef)
    assert str(loaded.summary()) == str(fit.summary())
    if fit.penalty.certified:
        assert loaded.certificate(births()) == fit.certificate()
        assert fit.certificate().holds


def test_a_loaded_fit_is_certified_anew_from_its_rows(tmp_path: Path) -> None:
    fit = lk.logit(FORMULA, births(), penalty=PENALTIES["group lasso"])
    loaded = lk.load(fit.save(tmp_path / "fit.json"))
    assert loaded.certificate(births()) == fit.certificate()
    assert loaded.certificate(births()).holds


def test_a_matrix_of_many_columns_takes_little_room(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    X = np.column_stack([np.ones(60), rng.normal(size=(60, 900))])
    y = (rng.random(60) < 0.5).astype(int)
    names = ["Intercept", *(f"x{j}" for j in range(900))]
    path = lk.logit_matrix(X, y, names, penalty=lk.Lasso(0.1)).save(tmp_path / "wide.json")
    loaded = lk.load(path)
    assert path.stat().st_size < 200_000
    assert loaded.predict(X).between(0.0, 1.0).all()


def edited(path: Path, **changes: Any) -> Path:
    """Write the file again with other facts about the penalty; None takes one out."""
    packed = json.loads(path.read_text(encoding="utf-8"))
    packed["penalty"] = {name: value for name, value in (packed["penalty"] | changes).items() if value is not None}
    path.write_text(json.dumps(packed), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"l1": None}, "'penalty' has no 'l1'"),
        ({"words": None}, "'penalty' has no 'words'"),
        ({"extra": 1}, "'penalty' has an unknown field 'extra'"),
        ({"codes": pack_array(np.zeros(6, dtype=np.int64))}, "'penalty' has no 'lengths'"),
        ({"gap": "small"}, "'penalty.gap' is of type str"),
        ({"n_nonzero": True}, "'penalty.n_nonzero' is of type bool"),
        ({"scale": pack_array(np.ones(5))}, "'penalty.scale' has 5 numbers and must have 6"),
        ({"strengths": [["lasso"]]}, r"'penalty.strengths\[0\]' .* must be a list of 2"),
        (
            {"codes": pack_array(np.full(6, 2, dtype=np.int64)), "lengths": pack_array(np.ones(2))},
            "'codes' has a group beyond the 2 of 'lengths'",
        ),
    ],
)
def test_damage_is_named(lasso: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=f"damaged.*{message}"):
        lk.load(edited(lasso, **changes))


def test_a_penalty_that_is_no_mapping_is_refused(lasso: Path) -> None:
    packed = json.loads(lasso.read_text(encoding="utf-8"))
    lasso.write_text(json.dumps(packed | {"penalty": "lasso"}), encoding="utf-8")
    with pytest.raises(DataError, match="'penalty' is of type str"):
        lk.load(lasso)
