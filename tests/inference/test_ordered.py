"""Verbs of models whose predictors take columns in parts: ordered outcomes, of which two are the binary model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.design.design import Design
from logitkit.engine.fit import fit_design
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.inference.covariances.required import with_required_sandwich
from logitkit.inference.covariances.sandwich import scores
from logitkit.inference.effects.average_predictions import SetRows, average_predictions
from logitkit.inference.hypotheses.anova import anova
from logitkit.inference.hypotheses.overall import overall_test
from logitkit.inference.hypotheses.wald import wald_test
from logitkit.inference.prediction import fitted_matrix, predictions
from logitkit.inference.resampling.refits import refit
from logitkit.inference.resampling.resampling import bootstrap
from logitkit.models.cumulative import Cumulative
from logitkit.models.form import Form
from logitkit.models.predictors import Part, Predictors
from tolerances import ROUTE

STEP = 1e-6


def births() -> pd.DataFrame:
    data = lk.datasets.load_lbw()
    size = pd.cut(data["bwt"], [0, 2500, 3000, 3500, 9999], labels=list("abcd")).astype(str)
    return data.assign(size=size, two=np.where(data["bwt"] > 2500, "b", "a"), site=np.arange(len(data)) % 30)


def ordered(outcome: str, nominal: tuple[int, ...] = (), **options: str) -> tuple[FitRecord, Design]:
    """Fit thresholds and slopes, with a slope per threshold for some columns."""
    design = lk.multinomial(f"{outcome} ~ age + smoke + C(race)", births(), **options).design
    m, p = design.response.n_outcomes - 1, design.matrix.n_columns
    own = np.array([0, *nominal])
    shared = np.setdiff1d(np.arange(p), own)
    labels = tuple(f"{k}|{k + 1}" for k in range(1, m + 1))
    parts = (Part(own, np.arange(m), None, labels), Part(shared, None, -np.ones((m, 1)), ("",)))
    predictors = Predictors(m, p, parts)
    return fit_design(design, Form(Cumulative(m + 1), predictors, predictors), Newton()), design


@pytest.mark.parametrize("options", [{}, {"cluster": "site"}])
def test_two_ordered_outcomes_are_the_binary_model(options: dict[str, str]) -> None:
    record, design = ordered("two", **options)
    record = with_required_sandwich(record, design)
    two = lk.logit("I(1 * (two == 'b')) ~ age + smoke + C(race)", births(), **options)
    assert_allclose(record.coef * [-1, 1, 1, 1, 1], two.coef, rtol=ROUTE)
    assert_allclose(record.std_error, two.std_error, rtol=1e-8)
    mine, theirs = predictions(record, design.matrix), predictions(two.record, two.design.matrix)
    for name in ("probability", "std_error", "low", "high", "log_odds_error"):
        assert_allclose(getattr(mine, name), getattr(theirs, name), rtol=1e-8, err_msg=name)
    for kind in ("Wald",) if options else ("LR", "Wald"):
        one, other = anova(record, design, 2, kind), two.anova(2, kind)
        assert one.labels == other.labels
        assert_allclose(one.statistic, other.statistic, rtol=1e-7)
        assert one.hypothesis == other.hypothesis
    assert_allclose(overall_test(record), overall_test(two.record), rtol=1e-7)
    assert_allclose(wald_test(record, "C(race)").statistic, two.test("C(race)").statistic, rtol=1e-7)
    again = bootstrap(record, design, 4, seed=2).replicates * [-1, 1, 1, 1, 1]
    assert_allclose(again, two.bootstrap(4, seed=2).replicates, rtol=1e-7)


@pytest.mark.parametrize("nominal", [(), (2,)])
def test_four_ordered_outcomes_by_brute_force(nominal: tuple[int, ...]) -> None:
    record, design = ordered("size", nominal)
    matrix, vcov = design.matrix, record.inner_vcov.array()

    def slopes(function: object) -> np.ndarray:
        found = []
        for unit in np.eye(record.inner_coef.size) * STEP:
            high, low = (function(replace(record, inner_coef=record.inner_coef + s * unit)) for s in (1.0, -1.0))
            found.append((high - low) / (2 * STEP))
        return np.stack(found, axis=-1)

    by_row = slopes(lambda at: fitted_matrix(at, matrix).probabilities)
    expected = np.sqrt(np.einsum("knq,qr,knr->kn", by_row, vcov, by_row))
    # Central differences of step 1e-6 keep about eight digits.
    assert_allclose(predictions(record, matrix).std_error, expected, rtol=1e-5)
    mean = by_row.mean(axis=1)
    effects = average_predictions(record, [SetRows("as it is", matrix, None)], None, "age")
    assert_allclose(effects.std_error[:, 0], np.sqrt(np.einsum("kq,qr,kr->k", mean, vcov, mean)), rtol=1e-5)
    assert_allclose(scores(record, design).of(np.arange(189)).sum(axis=0), 0.0, atol=1e-8)
    weights = np.random.default_rng(1).integers(0, 3, 189).astype(float)
    again = refit(record, design, 1, prior=lambda number: weights).coef[0]
    changed = replace(design, response=replace(design.response, prior=weights, weight_kind="precision"))
    assert_allclose(again, fit_design(changed, record.form, Newton()).coef, rtol=1e-7)
    terms = anova(record, design)
    assert terms.dof.tolist() == [1, 3 if nominal else 1, 2]
    assert (terms.statistic > 0.0).all()
