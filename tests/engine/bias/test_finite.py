"""With Jeffreys' prior every estimate is finite, where maximum likelihood has infinite ones."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import UnsupportedError
from tolerances import ROUTE

LINKS = ("logit", "probit", "cloglog", "loglog", "cauchit")
KINDS = (lk.Jeffreys(), lk.MeanBias(), lk.MedianBias())
ORDER = lk.Ordinal(order=["white", "black", "other"])
SEPARATED = {"y": [0, 0, 0, 1, 1, 1], "x": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "z": [1.0, 3.0, 2.0, 2.5, 1.5, 2.0]}


@pytest.mark.parametrize("link", LINKS)
def test_separated_data_have_finite_estimates_with_every_link(link):
    assert lk.logit("y ~ x + z", SEPARATED, link=link).record.is_separated
    fit = lk.logit("y ~ x + z", SEPARATED, link=link, penalty=lk.Jeffreys())
    assert fit.record.converged
    assert np.isfinite(fit.coef).all()
    assert np.abs(fit.coef).max() < 100
    assert np.isfinite(fit.std_error).all()
    # Nothing nearby is higher.
    objective = likelihood(fit)
    here = objective.evaluate(fit.record.adjustment.optimum).value
    for unit in np.eye(3):
        for step in (-0.05, 0.05):
            assert objective.evaluate(fit.record.adjustment.optimum + step * unit).value > here


def likelihood(fit):
    from logitkit.inference.likelihood import likelihood_of

    return likelihood_of(fit.record, fit.design).objective()


@pytest.mark.parametrize("penalty", [lk.Jeffreys(), lk.LogF(1), lk.MeanBias(), lk.MedianBias()], ids=str)
def test_separated_data_have_finite_estimates_with_every_adjustment(penalty):
    fit = lk.logit("y ~ x", SEPARATED, penalty=penalty)
    assert fit.record.converged
    assert 0.0 < fit.coef["x"] < 10.0


def test_several_separated_outcomes_have_finite_estimates():
    data = {"y": list("aabbccabc"), "x": [1.0, 2, 4, 5, 7, 8, 1.5, 4.5, 7.5]}
    assert lk.multinomial("y ~ x", data).record.is_separated
    nominal = lk.multinomial("y ~ x", data, penalty=lk.Jeffreys())
    ordered = lk.fit("y ~ x", data, model=lk.Ordinal(order=["a", "b", "c"]), penalty=lk.Jeffreys())
    for fit in (nominal, ordered):
        assert fit.record.converged
        assert np.isfinite(fit.record.coef).all()


def test_the_gradient_of_the_penalty_is_its_derivative():
    births = lk.datasets.load_lbw()
    fits = [
        lk.logit("low ~ age + smoke", births, link="cloglog", penalty=lk.Jeffreys(0.7)),
        lk.multinomial("race ~ age + smoke", births, penalty=lk.Jeffreys()),
        lk.fit(
            "race ~ age + smoke", births, model=lk.Ordinal(order=["white", "black", "other"]), penalty=lk.Jeffreys()
        ),
        lk.logit("low ~ age + smoke", births, penalty=lk.LogF(2)),
    ]
    rng = np.random.default_rng(3)
    for fit in fits:
        objective = likelihood(fit)
        coef = fit.record.adjustment.optimum + 0.1 * rng.normal(size=objective.n_params)
        if not fit.record.is_single:
            coef = fit.record.adjustment.optimum * 1.02
        gradient = objective.evaluate(coef).gradient
        for j, unit in enumerate(1e-5 * np.eye(coef.size)):
            up, down = (objective.evaluate(coef + s * unit, hessian=False).value for s in (1, -1))
            # Values of hundreds are differenced over 2e-5, which leaves 1e-8 to 1e-5 of rounding, and more far out.
            assert_allclose(gradient[j], (up - down) / 2e-5, rtol=1e-5, atol=1e-4)


def test_aliased_columns_are_dropped_and_change_nothing():
    births = lk.datasets.load_lbw()
    births = births.assign(twice=2 * births["age"])
    for penalty in (lk.Jeffreys(), lk.MedianBias(), lk.LogF(1)):
        plain = lk.logit("low ~ age + smoke", births, penalty=penalty)
        more = lk.logit("low ~ age + twice + smoke", births, penalty=penalty)
        assert np.isnan(more.coef["twice"])
        assert_allclose(more.coef[["Intercept", "age", "smoke"]], plain.coef, rtol=1e-7)  # other coordinates
        assert_allclose(more.std_error[["age", "smoke"]], plain.std_error[["age", "smoke"]], rtol=1e-7)
        if penalty.has_likelihood:
            assert_allclose(more.record.adjustment.value, plain.record.adjustment.value, rtol=ROUTE)


def test_frequency_weights_are_rows_written_out():
    births = lk.datasets.load_lbw()
    number = 1 + births["id"].to_numpy() % 3
    for penalty in (lk.Jeffreys(), lk.MedianBias()):
        weighted = lk.logit("low ~ age + smoke", births, weights=number, penalty=penalty)
        written = lk.logit("low ~ age + smoke", births.loc[births.index.repeat(number)], penalty=penalty)
        assert_allclose(weighted.coef, written.coef, rtol=1e-7)  # two solvers' ends
        assert_allclose(weighted.std_error, written.std_error, rtol=ROUTE, atol=1e-9)


def test_an_offset_shifts_the_intercept():
    births = lk.datasets.load_lbw()
    plain = lk.logit("low ~ age", births, penalty=lk.Jeffreys())
    shifted = lk.logit("low ~ age", births, offset=np.full(189, 2.0), penalty=lk.Jeffreys())
    assert_allclose(shifted.coef, plain.coef - [2.0, 0.0], rtol=1e-7)  # to the solver's tolerance
    assert_allclose(shifted.lr_test().statistic, plain.lr_test().statistic, rtol=1e-7)


def test_far_columns_have_the_fit_of_near_ones():
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=60), (rng.random(60) < 0.4).astype(int)
    for penalty in (lk.Jeffreys(), lk.MeanBias()):
        far, near = (lk.logit("y ~ x", {"y": y, "x": shift + x}, penalty=penalty) for shift in (1e9, 0.0))
        assert_allclose(far.coef["x"], near.coef["x"], rtol=1e-6)  # 1e9 + x has seven digits of x
        assert_allclose(far.std_error["x"], near.std_error["x"], rtol=1e-6)
    assert_allclose(
        lk.logit("y ~ x", {"y": y, "x": 1e6 + x}, penalty=lk.Jeffreys()).lr_test().statistic,
        lk.logit("y ~ x", {"y": y, "x": x}, penalty=lk.Jeffreys()).lr_test().statistic,
        rtol=1e-6,
    )


def test_restricted_models_are_solved_on_their_own_coefficients():
    births = lk.datasets.load_lbw()
    for model in (
        lk.Multinomial(reference="white", equal="lwt"),
        lk.Multinomial(reference="white", per_outcome={"black": "age"}),
        lk.Ordinal("adjacent", order=["white", "black", "other"], nominal="age"),
    ):
        for penalty in (lk.Jeffreys(), lk.MeanBias(), lk.MedianBias(), lk.LogF(1)):
            fit = lk.fit("race ~ age + lwt", births, model=model, penalty=penalty)
            assert fit.record.converged
            assert np.isfinite(fit.record.coef).all()
    nominal = lk.Ordinal(order=["white", "black", "other"], nominal="age")
    assert lk.fit("race ~ age + lwt", births, model=nominal, penalty=lk.MeanBias()).record.converged
    with pytest.raises(UnsupportedError, match="where thresholds of a row meet"):
        lk.fit("race ~ age + lwt", births, model=nominal, penalty=lk.Jeffreys())
    plain = lk.fit("race ~ lwt", births, model=lk.Multinomial(reference="white", equal="lwt"), penalty=lk.Jeffreys())
    assert plain.lr_test().dof == 1


def test_coded_columns_are_the_columns_written_out():
    births = lk.datasets.load_lbw()
    fit = lk.logit("low ~ C(race) * smoke + age", births, penalty=lk.Jeffreys())
    dense = fit.design.matrix.to_dense()
    again = lk.logit_matrix(dense, births["low"].to_numpy(), list(fit.coef.index), penalty=lk.Jeffreys())
    assert_allclose(fit.coef, again.coef, rtol=ROUTE)


def test_many_blocks_of_rows_have_the_fit_of_one(monkeypatch):
    from logitkit.engine.bias import rows

    births = lk.datasets.load_lbw()
    fits = []
    for numbers in (1 << 17, 64):
        monkeypatch.setattr(rows, "NUMBERS", numbers)
        fits += [lk.multinomial("race ~ age", births, penalty=p, reference="white").record.coef for p in KINDS]
    for one, many in zip(fits[:3], fits[3:], strict=True):
        assert_allclose(one, many, rtol=1e-7)  # sums in another order


def test_ordinal_takes_an_adjustment_and_no_penalty_that_shrinks():
    fit = lk.ordinal("y ~ x", SEPARATED, penalty=lk.Jeffreys())
    assert fit.record.adjustment.stated == lk.Jeffreys()
    with pytest.raises(UnsupportedError, match="penalty= is not offered with"):
        lk.ordinal("y ~ x", SEPARATED, penalty=lk.Ridge(0.1))
