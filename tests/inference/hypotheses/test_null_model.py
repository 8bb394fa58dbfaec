"""Which null model, which n and which degrees of freedom the likelihood statistics take: one rule for every model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from tolerances import EXACT, REFERENCE, ROUTE


def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


def panel(levels: int = 12, rows: int = 7) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    g = np.repeat(np.arange(levels), rows)
    x, z = rng.normal(size=g.size), rng.normal(size=g.size)
    y = (rng.random(g.size) < 1 / (1 + np.exp(-0.8 * x - rng.normal(size=levels)[g]))).astype(int)
    count = rng.integers(1, 4, g.size)
    kind = rng.choice(list("abc"), g.size)
    return pd.DataFrame({"y": y, "x": x, "z": z, "g": g, "count": count, "w": rng.uniform(0.3, 2, g.size), "k": kind})


def test_absorbed_levels_are_the_null_model_as_in_r():
    """R: anova(glm(low ~ factor(race)), glm(low ~ age + lwt + smoke + factor(race)), test = "LRT"), R 4.2.2."""
    fit = lk.logit("low ~ age + lwt + smoke", births(), absorb="race")
    test = fit.lr_test()
    assert_allclose([test.statistic, test.p_value], [15.06884464, 0.0017588], rtol=1e-4)  # digits that R prints
    assert test.dof == 3
    assert_allclose([fit.record.null_loglik, fit.loglik], [-114.830815092, -107.296392769], rtol=REFERENCE)
    found = fit.r_squared[["mcfadden", "cox_snell", "nagelkerke"]]
    assert_allclose(found, [0.0656132442867, 0.0766337661206, 0.108958200501], rtol=REFERENCE)
    row = fit.glance().iloc[0]
    assert (row["lr_statistic"], row["lr_dof"]) == (test.statistic, 3)
    assert "15.07 (p = 0.0018)" in str(fit)
    assert "the intercepts of the 3 levels of race" in " ".join(str(fit).split())
    assert "the intercepts of the 3 levels of race" in str(test)


@pytest.mark.parametrize(
    "options",
    [{}, {"offset": "z"}, {"weights": "count", "offset": "z"}, {"weights": "w", "weight_kind": "precision"}],
    ids=["plain", "offset", "frequency", "precision"],
)
def test_with_absorbed_levels_the_test_is_that_of_two_fits_with_a_column_a_level(options: dict[str, Any]):
    frame = panel()
    absorbed = lk.logit("y ~ x", frame, absorb="g", **options)
    full, levels = (lk.logit(f"y ~ {right}", frame, **options) for right in ("x + C(g)", "C(g)"))
    assert absorbed.lr_test().dof == 1
    assert_allclose(absorbed.lr_test().statistic, levels.deviance - full.deviance, rtol=1e-8)  # a difference
    assert_allclose(absorbed.null_deviance, levels.deviance, rtol=ROUTE)
    assert_allclose(absorbed.r_squared["mcfadden"], 1 - full.loglik / levels.loglik, rtol=1e-8)


def test_levels_of_one_outcome_change_no_likelihood_statistic():
    frame = panel()
    more = frame.iloc[:14].assign(g=[50] * 7 + [51] * 7, y=[0] * 7 + [1] * 7)
    fit, wider = (lk.logit("y ~ x", part, absorb="g") for part in (frame, pd.concat([frame, more])))
    assert wider.record.nuisance.n_dropped == fit.record.nuisance.n_dropped + 2
    assert_allclose(wider.lr_test().statistic, fit.lr_test().statistic, rtol=ROUTE)
    assert_allclose(wider.r_squared, fit.r_squared, rtol=ROUTE)


def test_a_factor_without_an_intercept_spans_one_which_the_null_model_then_has():
    """R: anova(glm(low ~ 1), glm(low ~ 0 + factor(race) + age)) is 6.544490372 on 3 df; its null.deviance, 262.01, is
    that of one half."""
    cells, usual = (lk.logit(f"low ~ {right}", births()) for right in ("0 + C(race) + age", "C(race) + age"))
    assert_allclose(cells.lr_test().statistic, 6.544490372, rtol=REFERENCE)
    assert cells.lr_test().dof == usual.lr_test().dof == 3
    assert_allclose(cells.null_deviance, 234.6719962, rtol=REFERENCE)
    assert_allclose(cells.r_squared, usual.r_squared, rtol=ROUTE)
    assert "Null model of the likelihood-ratio test and of R2: an intercept (columns add up to one)" in str(
        cells.summary().notes
    )


def test_columns_that_sum_to_one_span_an_intercept_and_others_do_not():
    rng = np.random.default_rng(2)
    shares = rng.dirichlet(np.ones(3), 200)
    y = (rng.random(200) < shares[:, 0]).astype(int)
    mixed = lk.logit_matrix(5.0 * shares, y)
    usual = lk.logit_matrix(np.column_stack([np.ones(200), shares[:, 1:]]), y, names=["Intercept", "b", "c"])
    assert mixed.lr_test().dof == 2
    assert_allclose(mixed.lr_test().statistic, usual.lr_test().statistic, rtol=1e-8)
    doubled = lk.logit_matrix(np.column_stack([shares, shares[:, 0]]), y)  # one column is aliased
    assert doubled.aliased == ("x3",)
    assert_allclose(doubled.lr_test().statistic, usual.lr_test().statistic, rtol=1e-8)
    bare = lk.logit_matrix(shares[:, :2], y)
    assert bare.lr_test().dof == 2
    assert_allclose(bare.null_deviance, 400 * np.log(2), rtol=EXACT)


def test_the_overall_wald_test_has_the_hypothesis_of_the_likelihood_ratio():
    """With clusters it stands in the place of the likelihood ratio: against equal cells, not against one half."""
    from logitkit.inference.hypotheses.overall import overall_test

    cells, usual = (
        lk.logit(f"low ~ {right}", births(), cluster="id") for right in ("0 + C(race) + age", "C(race) + age")
    )
    assert_allclose(overall_test(cells.record), overall_test(usual.record), rtol=1e-8)
    frame = panel()
    cells, usual = (lk.multinomial(f"k ~ {right}", frame, cluster="g") for right in ("0 + C(y) + x", "C(y) + x"))
    assert_allclose(overall_test(cells.record), overall_test(usual.record), rtol=1e-8)


@pytest.mark.parametrize("options", [{}, {"weights": "count"}], ids=["plain", "frequency"])
def test_several_outcomes_follow_the_same_rule(options: dict[str, Any], tmp_path):
    frame = panel()
    cells, usual = (lk.multinomial(f"k ~ {right}", frame, **options) for right in ("0 + C(y) + x", "C(y) + x"))
    assert cells.lr_test().dof == usual.lr_test().dof == 4
    assert_allclose(cells.lr_test().statistic, usual.lr_test().statistic, rtol=ROUTE)
    measures = ["mcfadden", "cox_snell", "nagelkerke"]
    assert_allclose(cells.r_squared[measures].astype(float), usual.r_squared[measures].astype(float), rtol=ROUTE)
    again = lk.load(cells.save(tmp_path / "cells.json"))
    assert (again.lr_test(), str(again)) == (cells.lr_test(), str(cells))
    # The test of the one term of a model is against no term, as the Wald test is.
    alone = lk.multinomial("k ~ 0 + C(y)", frame, **options)
    n = alone.n_obs
    assert_allclose(alone.anova(3, "LR").statistic[0], 2 * n * np.log(3) - alone.deviance, rtol=ROUTE)


@pytest.mark.parametrize("fit", ["logit", "multinomial"])
def test_r_squared_does_not_depend_on_the_scale_of_precision_weights(fit: str):
    frame = panel()
    given = {"weights": "w", "weight_kind": "precision"}
    outcome = "y" if fit == "logit" else "k"
    one, other = (
        getattr(lk, fit)(f"{outcome} ~ x + z", frame.assign(w=frame["w"] * scale), **given) for scale in (1.0, 40.0)
    )
    measures = ["mcfadden", "cox_snell", "nagelkerke"]
    assert_allclose(one.r_squared[measures].astype(float), other.r_squared[measures].astype(float), rtol=ROUTE)
    # Equal weights are no weights.
    equal = getattr(lk, fit)(f"{outcome} ~ x + z", frame.assign(w=7.0), **given)
    plain = getattr(lk, fit)(f"{outcome} ~ x + z", frame)
    assert_allclose(equal.r_squared[measures].astype(float), plain.r_squared[measures].astype(float), rtol=ROUTE)


def test_groups_of_a_table_follow_the_same_rule():
    frame = panel()
    groups = lk.logit_by("y ~ 0 + C(k) + x", frame, by="count")
    for value in (1, 2, 3):
        alone = lk.logit("y ~ C(k) + x", frame[frame["count"] == value])
        assert_allclose(groups[value].lr_test().statistic, alone.lr_test().statistic, rtol=ROUTE)


@pytest.mark.slow
def test_the_test_given_the_levels_rejects_somewhat_too_often_with_few_rows():
    """Incidental intercepts: 8 per cent at 5 with 100 levels of 4 rows, where the test against one intercept gave
    p-values above 0.95 in every sample."""
    rng = np.random.default_rng(5)
    g, p_values = np.repeat(np.arange(100), 4), []
    for _ in range(300):
        y, x = (rng.random(400) < 0.5).astype(int), rng.normal(size=400)
        p_values.append(lk.logit("y ~ x", {"y": y, "x": x, "g": g}, absorb="g").lr_test().p_value)
    assert 0.04 < np.mean(np.array(p_values) < 0.05) < 0.14
    assert 0.3 < np.median(p_values) < 0.6
