"""The table of verbs: what it says is what the verb of a fit does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataWarning, LogitkitError, SeparationError, UnsupportedError
from logitkit.inference.verbs import VERBS, may

ASKED: dict[str, Callable[[Any], Any]] = {
    "vcov": lambda fit: fit.vcov,
    "confint": lambda fit: fit.confint(),
    "profile": lambda fit: fit.confint("profile"),
    "score": lambda fit: fit.confint("score"),
    "odds_ratios": lambda fit: fit.odds_ratios(),
    "odds_ratios of the other outcome": lambda fit: fit.odds_ratios(against=fit.outcomes[-1]),
    "certificate": lambda fit: fit.certificate(),
    "test": lambda fit: fit.test("x"),
    "lr_test": lambda fit: fit.lr_test(),
    "test of terms by LR": lambda fit: fit.anova(),
    "added terms by LR": lambda fit: fit.add1("g", "LR"),
    "test of terms by Wald": lambda fit: fit.anova(test="Wald"),
    "test of terms by F": lambda fit: fit.anova(test="F"),
    "test of terms by score": lambda fit: fit.anova(test="score"),
    "compare": lambda fit: lk.compare(fit, fit),
    "combine_tests": lambda fit: fit.combine_tests(),
    "iia_tests": lambda fit: fit.iia_tests(),
    "proportional_odds_test": lambda fit: fit.proportional_odds_test(),
    "bootstrap": lambda fit: fit.bootstrap(3, seed=1),
    "jackknife": lambda fit: fit.jackknife(),
    "score_bootstrap": lambda fit: fit.score_bootstrap(f"{fit.record.names[-1]} = 0", "g", draws=99),
    "robust": lambda fit: fit.robust(cluster="g"),
    "predictions": lambda fit: fit.predictions(),
    "average predictions": lambda fit: fit.plot.average_predictions("x", rows()),
    "effects": lambda fit: fit.effects("x"),
    "means": lambda fit: fit.means("x", at={"x": [0.0, 1.0]}),
    "inverse": lambda fit: fit.inverse("x", 0.4, at={"z": 0.0}),
    "bias_correction": lambda fit: fit.bias_correction(),
    "influence": lambda fit: fit.influence(),
    "leave_out": lambda fit: fit.leave_out(),
    "validate": lambda fit: fit.validate(n=3, seed=1),
    "drawn residuals": lambda fit: fit.residuals("quantile"),
    "surrogate residuals": lambda fit: fit.residuals("surrogate"),
    "partial residuals": lambda fit: fit.residuals("partial"),
    "collinearity": lambda fit: fit.collinearity(),
    "discrimination": lambda fit: fit.discrimination(),
    "classification": lambda fit: fit.classification(),
    "calibration": lambda fit: fit.calibration(),
    "goodness_of_fit": lambda fit: fit.goodness_of_fit(),
    "goodness_of_fit on the rows of the fit": lambda fit: fit.goodness_of_fit(),
    "hosmer_lemeshow": lambda fit: fit.hosmer_lemeshow(groups=4),
    "hosmer_lemeshow on the rows of the fit": lambda fit: fit.hosmer_lemeshow(groups=4),
}
#: Reached through other verbs.
WITHIN = {"refit", "errors of predictors", "analytic correction"}
LIKELIHOOD = {"profile", "score"}
PENALISED = LIKELIHOOD | {
    "test",
    "lr_test",
    "test of terms by LR",
    "added terms by LR",
    "test of terms by Wald",
    "test of terms by score",
    "compare",
    "bootstrap",
    "jackknife",
    "leave_out",
    "score_bootstrap",
    "robust",
    "influence",
    "collinearity",
    "goodness_of_fit on the rows of the fit",
    "hosmer_lemeshow on the rows of the fit",
}
WITHHELD = PENALISED | {"vcov", "confint", "predictions", "average predictions", "effects", "means", "inverse"}
FIXED = {"certificate", "bias_correction"}  # of penalised fits, and of absorbed levels
OTHER = "odds_ratios of the other outcome"
F_TEST = {"test of terms by F"}  # none of these fits has a covariance with degrees of freedom
RATIOS = {"lr_test", "test of terms by LR", "added terms by LR", "compare"} | LIKELIHOOD


def rows() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    n = 90
    frame = pd.DataFrame({"x": rng.normal(size=n), "z": rng.normal(size=n), "g": np.arange(n) % 6})
    frame["y"] = (rng.random(n) < 1 / (1 + np.exp(-frame["x"]))).astype(int)
    return frame.assign(m=rng.choice(list("abc"), n), v=rng.uniform(0.5, 2.0, n), s=frame["y"] * 1.0)


def logit(formula: str = "y ~ x + z", **options: Any) -> Callable[[], Any]:
    return lambda: lk.logit(formula, rows(), **options)


def several(**options: Any) -> Callable[[], Any]:
    return lambda: lk.multinomial("m ~ x + z", rows(), **options)


def ordered(**options: Any) -> Callable[[], Any]:
    return lambda: lk.ordinal("m ~ x + z", rows(), order=["a", "b", "c"], **options)


#: What each kind of fit may not be asked.
KINDS: dict[str, tuple[Callable[[], Any], set[str]]] = {
    "logit": (logit(), FIXED),
    "probit": (logit(link="probit"), FIXED | {"odds_ratios", OTHER}),
    "complementary log-log": (logit(link="cloglog"), FIXED | {OTHER}),
    "clusters": (logit(cluster="g"), FIXED | RATIOS),
    "sampling": (logit(weights="v", weight_kind="sampling"), FIXED | RATIOS),
    "fraction": (
        logit("v / 2 ~ x + z", outcome="fraction"),
        FIXED
        | RATIOS
        | {"validate", "discrimination", "classification", "calibration", "goodness_of_fit", "hosmer_lemeshow"},
    ),
    "absorbed": (
        logit(absorb="g"),
        {
            "certificate",
            "bootstrap",
            "jackknife",
            "leave_out",
            "validate",
            "score_bootstrap",
            "average predictions",
            "effects",
            "means",
            "inverse",
            "goodness_of_fit",
            "hosmer_lemeshow",
        }
        | LIKELIHOOD,
    ),
    "absorbed, clusters": (
        logit(absorb="g", cluster="g"),
        {
            "certificate",
            "bootstrap",
            "jackknife",
            "leave_out",
            "validate",
            "score_bootstrap",
            "average predictions",
            "means",
            "inverse",
            "effects",
            "goodness_of_fit",
            "hosmer_lemeshow",
            "predictions",
        }
        | RATIOS,
    ),
    "separated": (
        logit("y ~ s + z"),
        FIXED | {"bootstrap", "jackknife", "leave_out", "validate", "score_bootstrap", "inverse"},
    ),
    "ridge": (logit(penalty=lk.Ridge(0.1)), PENALISED | {"bias_correction"}),
    "lasso": (logit(penalty=lk.Lasso(0.02)), WITHHELD | {"bias_correction"}),
    "relaxed lasso": (logit(penalty=lk.RelaxedLasso(0.02)), WITHHELD | FIXED),
    "several": (several(), {"certificate", "inverse"}),
    "several, equal": (several(equal="x"), {"certificate", "inverse", "combine_tests", "iia_tests"}),
    "several, clusters": (several(cluster="g"), {"certificate", "inverse", "iia_tests"} | RATIOS),
    "several, ridge": (several(penalty=lk.Ridge(0.1)), PENALISED | {"iia_tests", "inverse"}),
    "several, lasso": (several(penalty=lk.Lasso(0.02)), WITHHELD | {"iia_tests"}),
    "ordered": (ordered(), {"certificate"}),
    "ordered, probit": (ordered(link="probit"), {"certificate", "odds_ratios", OTHER}),
    "ordered, clusters": (ordered(cluster="g"), {"certificate", "proportional_odds_test"} | RATIOS),
    "adjacent": (ordered(model="adjacent", nominal="x"), {"certificate", "inverse"}),
}
# Residuals that need an order, a latent variable or one linear predictor.
DRAWN = {"drawn residuals", "surrogate residuals"}
KINDS = {
    name: (
        make,
        refused
        | (DRAWN if name.startswith(("several", "fraction")) else set())
        | ({"surrogate residuals"} if name == "adjacent" else set())
        | ({"partial residuals"} if name.startswith(("several", "ordered", "adjacent")) else set()),
    )
    for name, (make, refused) in KINDS.items()
}
OF_TWO, OF_SEVERAL, OF_ORDERED = {"bias_correction"}, {"combine_tests", "iia_tests"}, {"proportional_odds_test"}


def asked_of(fit: Any) -> set[str]:
    """The verbs of a fit's own kind, and of every kind."""
    words = fit.record.family.words
    elsewhere = set() if words.has_event else OF_TWO
    elsewhere = elsewhere | (set() if words.compares else OF_SEVERAL) | (set() if words.ordered else OF_ORDERED)
    return set(VERBS) - WITHIN - elsewhere


@pytest.mark.parametrize("name", list(KINDS))
def test_a_verb_refuses_what_the_table_says(name: str) -> None:
    make, refused = KINDS[name]
    fit = make()
    for verb in asked_of(fit):
        error = may(fit.record, verb)
        assert (error is not None) == (verb in refused | F_TEST), verb
        if error is not None:
            with pytest.raises(LogitkitError) as raised:
                ASKED[verb](fit)
            assert (type(raised.value), str(raised.value)) == (type(error), str(error)), verb


@pytest.mark.parametrize("name", ["logit", "several", "ridge", "ordered", "adjacent"])
def test_a_verb_answers_where_the_table_lets_it(name: str) -> None:
    make, refused = KINDS[name]
    fit = make()
    for verb in asked_of(fit) - refused - F_TEST - ({OTHER} if fit.record.family.words.ordered else set()):
        if verb.startswith(("hosmer_lemeshow", "goodness_of_fit")) and fit.record.penalty is not None:
            continue  # of other rows
        ASKED[verb](fit)


def test_the_kind_of_error_says_what_is_the_matter() -> None:
    separated, absorbed = logit("y ~ s + z")().record, logit(absorb="g")().record
    assert isinstance(may(separated, "refit"), SeparationError)
    assert isinstance(may(absorbed, "refit"), UnsupportedError)
    assert may(absorbed, "analytic correction") is None
    assert may(absorbed, "errors of predictors") is None


def test_a_fit_on_the_boundary_of_its_model_says_so_whatever_is_asked() -> None:
    """Of the log link a fitted mean may be one; not that the covariance is 'none', nor that estimates are infinite."""
    births = lk.datasets.load_lbw()
    births = births[(births["race"] != "black") | (births["low"] == 1)].assign(g=lambda d: d["id"] % 9)
    with pytest.warns(DataWarning, match="The fitted mean of"):
        fit = lk.logit("low ~ race + smoke", births, link="log")
    asked: dict[str, Callable[[], Any]] = {
        "test": lambda: fit.test("smoke"),
        "lr_test": fit.lr_test,
        **{f"anova {test}": lambda test=test: fit.anova(test=test) for test in ("LR", "Wald", "score")},  # type: ignore[misc]
        "add1": lambda: fit.add1("g"),
        "compare": lambda: lk.compare(fit, fit),
        "profile": lambda: fit.confint("profile"),
        "score": lambda: fit.confint("score"),
        "equivalence": lambda: fit.equivalence("smoke", -1.0, 1.0),
        "bootstrap": lambda: fit.bootstrap(3, seed=1),
        "jackknife": fit.jackknife,
        "score bootstrap": lambda: fit.score_bootstrap("smoke = 0", "g"),
        "remedies": fit.remedies,
    }
    for ask in asked.values():
        with pytest.raises(UnsupportedError, match=r"^The fitted mean of .* The logit link has no boundary\.$"):
            ask()
