"""Remedies for separation, side by side."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from references.load import load_fixture

FORMULA = "HG ~ NV + PI + EH"


@pytest.fixture(scope="module")
def fit():
    return lk.logit(FORMULA, load_fixture("endometrial"))


@pytest.fixture(scope="module")
def found(fit):
    return fit.remedies()


def test_each_fit_is_the_one_that_its_call_makes(found):
    most, firth, flic, log_f = found.fits
    assert most.estimate[1] == np.inf
    assert most.high[1] == np.inf
    assert 0.0 < most.low[1] < np.inf
    made = {
        "penalty=lk.Jeffreys()": lk.Jeffreys(),
        "penalty=lk.Jeffreys(correction='FLIC')": lk.Jeffreys(correction="FLIC"),
        "penalty=lk.LogF(1)": lk.LogF(1),
    }
    for remedy in (firth, flic, log_f):
        own = lk.logit(FORMULA, load_fixture("endometrial"), penalty=made[remedy.call])
        assert_allclose(remedy.estimate, own.coef)
        assert_allclose(remedy.mean, own.predict().mean())
    assert_allclose([firth.low[1], firth.high[1]], [0.60972, 7.85463], atol=1e-5)  # logistf, five decimals
    assert_allclose(flic.low[1:], firth.low[1:])
    assert_allclose(flic.mean, found.event_rate)


def test_they_print_and_have_a_table(found):
    text = str(found)
    assert "The data are separated" in text
    assert "penalty=lk.Jeffreys()" in text
    frame = found.to_frame()
    assert len(frame) == 16
    assert frame["fit"].tolist()[:4] == ["Maximum likelihood", "Firth", "FLIC", "log-F(1, 1)"]
    assert_allclose(frame["estimate"].to_numpy()[1], 3.77455971, atol=1e-8)


def test_the_summary_of_separated_data_names_the_call(fit):
    text = " ".join(str(fit.summary()).split())
    assert "penalty=lk.Jeffreys(), whose estimates are finite; fit.remedies()" in text
    complete = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1.0, 2.0, 3.0, 4.0]})
    assert "fit.remedies()" in str(complete.summary())


def test_models_without_flic_say_so():
    births = lk.datasets.load_lbw()
    found = lk.multinomial("race ~ age", births).remedies()
    assert [one.name for one in found.fits] == ["Maximum likelihood", "Firth", "log-F(1, 1)"]
    assert "the logit of two outcomes only" in " ".join(str(found).split())
    probit = lk.logit("low ~ age", births, link="probit").remedies()
    assert [name for name, _ in probit.left_aside] == ["FLIC", "log-F(1, 1)"]


def test_what_has_no_remedies(fit, tmp_path):
    with pytest.raises(UnsupportedError, match="a penalty that shrinks"):
        lk.logit(FORMULA, load_fixture("endometrial"), penalty=lk.Ridge(0.1)).remedies()
    fit.save(tmp_path / "fit.json")
    with pytest.raises(DataError, match="holds no rows"):
        lk.load(tmp_path / "fit.json").remedies()
    with pytest.raises(UnsupportedError):
        lk.logit(FORMULA, load_fixture("endometrial"), cluster=np.arange(79) % 20).remedies()


def test_they_are_refused_where_profile_intervals_are_not_valid():
    births = lk.datasets.load_lbw().assign(half=lambda d: d["low"] / 2, trials=3, g=lambda d: d["id"] % 9)
    counts = births.assign(rest=births["trials"] - births["low"])
    for fit, why in (
        (lk.logit("half ~ age", births, outcome="fraction"), "not valid with sandwich for fractions"),
        (lk.logit("low ~ age", births).robust("HC3"), "not valid with heteroscedasticity-robust sandwich"),
        (lk.logit("low ~ age", births, cluster="g"), "not valid with sandwich by cluster"),
        (lk.logit("cbind(low, rest) ~ age", counts, dispersion="pearson"), "not valid with model-based, variances"),
    ):
        with pytest.raises(UnsupportedError, match=f"Remedies are compared by profile intervals, which are {why}"):
            fit.remedies()


@pytest.mark.parametrize(
    ("options", "call"),
    [
        ({}, "penalty=lk.Jeffreys(), whose estimates are finite; fit.remedies() compares it with others."),
        ({"cluster": "g"}, "penalty=lk.Ridge(strength), whose estimates are finite."),
        ({"weights": "w", "weight_kind": "sampling"}, "penalty=lk.Ridge(strength), whose estimates are finite."),
        ({"weights": "w", "weight_kind": "sampling", "survey": lk.Survey(units="g")}, ""),
        ({"outcome": "fraction"}, ""),
    ],
)
def test_a_summary_names_a_call_that_the_fit_may_be_given(options, call):
    births = lk.datasets.load_lbw().assign(g=lambda d: d["id"] % 9, w=lambda d: 1.0 + d["age"] / 50)
    births = births[(births["race"] != "black") | (births["low"] == 1)]
    text = " ".join(str(lk.logit("low ~ race + age", births, **options).summary()).split())
    assert (f"gather more data, or fit with {call}" if call else "at fault, or gather more data.") in text
    if not call or "Ridge" in call:
        with pytest.raises(UnsupportedError):
            lk.logit("low ~ race + age", births, penalty=lk.Jeffreys(), **options)


def test_thresholds_with_coefficients_of_their_own_are_sent_to_mean_bias_reduction():
    births = lk.datasets.load_lbw()
    size = pd.cut(births["bwt"], [0, 2500, 3300, 9999], labels=["small", "middle", "large"])
    apart = births.assign(size=size)[~((births["race"] == "black") & (size == "large"))]
    fit = lk.ordinal("size ~ race + age", apart, nominal="race")
    assert "or fit with penalty=lk.MeanBias()." in " ".join(str(fit.summary()).split())
