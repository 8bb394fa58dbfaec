"""The notebook on inference: its numbers by counting, by statsmodels and by loops, and what its words say of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose

from logitkit.datasets import load_indo_rct
from notebook_runs import look_into
from tolerances import REFERENCE

FLAGS = ["sod", "pep", "psphinc", "difcan", "recpanc"]


@pytest.fixture(scope="module", params=[True, pytest.param(False, marks=pytest.mark.slow)], ids=["quick", "whole"])
def seen(request: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return look_into("06-inference", tmp_path_factory.mktemp("inference"), request.param)


@pytest.fixture(scope="module")
def columns() -> tuple[np.ndarray, np.ndarray]:
    """The outcome and the columns of the adjusted model, made by hand."""
    trial = load_indo_rct()
    flags = [(trial[name] == "1_yes").to_numpy(float) for name in FLAGS]
    site = trial["site"].str[2:]
    # The levels in their order: IU, UM, other.
    centre = [(site == "UM").to_numpy(float), (~site.isin(["UM", "IU"])).to_numpy(float)]
    treated = (trial["rx"] == "1_indomethacin").to_numpy(float)
    X = np.column_stack([np.ones(len(trial)), treated, *flags, trial["age"], *centre])
    return (trial["outcome"] == "1_yes").to_numpy(float), X


def test_crude_effects_are_those_of_the_table(seen: dict[str, Any]) -> None:
    (free_0, ill_0), (free, ill) = seen["counts"]
    a, b = ill / (ill + free), ill_0 / (ill_0 + free_0)
    raw = seen["raw"]
    assert_allclose(raw["risk difference"][0], a - b, rtol=REFERENCE)
    error = np.sqrt(a * (1 - a) / (ill + free) + b * (1 - b) / (ill_0 + free_0))
    assert_allclose(raw["risk difference"][1:], a - b + np.array([-1, 1]) * 1.959963984540054 * error, rtol=REFERENCE)
    assert_allclose(raw["risk ratio"][0], a / b, rtol=REFERENCE)
    log_error = np.sqrt(1 / ill + 1 / free + 1 / ill_0 + 1 / free_0)
    ratio = ill * free_0 / (free * ill_0)
    wald = ratio * np.exp(np.array([-1, 1]) * 1.959963984540054 * log_error)
    assert_allclose(raw["odds ratio"], [ratio, *wald], rtol=REFERENCE)
    assert_allclose(seen["three"][0], wald, rtol=REFERENCE)
    assert_allclose(raw["number needed"][0], 1 / (a - b), rtol=REFERENCE)  # negative: for one event less
    assert (round(100 * (b - a), 1), round(1 / (b - a)), round(100 * (1 - a / b))) == (7.8, 13, 46)  # the words


def test_intervals_agree_where_data_are_many_and_end_at_zero_where_they_are_few(seen: dict[str, Any]) -> None:
    assert np.ptp(seen["three"], axis=0).max() < 0.01
    wald, profile, score = seen["rare"]
    assert np.isnan(wald).all()
    assert profile[0] == score[0] == 0.0
    assert 1.0 < profile[1] < score[1] < np.inf


def test_the_adjusted_fit_is_that_of_statsmodels(seen: dict[str, Any], columns: tuple[np.ndarray, np.ndarray]) -> None:
    y, X = columns
    twin = sm.Logit(y, X).fit(disp=0, tol=1e-12)
    assert_allclose(seen["coef"], twin.params[[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]], rtol=1e-6)
    assert_allclose(seen["std_error"], twin.bse, rtol=1e-6)


def test_standardised_risks_are_averages_over_patients(
    seen: dict[str, Any], columns: tuple[np.ndarray, np.ndarray]
) -> None:
    y, X = columns
    twin = sm.Logit(y, X).fit(disp=0, tol=1e-12)
    one, none = X.copy(), X.copy()
    one[:, 1], none[:, 1] = 1.0, 0.0
    means, slopes = [], []
    for rows in (one, none):
        p = twin.predict(rows)
        means.append(p.mean())
        slopes.append((p * (1 - p)) @ rows / len(y))
    gradient = slopes[0] - slopes[1]
    marginal = seen["marginal"]
    assert_allclose(marginal["risk difference"][0], means[0] - means[1], rtol=1e-6)
    assert_allclose(marginal["risk difference"][1], np.sqrt(gradient @ twin.cov_params() @ gradient), rtol=1e-6)
    odds = [p / (1 - p) for p in means]
    assert_allclose(marginal["odds ratio"][0], odds[0] / odds[1], rtol=1e-6)
    conditional, standardised = (row[0] for row in seen["both"])
    assert conditional < standardised < 1.0  # the conditional one is further from one


def test_covariances_and_scales_tell_what_the_words_say(seen: dict[str, Any]) -> None:
    model, robust, clustered = seen["covariances"]
    assert model[0] == robust[0] == clustered[0]
    assert abs(robust[1] / model[1] - 1) < 0.05
    assert clustered[4] - clustered[3] > 3.0  # an interval that nobody would print
    assert abs(seen["spread"][1] / seen["spread"][0] - 1) < 0.05
    assert min(seen["interaction"]) > 0.5  # neither scale tells the groups apart
    raw, marginal = seen["raw"], seen["marginal"]
    shown = [each[row][0] for each in (raw, marginal) for row in ("risk difference", "risk ratio", "odds ratio")]
    assert_allclose(seen["published"], shown, atol=6e-4)
    assert seen["images"] == 2  # a profile and a forest
