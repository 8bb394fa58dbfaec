"""Which verbs follow a fit whose bias was reduced, and what is said of the others."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.engine.bias.solver import maximised
from logitkit.engine.restricted import Restricted
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.bias.ratios import penalised_ratio
from logitkit.inference.intervals.profile import profile_intervals
from logitkit.inference.likelihood import likelihood_of
from references.load import load_fixture
from tolerances import REFERENCE

FORMULA = "HG ~ NV + PI + EH"


@pytest.fixture(scope="module")
def firth():
    return lk.logit(FORMULA, load_fixture("endometrial"), penalty=lk.Jeffreys())


@pytest.fixture(scope="module")
def median():
    return lk.logit(FORMULA, load_fixture("endometrial"), penalty=lk.MedianBias())


def test_profile_intervals_are_those_of_logistf(firth):
    found = profile_intervals(firth.record, firth.design, np.eye(4))
    assert_allclose(found.low[[0, 1, 3]], [1.08254, 0.60972, -4.36518], atol=1e-5)  # five decimals
    assert_allclose(found.high[[0, 1, 3]], [7.20928, 7.85463, -1.23272], atol=1e-5)
    assert not found.uncertified.size


def test_profile_intervals_and_ratios_agree(firth):
    found = profile_intervals(firth.record, firth.design, np.eye(4)[[2]])
    p_at_zero = penalised_ratio(firth.record, firth.design, np.eye(4)[[2]])[0]
    assert (found.low[0] < 0.0 < found.high[0]) == (p_at_zero < found.critical**2)


def test_of_several_outcomes_profiles_are_where_the_penalised_ratio_is_at_its_quantile():
    births = lk.datasets.load_lbw()
    for fit in (
        lk.multinomial("race ~ age", births, penalty=lk.Jeffreys()),
        lk.fit("race ~ age", births, model=lk.Ordinal(order=["white", "black", "other"]), penalty=lk.Jeffreys()),
    ):
        function = np.eye(fit.record.coef.size)[[-1]]
        found = profile_intervals(fit.record, fit.design, function)
        likelihood = likelihood_of(fit.record, fit.design)
        objective = likelihood.objective()
        least = objective.evaluate(likelihood.coef).value
        for end in (found.low, found.high):
            held = Restricted.by(objective, likelihood.functions(function), end, likelihood.coef)
            value = maximised(held, np.zeros(held.n_params), lk.Newton()).evaluation.value
            assert_allclose(2.0 * (value - least), found.critical**2, rtol=REFERENCE)


def test_terms_given_those_that_do_not_contain_them(firth):
    data = load_fixture("endometrial")
    fit = lk.logit("HG ~ PI * EH", data, penalty=lk.Jeffreys())
    tests = fit.anova()
    assert list(tests.dof) == [1, 1, 1]
    last = penalised_ratio(fit.record, fit.design, np.eye(4)[[3]])
    assert_allclose(tests.statistic[2], last[0])
    given = penalised_ratio(fit.record, fit.design, np.eye(4)[[1]], np.eye(4)[[3]])
    assert_allclose(tests.statistic[0], given[0])


def test_wald_tests_and_predictions_are_offered(firth, median):
    for fit in (firth, median):
        assert fit.test("NV = 0").dof == 1
        assert fit.tidy()["p_value"].notna().all()
        assert_allclose(fit.tidy()["statistic"], fit.coef / fit.std_error)
        assert fit.anova(test="Wald").dof.tolist() == [1, 1, 1]
        assert fit.predictions()["std_error"].notna().all()
        assert fit.collinearity()["gvif"].notna().all()
        assert_allclose(np.log(fit.odds_ratios()["odds_ratio"]), fit.coef.iloc[1:])


REFUSED = {
    "lr_test": lambda fit: fit.lr_test(),
    "terms": lambda fit: fit.anova(),
    "profile": lambda fit: profile_intervals(fit.record, fit.design, np.eye(4)),
}


@pytest.mark.parametrize("verb", REFUSED)
@pytest.mark.parametrize("penalty", [lk.MeanBias(), lk.MedianBias(), lk.Jeffreys(correction="FLAC")], ids=str)
def test_likelihood_verbs_say_why_not(verb, penalty):
    fit = lk.logit(FORMULA, load_fixture("endometrial"), penalty=penalty)
    with pytest.raises(UnsupportedError, match="Likelihood ratios and profile intervals are not offered after"):
        REFUSED[verb](fit)


def test_what_rests_on_the_maximum_is_refused(firth):
    for verb in (firth.influence, firth.hosmer_lemeshow):
        with pytest.raises(UnsupportedError, match="not offered after bias reduction"):
            verb()
    glance = firth.glance().iloc[0]
    assert glance[["aic", "bic", "mcfadden", "nagelkerke"]].isna().all()
    assert_allclose(glance["penalised_loglik"], -24.03726780, atol=1e-8)
    assert_allclose(glance["lr_statistic"], firth.lr_test().statistic)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"weights": "w", "weight_kind": "sampling"}, "does not go with sampling weights"),
        ({"cluster": "w"}, "does not go with cluster="),
        ({"absorb": "w"}, "fit.bias_correction"),
        ({"outcome": "fraction"}, "has no likelihood whose bias could be reduced"),
        ({"link": "log"}, "the information grows without bound"),
        ({"link": "probit", "penalty": lk.LogF(1)}, "a prior of log odds ratios"),
        ({"link": "probit", "penalty": lk.Jeffreys(correction="FLIC")}, "the logit of two outcomes only"),
    ],
)
def test_what_an_adjustment_does_not_go_with(options, words):
    data = load_fixture("endometrial")
    data["w"] = 1 + np.arange(len(data)) % 3
    with pytest.raises(UnsupportedError, match=words):
        lk.logit(FORMULA, data, **({"penalty": lk.Jeffreys()} | options))


@pytest.mark.parametrize("other", [lk.Ridge(0.1), lk.LogF(1), lk.Lasso(0.1) + lk.Ridge(0.1)])
def test_an_adjustment_is_added_to_nothing(other):
    with pytest.raises(UnsupportedError, match="has no strength to choose, and is added to no other penalty"):
        lk.Jeffreys() + other
    with pytest.raises(UnsupportedError, match="has no strength to choose, and is added to no other penalty"):
        other + lk.Jeffreys()


def test_the_symmetric_form_has_no_medians():
    births = lk.datasets.load_lbw()
    with pytest.raises(UnsupportedError, match="Name a reference outcome"):
        lk.multinomial("race ~ age", births, reference=None, penalty=lk.MedianBias())
    with pytest.raises(UnsupportedError, match="against a reference outcome"):
        lk.multinomial("race ~ age", births, reference=None, penalty=lk.LogF(1))


def test_the_symmetric_form_has_the_predictions_of_any_reference():
    births = lk.datasets.load_lbw()
    one, other = (lk.multinomial("race ~ age", births, reference=r, penalty=lk.Jeffreys()) for r in (None, "black"))
    assert_allclose(one.predict(), other.predict(), rtol=REFERENCE)
    assert_allclose(one.lr_test().statistic, other.lr_test().statistic, rtol=REFERENCE)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: lk.Jeffreys(0), "above zero"),
        (lambda: lk.Jeffreys(correction="flic"), "use 'FLIC' or 'FLAC'"),
        (lambda: lk.Jeffreys(1.0, correction="FLIC"), "power=0.5"),
        (lambda: lk.LogF(-1), "not negative"),
        (lambda: lk.LogF({"x": float("inf")}), "not negative"),
    ],
)
def test_what_is_no_adjustment(made, words):
    with pytest.raises(DataError, match=words):
        made()


def test_an_adjustment_has_no_strength_to_choose():
    with pytest.raises(UnsupportedError, match="no strength to choose"):
        lk.cross_validate("HG ~ PI", load_fixture("endometrial"), penalty=lk.Jeffreys())


@pytest.mark.parametrize("penalty", [lk.Jeffreys(correction="FLIC"), lk.LogF({"NV": 2}), lk.MedianBias()], ids=str)
def test_saved_fits_keep_how_bias_was_reduced(penalty, tmp_path):
    fit = lk.logit(FORMULA, load_fixture("endometrial"), penalty=penalty)
    fit.save(tmp_path / "fit.json")
    loaded = lk.load(tmp_path / "fit.json")
    assert loaded.record.adjustment.stated == penalty
    assert str(loaded.summary()) == str(fit.summary())


def test_replicates_are_bias_reduced():
    data = load_fixture("endometrial").iloc[::4]
    fit = lk.logit("HG ~ EH", data, penalty=lk.Jeffreys())
    assert np.isfinite(fit.bootstrap(4, seed=1).replicates).all(axis=None)
    left_out = lk.logit("HG ~ EH", data.drop(index=data.index[0]), penalty=lk.Jeffreys())
    replicates = np.asarray(fit.jackknife().replicates)
    assert np.abs(replicates - left_out.coef.to_numpy()).max(axis=1).min() < 1e-7


def test_estimators_take_adjustments():
    from logitkit.estimators import LogitClassifier

    data = load_fixture("endometrial")
    X, y = data[["NV", "PI", "EH"]], data["HG"]
    found = LogitClassifier(penalty=lk.Jeffreys()).fit(X, y)
    assert_allclose(found.coef_[0], lk.logit(FORMULA, data, penalty=lk.Jeffreys()).coef.iloc[1:], rtol=REFERENCE)


def test_a_term_that_is_added_is_tested_in_the_larger_fit(firth):
    data = load_fixture("endometrial")
    smaller = lk.logit("HG ~ NV + PI", data, penalty=lk.Jeffreys())
    added = smaller.add1("EH", test="LR").tests
    assert_allclose(added.statistic[0], firth.anova().statistic[2], rtol=REFERENCE)
    with pytest.raises(UnsupportedError, match="the score is not zero"):
        smaller.add1("EH")
    dropped = firth.drop1().tests
    assert_allclose(dropped.statistic, firth.anova().statistic)


def test_robust_errors_are_refused(firth):
    with pytest.raises(UnsupportedError, match="of bias-reduced estimates is not offered"):
        firth.robust("HC0")


def test_of_flic_what_contains_the_intercept_has_no_profile(firth):
    flic = lk.logit(FORMULA, load_fixture("endometrial"), penalty=lk.Jeffreys(correction="FLIC"))
    found, plain = flic.confint("profile"), firth.confint("profile")
    assert found.loc["Intercept"].isna().all()
    assert_allclose(found.iloc[1:], plain.iloc[1:], rtol=REFERENCE)
    with pytest.raises(UnsupportedError, match="contains the intercept"):
        flic.predictions(method="profile")


def test_the_public_verbs_have_penalised_ratios(firth):
    statistic = penalised_ratio(firth.record, firth.design, np.eye(4)[[1]])[0]
    assert_allclose(firth.test("NV = 0", method="profile").statistic, statistic, rtol=REFERENCE)
    intervals = firth.confint("profile")
    assert_allclose(intervals.loc["NV"], [0.60972, 7.85463], atol=1e-5)  # logistf, five decimals
    assert_allclose(
        np.log(firth.odds_ratios(method="profile").loc["NV", ["conf_low", "conf_high"]].astype(float)),
        intervals.loc["NV"],
        rtol=REFERENCE,
    )
