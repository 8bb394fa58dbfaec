"""Tests of terms, pairs of outcomes and irrelevant alternatives, ratios and statistics: by hand, with refits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import chdtrc, ndtr, ndtri

import logitkit as lk
from logitkit.errors import FormulaError, UnsupportedError
from multinomial.tables import table
from oracles.multinomial import Optimum, logits, loss, maximise
from tolerances import EXACT, ROUTE

K, P = 4, 5
TERMS = ["Intercept", "g[T.v]", "g[T.w]", "x", "z"]
COLUMNS = {"g": (1, 2), "x": (3,), "z": (4,)}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return table(K)


@pytest.fixture(scope="module")
def fit(frame: pd.DataFrame) -> lk.MultinomialFit:
    return lk.multinomial("y ~ g + x + z", frame)


def arrays(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    g = frame["g"].to_numpy()
    X = np.column_stack([np.ones(len(frame)), g == "v", g == "w", frame["x"], frame["z"]]).astype(float)
    return X, np.eye(K)[frame["y"].map(ord).to_numpy() - 97]


@pytest.fixture(scope="module")
def best(frame: pd.DataFrame) -> Optimum:
    return maximise(*arrays(frame))


def wald(best: Optimum, R: np.ndarray) -> float:
    value = R @ best.coef
    return float(value @ np.linalg.solve(R @ best.vcov @ R.T, value))


def test_terms(fit: lk.MultinomialFit, frame: pd.DataFrame, best: Optimum) -> None:
    X, Y = arrays(frame)
    by_ratio, by_wald = fit.anova(3), fit.anova(3, "Wald")
    assert list(by_ratio.labels) == list(by_wald.labels) == list(COLUMNS)
    for place, columns in enumerate(COLUMNS.values()):
        smaller = maximise(np.delete(X, columns, axis=1), Y)
        dof = 3 * len(columns)
        assert_allclose(by_ratio.statistic[place], 2 * (smaller.loss - best.loss), rtol=1e-8)
        flat = (np.arange(K - 1)[:, None] * P + np.array(columns)).ravel()
        assert_allclose(by_wald.statistic[place], wald(best, np.eye(best.coef.size)[flat]), rtol=1e-8)
        for tests in (by_ratio, by_wald):
            assert tests.dof[place] == dof
            assert_allclose(tests.p_value[place], chdtrc(dof, tests.statistic[place]), rtol=EXACT)


def test_a_term_alone_without_intercept(frame: pd.DataFrame) -> None:
    alone = lk.multinomial("y ~ 0 + x", frame)
    tests = alone.anova(3)
    assert_allclose(tests.statistic, [2 * len(frame) * np.log(K) - alone.deviance], rtol=ROUTE)
    assert tests.dof.tolist() == [K - 1]


def test_pairs_of_outcomes(fit: lk.MultinomialFit, frame: pd.DataFrame, best: Optimum) -> None:
    X, Y = arrays(frame)
    by_ratio, by_wald = fit.combine_tests("LR"), fit.combine_tests()
    unit = np.vstack([np.zeros(K - 1), np.eye(K - 1)])
    slopes = np.eye(P)[1:]
    place = 0
    for a in range(K):
        for b in range(a + 1, K):
            assert by_wald.labels[place] == f"{'abcd'[a]} & {'abcd'[b]}"
            R = np.kron(unit[a] - unit[b], slopes)
            # Coefficients with R c = 0: an orthonormal basis of the null space.
            basis = np.linalg.svd(R)[2][len(R) :].T
            smaller = maximise(X, Y, basis=basis)
            assert_allclose(by_ratio.statistic[place], 2 * (smaller.loss - best.loss), rtol=1e-7)
            assert_allclose(by_wald.statistic[place], wald(best, R), rtol=1e-8)
            # Cramer and Ridder: the likelihood of the outcomes put together, and how the pair is split.
            pooled = np.delete(Y, b, axis=1)
            pooled[:, a] += Y[:, b]
            na, nb = Y[:, a].sum(), Y[:, b].sum()
            split = -na * np.log(na / (na + nb)) - nb * np.log(nb / (na + nb))
            assert_allclose(smaller.loss, maximise(X, pooled).loss + split, rtol=ROUTE)
            assert by_ratio.dof[place] == by_wald.dof[place] == P - 1
            place += 1
    assert place == len(by_wald.labels) == len(by_ratio.labels)


@pytest.mark.parametrize("formula", ["y ~ x + copy + z", "y ~ copy + x + g"])
def test_aliased_columns_change_no_test(frame: pd.DataFrame, formula: str) -> None:
    wide = frame.assign(copy=1.0 - 2.0 * frame["x"])
    plain = formula.replace("copy + ", "") if formula.startswith("y ~ copy") else formula.replace(" + copy", "")
    one, other = lk.multinomial(formula, wide), lk.multinomial(plain, wide)
    assert len(one.aliased) == K - 1
    assert one.n_params == other.n_params
    for kind in ("Wald", "LR"):
        assert_allclose(one.combine_tests(kind).statistic, other.combine_tests(kind).statistic, rtol=1e-7)
        assert one.combine_tests(kind).dof.tolist() == other.combine_tests(kind).dof.tolist()
    found, expected = one.anova(3, "LR"), other.anova(3, "LR")
    last = found.labels.index(plain[-1])
    assert_allclose(found.statistic[last], expected.statistic[expected.labels.index(plain[-1])], rtol=1e-7)
    # Each of two columns that say the same adds nothing to the other.
    assert_allclose(found.statistic[found.labels.index("x")], 0.0, atol=1e-8)
    assert found.dof[found.labels.index("x")] == 0
    for method in ("hausman", "small_hsiao"):
        assert_allclose(one.iia_tests(method).statistic, other.iia_tests(method).statistic, rtol=1e-6)
    assert_allclose(one.predict(), other.predict(), rtol=ROUTE)
    symmetric = lk.multinomial(formula, wide, reference=None)
    assert_allclose(symmetric.combine_tests("LR").statistic, one.combine_tests("LR").statistic, rtol=1e-7)


def test_linear_hypotheses(fit: lk.MultinomialFit, best: Optimum) -> None:
    places = {f"{outcome}:{term}": i * P + j for i, outcome in enumerate("bcd") for j, term in enumerate(TERMS)}
    R, r = np.zeros((2, best.coef.size)), np.array([0.0, 0.5])
    R[0, places["b:x"]], R[0, places["c:x"]] = 1.0, -1.0
    R[1, places["d:g[T.v]"]], R[1, places["b:z"]] = 2.0, 1.0
    found = fit.test("b:x = c:x, 2 * d:g[T.v] + b:z = 0.5")
    left = R @ best.coef - r
    assert_allclose(found.statistic, left @ np.linalg.solve(R @ best.vcov @ R.T, left), rtol=1e-8)
    assert found.dof == 2


@pytest.mark.parametrize("k", [2, 3, 4, 5, 7])
def test_what_the_model_fixes_is_not_tested(k: int) -> None:
    """In symmetric form coefficients sum to zero: rounding of that sum, over its own error, is no statistic."""
    rows = table(k, 400)
    symmetric = lk.multinomial("y ~ x + z", rows, reference=None)
    outcomes = symmetric.outcomes
    equal = lk.multinomial("y ~ x + z", rows, equal="x", per_outcome={"b": "x"})
    asked = [(symmetric, " + ".join(f"{outcome}:x" for outcome in outcomes) + " = 0"), (equal, "b:z = 0")]
    if k > 2:
        asked.append((equal, "b:x = c:x"))
    for fitted, hypothesis in asked:
        for text in (hypothesis, f"{hypothesis}, b:x = 1"):
            with pytest.raises(FormulaError, match="it is fixed by the model"):
                fitted.test(text)
    every = symmetric.test(", ".join(f"{outcome}:x = 0" for outcome in outcomes))
    assert every.dof == k - 1
    assert_allclose(every.statistic, symmetric.anova(3, "Wald").statistic[0], rtol=1e-8)


def test_odds_ratios(fit: lk.MultinomialFit, best: Optimum) -> None:
    unit = np.vstack([np.zeros(K - 1), np.eye(K - 1)])
    found = fit.odds_ratios(outcome="d", against="b", units={"x": -3.0}, level=0.9)
    for term, change in (("x", -3.0), ("z", 1.0)):
        row = np.kron(unit[3] - unit[1], np.eye(P)[TERMS.index(term)])
        value, error = change * (row @ best.coef), abs(change) * np.sqrt(row @ best.vcov @ row)
        z = ndtri(0.95)
        expected = [np.exp(value), np.exp(value) * error, *np.exp([value - z * error, value + z * error])]
        columns = ["odds_ratio", "std_error", "conf_low", "conf_high"]
        assert_allclose(found.loc[("d", term), columns].astype(float), expected, rtol=1e-8)
        assert_allclose(found.loc[("d", term), "p_value"], 2 * ndtr(-abs(value) / error), rtol=1e-7)
        assert found.loc[("d", term), "unit"] == change
    # What it says: the ratio of probabilities is multiplied by this when x falls by three.
    rows = pd.DataFrame({"g": ["u", "u"], "x": [1.0, -2.0], "z": [0.3, 0.3]})
    p = fit.predict(rows)
    ratio = (p["d"] / p["b"]).to_numpy()
    assert_allclose(ratio[1] / ratio[0], found.loc[("d", "x"), "odds_ratio"], rtol=ROUTE)
    every = fit.odds_ratios()
    assert every.index.get_level_values("outcome").unique().tolist() == ["b", "c", "d"]
    assert_allclose(np.log(every.loc[("c", "z"), "odds_ratio"]), fit.coef.loc["z", "c"], rtol=ROUTE)


def test_statistics_of_the_whole_fit(fit: lk.MultinomialFit, frame: pd.DataFrame, best: Optimum) -> None:
    X, Y = arrays(frame)
    null, n = maximise(np.ones((len(X), 1)), Y).loss, len(X)
    share = Y.mean(axis=0)
    assert_allclose(null, -n * share @ np.log(share), rtol=ROUTE)
    test = fit.lr_test()
    assert_allclose(test.statistic, 2 * (null - best.loss), rtol=ROUTE)
    assert test.dof == (K - 1) * (P - 1)
    assert_allclose(test.p_value, chdtrc(test.dof, test.statistic), rtol=EXACT)
    cox = 1 - np.exp(2 * (best.loss - null) / n)
    expected = [1 - best.loss / null, cox, cox / (1 - np.exp(-2 * null / n))]
    assert_allclose(fit.r_squared[["mcfadden", "cox_snell", "nagelkerke"]].astype(float), expected, rtol=ROUTE)
    assert_allclose(fit.bic, 2 * best.loss + np.log(n) * best.coef.size, rtol=EXACT)
    assert fit.dof_residual == n * (K - 1) - best.coef.size


def test_hausman_and_mcfadden(fit: lk.MultinomialFit, frame: pd.DataFrame, best: Optimum) -> None:
    X, Y = arrays(frame)
    tests = fit.iia_tests()
    unit = np.vstack([np.zeros(K - 1), np.eye(K - 1)])
    for omitted in range(K):
        rows = Y[:, omitted] == 0
        left = [k for k in range(K) if k != omitted]
        smaller = maximise(X[rows], Y[np.ix_(rows, left)])
        R = np.vstack([np.kron(unit[k] - unit[left[0]], np.eye(P)) for k in left[1:]])
        difference, V = smaller.coef - R @ best.coef, smaller.vcov - R @ best.vcov @ R.T
        # The difference of two covariances has lost digits, and is solved with.
        assert_allclose(tests.statistic[omitted], difference @ np.linalg.solve(V, difference), rtol=1e-6)
        assert tests.dof[omitted] == len(R)
        statistic = tests.statistic[omitted]
        assert_allclose(tests.p_value[omitted], chdtrc(len(R), statistic) if statistic >= 0 else np.nan, rtol=EXACT)


@pytest.mark.parametrize("seed", [0, 11])
@pytest.mark.parametrize("weighted", [False, True])
def test_small_and_hsiao(frame: pd.DataFrame, seed: int, weighted: bool) -> None:
    X, Y = arrays(frame)
    generator = np.random.default_rng(seed)
    if weighted:
        # Each observation of a row falls into one half or the other.
        times = 3 * frame["times"].to_numpy()
        first = generator.binomial(times, 0.5)
        second = times - first
        fit = lk.multinomial("y ~ g + x + z", frame, weights=times)
    else:
        first = (generator.permutation(len(X)) < len(X) // 2).astype(int)
        second = 1 - first
        fit = lk.multinomial("y ~ g + x + z", frame)
    tests = fit.iia_tests("small_hsiao", seed=seed)
    halves = [maximise(X, Y * half[:, None]).coef for half in (first, second)]
    average = 2**-0.5 * halves[0] + (1 - 2**-0.5) * halves[1]
    for omitted in range(K):
        left = [k for k in range(K) if k != omitted]
        rows = Y[:, omitted] == 0
        x, y = X[rows], Y[np.ix_(rows, left)] * second[rows, None]
        eta = logits(average, x, K)[:, left]
        there = float(np.sum(y * (np.log(np.exp(eta).sum(axis=1, keepdims=True)) - eta)))
        own = maximise(x, y)
        assert_allclose(tests.statistic[omitted], 2 * (there - own.loss), rtol=1e-7)
        assert tests.dof[omitted] == own.coef.size
        assert_allclose(own.loss, loss(own.coef, x, y), rtol=EXACT)
    assert tests.seed == seed


def test_tests_of_irrelevant_alternatives_that_there_are_not(frame: pd.DataFrame) -> None:
    wide = pd.DataFrame({"a": [3, 4, 1, 5], "b": [2, 2, 4, 1], "c": [1, 3, 2, 2], "x": [0.0, 1, 2, 3]})
    refused = [
        lk.multinomial("cbind(a, b, c) ~ x", wide),
        lk.multinomial("y ~ x", frame.query("y in ('a', 'b')")),
        lk.multinomial("y ~ x", frame, equal="x"),
        lk.multinomial("y ~ x", frame, cluster="id"),
    ]
    for fit in refused:
        with pytest.raises(UnsupportedError, match="irrelevant"):
            fit.iia_tests()


@pytest.mark.parametrize("reference", ["a", None])
def test_pairs_beside_separation_and_an_aliased_column(frame: pd.DataFrame, reference: str | None) -> None:
    """A level without d makes d's coefficient infinite; the pairs of the others are tested, a copied column or not."""
    rows = frame[(frame["y"] != "d") | (frame["g"] != "w")]
    one, other = (
        lk.multinomial(formula, rows.assign(copy=1.0 - 2.0 * rows["x"]), reference=reference)
        for formula in ("y ~ g + x + copy + z", "y ~ g + x + z")
    )
    assert len(one.aliased) > len(other.aliased) == 0
    for fitted in (one, other):
        assert fitted.separation is not None
        tests = fitted.combine_tests()
        with_d = [label.endswith("d") for label in tests.labels]
        assert np.isnan(tests.statistic).tolist() == with_d
        assert tests.dof.tolist() == [P - 1] * 6
        finite = tests.statistic[~np.isnan(tests.statistic)]
        pairs = [("b", ""), ("c", ""), ("b", "c")] if reference == "a" else [("a", "b"), ("a", "c"), ("b", "c")]
        for (first, second), statistic in zip(pairs, finite, strict=True):
            words = (f"{first}:{term} = {f'{second}:{term}' if second else 0}" for term in TERMS[1:])
            assert_allclose(statistic, fitted.test(", ".join(words)).statistic, rtol=1e-7)
    assert_allclose(one.combine_tests().statistic, other.combine_tests().statistic, rtol=1e-7)


def test_fewer_clusters_than_hypotheses_are_no_test(frame: pd.DataFrame) -> None:
    """Four clusters leave a covariance of rank three: of 6 or 4 hypotheses at once, nothing can be said."""
    few = lk.multinomial("y ~ g + x + z", frame.assign(few=np.arange(len(frame)) % 4), cluster="few")
    with pytest.raises(UnsupportedError, match="lacks the rank"):
        few.test(", ".join(f"{k}:g[T.{level}] = 0" for k in "bcd" for level in "vw"))
    terms, pairs = few.anova(3, "Wald"), few.combine_tests()
    for tests, dof in ((terms, [6, 3, 3]), (pairs, [P - 1] * 6)):
        assert tests.dof.tolist() == dof
        assert np.isnan(tests.statistic).tolist() == [d > 3 for d in dof]
        assert np.isnan(tests.p_value).tolist() == [d > 3 for d in dof]
        assert "lacks the rank" in str(tests)
    expected = few.test("b:x = 0, c:x = 0, d:x = 0")
    assert_allclose(terms.statistic[1], expected.statistic, rtol=1e-8)


@pytest.mark.parametrize("reference", ["a", "c", None])
def test_contrasts_that_no_row_tells_of_are_no_degrees_of_freedom(reference: str | None) -> None:
    """Levels where only c occurs say nothing of a against b: the test is that of the binary fit of the two."""
    counts = {"f": (9, 3, 6), "g": (4, 8, 5), "h": (0, 0, 7), "i": (0, 0, 4), "j": (0, 6, 5)}
    cells = [(level, y) for level, row in counts.items() for y, n in zip("abc", row, strict=True) for _ in range(n)]
    frame = pd.DataFrame(cells, columns=["g", "y"])
    fitted = lk.multinomial("y ~ g", frame, reference=reference)
    tests = fitted.combine_tests("LR")
    two = lk.logit("y ~ g", frame[frame["y"] != "c"], event="b").lr_test()
    assert (tests.dof[0], two.dof) == (2, 2)  # f against g, and j, whose coefficient is infinite
    assert_allclose(tests.statistic[0], two.statistic, rtol=1e-9)
    assert_allclose(tests.p_value[0], two.p_value, rtol=1e-9)
    assert tests.dof[1:].tolist() == [4, 4]
    # By Wald, where nothing infinite is left.
    rest = frame[frame["g"] != "j"]
    wald = lk.multinomial("y ~ g", rest, reference=reference).combine_tests("Wald")
    binary = lk.logit("y ~ g", rest[rest["y"] != "c"], event="b").test("g[T.g] = 0")
    assert wald.dof[0] == binary.dof == 1
    assert_allclose(wald.statistic[0], binary.statistic, rtol=1e-9)
    assert np.isnan(fitted.combine_tests("Wald").statistic).all()


def test_a_term_beside_one_that_separates_by_itself_has_no_test() -> None:
    """In g = q only c occurs: of z = g = q the likelihood is the same with it and without, whatever it does to a, b."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"g": np.repeat(["p", "q"], [60, 20]), "x": rng.normal(size=80)})
    frame["y"] = np.where(frame["g"] == "q", "c", rng.choice(list("abc"), 80))
    frame["z"] = np.where(frame["g"] == "q", rng.normal(size=80), 0.0)
    tests = lk.multinomial("y ~ x + g + z", frame).anova(3, "LR")
    assert tests.dof.tolist() == [2, 2, 0]
    assert_allclose(tests.statistic[2], 0.0, atol=1e-6)  # the rest of a likelihood that rises to its limit
    assert np.isnan(tests.p_value[2])


def test_where_every_row_is_fitted_perfectly_there_is_no_likelihood_ratio() -> None:
    frame = pd.DataFrame({"y": list("aaabbbccc"), "x": np.arange(9.0), "z": [1.0, 3, 2, 2, 1, 3, 3, 2, 1]})
    fit = lk.multinomial("y ~ x + z", frame)
    for tests in (fit.anova(3, "LR"), fit.combine_tests("LR")):
        assert np.isnan(tests.statistic).all()
        assert "every row is fitted perfectly" in " ".join(str(tests).split())
