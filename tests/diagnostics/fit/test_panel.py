"""The panel of tests of fit against R, Rao's score tests, and plain NumPy; on new rows; and what it refuses."""

from __future__ import annotations

import json
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import chdtrc, expit, ndtr

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from references.load import load_frame, load_reference
from tolerances import EXACT, REFERENCE, ROUTE

REFERENCE_FILE = Path(__file__).parents[2] / "references" / "diagnostics" / "goodness_of_fit.json"
BEETLES = pd.DataFrame(
    {
        "dose": [1.6907, 1.7242, 1.7552, 1.7842, 1.8113, 1.8369, 1.861, 1.8839],
        "y": [6, 13, 18, 28, 52, 53, 61, 60],
        "no": [53, 47, 44, 28, 11, 6, 1, 0],
    }
)


@pytest.fixture(scope="module")
def reference():
    return json.loads(REFERENCE_FILE.read_text())


@pytest.fixture(scope="module")
def lbw():
    return lk.datasets.load_lbw()


@pytest.fixture(scope="module")
def fit(lbw):
    return lk.logit("low ~ age + lwt + C(race) + smoke + ptl + ht + ui", lbw)


@pytest.fixture(scope="module")
def beetles():
    return lk.logit("cbind(y, no) ~ dose", BEETLES)


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(4)
    x = rng.integers(1, 9, 400) / 2.0
    frame = pd.DataFrame({"x": x, "z": rng.normal(size=400).round(1), "g": rng.choice(list("abc"), 400)})
    frame["w"] = rng.integers(1, 4, 400)
    frame["y"] = (rng.random(400) < expit(-1 + 0.5 * x - 0.4 * frame["z"])).astype(int)
    return frame


@pytest.mark.parametrize("name", ["lbw", "beetles"])
def test_agrees_with_r(request, reference, name):
    found = request.getfixturevalue("fit" if name == "lbw" else name).goodness_of_fit()
    stored = reference[name]
    patterns = stored["patterns"]
    assert_allclose(found["pearson"].statistic, patterns["pearson"][0], rtol=REFERENCE)
    assert_allclose(found["deviance"].statistic, patterns["deviance"][0], rtol=REFERENCE)
    assert_allclose(found["osius_rojek"].statistic, patterns["osius_rojek"][0], rtol=REFERENCE)
    assert_allclose(found["stukel"].statistic, stored["stukel"]["statistic"][0], rtol=REFERENCE)
    assert found["stukel"].dof == stored["stukel"]["dof"]
    assert_allclose(found["spiegelhalter"].statistic, stored["spiegelhalter"][0], rtol=REFERENCE)
    for column, test in stored["box_tidwell"].items():
        assert_allclose(found[f"Box-Tidwell, {column}"].statistic, test["statistic"][0], rtol=REFERENCE)
        assert_allclose(found[f"Box-Tidwell, {column}"].p_value, chdtrc(1, test["statistic"][0]), rtol=REFERENCE)


def test_the_sum_of_squares_is_that_of_rms(fit, reference):
    """residuals(lrm(...), "gof")."""
    found = fit.goodness_of_fit(tests="le_cessie")["le_cessie"]
    z = reference["lbw"]["z"][0]
    assert_allclose(found.statistic, z, rtol=REFERENCE)
    assert_allclose(found.p_value, 2 * ndtr(-abs(z)), rtol=REFERENCE)


def test_the_link_test_is_that_of_glm(fit, beetles, lbw, reference):
    """As Stata's linktest: the linear predictor and its square, by the same link."""
    probit = lk.logit("low ~ age + lwt + C(race) + smoke + ptl + ht + ui", lbw, link="probit")
    for one, name in ((fit, "lbw"), (probit, "probit"), (beetles, "beetles")):
        stored = reference[name]["link_test"]
        found = one.link_test()
        assert_allclose(found.estimate, stored["estimate"], rtol=REFERENCE)
        assert_allclose(found.std_error, stored["std_error"], rtol=REFERENCE)
        assert_allclose(found.statistic, stored["estimate"][1] / stored["std_error"][1], rtol=REFERENCE)
        assert_allclose(found.p_value, 2 * ndtr(-abs(found.statistic)), rtol=EXACT)
    assert "probit" in str(probit.link_test())


def test_box_tidwell_has_another_link_too(lbw, reference):
    probit = lk.logit("low ~ age + lwt + C(race) + smoke + ptl + ht + ui", lbw, link="probit")
    stored = reference["probit"]["box_tidwell"]["lwt"]["statistic"][0]
    found = probit.box_tidwell(of="lwt")
    assert_allclose(found.statistic, stored, rtol=REFERENCE)
    assert_allclose(found.power, 1 + found.gamma / found.estimate, rtol=EXACT)


def test_box_tidwell_finds_the_power():
    rng = np.random.default_rng(0)
    x = rng.uniform(0.5, 4.0, 200_000)
    y = (rng.random(x.size) < expit(-1.0 + 0.8 * x**1.2)).astype(int)
    found = lk.logit("y ~ x", {"y": y, "x": x}).box_tidwell()
    assert found.p_value[0] < 1e-6
    assert_allclose(found.power[0], 1.2, atol=0.1)  # one step of Newton's method, with a standard error of some 0.04


def information_matrix_twin(X, y, p):
    """White's statistic with Orme's covariance, from second derivatives and scores of single trials of the logit."""
    places = list(combinations_with_replacement(range(X.shape[1]), 2))
    products = np.column_stack([X[:, i] * X[:, j] for i, j in places])

    def elements(outcome):
        return products * ((outcome - p) ** 2 - p * (1 - p))[:, None]

    total = elements(y).sum(axis=0)
    # The expected covariance of elements and scores, by both outcomes of every trial.
    both = [(elements(np.full_like(p, k)), X * (k - p)[:, None], q) for k, q in ((0.0, 1 - p), (1.0, p))]
    of_elements = sum((d * q[:, None]).T @ d for d, _, q in both)
    crossed = sum((d * q[:, None]).T @ s for d, s, q in both)
    of_scores = sum((s * q[:, None]).T @ s for _, s, q in both)
    covariance = of_elements - crossed @ np.linalg.solve(of_scores, crossed.T)
    some = np.diag(of_elements) > 0  # no product of two levels
    total, covariance, of_elements = total[some], covariance[some][:, some], of_elements[some][:, some]
    scale = np.sqrt(np.diag(of_elements))
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    kept = values > 1e-8 * values.max()
    return float(np.sum((vectors.T @ (total / scale))[kept] ** 2 / values[kept])), int(kept.sum())


def test_the_information_matrix_is_that_of_its_definition(drawn):
    fit = lk.logit("y ~ x + z + C(g)", drawn)
    statistic, dof = information_matrix_twin(
        fit.design.matrix.to_dense(), drawn["y"].to_numpy() * 1.0, fit.predict().to_numpy()
    )
    found = fit.goodness_of_fit(tests=["information_matrix"])["information_matrix"]
    assert found.dof == dof
    assert_allclose(found.statistic, statistic, rtol=ROUTE)


def test_many_coefficients_leave_the_diagonal():
    rng = np.random.default_rng(3)
    X = np.column_stack([np.ones(600), rng.normal(size=(600, 15))])
    fit = lk.logit_matrix(X, rng.integers(0, 2, 600), names=["Intercept", *(f"x{j}" for j in range(15))])
    found = fit.goodness_of_fit(tests="information_matrix")["information_matrix"]
    p = np.asarray(fit.predict())
    residual, spread = (fit.design.response.y - p) * (1 - 2 * p), p * (1 - p)
    squares, cross = X**2, (X**2 * ((1 - 2 * p) * spread)[:, None]).T @ X
    covariance = (squares * (spread * (1 - 2 * p) ** 2)[:, None]).T @ squares - cross @ np.linalg.solve(
        (X * spread[:, None]).T @ X, cross.T
    )
    total = squares.T @ residual
    assert (found.dof, "Diagonal" in found.note) == (16, True)
    assert_allclose(found.statistic, total @ np.linalg.solve(covariance, total), rtol=ROUTE)


def test_saturated_but_for_few_patterns_all_tests_are_pearsons(lbw):
    """Six patterns and four coefficients leave two degrees of freedom, which score tests of two columns take up."""
    found = lk.logit("low ~ smoke + C(race)", lbw).goodness_of_fit()
    assert (found["pearson"].dof, found["stukel"].dof, found["information_matrix"].dof) == (2, 2, 2)
    for name in ("stukel", "information_matrix"):
        assert_allclose(found[name].statistic, found["pearson"].statistic, rtol=1e-8)  # two nearly dependent columns


@pytest.mark.parametrize("formula", ["y ~ x + z", "y ~ x + C(g)"])
def test_frequency_weights_and_trials_are_rows_written_out(drawn, formula):
    written = drawn.loc[drawn.index.repeat(drawn["w"])]
    counted = drawn.assign(yes=drawn["w"] * drawn["y"], no=drawn["w"] * (1 - drawn["y"]))
    plain = lk.logit(formula, written).goodness_of_fit().to_frame()
    weighted = lk.logit(formula, drawn, weights="w").goodness_of_fit().to_frame()
    grouped = lk.logit(formula.replace("y ~", "cbind(yes, no) ~"), counted).goodness_of_fit().to_frame()
    for other in (weighted, grouped):
        assert list(other["test"]) == list(plain["test"])
        for column in ("statistic", "dof", "p_value"):
            assert_allclose(other[column], plain[column], rtol=1e-7, err_msg=column)  # nearly dependent columns


def test_new_rows_take_predictions_as_known(drawn):
    fit = lk.logit("y ~ x + z", drawn.iloc[:200])
    new = drawn.iloc[200:]
    found = fit.goodness_of_fit(new)
    p, y = fit.predict(new).to_numpy(), new["y"].to_numpy()
    v, half = p * (1 - p), 0.5 * np.log(p / (1 - p)) ** 2
    tails = np.stack([np.where(p >= 0.5, half, 0), np.where(p < 0.5, -half, 0)])
    score = tails @ (y - p)
    assert_allclose(found["stukel"].statistic, score @ np.linalg.solve((tails * v) @ tails.T, score), rtol=ROUTE)
    z = (y - p) @ (1 - 2 * p) / np.sqrt(v @ (1 - 2 * p) ** 2)
    assert_allclose(found["spiegelhalter"].statistic, z, rtol=ROUTE)
    assert (found["spiegelhalter"].note, found["hosmer_lemeshow"].dof) == ("", 10)
    table = new.assign(p=p).groupby(["x", "z"]).agg(m=("y", "size"), y=("y", "sum"), p=("p", "first"))
    m, p = table["m"], table["p"]
    pearson = np.sum((table["y"] - m * p) ** 2 / (m * p * (1 - p)))
    variance = 2 * (m.size - np.sum(1 / m)) + np.sum((1 - 2 * p) ** 2 / (m * p * (1 - p)))
    assert_allclose(found["pearson"].statistic, pearson, rtol=ROUTE)
    assert found["pearson"].dof == m.size
    assert_allclose(found["osius_rojek"].statistic, (pearson - m.size) / np.sqrt(variance), rtol=ROUTE)
    assert "Spiegelhalter" in found["le_cessie"].note
    assert "ask it of the rows of the fit" in found["box_tidwell"].note
    assert "p-values are too small" in str(found)
    assert_allclose(fit.on(new).goodness_of_fit().to_frame()["p_value"], found.to_frame()["p_value"], rtol=EXACT)


def test_sparse_patterns_have_no_p_value(fit, beetles):
    for name in ("pearson", "deviance"):
        sparse, dense = fit.goodness_of_fit()[name], lk.logit("low ~ smoke", lk.datasets.load_lbw())
        assert np.isnan(sparse.p_value)
        assert "fewer than five are expected" in sparse.note
        assert beetles.goodness_of_fit()[name].p_value == pytest.approx(
            chdtrc(6, beetles.goodness_of_fit()[name].statistic)
        )
        assert "saturated" in dense.goodness_of_fit()[name].note


def test_several_outcomes_have_patterns(lbw):
    fit = lk.multinomial("race ~ smoke + ht", lbw)
    found = fit.goodness_of_fit()
    counts = pd.crosstab([lbw["smoke"], lbw["ht"]], lbw["race"])
    expected = lbw.assign(i=np.arange(len(lbw))).groupby(["smoke", "ht"])["i"].first()
    expected = fit.predict().to_numpy()[expected] * counts.sum(axis=1).to_numpy()[:, None]
    assert_allclose(found["pearson"].statistic, np.sum((counts - expected) ** 2 / expected).sum(), rtol=ROUTE)
    assert found["pearson"].dof == counts.shape[0] * 2 - 6
    assert found.names == ("pearson", "deviance", "hosmer_lemeshow")
    assert "two outcomes" in fit.goodness_of_fit(tests=["stukel"])["stukel"].note


def test_offsets_are_part_of_patterns_and_predictions(drawn):
    fit = lk.logit("y ~ x + offset(z)", drawn)
    found = fit.goodness_of_fit()
    patterns = drawn.groupby(["x", "z"]).ngroups
    assert found["pearson"].dof == patterns - 2
    p = fit.predict().to_numpy()
    assert_allclose(
        found["spiegelhalter"].statistic,
        (drawn["y"] - p) @ (1 - 2 * p) / np.sqrt((p * (1 - p)) @ (1 - 2 * p) ** 2),
        rtol=ROUTE,
    )


def test_other_links_have_no_test_of_the_logit(drawn):
    found = lk.logit("y ~ x + z", drawn, link="cloglog").goodness_of_fit()
    assert "complementary log-log" in found["stukel"].note
    assert np.isfinite([found[name].p_value for name in ("le_cessie", "information_matrix", "osius_rojek")]).all()


def test_rows_in_chunks_have_the_same_answers(drawn, tmp_path):
    drawn.to_parquet(tmp_path / "rows.parquet", row_group_size=90)
    whole = lk.logit("y ~ x + z", drawn).goodness_of_fit().to_frame()
    parts = lk.logit("y ~ x + z", tmp_path / "rows.parquet", memory="30MB").goodness_of_fit().to_frame()
    assert_allclose(parts["statistic"], whole["statistic"], rtol=1e-8)


def test_a_name_that_is_no_test_is_refused(fit):
    with pytest.raises(UnsupportedError, match=r"is no test of fit.*stukel"):
        fit.goodness_of_fit(tests=["stukels"])
    with pytest.raises(UnsupportedError, match="There is no test 'pearson' here"):
        fit.goodness_of_fit(tests="stukel")["pearson"]


def test_what_has_no_distribution_is_refused(drawn):
    weighted = {"weights": "w", "weight_kind": "sampling"}
    for options, words in (
        (weighted, "sampling weights"),
        ({"weights": "w", "weight_kind": "precision"}, "not counts of observations"),
        ({"cluster": "g"}, r"cluster \(g\)"),
        ({"absorb": "g"}, "absorbed"),
        ({"penalty": lk.Ridge(0.1)}, "after a penalty"),
        ({"penalty": lk.Jeffreys()}, "bias reduction"),
        ({"dispersion": "pearson"}, "dispersion"),
    ):
        made = lk.logit("cbind(y, w - y) ~ x + z" if "dispersion" in options else "y ~ x + z", drawn, **options)
        for verb in (made.goodness_of_fit, made.link_test, made.box_tidwell):
            with pytest.raises(UnsupportedError, match=words):
                verb()
    penalised = lk.logit("y ~ x + z", drawn.iloc[:200], penalty=lk.Ridge(0.01))
    assert np.isfinite(penalised.goodness_of_fit(drawn.iloc[200:])["stukel"].p_value)


def test_box_tidwell_says_what_it_does_not_test(drawn):
    fit = lk.logit("y ~ x + z + C(g)", drawn)
    found = fit.box_tidwell()
    assert found.names == ("x",)
    assert dict(found.omitted)["z"].startswith("it is not positive")
    with pytest.raises(UnsupportedError, match="'z' has no answer: it is not positive"):
        fit.box_tidwell(of="z")
    with pytest.raises(DataError, match="'w' is no column of the model"):
        fit.box_tidwell(of="w")
    with pytest.raises(UnsupportedError, match="No column"):
        lk.logit("y ~ C(g)", drawn).box_tidwell()
    with pytest.raises(UnsupportedError, match="ask it of the rows of the fit"):
        fit.box_tidwell(drawn.iloc[:50])


def test_the_link_test_needs_something_to_look_at(drawn):
    with pytest.raises(UnsupportedError, match="all predictions are equal"):
        lk.logit("y ~ 1", drawn).link_test()
    with pytest.raises(UnsupportedError, match="two values only"):
        lk.logit("y ~ a", drawn.assign(a=(drawn["x"] > 2) * 1)).link_test()
    fit = lk.logit("y ~ x", drawn)
    with pytest.raises(DataError, match="no row has the outcome '0'"):
        fit.link_test(drawn[drawn["y"] == 1])
    with pytest.raises(UnsupportedError, match="two outcomes"):
        lk.multinomial("g ~ x", drawn).link_test()


def test_separated_rows_that_are_certain_count_nowhere(drawn):
    certain = pd.DataFrame({"x": [2.0] * 5, "z": [0.0] * 5, "y": [1] * 5, "s": [1] * 5})
    both = pd.concat([drawn.assign(s=0), certain])
    found = lk.logit("y ~ x + z + s", both).goodness_of_fit()
    plain = lk.logit("y ~ x + z", drawn).goodness_of_fit()
    for name in ("pearson", "deviance", "osius_rojek", "le_cessie", "spiegelhalter", "stukel", "information_matrix"):
        assert_allclose(found[name].statistic, plain[name].statistic, rtol=1e-6, err_msg=name)
        assert_allclose(found[name].dof, plain[name].dof)


def test_it_prints_and_makes_a_frame(fit):
    found = fit.goodness_of_fit()
    assert list(found.to_frame().columns) == ["test", "statistic", "dof", "p_value", "null", "note"]
    text = str(found)
    assert "Hosmer-Lemeshow, groups of Stata" in text
    assert "9.65" in text
    assert all(len(line) <= 80 for line in text.splitlines())
    assert list(fit.link_test().to_frame()["term"]) == ["eta", "eta^2", "Intercept"]
    assert list(fit.box_tidwell().to_frame()["term"]) == ["age", "lwt"]


def test_the_reference_table_is_ours(fit):
    """The tables of the reference script are those of the tests."""
    assert_allclose(fit.deviance, load_reference("lbw")["fit"]["deviance"], rtol=REFERENCE)
    assert len(load_frame(load_reference("lbw"))) == 189


def test_tests_may_be_named_as_in_print() -> None:
    fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    expected = fit.goodness_of_fit(tests="hosmer_lemeshow").to_frame()
    for name in ("hosmer-lemeshow", "Hosmer-Lemeshow", " Hosmer Lemeshow"):
        found = fit.goodness_of_fit(tests=name)
        pd.testing.assert_frame_equal(found.to_frame(), expected)
        assert found[name].name == "hosmer_lemeshow"
    with pytest.raises(UnsupportedError, match="Did you mean 'hosmer_lemeshow'"):
        fit.goodness_of_fit(tests="hosmer-lemeshaw")
