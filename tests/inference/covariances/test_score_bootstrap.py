"""The score bootstrap by clusters: a twin of all signs, its interval, other models, refusals."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError, DataWarning, LogitkitError, UnsupportedError
from logitkit.inference.intervals.profile_slices import ProfileSlices
from tolerances import REFERENCE, ROUTE


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    table = lk.datasets.load_lbw()
    return table.assign(g=table["id"] % 8, way=table["race"].astype(str), inverse=1 - table["low"])


def twin(births: pd.DataFrame, value: float) -> tuple[float, float]:
    """All signs of eight clusters, the restricted fit by an offset, formulas with dense matrices."""
    moved = births.assign(shift=value * births["age"])
    smaller = lk.logit("low ~ lwt + smoke + offset(shift)", moved)
    mu, x = smaller.predict().to_numpy(), np.column_stack([np.ones(189), births[["age", "lwt", "smoke"]]])
    score = x * (births["low"].to_numpy() - mu)[:, None]
    a = (x.T * (mu * (1 - mu))) @ x
    h = np.array([np.linalg.solve(a, score[births["g"] == g].sum(axis=0))[1] for g in range(8)])

    def statistic(signs: tuple[float, ...]) -> float:
        own = np.array(signs) * h
        return float(own.sum() ** 2 / np.sum((own - own.mean()) ** 2))

    observed = statistic((1.0,) * 8)
    every = [statistic(signs) for signs in itertools.product((-1.0, 1.0), repeat=8)]
    return observed, float(np.mean([each >= observed * (1 - 1e-10) for each in every]))


def test_all_signs_are_those_of_a_twin(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ age + lwt + smoke", births, cluster="g")
    for value in (0.0, -0.15):
        found = fit.score_bootstrap(f"age = {value}")
        statistic, p_value = twin(births, value)
        assert_allclose(found.statistic, statistic, rtol=REFERENCE)
        assert found.p_value == p_value
    assert found.draws == 256
    assert found.seed is None
    # The interval holds what is not rejected at one in twenty.
    assert twin(births, found.low + 1e-4)[1] > 0.05 >= twin(births, found.low - 1e-4)[1]
    assert twin(births, found.high - 1e-4)[1] > 0.05 >= twin(births, found.high + 1e-4)[1]
    text = str(found)
    assert "256, all sign vectors" in text
    assert "Clusters" in text


def test_draws_repeat_and_agree_with_all(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ age + lwt + smoke", births)
    one, again = (fit.score_bootstrap("age = 0", "g", draws=199, weights="webb", seed=5) for _ in range(2))
    assert (one.p_value, one.low, one.high) == (again.p_value, again.low, again.high)
    assert abs(one.p_value - fit.score_bootstrap("age = 0", "g").p_value) < 0.15
    assert fit.score_bootstrap("age = 0", "g", draws=199).seed == 1
    # Another outcome as event turns the sign, and no p-value.
    turned = lk.logit("inverse ~ age + lwt + smoke", births).score_bootstrap("age = 0", "g")
    whole = fit.score_bootstrap("age = 0", "g")
    assert turned.p_value == whole.p_value
    assert_allclose((turned.low, turned.high), (-whole.high, -whole.low), atol=1e-7)


def test_every_model_has_it(births: pd.DataFrame) -> None:
    two = births.assign(low=np.where(births["low"] == 1, "yes", "no"))
    logit, several = lk.logit("low ~ age + smoke", births), lk.multinomial("low ~ age + smoke", two)
    one, other = logit.score_bootstrap("smoke = 0", "g"), several.score_bootstrap("yes:smoke = 0", "g")
    assert one.p_value == other.p_value
    assert_allclose(one.statistic, other.statistic, rtol=1e-7)
    for fit, hypothesis in (
        (lk.multinomial("way ~ age + lwt", births), "other:age = 0"),
        (lk.ordinal("way ~ age", births, order=["white", "black", "other"]), "age = 0"),
        (lk.logit("low ~ age", births, link="probit"), "age = 0"),
    ):
        found = fit.score_bootstrap(hypothesis, "g")
        assert found.low < found.estimate < found.high
    counts = 1 + births["id"].to_numpy() % 3
    long = births.loc[births.index.repeat(counts)].reset_index(drop=True)
    weighted = lk.logit("low ~ age", births.assign(f=counts), weights="f").score_bootstrap("age = 0", "g")
    assert_allclose(
        weighted.statistic, lk.logit("low ~ age", long).score_bootstrap("age = 0", "g").statistic, rtol=ROUTE
    )


def test_refusals(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ age + smoke", births)
    for given, why in (
        ({}, "needs cluster="),
        ({"cluster": ["g", "age"]}, "one clustering"),
        ({"cluster": "g", "draws": 5}, "99 or more"),
        ({"cluster": "g", "weights": "normal"}, "is not known"),
        ({"cluster": np.zeros(189)}, "1 cluster"),
    ):
        with pytest.raises(LogitkitError, match=why):
            fit.score_bootstrap("age = 0", **given)  # type: ignore[arg-type]
    with pytest.raises(LogitkitError, match="states 2"):
        fit.score_bootstrap("age = 0, smoke = 0", "g")
    with pytest.raises(LogitkitError, match="absorbed"):
        lk.logit("low ~ age", births, absorb="race").score_bootstrap("age = 0", "g")
    with pytest.raises(DataError, match="holds no rows"):
        type(fit)(fit.record).score_bootstrap("age = 0", "g")


def test_a_hypothesis_far_from_the_estimate_has_its_restricted_estimate(births: pd.DataFrame) -> None:
    """Where the likelihood is not concave the slice is reached by steps, and the statistic is that of a dense twin."""
    held = births.assign(both=births["lwt"] + 2 * births["smoke"])
    smaller = lk.logit("low ~ age + both", held, link="cauchit")
    found = lk.logit("low ~ age + lwt + smoke", births, link="cauchit").score_bootstrap("smoke - 2 * lwt = 0", "g")
    eta, mu = smaller.predict_link().to_numpy(), smaller.predict().to_numpy()
    x = np.column_stack([np.ones(189), births[["age", "lwt", "smoke"]]])
    slope = 1.0 / (np.pi * (1.0 + eta**2))
    score = x * ((births["low"].to_numpy() - mu) * slope / (mu * (1.0 - mu)))[:, None]
    information = (x.T * (slope**2 / (mu * (1.0 - mu)))) @ x
    along = np.linalg.solve(information, [0.0, 0.0, -2.0, 1.0])
    h = np.array([along @ score[births["g"] == g].sum(axis=0) for g in range(8)])
    assert_allclose(found.statistic, h.sum() ** 2 / np.sum((h - h.mean()) ** 2), rtol=1e-5)  # minima of two solvers
    assert 0.1 < found.p_value < 0.3
    assert found.low < found.estimate < found.high


def test_what_is_not_known_is_missing_with_a_warning(births: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    fit = lk.logit("low ~ age + smoke", births)
    monkeypatch.setattr(ProfileSlices, "at", lambda self, value: None)
    with pytest.warns(DataWarning, match="age = 0 is not known in full"):
        found = fit.score_bootstrap("age = 0", "g")
    assert np.isnan([found.statistic, found.p_value, found.low, found.high]).all()


def test_after_bias_reduction_it_is_refused(births: pd.DataFrame) -> None:
    """The scores do not sum to zero at the estimates, so that these need not lie within the interval."""
    for penalty in (lk.Jeffreys(), lk.MeanBias()):
        with pytest.raises(UnsupportedError, match="not offered after bias reduction"):
            lk.logit("low ~ age", births, penalty=penalty).score_bootstrap("age = 0", "g")


def test_a_seed_is_a_whole_number(births: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="seed=-1: give a whole number"):
        lk.logit("low ~ age", births).score_bootstrap("age = 0", "g", weights="webb", draws=99, seed=-1)
