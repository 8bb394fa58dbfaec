"""Sets of rows without which a conclusion changes: refits from the table, and the smallest set where it is known."""

from __future__ import annotations

import numpy as np
import pytest

import logitkit as lk
from logitkit.errors import DataError, LogitkitError

FORMULA = "low ~ age + lwt + smoke + ht"


@pytest.fixture(scope="module")
def lbw():
    return lk.datasets.load_lbw()


@pytest.mark.parametrize("name", ["age", "lwt", "smoke", "ht"])
def test_a_refit_proves_the_set(lbw, name):
    fit = lk.logit(FORMULA, lbw)
    turned = fit.fragility(name)
    without = lk.logit(FORMULA, lbw.drop(index=turned.labels))
    assert turned.found
    assert np.sign(without.coef[name]) == -np.sign(fit.coef[name])
    assert turned.after.estimate == pytest.approx(without.coef[name], rel=1e-9)
    found = fit.fragility(name, "significance", level=0.9)
    low, high = lk.logit(FORMULA, lbw.drop(index=found.labels)).confint(level=0.9).loc[name]
    own = fit.confint(level=0.9).loc[name]
    assert found.found
    assert (low > 0 or high < 0) != (own.iloc[0] > 0 or own.iloc[1] < 0)
    assert (found.after.low, found.after.high) == pytest.approx((low, high), rel=1e-9)
    assert found.rows.size <= turned.rows.size


@pytest.mark.parametrize(
    "model",
    [
        lambda rows: lk.multinomial("race ~ age + lwt", rows),
        lambda rows: lk.ordinal("race ~ age + lwt", rows, order=["white", "black", "other"]),
        lambda rows: lk.logit("low ~ age + lwt", rows, link="probit", cluster="race"),
        lambda rows: lk.logit("low ~ age + lwt", rows, weights="lwt", weight_kind="sampling"),
    ],
)
def test_every_family_and_covariance(lbw, model):
    fit = model(lbw)
    name = fit.record.names[-1]
    found = fit.fragility(name, "significance")
    after = model(lbw.drop(index=found.labels)).confint().iloc[-1]
    assert found.found
    assert (found.after.low, found.after.high) == pytest.approx(tuple(after), rel=1e-6)


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "HC3"},
        {"kind": "HC1", "dof": "residual"},
        {"kind": "CR2", "cluster": "ftv"},
        {"kind": "cluster", "cluster": "age", "correction": "none"},
        {"kind": "HC0", "dof": 12},
    ],
)
def test_a_covariance_that_was_asked_for_afterwards_is_that_of_the_refit(lbw, asked):
    """The set is proved by the table without it: a fit, with the same covariance."""
    found = lk.logit(FORMULA, lbw).robust(**asked).fragility("ht", "significance", level=0.9)
    assert found.rows.size
    without = lbw.drop(index=found.labels)
    low, high = lk.logit(FORMULA, without).robust(**asked).confint(level=0.9).loc["ht"]
    assert (found.after.low, found.after.high) == pytest.approx((low, high), rel=1e-6)
    assert found.found == (found.after.significant != found.before.significant)


def test_it_is_the_smallest_of_a_table_of_four(lbw):
    """The sign is that of ad - bc, so that the smallest set is found by trying all numbers of each cell."""
    found = lk.logit("low ~ smoke", lbw).fragility("smoke")
    cells = lbw.groupby(["smoke", "low"]).size().to_numpy()  # no and yes without smoking, then with it
    taken = np.stack(np.meshgrid(*[np.arange(21)] * 4), axis=-1).reshape(-1, 4)
    left = cells - taken
    turned = left[:, 0] * left[:, 3] < left[:, 1] * left[:, 2]
    assert found.found
    assert found.rows.size == taken[turned].sum(axis=1).min()


def test_what_is_not_found_is_told(lbw):
    found = lk.logit(FORMULA, lbw).fragility("lwt", most=2)
    assert not found.found
    assert "no 2 rows change it" in str(found)
    assert found.rows.size == 2


def test_it_prints_the_two_estimates(lbw):
    found = lk.logit(FORMULA, lbw).fragility("smoke", "significance")
    text = str(found)
    assert "1 of 189" in text
    assert "not proved the smallest" in text
    assert str(found.labels[0]) in text
    assert found.to_frame()["n_rows"].tolist() == [189, 188]


def test_what_has_no_answer_is_refused(lbw):
    fit = lk.logit(FORMULA, lbw)
    with pytest.raises(DataError, match="is no coefficient of the fit"):
        fit.fragility("smoker")
    with pytest.raises(LogitkitError, match="level"):
        fit.fragility("smoke", level=2.0)
    with pytest.raises(DataError, match="change='size' is not known"):
        fit.fragility("smoke", "size")
    with pytest.raises(DataError, match="most=0"):
        fit.fragility("smoke", most=0)
    assert fit.robust("HC3").fragility("smoke").found
    with pytest.raises(LogitkitError, match="says that there are none"):
        fit.robust("HAC", time="id").fragility("smoke", "significance")
    with pytest.raises(DataError, match="no finite estimate"):
        lk.logit("low ~ age + twice", lbw.assign(twice=2 * lbw["age"])).fragility("twice")
