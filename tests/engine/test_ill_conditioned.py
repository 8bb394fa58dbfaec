"""Badly conditioned columns cost no digits anywhere: the same model in raw and in centred columns is the same model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from tolerances import REFERENCE, ROUTE

N = 300


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    year = rng.integers(1990, 2020, N)
    return pd.DataFrame(
        {"y": rng.integers(0, 2, N), "year": year * 1.0, "c": year - 2005.0, "firm": rng.integers(0, 20, N)}
    )


def powers(name: str, degree: int) -> str:
    return f"y ~ {name}" + "".join(f" + I({name} ** {k})" for k in range(2, degree + 1))


@pytest.mark.parametrize("cluster", [None, "firm"])
@pytest.mark.parametrize("degree", [2, 3])
def test_powers_of_a_year_are_powers_of_a_centred_year(data, degree, cluster):
    raw = lk.logit(powers("year", degree), data, cluster=cluster)
    centred = lk.logit(powers("c", degree), data, cluster=cluster)
    assert raw.aliased == ()
    assert_allclose(raw.predict(), centred.predict(), rtol=ROUTE)
    assert_allclose(raw.predictions()["logit_std_error"], centred.predictions()["logit_std_error"], rtol=ROUTE)
    assert_allclose(raw.influence()["leverage"], centred.influence()["leverage"], rtol=REFERENCE)
    assert_allclose(raw.influence()["leverage"].sum(), degree + 1, rtol=ROUTE)
    both = [fit.test(", ".join(f"{name} = 0" for name in fit.coef.index[1:])).statistic for fit in (raw, centred)]
    assert_allclose(both[0], both[1], rtol=REFERENCE)
    # The highest power is the same coefficient in both.
    assert_allclose(raw.std_error.iloc[-1], centred.std_error.iloc[-1], rtol=REFERENCE)


def test_seconds_since_1970_keep_their_digits(data):
    seconds = 1.6e9 + np.random.default_rng(1).uniform(0, 86_400, N)
    given = lk.logit("y ~ t", data.assign(t=seconds), cluster="firm")
    shifted = lk.logit("y ~ t", data.assign(t=seconds - 1.6e9), cluster="firm")
    assert_allclose(given.predictions()["logit_std_error"], shifted.predictions()["logit_std_error"], rtol=ROUTE)
    assert_allclose(given.coef["t"], shifted.coef["t"], rtol=ROUTE)


def test_a_saved_fit_keeps_them_too(data, tmp_path):
    fit = lk.logit(powers("year", 3), data)
    loaded = lk.load(fit.save(tmp_path / "fit.json"))
    new = data.head(20)
    assert_allclose(loaded.predictions(new), fit.predictions(new), rtol=0)


def test_a_large_constant_offset_moves_the_intercept_alone(data):
    plain = lk.logit("y ~ c", data)
    moved = lk.logit("y ~ c", data, offset=np.full(N, 1_000.0))
    assert_allclose(moved.coef["Intercept"] + 1_000.0, plain.coef["Intercept"], atol=1e-8)  # of a sum near 1,000
    assert_allclose(moved.coef["c"], plain.coef["c"], rtol=REFERENCE)
    assert_allclose(moved.null_deviance, plain.null_deviance, rtol=ROUTE)


@pytest.mark.parametrize("far", [1e3, 1e5, 1e7, 1e8])
def test_separation_far_from_zero_is_separation_near_it(far):
    for seed in range(6):
        rng = np.random.default_rng(seed)
        group = rng.choice(list("abc"), 60)
        y = np.where(group == "a", 1, rng.random(60) < 0.5).astype(int)
        t = far + rng.normal(size=60)
        shifted = pd.DataFrame({"t": t, "g": group, "y": y})
        near = shifted.assign(t=t - far)
        fit, expected = lk.logit("y ~ t + C(g)", shifted), lk.logit("y ~ t + C(g)", near)
        assert fit.separation.n_rows == expected.separation.n_rows
        assert_allclose(fit.predict(), expected.predict(), atol=1e-7)  # digits of t - far, near 1e8
        assert_allclose(fit.predict(shifted), fit.predict(), rtol=ROUTE)
        assert_allclose(fit.influence()["leverage"].sum(), expected.influence()["leverage"].sum(), rtol=1e-6)


def test_complete_separation_by_the_clock():
    seconds = 1.7e9 + np.arange(8.0)
    fit = lk.logit("y ~ t", {"t": seconds, "y": [0] * 4 + [1] * 4})
    assert fit.coef.tolist() == [-np.inf, np.inf]
    assert fit.predict({"t": seconds}).tolist() == [0.0] * 4 + [1.0] * 4


FAR = {
    "multinomial": lambda x, data: lk.multinomial(f"size ~ {x} + smoke", data, reference="small"),
    "equal": lambda x, data: lk.multinomial(f"size ~ {x} + smoke", data, reference="small", equal="smoke"),
    "cumulative": lambda x, data: lk.ordinal(f"size ~ {x} + smoke", data),
    "nominal": lambda x, data: lk.ordinal(f"size ~ {x} + smoke", data, nominal="smoke"),
    "adjacent, Jeffreys": lambda x, data: lk.ordinal(
        f"size ~ {x} + smoke", data, model="adjacent", penalty=lk.Jeffreys()
    ),
    "Jeffreys": lambda x, data: lk.logit(f"low ~ {x} + smoke", data, penalty=lk.Jeffreys()),
}


def sized() -> pd.DataFrame:
    births = lk.datasets.load_lbw()
    size = pd.cut(births["bwt"], [0, 2500, 3300, 9999], labels=["small", "middle", "large"])
    return births.assign(size=size, far=1e8 + births["age"], g=births["id"] % 9, w=1.0)


@pytest.mark.parametrize("name", list(FAR))
def test_likelihoods_of_a_column_far_from_zero_are_those_of_the_column(name):
    """Its coefficients determine those that are solved for only with care: the intercept is 1e8 slopes away."""
    near, far = (FAR[name](x, sized()) for x in ("age", "far"))
    assert_allclose(far.lr_test().statistic, near.lr_test().statistic, rtol=1e-6)  # of digits that 1e8 leaves
    places = [j for j, each in enumerate(near.record.names) if each.endswith(("age", "smoke"))]
    one, other = (fit.confint("profile").to_numpy()[places] for fit in (near, far))
    assert_allclose(other, one, rtol=1e-5, atol=1e-7)


def test_covariances_of_replicates_of_a_column_far_from_zero_are_those_of_the_column():
    data = sized()
    weights = np.random.default_rng(4).uniform(0.5, 1.5, (len(data), 12))
    survey = lk.Survey(replicates=weights, kind="bootstrap")
    sampled = {"weights": "w", "weight_kind": "sampling", "survey": survey}
    for ask in (
        lambda x: lk.logit(f"low ~ {x} + smoke", data).robust("jackknife", cluster="g"),
        lambda x: lk.logit(f"low ~ {x} + smoke", data).robust("HAC", time="id"),
        lambda x: lk.logit(f"low ~ {x} + smoke", data, **sampled),
        lambda x: FAR["equal"](x, data).robust("jackknife", cluster="g"),
    ):
        near, far = (ask(x).record for x in ("age", "far"))
        places = [j for j, each in enumerate(near.names) if each.endswith(("age", "smoke"))]
        assert_allclose(far.std_error[places], near.std_error[places], rtol=1e-6)


def test_powers_of_a_year_are_as_many_hypotheses_as_those_of_a_centred_year():
    data = sized().assign(year=lambda d: 1990.0 + d["id"] % 30, c=lambda d: d["year"] - 2005.0)
    found = [
        lk.multinomial(f"size ~ smoke + {x} + I({x} ** 2) + I({x} ** 3)", data, penalty=lk.Jeffreys()).combine_tests(
            "LR"
        )
        for x in ("year", "c")
    ]
    assert found[0].dof.tolist() == found[1].dof.tolist() == [4, 4, 4]
    assert_allclose(found[0].statistic, found[1].statistic, rtol=1e-5)  # of a span of nearly parallel functions
