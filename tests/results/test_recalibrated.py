"""Recalibrated fits: predictions, diagnostics, files, and the closed test with a refit."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, logit

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from tolerances import ITERATIVE, ROUTE


def rows(seed, n, a=0.0, b=1.0, c=0.0):
    rng = np.random.default_rng(seed)
    x, z = rng.standard_normal((2, n))
    eta = a + b * (x - 0.5 * z - 0.3) + c * z
    y = (rng.random(n) < expit(eta)).astype(int)
    k = np.argmax(np.column_stack([0 * eta, eta, 0.5 * x + a]) + rng.gumbel(size=(n, 3)), axis=1)
    return {
        "y": y,
        "x": x,
        "z": z,
        "k": np.array(["a", "b", "c"])[k],
        "g": np.arange(n) % 3,
        "w": 1.0 + np.arange(n) % 2,
    }


@pytest.fixture(scope="module")
def fit():
    return lk.logit("y ~ x + z", rows(1, 500))


@pytest.fixture(scope="module")
def several():
    return lk.multinomial("k ~ x + z", rows(1, 600))


OTHER = rows(2, 400, a=0.7, b=0.6)


@pytest.mark.parametrize("method", ["intercept", "logistic", "temperature", "beta", "isotonic", "centred", "spline"])
def test_predictions_are_the_transformed_logits(fit, method):
    found = fit.recalibrate(OTHER, method=method)
    bare = lk.logits.recalibrate(fit.predict_logit(OTHER).to_numpy(), OTHER["y"], method=method)
    assert_allclose(found.recalibrator.estimate, bare.estimate, rtol=ROUTE)
    new = rows(3, 50)
    assert_allclose(found.predict_logit(new), bare.transform(fit.predict_logit(new)), atol=ROUTE)
    assert_allclose(found.predict(new), expit(found.predict_logit(new)), rtol=ROUTE)


def test_recalibrated_predictions_are_calibrated_where_they_were_learnt(fit):
    before, found = fit.calibration(OTHER), fit.recalibrate(OTHER)
    after = found.calibration(OTHER)
    assert abs(before.intercept) > 0.3
    assert_allclose([after.intercept, after.slope], [0.0, 1.0], atol=1e-7)
    # Numbers of the recalibration are those of the calibration: its slope, and after its intercept alone the level.
    assert_allclose(found.recalibrator.estimate[1], before.slope, rtol=ITERATIVE)
    assert_allclose(fit.recalibrate(OTHER, "intercept").recalibrator.estimate[0], before.intercept, rtol=ITERATIVE)
    assert_allclose(after.brier, found.recalibrator.brier[1], rtol=ROUTE)
    assert_allclose(after.log_loss, found.recalibrator.log_loss[1], rtol=ROUTE)
    assert not after.in_sample


def test_every_diagnostic_of_predictions_is_there(fit):
    found, new = fit.recalibrate(OTHER), rows(4, 300)
    assert_allclose(found.on(new).discrimination().auc, fit.discrimination(new).auc, rtol=ROUTE)
    assert found.calibration(new, by="g").groups.n.tolist() == [100.0, 100.0, 100.0]
    assert found.on(new).reliability(resamples=10).n.sum() == 300


@pytest.mark.parametrize("method", ["intercept", "temperature", "logistic", "vector"])
def test_several_outcomes(several, method):
    found = several.recalibrate(OTHER, method=method)
    p = found.predict(OTHER)
    assert list(p.columns) == ["a", "b", "c"]
    assert_allclose(p.sum(axis=1), 1.0, rtol=ROUTE)
    after = found.calibration(OTHER)
    assert_allclose(after.log_loss, found.recalibrator.log_loss[1], rtol=ROUTE)
    if method != "temperature":
        assert_allclose(after.ratio, 1.0, rtol=1e-6)


def test_ordered_outcomes_are_several(several):
    births = lk.datasets.load_lbw()
    fit = lk.ordinal("ftv ~ age + lwt", births.assign(ftv=births["ftv"].clip(upper=2))[::2])
    other = births.assign(ftv=births["ftv"].clip(upper=2))[1::2]
    found = fit.recalibrate(other, "temperature")
    assert_allclose(found.predict(other).sum(axis=1), 1.0, rtol=ROUTE)
    assert np.isfinite(found.calibration(other).brier)


def test_it_is_kept_as_data(fit, several, tmp_path):
    for name, made in (("one", fit.recalibrate(OTHER, "isotonic")), ("two", several.recalibrate(OTHER, "vector"))):
        path = made.save(tmp_path / f"{name}.json")
        again = lk.load(path)
        assert_array_equal(again.predict(OTHER), made.predict(OTHER))
        kept = json.loads(path.read_text())
        kept["recalibrator"]["n"] += 1.0
        path.write_text(json.dumps(kept))
        with pytest.raises(DataError, match="was changed"):
            lk.load(path)


def test_weights_are_those_of_the_rows():
    data = rows(1, 500)
    fit = lk.logit("y ~ x + z", data, weights="w")
    other = {name: np.asarray(values) for name, values in OTHER.items()}
    long = {name: np.repeat(values, other["w"].astype(int)) for name, values in other.items()}
    long["w"] = np.ones(long["y"].size)
    one, two = fit.recalibrate(other).recalibrator, fit.recalibrate(long).recalibrator
    assert_allclose([*one.estimate, *one.std_error], [*two.estimate, *two.std_error], rtol=ROUTE)
    sampled = lk.logit("y ~ x + z", data, weights="w", weight_kind="sampling")
    made = sampled.recalibrate(other)
    same = lk.logit(
        "y ~ l", {"y": other["y"], "l": sampled.predict_logit(other)}, weights=other["w"], weight_kind="sampling"
    )
    n = other["w"].size
    assert_allclose(made.recalibrator.std_error, same.std_error * np.sqrt((n - 1) / n), rtol=1e-3)
    assert "Standard errors: sandwich" in repr(made)
    with pytest.raises(UnsupportedError, match="covariance='model' is of a likelihood"):
        sampled.recalibrate(other, covariance="model")
    with pytest.raises(UnsupportedError, match="closed test"):
        sampled.recalibrate(other, "closed")


def test_sandwich_errors_are_those_of_a_fit_to_the_logits(fit, several):
    data = {"y": OTHER["y"], "l": fit.predict_logit(OTHER).to_numpy()}
    made = fit.recalibrate(OTHER, covariance="robust")
    assert_allclose(made.recalibrator.std_error, lk.logit("y ~ l", data).robust("HC0").std_error, rtol=ROUTE)
    groups = np.arange(len(data["l"])) // 7
    clustered = lk.logit("y ~ x + z", {**OTHER, "g": groups}, cluster="g")
    again = clustered.recalibrate({**rows(9, 400), "g": np.arange(400) // 5})
    new = rows(9, 400)
    plain = lk.logit("y ~ l", {"y": new["y"], "l": clustered.predict_logit(new), "g": np.arange(400) // 5}, cluster="g")
    assert_allclose(again.recalibrator.std_error, plain.std_error, rtol=ROUTE)
    assert fit.recalibrate(OTHER, "isotonic", covariance="robust").recalibrator.names == ()
    # Of three outcomes: scores by finite differences of the loss of each row.
    robust = several.recalibrate(OTHER, "vector", covariance="robust").recalibrator
    model = several.recalibrate(OTHER, "vector").recalibrator
    logits = np.log(several.predict(OTHER).to_numpy())
    code = np.unique(OTHER["k"], return_inverse=True)[1]

    def losses(theta):
        eta = logits * theta[:3] + np.append(0.0, theta[3:])
        return np.log(np.exp(eta).sum(axis=1)) - eta[np.arange(len(eta)), code]

    step = 1e-5
    scores = np.stack(
        [(losses(robust.estimate + step * e) - losses(robust.estimate - step * e)) / (2 * step) for e in np.eye(5)]
    )
    assert_allclose(robust.vcov, model.vcov @ (scores @ scores.T) @ model.vcov, rtol=1e-6, atol=1e-9)


def test_a_recalibration_has_a_table_and_a_figure(fit, several, tmp_path):
    made = fit.recalibrate(OTHER, covariance="robust")
    frame = made.to_frame()
    assert_array_equal(frame["estimate"], made.recalibrator.estimate)
    again = lk.load(made.save(tmp_path / "kept.json"))
    assert again.recalibrator.robust
    ax = made.plot(title="Mended")
    curve = ax.lines[-1]
    assert_allclose(curve.get_ydata(), expit(made.recalibrator.transform(logit(curve.get_xdata()))), rtol=1e-12)
    plain = lk.logit("y ~ l", {"y": OTHER["y"], "l": fit.predict_logit(OTHER).to_numpy()})
    errors = fit.recalibrate(OTHER).recalibrator.errors([-1.0, 0.5])
    basis = np.array([[1.0, -1.0], [1.0, 0.5]])
    assert_allclose(errors, np.sqrt(np.diag(basis @ plain.vcov.to_numpy() @ basis.T)), rtol=ROUTE)
    assert list(fit.recalibrate(OTHER, "isotonic").to_frame()) == ["logit", "rate"]
    assert fit.recalibrate(OTHER, "isotonic").plot(ax=ax) is ax
    with pytest.raises(UnsupportedError, match="no curve"):
        several.recalibrate(OTHER).plot()


@pytest.mark.parametrize(
    ("how", "chosen"),
    [({}, "none"), ({"a": 1.0}, "intercept"), ({"a": 0.5, "b": 0.4}, "logistic"), ({"c": 1.5}, "refit")],
)
def test_the_closed_test_compares_with_the_refit(fit, how, chosen):
    data = rows(8, 800, **how)
    found = fit.recalibrate(data, method="closed")
    refit = lk.logit("y ~ x + z", data)
    assert found.test.chosen == chosen
    assert_allclose(found.test.loglik[-1], refit.loglik, rtol=ROUTE)
    assert_allclose(found.test.statistic[0], 2 * (refit.loglik + 800 * fit.calibration(data).log_loss), rtol=ITERATIVE)
    if chosen == "refit":
        assert_allclose(found.fit.coef, refit.coef, rtol=ROUTE)
    assert "Closed test of updates" in repr(found)


def test_it_says_what_it_changes(fit):
    text = repr(fit.recalibrate(OTHER))
    assert "Recalibration of intercept and slope" in text
    assert "What it changes" in text
    assert "Temperature" in repr(fit.recalibrate(OTHER, "temperature"))


def test_its_own_rows_and_unknown_methods_are_refused(fit, several):
    with pytest.raises(DataError, match="rows of the fit"):
        fit.recalibrate()
    with pytest.raises(DataError, match="method='scaling'"):
        fit.recalibrate(OTHER, method="scaling")
    with pytest.raises(UnsupportedError, match="is of an event"):
        several.recalibrate(OTHER, method="isotonic")
    with pytest.raises(DataError, match="one outcome"):
        fit.recalibrate({**OTHER, "y": np.zeros(400, dtype=int)})


@pytest.mark.parametrize("method", ["intercept", "logistic", "temperature"])
def test_its_coefficients_give_its_logits(fit, method):
    new = fit.recalibrate(OTHER, method)
    columns = np.column_stack([np.ones(len(OTHER["x"])), OTHER["x"], OTHER["z"]])
    assert_allclose(columns @ new.coef, new.predict_logit(OTHER), rtol=ROUTE)
    assert list(new.coef.index) == list(fit.coef.index)
    assert new.to_text() == repr(new)


def test_coefficients_of_other_recalibrations_are_refused(fit, several):
    with pytest.raises(UnsupportedError, match="no line in those of the fit"):
        _ = fit.recalibrate(OTHER, "isotonic").coef
    with pytest.raises(UnsupportedError, match=r"or there\s+are several"):
        _ = several.recalibrate(OTHER).coef
    without = lk.logit("y ~ 0 + x + z", rows(1, 400))
    with pytest.raises(UnsupportedError, match="has none to add it to"):
        _ = without.recalibrate(OTHER).coef
