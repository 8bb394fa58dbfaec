"""A multinomial model of two outcomes is the binary model, in every diagnostic, up to names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.diagnostics.residuals.influence import influence
from logitkit.diagnostics.residuals.kinds import residuals
from logitkit.errors import UnsupportedError
from tolerances import EXACT, ROUTE

FORMULA = "low ~ age + lwt + smoke"
KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "frequency": {"weights": "w"},
    "precision": {"weights": "w", "weight_kind": "precision"},
    "sampling": {"weights": "w", "weight_kind": "sampling"},
    "clusters": {"cluster": "site"},
}


@pytest.fixture(scope="module")
def lbw() -> pd.DataFrame:
    data = lk.datasets.load_lbw()
    rng = np.random.default_rng(3)
    return data.assign(w=rng.integers(0, 4, len(data)).astype(float), site=rng.integers(0, 30, len(data)))


@pytest.fixture(scope="module", params=KINDS)
def pair(request: pytest.FixtureRequest, lbw: pd.DataFrame) -> tuple[lk.Fit, Any]:
    """The same model of the same rows, as one of an event and as one of two outcomes."""
    options = KINDS[request.param]
    return lk.logit(FORMULA, lbw, **options), lk.multinomial(FORMULA, lbw, **options)


@pytest.fixture(scope="module")
def separated() -> tuple[lk.Fit, Any]:
    data = {"x": [0, 0, 0, 1, 1, 1, 2, 2, 2], "y": [0, 0, 0, 0, 1, 1, 1, 1, 1]}
    return lk.logit("y ~ C(x)", data), lk.multinomial("y ~ C(x)", data)


@pytest.mark.parametrize("kind", ["response", "pearson", "deviance", "working"])
def test_residuals(pair, separated, kind):
    for binary, several in (pair, separated):
        event, both = residuals(binary.record, binary.design, kind), residuals(several.record, several.design, kind)
        assert_allclose(both, [-event, event], rtol=ROUTE, atol=EXACT)


def test_influence(pair, separated):
    for binary, several in (pair, separated):
        event, both = (influence(fit.record, fit.design) for fit in (binary, several))
        for name in ("leverage", "cooks_distance", "pearson", "deviance", "pearson_deleted"):
            assert_allclose(getattr(both, name), getattr(event, name), rtol=ROUTE, atol=EXACT, err_msg=name)
        for name, sign in (("outcome_leverage", 1), ("standardized_pearson", -1), ("standardized_deviance", -1)):
            value = getattr(event, name)
            assert_allclose(getattr(both, name), [sign * value, value], rtol=ROUTE, atol=EXACT, err_msg=name)
        assert both.rank == event.rank
        # What a row adds to the statistics is the square of its residuals.
        assert_allclose(event.pearson, residuals(binary.record, binary.design, "pearson") ** 2, rtol=ROUTE, atol=EXACT)
        assert_allclose(event.deviance, residuals(binary.record, binary.design) ** 2, rtol=ROUTE, atol=EXACT)


def test_collinearity(pair):
    binary, several = pair
    pd.testing.assert_frame_equal(several.collinearity(), binary.collinearity(), rtol=ROUTE)


@pytest.mark.parametrize("grouping", ["stata", "r"])
@pytest.mark.parametrize("rows", [slice(None), slice(0, 120)])
def test_goodness(lbw, grouping, rows):
    for options in ({}, {"weights": "w"}):
        fits = lk.logit(FORMULA, lbw, **options), lk.multinomial(FORMULA, lbw, **options)
        event, both = (fit.hosmer_lemeshow(lbw.iloc[rows], groups=8, grouping=grouping) for fit in fits)
        for name in ("statistic", "p_value", "lowest", "highest", "size", "group", "few_expected"):
            assert_allclose(getattr(both, name), getattr(event, name), rtol=ROUTE, err_msg=name)
        for name in ("observed", "expected"):
            value = getattr(event, name)
            assert_allclose(getattr(both, name), [event.size - value, value], rtol=ROUTE, atol=EXACT, err_msg=name)
        for name in ("dof", "grouping", "in_sample", "patterns", "left_out", "outcomes", "reference"):
            assert getattr(both, name) == getattr(event, name)


def test_discrimination(pair):
    event, both = (fit.discrimination() for fit in pair)
    for name in ("hand_till", "macro", "weighted"):
        for value in ("estimate", "std_error", "low", "high"):
            assert_allclose(
                getattr(getattr(both, name), value), getattr(event, value.replace("estimate", "auc")), rtol=ROUTE
            )
        assert getattr(both, name).interval == getattr(event, name).interval == event.interval
    assert_allclose(both.pairwise, event.pairwise, rtol=EXACT)
    assert_allclose(both.totals, event.totals, rtol=EXACT)
    for name in ("fpr", "tpr", "thresholds", "ks", "ks_threshold", "events", "nonevents", "gini"):
        assert_allclose(getattr(both.curves["1"], name), getattr(event, name), rtol=ROUTE, err_msg=name)
    with pytest.raises(UnsupportedError, match=r"one curve per outcome: take one of them, as in curves\['0'\]"):
        _ = both.fpr


BY_OUTCOME = ("intercept", "intercept_std_error", "slope", "slope_std_error")


def test_calibration(pair, separated, lbw):
    """Of two outcomes the Brier score is the sum over both, twice that of the event."""
    cases = [[fit.calibration() for fit in fits] for fits in (pair, separated)]
    cases += [[fit.calibration(lbw.iloc[::2], bins=4) for fit in pair]]
    for event, both in cases:
        for name in BY_OUTCOME:
            found = getattr(both, name)
            assert_allclose(found[1], getattr(event, name), rtol=ROUTE, atol=EXACT, err_msg=name)
            assert np.isnan(found[0])
        for name in ("observed", "expected", "difference", "ratio", "error", "histogram", "histogram_edges"):
            assert_allclose(getattr(both, name)[1], getattr(event, name), rtol=ROUTE, atol=ROUTE, err_msg=name)
        for name in ("n", "predicted", "observed", "low", "high"):
            assert_allclose(getattr(both.bins[1], name), getattr(event.bins, name), rtol=ROUTE, atol=ROUTE)
        assert_allclose([both.log_loss, both.brier], [event.log_loss, 2.0 * event.brier], rtol=ROUTE, atol=EXACT)
        for name in ("in_sample", "at_limit", "left_out", "outcomes", "reference"):
            assert getattr(both, name) == getattr(event, name)


def test_against_the_event_the_intercept_changes_its_sign(lbw):
    fit = lk.multinomial(FORMULA, lbw.iloc[::2])
    first, second = fit.calibration(lbw.iloc[1::2]), fit.calibration(lbw.iloc[1::2], against=1)
    assert second.reference == "1"
    assert_allclose(second.intercept[0], -first.intercept[1], rtol=ROUTE)
    for name in BY_OUTCOME[1:]:
        assert_allclose(getattr(second, name)[0], getattr(first, name)[1], rtol=ROUTE)


def test_classification(pair, separated, lbw):
    """The most probable of two outcomes is the event from a threshold of one half on, but for rows at it."""
    cases = [[fit.classification() for fit in fits] for fits in (pair, separated)]
    cases += [[fit.classification(lbw.iloc[::2]) for fit in pair]]
    for event, both in cases:
        for name in ("confusion", "accuracy", "accuracy_low", "accuracy_high", "precision", "recall", "f1", "kappa"):
            assert_allclose(getattr(both, name), getattr(event, name), rtol=ROUTE, err_msg=name)
        for name in ("matthews", "balanced_accuracy", "no_information", "log_loss"):
            assert_allclose(getattr(both, name), getattr(event, name), rtol=ROUTE, atol=EXACT, err_msg=name)
        assert_allclose(both.brier, 2.0 * event.brier, rtol=ROUTE, atol=EXACT)
        assert (both.ties, both.in_sample, both.left_out) == (event.ties, event.in_sample, event.left_out)
