"""Stored fits of ordered outcomes against the likelihood of our own loops, and against printed figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from logitkit.design.response.response import Response
from logitkit.models.cumulative import Cumulative
from logitkit.models.links import LINKS
from logitkit.models.multinomial import Multinomial
from references.load import load_fixture, load_table
from tolerances import REFERENCE

CUMULATIVE, ADJACENT = load_table("ordinal/cumulative"), load_table("ordinal/adjacent")
FITS: dict[str, dict[str, Any]] = CUMULATIVE["fits"]
FACTORS = ("additive", "contact", "temp", "Infl", "Type", "Cont")
LIKELY = ["unlikely", "somewhat likely", "very likely"]


def table_of(name: str) -> tuple[pd.DataFrame, np.ndarray]:
    """The cells of a table, and their counts, shape (K, cells)."""
    if name == "students":
        frame = load_fixture("ologit")
        return frame, np.stack([(frame["apply"] == outcome).to_numpy(dtype=float) for outcome in LIKELY])
    table = CUMULATIVE["tables"][name]
    frame = pd.DataFrame({key: values for key, values in table.items() if key not in {"outcomes", "counts"}})
    return frame, np.asarray(table["counts"], dtype=float).T


def column(name: str, frame: pd.DataFrame) -> np.ndarray:
    """The column that R names, a number or the indicator of a level."""
    factor = next((factor for factor in FACTORS if name.startswith(factor)), None)
    if factor is None:
        return frame[name].to_numpy(dtype=float)
    return (frame[factor] == name[len(factor) :]).to_numpy(dtype=float)


def designs(names: list[str], frame: pd.DataFrame, m: int) -> np.ndarray:
    """The design of each threshold, shape (m, cells, q), the sign of the terms positive."""
    cuts, out = names[:m], np.zeros((m, len(frame), len(names)))
    for j, name in enumerate(names):
        if j < m:
            out[j, :, j] = 1.0
        elif ":" in name:
            cut, term = name.split(":")
            out[cuts.index(cut), :, j] = column(term, frame)
        else:
            out[:, :, j] = column(name, frame)
    return out


def information(
    fit: dict[str, Any], expected: bool, at: np.ndarray | None = None
) -> tuple[float, np.ndarray, np.ndarray]:
    """Loss, gradient and information of a cumulative model, by default at its stored coefficients."""
    frame, counts = table_of(fit["table"])
    k, n = counts.shape
    D = designs(fit["names_r"], frame, k - 1)
    D[:, :, k - 1 :] *= -1.0
    eta = D @ (fit["coef"] if at is None else at)
    slope, diagonal, beside = np.empty((k - 1, n)), np.empty((k - 1, n)), np.empty((k - 2, n))
    trials = counts.sum(axis=0)
    value, *_ = Cumulative(k, LINKS[fit["link"]]).rows(
        eta, np.zeros(n, np.int32), counts / trials, trials, (diagonal, beside), slope, expected
    )
    H = np.einsum("kni,kn,knj->ij", D, diagonal, D)
    cross = np.einsum("kni,kn,knj->ij", D[:-1], beside, D[1:])
    return value, np.einsum("kni,kn->i", D, slope), H + cross + cross.T


@pytest.mark.parametrize("name", FITS)
def test_the_cumulative_likelihood_has_its_maximum_there(name: str) -> None:
    fit = FITS[name]
    value, gradient, observed = information(fit, expected=False)
    _, _, expected = information(fit, expected=True)
    assert gradient @ np.linalg.solve(observed, gradient) < 1e-16
    scale = np.outer(fit["std_error"], fit["std_error"])
    assert_allclose(np.linalg.inv(observed) / scale, fit["vcov"] / scale, atol=REFERENCE)
    assert_allclose(np.linalg.inv(expected) / scale, fit["vcov_expected"] / scale, atol=REFERENCE)
    assert_allclose(-value, fit["loglik"], rtol=REFERENCE)
    frame, counts = table_of(fit["table"])
    family = Cumulative(len(counts), LINKS[fit["link"]])
    D = designs(fit["names_r"], frame, len(counts) - 1)
    D[:, :, len(counts) - 1 :] *= -1.0
    assert_allclose(family.probabilities(D @ fit["coef"])[:, : len(fit["fitted"])].T, fit["fitted"], rtol=REFERENCE)
    null = family.losses(
        np.repeat(family.null(counts.sum(axis=1))[:, None], counts.shape[1], axis=1), response_of(counts)
    )
    assert_allclose(-null @ counts.sum(axis=0), fit["null_loglik"], rtol=REFERENCE)
    assert_allclose(Multinomial(len(counts)).log_constants(response_of(counts)).sum(), fit["constant"], atol=1e-9)


def response_of(counts: np.ndarray) -> Response:
    trials = counts.sum(axis=0)
    response = Response(np.zeros(trials.size), trials, n_outcomes=len(counts))
    return response.with_shares(counts / trials)


@pytest.mark.parametrize("name", ADJACENT["fits"])
def test_the_adjacent_model_is_a_multinomial_with_constraints(name: str) -> None:
    fit = ADJACENT["fits"][name]
    frame, counts = table_of(fit["table"])
    k, n = counts.shape
    steps = designs(fit["names_r"], frame, k - 1)
    # H: the logit of an outcome against the first is the sum of the steps up to it.
    D = np.concatenate([np.zeros((1, n, steps.shape[2])), np.cumsum(steps, axis=0)])
    family, response = Multinomial(k), response_of(counts)
    eta = D @ fit["coef"]
    trials = counts.sum(axis=0)
    assert_allclose(-family.losses(eta, response) @ trials, fit["loglik"], rtol=REFERENCE)
    gradient = np.einsum("kni,kn->i", D, trials * family.slopes(eta, response))
    H = np.einsum("kni,kln,lnj->ij", D, trials * family.curvatures(eta), D)
    assert gradient @ np.linalg.solve(H, gradient) < 1e-16
    scale = np.outer(fit["std_error"], fit["std_error"])
    for key in ("vcov", "vcov_expected"):
        assert_allclose(np.linalg.inv(H) / scale, fit[key] / scale, atol=REFERENCE)
    assert_allclose(family.probabilities(eta)[:, : len(fit["fitted"])].T, fit["fitted"], rtol=REFERENCE)


def test_every_term_nominal_is_the_multinomial_model() -> None:
    # references/multinomial/multinomial.json has it fitted by nnet.
    multinomial = load_table("multinomial/multinomial")["fits"]["housing"]
    assert_allclose(ADJACENT["fits"]["housing_nominal"]["loglik"], multinomial["loglik"], rtol=REFERENCE)
    assert ADJACENT["fits"]["housing_nominal"]["n_params"] == multinomial["n_params"]


@pytest.mark.parametrize(("name", "small", "freed"), [
    ("cheese", "cheese_logit", None),
    ("students", "students_logit", None),
    ("students_public", "students_logit", ["public"]),
    ("housing", "housing_logit", None),
    ("housing_cont", "housing_logit", ["ContHigh"]),
    ("wine_contact", "wine_logit", ["contactyes"]),
])  # fmt: skip
def test_scores_of_proportional_odds(name: str, small: str, freed: list[str] | None) -> None:
    stored, fit = CUMULATIVE["tests"][name], FITS[small]
    names, coef = list(fit["names_r"]), dict(zip(fit["names_r"], fit["coef"], strict=True))
    m = len(fit["outcomes"]) - 1
    freed = names[m:] if freed is None else freed
    larger = names[:m] + [term for term in names[m:] if term not in freed]
    larger += [f"{cut}:{term}" for cut in names[:m] for term in freed]
    point = np.array([coef[term.split(":")[-1]] for term in larger])
    for key, expected in (("score_expected", True), ("score_observed", False)):
        _, gradient, H = information({**fit, "names_r": larger}, expected, at=point)
        scale = np.sqrt(np.maximum(np.diag(H), 1e-300))
        # A threshold between two outcomes that a cell does not have has no observed information.
        root = np.where(np.diag(H) > 0.0, scale, 1.0)
        statistic = gradient / root @ np.linalg.pinv(H / np.outer(root, root), rcond=1e-10) @ (gradient / root)
        assert_allclose(statistic, stored[key], rtol=1e-6)  # by differences between counts and their fit
    assert stored["dof"] == (m - 1) * len(freed)


def test_tests_of_nested_models_agree() -> None:
    tests = CUMULATIVE["tests"]
    assert_allclose(
        tests["wine_contact"]["likelihood_ratio"],
        2 * (FITS["wine_contact"]["loglik"] - FITS["wine_logit"]["loglik"]),
        rtol=1e-6,  # a small difference of two log-likelihoods
    )
    # Wald by either information from the stored covariances: all coefficients of contact are equal.
    fit = FITS["wine_contact"]
    R = np.zeros((3, len(fit["coef"])))
    R[:, -4], R[np.arange(3), [-3, -2, -1]] = -1.0, 1.0
    gap = R @ fit["coef"]
    for key, name in (("vcov", "wald_observed"), ("vcov_expected", "wald_expected")):
        statistic = gap @ np.linalg.solve(R @ fit[key] @ R.T, gap)
        assert_allclose(statistic, tests["wine_contact"][name], rtol=REFERENCE)


def test_printed_figures() -> None:
    # SAS/STAT User's Guide, the LOGISTIC procedure, cheese of McCullagh and Nelder (SAS has all signs turned).
    cheese = FITS["cheese_logit"]
    assert_allclose(cheese["coef"][8:], [-1.6128, -4.9646, -3.3227], atol=5e-5)
    assert_allclose(
        cheese["coef"][:8], [-7.0802, -6.0250, -4.9254, -3.8568, -2.5206, -1.5685, -0.0669, 1.4930], atol=6e-5
    )
    assert_allclose(-2 * cheese["loglik"], 711.348, atol=5e-4)
    assert_allclose(CUMULATIVE["tests"]["cheese"]["score_observed"], 17.287, atol=5e-4)
    assert CUMULATIVE["tests"]["cheese"]["dof"] == 21
    # UCLA's page of ologit (Stata), n = 400; a likelihood-ratio test of public alone.
    students = FITS["students_logit"]
    assert_allclose(students["coef"], [2.203323, 4.298767, 1.047664, -0.0586828, 0.6157458], atol=6e-7)
    assert_allclose(students["std_error"], [0.7795353, 0.8043146, 0.2657891, 0.2978588, 0.2606311], atol=6e-7)
    assert_allclose(students["loglik"], -358.51244, atol=6e-6)
    # Christensen, R. H. B., Cumulative Link Models for Ordinal Regression with the R Package ordinal.
    wine = FITS["wine_logit"]
    assert_allclose(wine["coef"], [-1.344, 1.251, 3.467, 5.006, 2.503, 1.528], atol=6e-4)
    assert_allclose(wine["loglik"], -86.49, atol=0.005)
    assert_allclose(CUMULATIVE["tests"]["wine_temp"]["likelihood_ratio"], 3.175, atol=5e-4)
    # Venables, W. N. and Ripley, B. D. (2002) Modern Applied Statistics with S, section 7.3.
    housing = FITS["housing_logit"]
    assert_allclose(housing["coef"][2:], [1.289, 0.566, -0.572, -0.366, -1.091, 0.360], atol=6e-4)
    assert_allclose(-2 * housing["loglik"], 3479.149, atol=5e-4)
