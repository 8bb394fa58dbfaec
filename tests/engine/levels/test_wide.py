"""A factor that is eliminated leaves the estimates, their covariance and all that follows as they were."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from engine.levels.wide import COVARIANCE, assert_same_fit, both_ways, places, wide_fit
from logitkit.design.table import memory
from logitkit.engine.levels.level_coordinates import LevelCoordinates
from logitkit.engine.solvers import choose
from logitkit.errors import DataError, SeparationError, UnsupportedError
from oracles.likelihood import loss_hessian, newton_decrement
from tolerances import EXACT, ROUTE

FORMULAS = {
    "the factor last": "y ~ x + z + C(g)",
    "the factor first": "y ~ C(g) + x + z + h",
    "alone": "y ~ C(g)",
    "another reference level": "y ~ C(g, contr.treatment('l007')) + x",
    "no intercept": "y ~ 0 + C(g) + x",
    "no intercept, the factor last": "y ~ 0 + x + C(g)",
    "another factor carries the intercept": "y ~ 0 + h + C(g) + x",
    "another factor carries it, without numbers": "y ~ 0 + C(g) + h",
    "sum contrasts": "y ~ x + C(h, contr.sum) + C(g)",
    "Helmert contrasts": "y ~ x + C(h, contr.helmert) + C(g)",
    "interaction of others": "y ~ x * h + C(g)",
    "slopes by region": "y ~ C(g) + C(region):x",
    "spline and polynomial": "y ~ bs(x, df=5) + C(g) + poly(z, 2)",
    "an offset": "y ~ x + z + C(g) + offset(shift)",
    "counts": "cbind(events, others) ~ x + z + C(g)",
}


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS.keys())
def test_every_kind_of_formula(formula):
    assert_same_fit(*both_ways(formula, places()))


@pytest.mark.parametrize("seed", range(1, 4))
def test_other_data(seed):
    dense, wide = both_ways("y ~ x * h + C(g) + C(region, contr.sum):z", places(seed))
    assert_same_fit(dense, wide)
    X = dense.design.matrix.to_dense()[:, np.isfinite(dense.coef)]
    known = wide.coef.dropna().to_numpy()
    # Independent of both ways: the estimate is stationary, and the covariance is the inverse of the information there.
    assert newton_decrement(known, X, dense.design.response.y) < ROUTE
    information = loss_hessian(known, X)
    scale = 1.0 / np.sqrt(np.diag(information))
    inverse = np.linalg.inv(information * np.outer(scale, scale)) * np.outer(scale, scale)
    assert_allclose(wide.std_error.dropna(), np.sqrt(np.diag(inverse)), rtol=COVARIANCE)


def test_an_interaction_that_is_the_largest_factor():
    assert_same_fit(*both_ways("y ~ C(region):h + x", places(), most=8))
    assert_same_fit(*both_ways("y ~ C(g):h", places(n=3_000)))


@pytest.mark.parametrize("formula", ["y ~ C(g) + C(g):x", "y ~ C(g) * x", "y ~ C(g) + h:x + C(g):z"])
def test_slopes_by_level_are_not_taken_for_levels(formula):
    assert_same_fit(*both_ways(formula, places(), most=35))


@pytest.mark.parametrize("formula", ["y ~ x + C(g):x", "y ~ h + C(g):x", "y ~ C(region) + C(g):x"])
def test_slopes_by_level_without_the_levels(formula, monkeypatch):
    """There is nothing to eliminate, or not the largest part: whichever way is taken, the fit is the same."""
    dense = lk.logit(formula, places())
    monkeypatch.setattr(choose, "DENSE_MOST", 12)
    assert_same_fit(dense, lk.logit(formula, places()))


@pytest.mark.parametrize("kind", ["frequency", "precision", "sampling"])
@pytest.mark.parametrize("formula", ["y ~ x + z + C(g)", "y ~ 0 + C(g) + x"])
def test_weights_of_each_kind_some_zero(kind, formula):
    weights = "count" if kind == "frequency" else "weight"
    frame = places()
    assert (frame[weights] == 0).any()
    assert_same_fit(*both_ways(formula, frame, weights=weights, weight_kind=kind))


# By region, five clusters leave a covariance of rank four, and variances near zero are differences of larger ones.
@pytest.mark.parametrize(("cluster", "tolerance"), [("person", COVARIANCE), ("region", 1e-6)])
def test_errors_by_cluster(cluster, tolerance):
    dense, wide = both_ways("y ~ x + z + C(g)", places(), cluster=cluster)
    assert_same_fit(dense, wide, tolerance)
    assert "by cluster" in wide.record.covariance.label


def test_an_offset_by_name_and_numbers_in_single_precision():
    frame = places()
    assert_same_fit(*both_ways("y ~ x + z + C(g)", frame, offset="shift"))
    single = frame.astype({"x": "float32", "z": "float32"})
    assert_same_fit(*both_ways("y ~ x + z + C(g)", single))


def test_tests_of_hypotheses_and_likelihood_ratios():
    dense, wide = both_ways("y ~ x + z + C(g)", places())
    for hypothesis in (
        "x = 0",
        "C(g)[T.l003] = C(g)[T.l004]",
        "C(g)[T.l003] = C(g)[T.l004], x = 0, C(g)[T.l001] - 2*C(g)[T.l002] = 0.3",
        "Intercept + C(g)[T.l012] + 100 * z = 1",
        ", ".join(f"C(g)[T.l{level:03d}] = 0" for level in range(1, 30)),
    ):
        one, other = dense.test(hypothesis), wide.test(hypothesis)
        assert one.dof == other.dof
        assert_allclose(other.statistic, one.statistic, rtol=COVARIANCE)
        # A relative error of the statistic is multiplied by half of it in the tail.
        assert_allclose(other.p_value, one.p_value, rtol=COVARIANCE * (1 + one.statistic))
    assert_allclose(wide.lr_test().statistic, dense.lr_test().statistic, rtol=ROUTE)
    assert_allclose(wide.odds_ratios().to_numpy(float), dense.odds_ratios().to_numpy(float), rtol=100 * COVARIANCE)
    assert_allclose(wide.aic, dense.aic, rtol=ROUTE)


def test_new_rows_are_predicted_with_the_same_errors():
    frame = places()
    dense, wide = both_ways("y ~ x + z + C(g)", frame)
    fresh = places(8, n=60)
    assert_allclose(wide.predictions(fresh), dense.predictions(fresh), rtol=COVARIANCE)
    rows = wide.design.matrix.to_dense()
    by_hand = np.sqrt(np.einsum("ij,jk,ik->i", rows, wide.vcov.to_numpy(), rows))
    # The columns as given have a mean far from zero, which costs the written-out covariance digits.
    assert_allclose(wide.predictions()["logit_std_error"], by_hand, rtol=1e-6)
    unseen = fresh.assign(g="elsewhere")
    with pytest.raises(DataError, match="elsewhere"):
        wide.predict(unseen)
    half = fresh.assign(g=np.where(np.arange(60) % 2, fresh["g"], "elsewhere"))
    assert_allclose(wide.predict(half, unseen="missing"), dense.predict(half, unseen="missing"), rtol=ROUTE)


def test_new_rows_of_which_none_can_be_predicted():
    wide, fresh = wide_fit("y ~ x + z + C(g)", places()), places(8, n=60)
    assert wide.predict(fresh.assign(g="elsewhere"), unseen="missing").isna().all()
    assert wide.predictions(fresh.iloc[:1].assign(x=np.nan)).isna().all(axis=None)
    assert wide.predict(fresh.iloc[:0]).size == 0


def test_residuals_and_influence():
    dense, wide = both_ways("y ~ x + C(g)", places())
    assert_allclose(
        wide.influence().to_numpy(float), dense.influence().to_numpy(float), rtol=COVARIANCE, atol=COVARIANCE
    )


def test_missing_values_are_dropped_alike():
    frame = places()
    frame.loc[::7, "x"] = np.nan
    frame.loc[::11, "g"] = None
    dense, wide = both_ways("y ~ x + C(g)", frame)
    assert_same_fit(dense, wide)
    assert wide.record.counts == dense.record.counts


@pytest.mark.parametrize(
    ("formula", "gone"),
    [
        ("y ~ x + C(region) + C(g)", ["C(g)[T.l011]", "C(g)[T.l017]", "C(g)[T.l023]", "C(g)[T.l029]"]),
        ("y ~ x + C(g) + C(region)", [f"C(region)[T.r{k}]" for k in range(1, 5)]),
        ("y ~ 0 + C(g) + C(region)", [f"C(region)[T.r{k}]" for k in range(1, 5)]),
        ("y ~ C(g) + C(region) + x", [f"C(region)[T.r{k}]" for k in range(1, 5)]),
    ],
)
def test_of_nested_factors_the_later_columns_are_aliased_as_in_r(formula, gone):
    """R 4.2.2's glm gives NA for these coefficients: of columns that determine one another the later in the formula."""
    dense, wide = both_ways(formula, places())
    assert list(wide.aliased) == gone
    assert_same_fit(dense, wide)


@pytest.mark.parametrize(
    ("formula", "gone"),
    [
        ("y ~ x + I(2 * x) + C(g)", ["I(2 * x)"]),
        ("y ~ constant + x + C(g)", ["constant"]),
        ("y ~ number + x + C(g)", ["C(g)[T.l029]"]),
        ("y ~ x + C(g) + number", ["number"]),
        ("y ~ x + C(g) + I(number + x)", ["I(number + x)"]),
        ("y ~ x + I(number + x) + C(g)", ["C(g)[T.l029]"]),
    ],
)
def test_numbers_that_levels_or_numbers_explain(formula, gone):
    frame = places()
    frame["number"], frame["constant"] = frame["g"].str[1:].astype(float), 3.0
    dense, wide = both_ways(formula, frame)
    assert list(wide.aliased) == gone
    assert_same_fit(dense, wide)


def test_levels_without_rows_and_an_empty_reference_level():
    frame = places()
    seen = sorted(frame["g"].unique())
    for levels in ([*seen, "zz1", "zz2"], ["aa", *seen, "zz"], ["aa", "ab", *seen]):
        frame["g"] = pd.Categorical(frame["g"].astype(str), levels)
        for formula in ("y ~ x + C(g)", "y ~ 0 + C(g) + x"):
            assert_same_fit(*both_ways(formula, frame))


@pytest.mark.parametrize("level", ["l000", "l005", "l029"])
@pytest.mark.parametrize("formula", ["y ~ x + C(g)", "y ~ 0 + C(g) + x"])
def test_a_level_whose_rows_all_have_weight_zero(level, formula):
    frame = places()
    frame["count"] = np.where(frame["g"] == level, 0, frame["count"])
    assert_same_fit(*both_ways(formula, frame, weights="count"))


@pytest.mark.parametrize("far", [10.0, 1e3])
@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_numbers_far_from_zero_cost_no_digits(far, unit):
    """As they cost the other path none: a shift of a column moves the intercept only."""
    frame = places()
    near = wide_fit("y ~ x + C(g)", frame)
    frame["x"] = unit * (frame["x"] + far)
    wide = wide_fit("y ~ x + C(g)", frame)
    levels = [name for name in wide.coef.index if name.startswith("C(g)")]
    # What is left of x after the shift has lost the digits of the shift itself.
    tolerance = max(COVARIANCE, 1e-14 * far)
    assert_allclose(wide.std_error[levels], near.std_error[levels], rtol=tolerance)
    assert_allclose(wide.coef[levels], near.coef[levels], rtol=tolerance, atol=tolerance)
    assert_allclose(wide.predictions(), near.predictions(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("apart", [1e-3, 1e-4, 1e-5, 1e-6, 1e-8])
def test_columns_that_are_nearly_the_same_are_kept_or_refused(apart):
    """The other path keeps what is 1e-11 of a column's length: nothing here is aliased, and no level is blamed."""
    frame = places()
    frame["near"] = frame["x"] + apart * np.random.default_rng(3).normal(size=len(frame))
    if apart < 5e-4:  # what is solved from products of columns would lose more digits than are promised
        with pytest.raises(DataError, match="x, near are so nearly linear combinations"):
            wide_fit("y ~ x + near + C(g)", frame)
        return
    dense, wide = both_ways("y ~ x + near + C(g)", frame)
    assert wide.aliased == dense.aliased == ()
    # The condition of the columns is 1 / apart: what is solved from their products loses its square, of sixteen digits.
    assert_allclose(wide.loglik, dense.loglik, rtol=ROUTE)
    assert_allclose(wide.predict_logit(), dense.predict_logit(), rtol=0, atol=max(ROUTE, 1e-15 / apart**2))


def test_a_column_that_hardly_varies_is_refused_by_name():
    frame = places()
    frame["x"] = 1e6 + frame["x"]
    with pytest.raises(DataError, match="The columns x vary by less"):
        wide_fit("y ~ x + C(g)", frame)


def test_one_thread_gives_the_bits_of_two():
    frame = places(5, n=60_000, levels=100)
    fits = []
    try:
        for threads in (1, 2, 3):
            lk.set_threads(threads)
            fits.append(wide_fit("y ~ x + z + h + C(g)", frame))
    finally:
        lk.set_threads(None)
    for other in fits[1:]:
        assert np.array_equal(fits[0].coef, other.coef)
        assert np.array_equal(fits[0].std_error, other.std_error)
        assert np.array_equal(fits[0].vcov, other.vcov)
        assert fits[0].record.loglik == other.record.loglik
        assert np.array_equal(fits[0].predictions(), other.predictions())
        assert [step.value for step in fits[0].record.trace] == [step.value for step in other.record.trace]


def test_rows_in_another_order_and_weights_as_repeated_rows():
    frame = places()
    fit = wide_fit("y ~ x + z + C(g)", frame)
    order = np.random.default_rng(1).permutation(len(frame))
    other = wide_fit("y ~ x + z + C(g)", frame.iloc[order])
    assert_allclose((other.coef - fit.coef) / fit.std_error, 0.0, atol=ROUTE)
    assert_allclose(other.std_error, fit.std_error, rtol=COVARIANCE)
    assert_allclose(other.predict().to_numpy(), fit.predict().to_numpy()[order], rtol=ROUTE)
    repeated = wide_fit("y ~ x + z + C(g)", frame.loc[frame.index.repeat(frame["count"])])
    weighted = wide_fit("y ~ x + z + C(g)", frame, weights="count")
    assert_allclose((repeated.coef - weighted.coef) / weighted.std_error, 0.0, atol=ROUTE)
    assert_allclose(repeated.std_error, weighted.std_error, rtol=COVARIANCE)
    assert repeated.n_obs == weighted.n_obs


def test_the_covariance_is_refused_when_it_is_too_large_and_nothing_else_is(monkeypatch):
    from logitkit.engine.curvature import vcov

    fit = wide_fit("y ~ x + C(g)", places())
    monkeypatch.setattr(vcov, "CELLS_MOST", 100)
    with pytest.raises(UnsupportedError, match="covariance of 31 coefficients"):
        _ = fit.vcov
    assert fit.std_error.notna().all()
    assert fit.test("x = 0, C(g)[T.l001] = 0").dof == 2
    assert len(fit.predictions()) == 900
    assert "C(g)[T.l001]" in str(fit.summary())


def test_a_design_that_does_not_fit_is_refused_with_its_size(monkeypatch):
    monkeypatch.setattr(choose, "DENSE_MOST", 20)
    dense = lk.logit("y ~ C(g) * x", places())
    assert dense.converged
    monkeypatch.setattr(memory, "SMALL", 0)
    monkeypatch.setattr(memory, "available_bytes", lambda: 20_000)
    with pytest.raises(DataError, match=r"The design has 60 columns; its Hessian .* would take .* GiB"):
        lk.logit("y ~ C(g) * x", places())
    monkeypatch.setattr(choose, "DENSE_MOST", 31)
    with pytest.raises(DataError, match=r"The products of 29 levels with 31 columns would take"):
        lk.logit("y ~ C(g) * x", places())


@pytest.mark.parametrize(
    ("formula", "pure"),
    [
        ("y ~ x + C(g) + C(region)", []),
        ("y ~ x + I(2 * x) + C(g)", []),
        ("y ~ x + h + C(g)", ["l005"]),
        ("y ~ 0 + C(g) + x", ["l005", "l007"]),
    ],
)
def test_few_columns_and_too_many_rows_to_be_looked_at(formula, pure, monkeypatch):
    """Rank or existence in doubt, and the columns too large to be written out: the levels are eliminated then."""
    frame = places()
    frame.loc[frame["g"].isin(pure), "y"] = 1
    dense = lk.logit(formula, frame)
    monkeypatch.setattr(choose, "CELLS_MOST", 10)
    wide = lk.logit(formula, frame)
    assert isinstance(wide.record.coordinates, LevelCoordinates)
    assert_same_fit(dense, wide)
    # Without a doubt nothing changes.
    assert not isinstance(lk.logit("y ~ x + C(g)", places()).record.coordinates, LevelCoordinates)


def test_a_factor_alone_without_an_intercept_is_eliminated():
    """One proportion a level, in closed form."""
    frame = places()
    fit = wide_fit("y ~ 0 + C(g)", frame)
    share = frame.groupby("g")["y"].mean()
    size = frame.groupby("g").size()
    assert_allclose(fit.coef, np.log(share / (1 - share)), rtol=ROUTE)
    assert_allclose(fit.std_error, 1 / np.sqrt(size * share * (1 - share)), rtol=ROUTE)


def test_nothing_left_to_estimate_is_said():
    frame = places()
    frame["y"] = (frame["g"].str[1:].astype(int) % 2).astype(int)
    with pytest.raises(SeparationError, match="No level"):
        wide_fit("y ~ x + C(g)", frame)


def test_a_value_that_is_not_finite_is_named():
    frame = places()
    frame.loc[17, "x"] = np.inf
    with pytest.raises(DataError, match=r"x.*17|17.*x"):
        wide_fit("y ~ x + C(g)", frame)


def test_columns_of_random_size_agree_to_rounding_after_a_change_of_unit():
    frame = places()
    one = wide_fit("y ~ x + C(g)", frame)
    frame["x"] *= 2.0**40
    other = wide_fit("y ~ x + C(g)", frame)
    assert_allclose(other.coef["x"] * 2.0**40, one.coef["x"], rtol=EXACT)
    assert_allclose(other.std_error["x"] * 2.0**40, one.std_error["x"], rtol=EXACT)


LARGE = """
import resource, sys, numpy as np, pandas as pd, logitkit as lk
rng = np.random.default_rng(0)
n, levels = 200_000, 20_000
g = np.concatenate([np.arange(levels), rng.integers(0, levels, n - levels)])
x = rng.normal(size=n)
y = (rng.random(n) < 1 / (1 + np.exp(-(0.3 * x + rng.normal(size=levels)[g])))).astype(int)
frame = pd.DataFrame({"y": y, "x": x, "g": pd.Categorical(g)})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
fit = lk.logit("y ~ x + C(g)", frame)
exec(sys.argv[1])
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert fit.converged and len(fit.coef) == levels + 1
print((after - before) / 1024, float(fit.coef["x"]))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "verbs",
    [
        "fit.std_error, fit.predictions(), fit.influence(), fit.residuals()",
        "str(fit.summary()), fit.tidy(), fit.odds_ratios(), fit.lr_test()",
        "fit.test('x = 0, C(g)[T.5] = C(g)[T.6]')",
    ],
)
def test_twenty_thousand_levels_take_megabytes(verbs):
    """Written out, the Hessian alone would take 3.2 GB and the columns 32 GB."""
    run = subprocess.run([sys.executable, "-c", LARGE, verbs], capture_output=True, text=True, check=True)
    megabytes, slope = map(float, run.stdout.split())
    assert megabytes < 500
    # The slope of 0.3 with ten rows a level: biased by incidental intercepts by about a tenth, as it must be.
    assert 0.3 < slope < 0.36


def test_levels_are_eliminated_where_that_takes_less_time_unless_rows_are_separated(monkeypatch):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"g": np.arange(900) % 30, "x": rng.normal(size=900), "y": rng.integers(0, 2, 900)})
    other = lk.logit("y ~ x + C(g)", frame)
    assert not isinstance(other.record.coordinates, LevelCoordinates)
    monkeypatch.setattr(choose, "ELIMINATED_LEAST", 20)
    monkeypatch.setattr(choose, "CUBE_A_ROW", 1)
    fit = lk.logit("y ~ x + C(g)", frame)
    assert isinstance(fit.record.coordinates, LevelCoordinates)
    assert_allclose(fit.coef, other.coef, rtol=ROUTE, atol=ROUTE)
    assert_allclose(fit.std_error, other.std_error, rtol=COVARIANCE)
    assert_allclose(fit.loglik, other.loglik, rtol=EXACT)
    far = frame.assign(y=np.where(frame["g"] == 7, 1, frame["y"]))
    separated = lk.logit("y ~ x + C(g)", far)
    assert not isinstance(separated.record.coordinates, LevelCoordinates)
    assert np.count_nonzero(np.isposinf(separated.coef)) == 1
