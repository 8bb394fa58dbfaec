"""Binary models with other links: every figure of R's glm, and what the links have in common."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError, DataWarning, UnsupportedError
from references.load import load_fixture, load_table
from tolerances import EXACT, REFERENCE, ROUTE

LINKS = ("logit", "probit", "cloglog", "loglog", "cauchit")
STORED = load_table("links/glm")
NAMES = [name for name in STORED["fits"] if not name.endswith("_log")]
# The stored deviance residuals of rows are square roots of differences: half the digits of the reference.
RESIDUALS = 1e-6


def data_of(name: str) -> tuple[str, pd.DataFrame]:
    if name.startswith("births"):
        return "low ~ age + lwt + C(race, contr.treatment('white')) + smoke", lk.datasets.load_lbw()
    if name.startswith("beetles"):
        return "cbind(killed, survived) ~ dose", pd.DataFrame(STORED["tables"]["beetles"])
    return "GRADE ~ GPA + TUCE + PSI", load_fixture("spector")


def fitted(name: str, information: str = "expected") -> tuple[lk.Fit, dict]:
    formula, frame = data_of(name)
    stored = STORED["fits"][name]
    return lk.fit(formula, frame, model=lk.Binary(link=stored["link"], information=information)), stored


@pytest.mark.parametrize("name", NAMES)
def test_the_figures_of_glm(name: str) -> None:
    fit, stored = fitted(name)
    error = stored["std_error"]
    assert fit.converged
    assert_allclose((fit.coef - stored["coef"]) / error, 0.0, atol=ROUTE)
    assert_allclose(fit.vcov, stored["vcov"], rtol=REFERENCE, atol=REFERENCE * error.min() ** 2)
    assert_allclose(fit.loglik, stored["loglik"], rtol=ROUTE)
    assert_allclose(fit.deviance, stored["deviance"], rtol=ROUTE)
    assert_allclose(fit.null_deviance, stored["null_deviance"], rtol=ROUTE)
    assert_allclose(fit.predict(), stored["fitted"], rtol=REFERENCE)
    assert_allclose(fit.influence()["leverage"], stored["leverage"], rtol=REFERENCE)
    for kind, expected in stored["residuals"].items():
        assert_allclose(fit.residuals(kind), expected, rtol=RESIDUALS, atol=RESIDUALS)


@pytest.mark.parametrize("name", NAMES)
def test_errors_by_the_observed_information(name: str) -> None:
    fit, stored = fitted(name, "observed")
    expected = stored["vcov_observed"]
    # The reference's second derivatives are numerical where R has no formula.
    assert_allclose(fit.vcov, expected, rtol=1e-5, atol=1e-5 * np.diag(expected).min())


@pytest.mark.parametrize("name", [name for name in NAMES if "new" in STORED["fits"][name]])
def test_predictions_of_new_rows(name: str) -> None:
    fit, stored = fitted(name)
    new = stored["new"]
    found = fit.predictions(pd.DataFrame(new["data"]))
    assert_allclose(found["estimate"], new["response"], rtol=REFERENCE)
    assert_allclose(found["std_error"], new["response_se"], rtol=REFERENCE)
    assert ((found["conf_low"] > 0.0) & (found["conf_high"] < 1.0)).all()


@pytest.mark.parametrize(("link", "mirror"), [("probit", "probit"), ("cloglog", "loglog"), ("cauchit", "cauchit")])
def test_swapping_the_event_mirrors_the_link(link: str, mirror: str) -> None:
    births = lk.datasets.load_lbw()
    one = lk.fit("low ~ age + lwt + smoke", births, model=lk.Binary(link=link))
    other = lk.fit("low ~ age + lwt + smoke", births, model=lk.Binary(link=mirror, event=0))
    assert_allclose(one.coef, -other.coef, rtol=ROUTE, atol=ROUTE)
    assert_allclose(one.vcov, other.vcov, rtol=1e-8)  # of an iteration's last step
    assert_allclose(one.loglik, other.loglik, rtol=EXACT)


@pytest.mark.parametrize("link", LINKS[1:])
def test_counts_are_the_rows_written_out(link: str) -> None:
    frame = pd.DataFrame(STORED["tables"]["beetles"])
    rows = frame.loc[frame.index.repeat(frame["beetles"])].assign(
        y=np.concatenate([np.repeat([1, 0], [a, b]) for a, b in zip(frame["killed"], frame["survived"], strict=True)])
    )
    counted = lk.fit("cbind(killed, survived) ~ dose", frame, model=lk.Binary(link=link))
    single = lk.fit("y ~ dose", rows, model=lk.Binary(link=link))
    assert_allclose(counted.coef, single.coef, rtol=ROUTE)
    assert_allclose(counted.std_error, single.std_error, rtol=1e-8)


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("information", ["expected", "observed"])
def test_the_estimate_exists_exactly_where_that_of_the_logit_does(link: str, information: str) -> None:
    model = lk.Binary(link=link, information=information)
    apart = pd.DataFrame({"y": [0, 0, 0, 0, 1, 1, 1], "x": [1.0, 2, 3, 4, 4, 5, 6], "z": [1.0, -1, 1, -1, 1, -1, 1]})
    fit = lk.fit("y ~ x + z", apart, model=model)
    logit = lk.logit("y ~ x + z", apart)
    assert fit.separation is not None
    assert fit.separation.n_rows == logit.separation.n_rows
    assert np.array_equal(np.isinf(fit.coef), np.isinf(logit.coef))
    mixed = apart.assign(y=[0, 1, 0, 0, 1, 0, 1])
    assert lk.fit("y ~ x + z", mixed, model=model).separation is None


@pytest.mark.parametrize("link", LINKS[1:])
def test_aliased_columns_weights_and_offsets(link: str) -> None:
    births = lk.datasets.load_lbw().assign(w=lambda d: 1 + d["age"] % 3, twice=lambda d: 2 * d["lwt"] + 1)
    model = lk.Binary(link=link)
    plain = lk.fit("low ~ age + lwt", births, model=model, weights="w")
    aliased = lk.fit("low ~ age + lwt + twice", births, model=model, weights="w")
    assert list(aliased.coef.index[aliased.record.aliased]) == ["twice"]
    assert_allclose(aliased.loglik, plain.loglik, rtol=EXACT)
    repeated = lk.fit("low ~ age + lwt", births.loc[births.index.repeat(births["w"])], model=model)
    assert_allclose(plain.coef, repeated.coef, rtol=ROUTE)
    assert_allclose(plain.std_error, repeated.std_error, rtol=1e-8)
    shifted = lk.fit("low ~ age + lwt + offset(0.3 + 0.01 * lwt)", births, model=model, weights="w")
    assert_allclose(shifted.coef + np.array([0.3, 0.0, 0.01]), plain.coef, rtol=1e-8)


@pytest.mark.parametrize("link", LINKS[1:])
def test_a_saved_fit_predicts_as_it_did(link: str, tmp_path) -> None:
    births = lk.datasets.load_lbw()
    fit = lk.fit("low ~ age + lwt", births, model=lk.Binary(link=link, information="observed"))
    again = lk.load(fit.save(tmp_path / "fit.json"))
    assert again.record.family == fit.record.family
    assert_allclose(again.predict(births), fit.predict(births), rtol=EXACT)


def test_ratios_are_printed_where_they_have_a_name() -> None:
    births = lk.datasets.load_lbw()
    hazard = lk.fit("low ~ smoke", births, model=lk.Binary(link="cloglog")).odds_ratios()
    assert "hazard_ratio" in hazard.columns
    for link, words in (("probit", "has no name"), ("cauchit", "has no name"), ("loglog", "other outcome")):
        fit = lk.fit("low ~ smoke", births, model=lk.Binary(link=link))
        assert "ratio" not in str(fit.summary()).replace("iteration", "")
        with pytest.raises(UnsupportedError, match=words):
            fit.odds_ratios()


def test_the_highest_of_several_maxima_of_the_cauchit_is_found_and_told() -> None:
    x = np.array([2.0, -2.0, 5.0, -5.0, 3.0, 2.0, 4.0, 0.0, -1.0])
    y = np.array([1, 0, 1, 1, 1, 1, 1, 1, 0])
    with pytest.warns(DataWarning, match="4 of 7 starts"):
        fit = lk.fit("y ~ x", {"x": x, "y": y}, model=lk.Binary(link="cauchit"))
    intercepts, slopes = np.meshgrid(np.linspace(-15.0, 15.0, 601), np.linspace(-10.0, 10.0, 401))
    mean = 0.5 + np.arctan(intercepts[..., None] + slopes[..., None] * x) / np.pi
    surface = np.log(np.where(y == 1, mean, 1.0 - mean)).sum(axis=-1)
    assert fit.loglik >= surface.max()
    assert_allclose(fit.loglik, surface.max(), atol=0.01)  # the grid is that coarse
    assert "lower maximum" in fit.record.method


def test_what_only_the_logit_has_is_refused() -> None:
    births = lk.datasets.load_lbw()
    probit = lk.Binary(link="probit")
    with pytest.raises(UnsupportedError, match="use the logit link"):
        lk.fit("low ~ age", births, model=probit, penalty=lk.Ridge(0.1))
    with pytest.raises(UnsupportedError, match="absorb"):
        lk.fit("low ~ age", births, model=probit, absorb="race")
    with pytest.raises(UnsupportedError, match="'cloglog'"):
        lk.Binary(link="cll")
    with pytest.raises(DataError, match="information"):
        lk.Binary(information="fisher")


@pytest.mark.parametrize("link", LINKS[1:])
def test_refits_are_fits(link: str) -> None:
    births = lk.datasets.load_lbw().iloc[::4]
    fit = lk.fit("low ~ lwt", births, model=lk.Binary(link=link))
    found = fit.jackknife()
    alone = [lk.fit("low ~ lwt", births.drop(births.index[i]), model=lk.Binary(link=link)).coef for i in range(3)]
    assert_allclose(np.asarray(found.refits.coef)[:3], alone, rtol=1e-7)


@pytest.mark.parametrize("name", ["births_log", "beetles_log"])
def test_the_log_link_inside_is_that_of_glm(name: str) -> None:
    stored = STORED["fits"][name]
    frame = data_of(name)[1].iloc[: len(stored["fitted"])]
    for information, key in (("expected", "vcov"), ("observed", "vcov_observed")):
        fit = lk.fit(stored["formula"], frame, model=lk.Binary(link="log", information=information))
        assert_allclose((fit.coef - stored["coef"]) / stored["std_error"], 0.0, atol=ROUTE)
        assert_allclose(fit.vcov, stored[key], rtol=1e-5, atol=1e-5 * np.diag(stored[key]).min())
    assert_allclose(fit.loglik, stored["loglik"], rtol=ROUTE)
    assert_allclose(fit.predict(), stored["fitted"], rtol=REFERENCE)
    assert "risk_ratio" in fit.odds_ratios().columns


def test_a_maximum_where_a_mean_is_one_is_found_and_has_no_errors() -> None:
    stored, frame = STORED["boundary"], pd.DataFrame(STORED["tables"]["beetles"])
    with pytest.warns(DataWarning, match="fitted mean of 1 row is 1 .row 7"):
        fit = lk.fit("cbind(killed, survived) ~ dose", frame, model=lk.Binary(link="log"))
    assert fit.converged
    assert_allclose(fit.coef, stored["coef"], rtol=1e-9)
    assert_allclose(fit.predict(), stored["fitted"], rtol=1e-9)
    assert fit.std_error.isna().all()
    assert "Standard errors: none" in str(fit.summary())


def test_rows_of_weight_zero_hold_no_mean_below_one() -> None:
    """Half of the rows at 0 and all of those at 1 have the event: means 1/2 and 1, and 2 for the row without weight."""
    rows = pd.DataFrame({"x": [0.0, 0, 1, 1, 1, 2], "y": [0, 1, 1, 1, 1, 0], "w": [1, 1, 1, 1, 1, 0]})
    with pytest.warns(DataWarning, match="fitted mean of 3 rows is 1 .rows 2, 3, 4"):
        fit = lk.logit("y ~ x", rows, link="log", weights="w")
    assert_allclose(fit.coef, [np.log(0.5), np.log(2.0)], rtol=1e-12)
    assert_allclose(fit.loglik, 2.0 * np.log(0.5), rtol=1e-12)


def test_a_factor_whose_level_has_events_only_ends_at_one() -> None:
    """Levels are fitted by themselves: the means are the proportions."""
    rng = np.random.default_rng(4)
    rows = pd.DataFrame({"g": rng.choice(list("abcd"), 200)})
    rows["y"] = np.where(rows["g"] == "c", 1, rng.random(200) < 0.4).astype(int)
    with pytest.warns(DataWarning, match=f"fitted mean of {(rows['g'] == 'c').sum()} rows is 1"):
        fit = lk.logit("y ~ 0 + C(g)", rows, link="log")
    assert_allclose(np.exp(fit.coef), rows.groupby("g")["y"].mean(), rtol=1e-10)


def test_at_the_boundary_no_law_of_interior_estimates_is_used() -> None:
    """Neither influence nor goodness of fit has one on the rows of the fit; on other rows none is needed."""
    rows = pd.DataFrame({"x": [0, 0, 0, 1, 1, 1, 2, 2, 2, 3.0], "y": [0, 0, 1, 0, 1, 0, 1, 1, 1, 1]})
    with pytest.warns(DataWarning, match="fitted mean of 1 row is 1 .row 9"):
        fit = lk.logit("y ~ x", rows, link="log")
    why = r"The fitted mean of 1 row is 1 .* The logit link has no boundary\. "
    with pytest.raises(UnsupportedError, match=rf"^Influence: {why}fit\.residuals\(kind=\.\.\.\) has"):
        fit.influence()
    with pytest.raises(
        UnsupportedError, match=rf"^The Hosmer-Lemeshow test on the rows of the fit: {why}Give other rows"
    ):
        fit.hosmer_lemeshow()
    with pytest.raises(UnsupportedError, match=rf"^Predictions with errors: {why}fit\.predict gives"):
        fit.predictions()
    other = fit.hosmer_lemeshow(rows.assign(x=rows["x"].clip(upper=2.0)))
    mean, group = fit.predict(rows.assign(x=rows["x"].clip(upper=2.0))).to_numpy(), [0, 0, 0, 1, 1, 1, 2, 2, 2, 2]
    expected, size = np.bincount(group, mean), np.bincount(group)
    gap = np.bincount(group, rows["y"]) - expected
    assert_allclose(other.statistic, (gap**2 / (expected * (1.0 - expected / size))).sum(), rtol=1e-12)
    assert other.dof == 3


def test_a_mean_above_one_is_missing_and_a_group_without_events_has_an_infinite_coefficient() -> None:
    births = lk.datasets.load_lbw()
    fit = lk.fit("low ~ lwt + smoke", births, model=lk.Binary(link="log"))
    with pytest.warns(DataWarning, match="Missing predictions: 1"):
        found = fit.predict(pd.DataFrame({"lwt": [-400.0, 120.0], "smoke": [1, 1]}))
    assert found.isna().tolist() == [True, False]
    cells = pd.DataFrame({"g": ["a"] * 10 + ["b"] * 10 + ["c"] * 4, "y": [0, 1] * 5 + [0, 0, 1, 1, 1] * 2 + [0] * 4})
    limit = lk.fit("y ~ g", cells, model=lk.Binary(link="log"))
    assert limit.separation is not None
    assert limit.coef["g[T.c]"] == -np.inf
    assert_allclose(limit.coef[["Intercept", "g[T.b]"]], [np.log(0.5), np.log(0.6 / 0.5)], rtol=ROUTE)


@pytest.mark.parametrize("seed", range(6))
def test_the_log_link_is_the_constrained_maximum(seed: int) -> None:
    from scipy.optimize import minimize

    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=40), rng.integers(0, 2, 40).astype(float)
    y = (rng.random(40) < np.minimum(np.exp(-1.0 + 0.6 * x + 0.3 * z), 1.0)).astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        fit = lk.fit("y ~ x + z", {"x": x, "z": z, "y": y}, model=lk.Binary(link="log"))
    X = np.column_stack([np.ones(40), x, z])

    def loss(beta: np.ndarray) -> float:
        eta = np.minimum(X @ beta, -1e-12)
        return float(-(y * eta + (1.0 - y) * np.log(-np.expm1(eta))).sum())

    start = np.array([np.log(y.mean()), 0.0, 0.0])
    bound = {"type": "ineq", "fun": lambda beta: -(X @ beta)}
    best = minimize(loss, start, constraints=[bound], method="SLSQP", options={"ftol": 1e-14, "maxiter": 500})
    assert_allclose(fit.loglik, -best.fun, atol=1e-5)  # the other route stops there
    assert fit.loglik >= -best.fun - 1e-7
