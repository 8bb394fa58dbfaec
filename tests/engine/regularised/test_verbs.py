"""What a penalised fit may be asked: a row for every verb, so that a new one cannot be forgotten.

After a penalty that chooses or bounds coefficients there is no covariance, after squares only there is that of the
posterior, and what rests on maximum likelihood is refused after either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, ndtri

import logitkit as lk
from logitkit.errors import LogitkitError, UnsupportedError
from logitkit.inference.penalised.refusals import AFTER_PENALTY
from logitkit.inference.resampling.cross_fit import cross_validate_by_weights
from logitkit.inference.resampling.refits import refit
from logitkit.results.figures import FitPlots
from logitkit.results.fit import Fit
from tolerances import EXACT, ROUTE

FIRST = {"lwt": 120, "race": "white", "smoke": 0}
FORMULA = "low ~ age + lwt + C(race) + smoke"
WITHHELD = {
    "lasso": lk.Lasso(0.03),
    "elastic net": lk.ElasticNet(0.03, 0.5),
    "group lasso": lk.GroupLasso(0.02),
    "adaptive lasso": lk.AdaptiveLasso(0.005),
    "relaxed lasso": lk.RelaxedLasso(0.03),
    "bounds": lk.Bounds(lower=0.0),
    "ridge in bounds": lk.Ridge(0.02) + lk.Bounds(lower=0.0),
    "lasso and prior": lk.Lasso(0.02) + lk.GaussianPrior(precision=1.0),
}
POSTERIOR = {
    "ridge": lk.Ridge(0.02),
    "prior": lk.GaussianPrior(precision=1.0),
    "ridge and prior": lk.Ridge(0.02) + lk.GaussianPrior(precision={"age": 0.5}),
}


def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


def others() -> pd.DataFrame:
    """Rows that the fits have not seen."""
    return births().assign(low=lambda table: 1 - table["low"])


@pytest.fixture(scope="module")
def fits() -> dict[str, Fit]:
    return {name: lk.logit(FORMULA, births(), penalty=given) for name, given in (WITHHELD | POSTERIOR).items()}


# ------------------------------------------------------------------------------------------------------- the table
# What a verb does after a penalty without and with a posterior: "answers", "refuses", or "without errors" where it
# answers and leaves errors and intervals missing.

ANSWERS, REFUSES, PARTLY = "answers", "refuses", "without errors"
Verb = tuple[Callable[[Fit], Any], str, str]


def both(call: Callable[[Fit], Any], does: str) -> Verb:
    return call, does, does


VERBS: dict[str, Verb] = {
    # quantities
    "absorbed": both(lambda fit: fit.absorbed, ANSWERS),
    "aic": both(lambda fit: fit.aic, ANSWERS),
    "aicc": both(lambda fit: fit.aicc, ANSWERS),
    "aliased": both(lambda fit: fit.aliased, ANSWERS),
    "bic": both(lambda fit: fit.bic, ANSWERS),
    "coef": both(lambda fit: fit.coef, ANSWERS),
    "coef_table": both(lambda fit: fit.coef_table, ANSWERS),
    "converged": both(lambda fit: fit.converged, ANSWERS),
    "deviance": both(lambda fit: fit.deviance, ANSWERS),
    "dof_residual": both(lambda fit: fit.dof_residual, ANSWERS),
    "formula": both(lambda fit: fit.formula, ANSWERS),
    "loglik": both(lambda fit: fit.loglik, ANSWERS),
    "n_obs": both(lambda fit: fit.n_obs, ANSWERS),
    "n_params": both(lambda fit: fit.n_params, ANSWERS),
    "null_deviance": both(lambda fit: fit.null_deviance, ANSWERS),
    "dispersion": both(lambda fit: fit.dispersion, ANSWERS),
    "conventions": both(lambda fit: fit.conventions, ANSWERS),
    "penalty": both(lambda fit: fit.penalty, ANSWERS),
    "model": both(lambda fit: fit.model, ANSWERS),
    "outcomes": both(lambda fit: fit.outcomes, ANSWERS),
    "reference": both(lambda fit: fit.reference, ANSWERS),
    "r_squared": both(lambda fit: fit.r_squared, ANSWERS),
    "separation": both(lambda fit: fit.separation, ANSWERS),
    "status": both(lambda fit: fit.status, ANSWERS),
    "std_error": (lambda fit: fit.std_error, PARTLY, ANSWERS),
    "trace": both(lambda fit: fit.trace, ANSWERS),
    "vcov": (lambda fit: fit.vcov, REFUSES, ANSWERS),
    # tables
    "augment": (lambda fit: fit.augment()["std_error"], PARTLY, ANSWERS),
    "describe": both(lambda fit: fit.describe(), ANSWERS),
    "equation": both(lambda fit: fit.equation(), ANSWERS),
    "glance": both(lambda fit: fit.glance(), ANSWERS),
    "labelled": both(lambda fit: fit.labelled({"lwt": "Weight"}), ANSWERS),
    "odds_ratios": (lambda fit: fit.odds_ratios()[["std_error", "conf_low", "conf_high"]], PARTLY, ANSWERS),
    "summary": both(lambda fit: fit.summary(), ANSWERS),
    "tidy": (lambda fit: fit.tidy()[["std_error", "conf_low", "conf_high"]], PARTLY, ANSWERS),
    # inference
    "anova": both(lambda fit: fit.anova(), REFUSES),
    "add1": both(lambda fit: fit.add1("ht"), REFUSES),
    "drop1": both(lambda fit: fit.drop1(), REFUSES),
    "equivalence": both(lambda fit: fit.equivalence("smoke", -1.0, 1.0), REFUSES),
    "profile": both(lambda fit: fit.profile(), REFUSES),
    "remedies": both(lambda fit: fit.remedies(), REFUSES),
    "score_test": both(lambda fit: fit.score_test(), REFUSES),
    "bias_correction": both(lambda fit: fit.bias_correction(), REFUSES),
    "bootstrap": both(lambda fit: fit.bootstrap(20, seed=1), REFUSES),
    "confint": (lambda fit: fit.confint(), REFUSES, ANSWERS),
    "jackknife": both(lambda fit: fit.jackknife(), REFUSES),
    "leave_out": both(lambda fit: fit.leave_out(), REFUSES),
    "fragility": both(lambda fit: fit.fragility("smoke"), REFUSES),
    "dfbetas": both(lambda fit: fit.dfbetas(), REFUSES),
    "simulated_residuals": both(lambda fit: fit.simulated_residuals(seed=1), ANSWERS),
    "lr_test": both(lambda fit: fit.lr_test(), REFUSES),
    "robust": both(lambda fit: fit.robust(), REFUSES),
    "rao_scott_test": both(lambda fit: fit.rao_scott_test("smoke"), REFUSES),
    "score_bootstrap": both(lambda fit: fit.score_bootstrap("smoke = 0", "race"), REFUSES),
    "test": both(lambda fit: fit.test("smoke = 0"), REFUSES),
    # predictions
    "predict": both(lambda fit: fit.predict(), ANSWERS),
    "effects": (lambda fit: fit.effects("smoke"), REFUSES, ANSWERS),
    "average_predictions": (lambda fit: fit.average_predictions("smoke"), REFUSES, ANSWERS),
    "means": (lambda fit: fit.means("smoke"), REFUSES, ANSWERS),
    "inverse": (lambda fit: fit.inverse("age", at=FIRST), REFUSES, ANSWERS),
    "contrast": (lambda fit: fit.contrast({"smoke": 1}, {"smoke": 0}), REFUSES, ANSWERS),
    "on": both(lambda fit: fit.on(others()).predict(), ANSWERS),
    "predict_link": both(lambda fit: fit.predict_link(), ANSWERS),
    "predict_logit": both(lambda fit: fit.predict_logit(), ANSWERS),
    "predictions": (lambda fit: fit.predictions(), REFUSES, ANSWERS),
    # diagnostics
    "calibration": both(lambda fit: fit.calibration(), ANSWERS),
    "classification": both(lambda fit: fit.classification(), ANSWERS),
    "collinearity": both(lambda fit: fit.collinearity(), REFUSES),
    "discrimination": both(lambda fit: fit.discrimination(), ANSWERS),
    "goodness_of_fit": both(lambda fit: fit.goodness_of_fit(), REFUSES),
    "dispersion_test": both(lambda fit: fit.dispersion_test(), REFUSES),
    "pseudo_r2": both(lambda fit: fit.pseudo_r2(), ANSWERS),
    "calibration_belt": both(lambda fit: fit.calibration_belt(), REFUSES),
    "link_test": both(lambda fit: fit.link_test(), REFUSES),
    "box_tidwell": both(lambda fit: fit.box_tidwell(), REFUSES),
    "hosmer_lemeshow": both(lambda fit: fit.hosmer_lemeshow(), REFUSES),
    "influence": both(lambda fit: fit.influence(), REFUSES),
    "outcome_influence": both(lambda fit: fit.outcome_influence(), REFUSES),
    "residuals": both(lambda fit: fit.residuals(), ANSWERS),
    "recalibrate": both(lambda fit: fit.recalibrate(others()), ANSWERS),
    "reliability": both(lambda fit: fit.reliability(resamples=20), ANSWERS),
    "update": both(lambda fit: fit.update(others()), ANSWERS),
    # discrimination and decisions
    "classification_table": both(lambda fit: fit.classification_table(), ANSWERS),
    "concordance": both(lambda fit: fit.concordance(), ANSWERS),
    "decision_curve": both(lambda fit: fit.decision_curve(), ANSWERS),
    "gains": both(lambda fit: fit.gains(), ANSWERS),
    "partial_auc": both(lambda fit: fit.partial_auc(fpr=(0.0, 0.2)), ANSWERS),
    "precision_recall": both(lambda fit: fit.precision_recall(), ANSWERS),
    "reclassification": both(lambda fit: fit.reclassification(lk.logit("low ~ age", births())), ANSWERS),
    "roc_test": both(lambda fit: fit.roc_test(lk.logit("low ~ age", births())), ANSWERS),
    "thresholds": both(lambda fit: fit.thresholds(n=0), ANSWERS),
    "validate": both(lambda fit: fit.validate(n=2, seed=1), ANSWERS),
    # elsewhere: tests of their own
    "certificate": both(lambda fit: None, ANSWERS),  # tests/inference/penalised/test_certificate.py
    "plot": both(lambda fit: fit.plot, ANSWERS),  # below
    "report": both(lambda fit: None, ANSWERS),  # tests/report/test_penalty.py
    "save": both(lambda fit: None, ANSWERS),  # tests/engine/saved/test_saved_penalised.py
}
Figure = tuple[Callable[[FitPlots], Any], str, str]
FIGURES: dict[str, Figure] = {
    "added_variable": (lambda plot: plot.added_variable("lwt"), REFUSES, REFUSES),
    "average_predictions": (lambda plot: plot.average_predictions("smoke"), REFUSES, ANSWERS),
    "binned_residuals": (lambda plot: plot.binned_residuals(), ANSWERS, ANSWERS),
    "calibration": (lambda plot: plot.calibration(), ANSWERS, ANSWERS),
    "calibration_belt": (lambda plot: plot.calibration_belt(), REFUSES, REFUSES),
    "cap": (lambda plot: plot.cap(), ANSWERS, ANSWERS),
    "coefficients": (lambda plot: plot.coefficients(), ANSWERS, ANSWERS),
    "decision_curve": (lambda plot: plot.decision_curve(), ANSWERS, ANSWERS),
    "dfbetas": (lambda plot: plot.dfbetas(), REFUSES, REFUSES),
    "forest": (lambda plot: plot.forest(), ANSWERS, ANSWERS),
    "influence_index": (lambda plot: plot.influence_index(), REFUSES, REFUSES),
    "lift": (lambda plot: plot.lift(), ANSWERS, ANSWERS),
    "nomogram": (lambda plot: plot.nomogram(), ANSWERS, ANSWERS),
    "partial_residuals": (lambda plot: plot.partial_residuals("lwt"), ANSWERS, ANSWERS),
    "precision_recall": (lambda plot: plot.precision_recall(), ANSWERS, ANSWERS),
    "predicted": (lambda plot: plot.predicted(), ANSWERS, ANSWERS),
    "reliability": (lambda plot: plot.reliability(resamples=20), ANSWERS, ANSWERS),
    "residuals": (lambda plot: plot.residuals(), REFUSES, REFUSES),
    "roc": (lambda plot: plot.roc(), ANSWERS, ANSWERS),
    "simulated_residuals": (lambda plot: plot.simulated_residuals(n=20, seed=1), ANSWERS, ANSWERS),
}


def public(cls: type) -> set[str]:
    return {name for name in dir(cls) if not name.startswith("_")}


def test_every_verb_has_an_entry() -> None:
    assert public(Fit) == set(VERBS)
    assert public(FitPlots) == set(FIGURES)


@pytest.mark.parametrize("name", [*WITHHELD, *POSTERIOR])
@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_does_what_the_table_says(fits: dict[str, Fit], verb: str, name: str) -> None:
    call, without, with_posterior = VERBS[verb]
    does = without if name in WITHHELD else with_posterior
    if does == REFUSES:
        with pytest.raises(UnsupportedError) as refused:
            call(fits[name])
        said = str(refused.value)
        assert "sampling weights" not in said
        if verb != "bias_correction":  # which speaks of the factor that is not absorbed
            assert "penalty" in said
    elif does == PARTLY:
        assert np.isnan(np.asarray(call(fits[name]), dtype=float)).all()
    else:
        call(fits[name])


@pytest.mark.parametrize("name", [*WITHHELD, *POSTERIOR])
@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_does_what_the_table_says(fits: dict[str, Fit], figure: str, name: str) -> None:
    draw, without, with_posterior = FIGURES[figure]
    if (without if name in WITHHELD else with_posterior) == REFUSES:
        # Without a covariance the sentence names what needs none; the rest is refused after any penalty.
        words = "after a penalty" if with_posterior == REFUSES else r"fit\.predict gives the probabilities"
        with pytest.raises(UnsupportedError, match=words):
            draw(fits[name].plot)
    else:
        assert draw(fits[name].plot) is not None


def test_every_refusal_says_why_and_what_instead() -> None:
    for refusal in AFTER_PENALTY.values():
        assert refusal.reason
        assert f"Instead: {refusal.instead}." in refusal.sentence


# ------------------------------------------------------------------------------------------------- what answers say


def written_out(fit: Fit, precision: np.ndarray, mean: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Newton's method and the posterior covariance, written out for the births."""
    X, y = fit.design.matrix.to_dense(), fit.design.response.y
    coef = np.zeros(X.shape[1])
    for _ in range(50):
        mu = expit(X @ coef)
        hessian = (X * (mu * (1 - mu))[:, None]).T @ X + precision
        coef = coef + np.linalg.solve(hessian, X.T @ (y - mu) - precision @ (coef - mean))
    return coef, np.linalg.inv(hessian)


def precision_of_ridge(fit: Fit, strength: float) -> np.ndarray:
    X = fit.design.matrix.to_dense()
    return len(X) * strength * np.diag(X.var(axis=0))  # the intercept does not vary and is not penalised


def test_the_posterior_of_a_ridge_is_the_inverse_of_the_penalised_information(fits: dict[str, Fit]) -> None:
    fit = fits["ridge"]
    coef, vcov = written_out(fit, precision_of_ridge(fit, 0.02))
    np.testing.assert_allclose(fit.coef, coef, rtol=ROUTE)
    np.testing.assert_allclose(fit.vcov, vcov, rtol=ROUTE, atol=1e-12)
    half = -ndtri(0.05) * np.sqrt(vcov.diagonal())
    np.testing.assert_allclose(fit.confint(level=0.9), np.column_stack([coef - half, coef + half]), rtol=ROUTE)
    ratios = np.exp(np.column_stack([coef, coef - half, coef + half]))[1:]
    found = fit.odds_ratios(level=0.9)
    np.testing.assert_allclose(found[["odds_ratio", "conf_low", "conf_high"]], ratios, rtol=ROUTE)
    X = fit.design.matrix.to_dense()
    predicted = fit.predictions()
    np.testing.assert_allclose(predicted["logit_std_error"], np.sqrt(np.einsum("ij,jk,ik->i", X, vcov, X)), rtol=ROUTE)


def test_a_prior_shrinks_the_posterior_towards_its_centre() -> None:
    given = lk.GaussianPrior(mean=0.3, precision=2.0)
    fit = lk.logit(FORMULA, births(), penalty=given)
    coef, vcov = written_out(fit, np.diag([0.0, 2.0, 2.0, 2.0, 2.0, 2.0]), 0.3)
    np.testing.assert_allclose(fit.coef, coef, rtol=ROUTE)
    np.testing.assert_allclose(fit.std_error, np.sqrt(vcov.diagonal()), rtol=ROUTE)


@pytest.mark.parametrize("name", [*WITHHELD, *POSTERIOR])
def test_no_table_has_a_statistic_or_a_p_value(fits: dict[str, Fit], name: str) -> None:
    fit = fits[name]
    assert fit.tidy()[["statistic", "p_value"]].isna().all(axis=None)
    assert fit.odds_ratios()["p_value"].isna().all()
    glance = fit.glance().iloc[0]
    assert glance[["lr_statistic", "lr_p_value", "aic", "bic", "mcfadden", "cox_snell", "nagelkerke"]].isna().all()
    assert np.isnan([fit.aic, fit.bic]).all()


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("ridge", "posterior, given the strength"),
        ("prior", "posterior, given the prior"),
        ("ridge and prior", "posterior, given the strength and the prior"),
    ],
)
def test_tables_of_a_posterior_say_so(fits: dict[str, Fit], name: str, label: str) -> None:
    fit = fits[name]
    for table in (fit.tidy(), fit.confint(), fit.odds_ratios(), fit.predictions(), fit.augment()):
        assert table.columns.name == label
        assert not table[["std_error"] if "std_error" in table else ["conf_low"]].isna().any(axis=None)
    assert list(fit.tidy().columns) == list(lk.logit(FORMULA, births()).tidy().columns)
    assert lk.logit(FORMULA, births()).tidy().columns.name is None


def test_glance_tells_of_the_penalty(fits: dict[str, Fit]) -> None:
    row = fits["lasso"].glance().iloc[0]
    assert (row["penalty"], row["strength"], row["chosen"]) == ("lasso", 0.03, "given")
    assert row["n_params"] == row["n_nonzero"] == np.count_nonzero(fits["lasso"].coef)
    assert row["deviance_ratio"] == pytest.approx(1.0 - row["deviance"] / row["null_deviance"], rel=EXACT)
    assert np.isnan(fits["prior"].glance()["strength"].iloc[0])
    assert np.isnan(lk.logit(FORMULA, births(), penalty=lk.Lasso(0.01) + lk.Ridge(0.1)).glance()["strength"].iloc[0])
    assert "penalty" not in lk.logit(FORMULA, births()).glance()


def test_augment_keeps_residuals_and_leaves_influence_out(fits: dict[str, Fit]) -> None:
    for fit in fits.values():
        table = fit.augment()
        assert table[["leverage", "cooks_distance"]].isna().all(axis=None)
        np.testing.assert_allclose(table["residual"], births()["low"] - fit.predict(), atol=EXACT)
        np.testing.assert_allclose((table["deviance_residual"] ** 2).sum(), fit.deviance, rtol=ROUTE)


# --------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize("name", [*WITHHELD, *POSTERIOR])
def test_nothing_is_refitted_without_the_penalty(fits: dict[str, Fit], name: str) -> None:
    """The worst that could happen in silence: replicates of another model than the fit's."""
    fit = fits[name]
    for refused in (
        lambda: fit.bootstrap(10, seed=1),
        lambda: fit.bootstrap(10, seed=1, kind="parametric"),
        lambda: fit.confint("bootstrap"),
        fit.jackknife,
        lambda: refit(fit.record, fit.design, 2, prior=lambda _: np.ones(fit.n_obs)),
        lambda: cross_validate_by_weights(fit.record, fit.design, 5, seed=1),
    ):
        with pytest.raises(UnsupportedError, match="replicates without the penalty would be fits of another model"):
            refused()


def test_the_hosmer_lemeshow_test_works_on_other_rows_only(fits: dict[str, Fit]) -> None:
    for name in ("lasso", "ridge"):
        found = fits[name].hosmer_lemeshow(others())
        assert (found.in_sample, found.dof) == (False, found.size.size)
        with pytest.raises(UnsupportedError, match="test on rows that took no part"):
            fits[name].hosmer_lemeshow(births())


def test_refusals_point_to_what_is_valid(fits: dict[str, Fit]) -> None:
    with pytest.raises(UnsupportedError, match=r"fit\.predict gives the probabilities"):
        fits["lasso"].predictions()
    with pytest.raises(UnsupportedError, match=r"chose the coefficients .* to rows that took no part"):
        fits["lasso"].confint()
    with pytest.raises(UnsupportedError, match="bounds the coefficients"):
        fits["bounds"].confint()
    with pytest.raises(UnsupportedError, match=r"fit\.confint\(\) has posterior intervals"):
        fits["ridge"].test("age = 0")
    with pytest.raises(UnsupportedError, match="do not maximise the likelihood"):
        fits["ridge"].lr_test()
    with pytest.raises(LogitkitError, match="not known"):
        fits["ridge"].confint("walt")


@pytest.mark.parametrize("penalty", [lk.Lasso(0.02), lk.Ridge(0.02)])
@pytest.mark.parametrize("how", ["weights", "cluster"])
def test_sampling_weights_and_clusters_leave_no_covariance(penalty: Any, how: str) -> None:
    data = births().assign(w=np.arange(189) % 3 + 1.0, g=np.arange(189) // 4)
    given: dict[str, Any] = {"weights": "w", "weight_kind": "sampling"} if how == "weights" else {"cluster": "g"}
    fit = lk.logit(FORMULA, data, penalty=penalty, **given)
    assert fit.std_error.isna().all()
    for refused in (fit.confint, fit.predictions, lambda: fit.test("age = 0")):
        with pytest.raises(UnsupportedError, match="penalty"):
            refused()


def test_calibration_on_its_own_rows_shows_the_shrinking(fits: dict[str, Fit]) -> None:
    for name in ("lasso", "ridge"):
        found = fits[name].calibration()
        assert found.in_sample
        assert found.penalised
        assert found.slope > 1.05
    assert lk.logit(FORMULA, births()).calibration().slope == pytest.approx(1.0, abs=1e-6)  # Newton's own tolerance


def test_fits_of_a_path_and_of_a_cross_validation_answer_alike() -> None:
    path = lk.path(FORMULA, births(), penalty=lk.Ridge(), n_strengths=20)
    fit = path.at(0.02)
    direct = lk.logit(FORMULA, births(), penalty=lk.Ridge(0.02))
    np.testing.assert_allclose(fit.confint(), direct.confint(), rtol=ROUTE)
    cv = lk.cross_validate(FORMULA, births(), penalty=lk.Lasso(), folds=lk.Folds(4, seed=1))
    for chosen in (cv.best, cv.one_se):
        with pytest.raises(UnsupportedError, match="without the penalty"):
            chosen.bootstrap(10)
    assert cv.best.penalty.chosen.startswith("best mean score (Deviance), 4 folds")
