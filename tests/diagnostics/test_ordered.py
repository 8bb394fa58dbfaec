"""Diagnostics of ordered outcomes with several linear predictors, of which only one has the columns: by brute force."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.design.design import Design
from logitkit.diagnostics.collinearity import collinearity
from logitkit.diagnostics.discrimination.classification import classification
from logitkit.diagnostics.discrimination.curves import discrimination
from logitkit.diagnostics.fit.hosmer_lemeshow import hosmer_lemeshow
from logitkit.diagnostics.residuals.influence import influence
from logitkit.diagnostics.residuals.kinds import residuals, row_contributions
from logitkit.engine.fit import fit_design
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import UnsupportedError
from logitkit.inference.prediction import fitted_rows
from logitkit.models.cumulative import Cumulative
from logitkit.models.form import Form
from logitkit.models.links import LINKS
from logitkit.models.predictors import Part, Predictors
from logitkit.models.words import Words
from logitkit.report.findings.diagnostics import finding_document
from tolerances import EXACT, ROUTE


class Ordered(Cumulative):
    """The cumulative family, named for what its diagnostics ask."""

    __slots__ = ()

    @property
    def words(self) -> Words:
        return Words("Cumulative model", "", None, "multinomial", ordered=True)


class Case(NamedTuple):
    record: FitRecord
    design: Design
    p: np.ndarray
    y: np.ndarray


def fit_ordered(formula: str, data: pd.DataFrame, link: str = "logit") -> Case:
    """A cumulative model with expected information, so that leverages sum to the rank."""
    design = lk.multinomial(formula, data).design
    k, columns = len(design.info.response.levels), design.matrix.n_columns
    thresholds = Part(np.array([0]), rows=np.arange(k - 1), labels=tuple(f"{j}|{j + 1}" for j in range(k - 1)))
    slopes = Part(np.arange(1, columns), constraint=-np.ones((k - 1, 1)), labels=("",))
    predictors = Predictors(k - 1, columns, (thresholds, slopes))
    family = Ordered(k, LINKS[link], information="expected")
    record = fit_design(design, Form(family, predictors, predictors), Newton())
    return Case(record, design, probabilities(record.coef, design, link), design.response.indicators())


def probabilities(coef: np.ndarray, design: Design, link: str) -> np.ndarray:
    """Of each outcome, shape (K, n), as differences of the cumulative probabilities."""
    X = design.matrix.to_dense()[:, 1:]
    m = coef.size - X.shape[1]
    below = LINKS[link].inverse(coef[:m, None] - X @ coef[m:])
    return np.diff(below, axis=0, prepend=0.0, append=1.0)


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    data = lk.datasets.load_lbw()
    return data.assign(size=np.digitize(data["bwt"], [2500, 3300]))


@pytest.fixture(scope="module", params=["logit", "probit", "cloglog"])
def case(request: pytest.FixtureRequest, births: pd.DataFrame) -> Case:
    return fit_ordered("size ~ age + lwt + smoke", births, request.param)


def test_residuals_are_their_formulas(case):
    record, design, p, y = case
    assert_allclose(residuals(record, design, "response"), y - p, rtol=ROUTE, atol=EXACT)
    assert_allclose(residuals(record, design, "pearson"), (y - p) / np.sqrt(p * (1 - p)), rtol=ROUTE)
    assert_allclose(residuals(record, design, "working"), (y - p) / (p * (1 - p)), rtol=ROUTE)
    pearson, deviance = row_contributions(record, fitted_rows(record, design).eta, design.response)
    assert_allclose(pearson, ((y - p) ** 2 / p).sum(axis=0), rtol=ROUTE)
    assert_allclose(deviance.sum(), record.deviance, rtol=ROUTE)


def test_influence_is_the_algebra_of_leaving_a_row_out(case):
    """With derivatives of the probabilities by differences, and the Newton step without the row."""
    record, design, p, y = case
    found, q, step = influence(record, design), record.coef.size, 1e-6
    D = np.stack(
        [
            (
                probabilities(record.coef + step * unit, design, record.family.link.name)
                - probabilities(record.coef - step * unit, design, record.family.link.name)
            )
            / (2 * step)
            for unit in np.eye(q)
        ]
    )
    information = np.einsum("akn,kn,bkn->nab", D, 1 / p, D)
    whole = information.sum(axis=0)
    V = np.linalg.inv(whole)
    # Central differences are right to the square of the step, beside rounding over it.
    assert_allclose(found.leverage, np.einsum("nab,ab->n", information, V), rtol=1e-6)
    assert_allclose(found.leverage.sum(), found.rank, rtol=ROUTE)
    score = np.einsum("akn,kn->na", D, y / p)
    for i in (0, 40, 188):
        moved = np.linalg.solve(whole - information[i], score[i])
        assert_allclose(found.cooks_distance[i], moved @ whole @ moved / q, rtol=1e-6)
    # Of one outcome: the variance of its log odds.
    log_odds = D / (p * (1 - p))
    own = p * (1 - p) * np.einsum("akn,ab,bkn->kn", log_odds, V, log_odds)
    assert_allclose(found.outcome_leverage, own, rtol=1e-6)
    assert_allclose(((1 - p) * found.outcome_leverage).sum(axis=0), found.leverage, rtol=ROUTE)


def test_goodness_groups_by_the_mean_score(case):
    record, design, p, y = case
    found = hosmer_lemeshow(record, design, groups=6)
    score = np.arange(3) @ p / 2
    inside = [found.group == g + 1 for g in range(6)]
    assert all(score[a].max() < score[b].min() for a, b in pairwise(inside))
    assert_allclose(found.lowest, [score[rows].min() for rows in inside], rtol=ROUTE)
    observed, expected = ([table[:, rows].sum(axis=1) for rows in inside] for table in (y, p))
    assert_allclose(found.observed.T, observed, rtol=EXACT)
    assert_allclose(found.expected.T, expected, rtol=ROUTE)
    cells = (np.array(observed) - expected) ** 2 / np.array(expected)
    assert_allclose(found.statistic, cells.sum(), rtol=ROUTE)
    # Fagerland and Hosmer (2013): (g - 2)(c - 1) + c - 2.
    assert (found.dof, found.reference) == (4 * 2 + 1, "")
    notes = " ".join(finding_document(found).notes)
    assert "Grouped by the mean score of the outcomes in their order" in notes
    with pytest.raises(UnsupportedError, match="Ordered outcomes are grouped by their mean score"):
        hosmer_lemeshow(record, design, reference=0)


def test_two_levels_are_the_binary_model(births):
    """A threshold less a slope has the other sign, and the complementary log-log link is log-log of the event."""
    for link, mirror in (("logit", "logit"), ("probit", "probit"), ("cloglog", "loglog")):
        record, design, _, _ = fit_ordered("low ~ age + lwt + smoke", births, link)
        fit = lk.fit("low ~ age + lwt + smoke", births, model=lk.Binary(link=mirror))
        assert_allclose(record.coef, [-fit.coef.iloc[0], *fit.coef.iloc[1:]], rtol=ROUTE)
        for kind in ("response", "pearson", "deviance"):
            assert_allclose(residuals(record, design, kind)[1], fit.residuals(kind), rtol=ROUTE, atol=EXACT)
        found, expected = influence(record, design), fit.influence()
        for name in ("leverage", "cooks_distance"):
            assert_allclose(getattr(found, name), expected[name], rtol=ROUTE)
        test, binary = hosmer_lemeshow(record, design), fit.hosmer_lemeshow()
        assert_allclose(test.statistic, binary.statistic, rtol=ROUTE)
        assert (test.dof, test.patterns) == (binary.dof, binary.patterns)
        assert_allclose(discrimination(record, design).auc, fit.discrimination().auc, rtol=EXACT)
        assert_array_equal(classification(record, design).confusion, fit.classification().confusion)
        assert_allclose(collinearity(record).gvif, fit.collinearity()["gvif"], rtol=ROUTE)


def test_the_most_probable_is_predicted(case):
    record, design, p, y = case
    found = classification(record, design)
    assert_allclose(found.confusion, y @ np.eye(3)[p.argmax(axis=0)], rtol=EXACT)
    assert_allclose(found.log_loss, -np.log((y * p).sum(axis=0)).mean(), rtol=ROUTE)


@pytest.mark.slow
def test_rejects_ordered_models_as_often_as_it_should():
    """At a true model, on its own rows: 5 % of 300 samples, give or take three standard errors."""
    rng = np.random.default_rng(8)
    p_values = []
    for _ in range(300):
        x, z = rng.standard_normal((2, 500))
        y = np.digitize(0.8 * x - 0.5 * z + rng.logistic(size=500), [-1.0, 0.0, 1.2])
        record, design, _, _ = fit_ordered("y ~ x + z", pd.DataFrame({"x": x, "z": z, "y": y}))
        p_values.append(hosmer_lemeshow(record, design).p_value)
    assert abs(np.mean(np.array(p_values) < 0.05) - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 300)
