"""The benchmarks of several outcomes: their objectives, their data, and what is asked of each contender."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

import logitkit as lk
from tolerances import EXACT, ITERATIVE

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture(autouse=True)
def _benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    import r_peers

    monkeypatch.setattr(r_peers, "r_version", lambda package: None)  # which would start R for each package


def written_out(X: np.ndarray, coef: np.ndarray, y: np.ndarray) -> float:
    """Return the sum of the losses, a row and an outcome at a time."""
    total = 0.0
    for x, outcome in zip(X, y, strict=True):
        logits = [math.fsum(x * row) for row in coef]
        total += math.log(math.fsum(math.exp(logit - logits[outcome]) for logit in logits))
    return total


def test_the_objective_of_outcomes_is_the_loglik_of_the_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    import outcome_ours as ours
    import outcome_problems
    from drawing import as_problem
    from outcome_drawing import draw_outcomes
    from problems import Answer

    problem = as_problem(draw_outcomes(3_000, 3, 12))  # so many that their order as text is another
    fit = ours.fit_matrix(problem, math.nan)
    coef = ours.table(fit, 12)
    monkeypatch.setattr(outcome_problems, "ENTRIES", 12 * 700)  # blocks, the last of them shorter
    np.testing.assert_allclose(problem.objective(Answer(coef=coef)), -fit.loglik, rtol=EXACT)
    shifted = Answer(coef=coef + np.array([1.0, -2.0, 3.0, 0.5]))
    np.testing.assert_allclose(problem.objective(shifted), -fit.loglik, rtol=EXACT)
    assert (problem.null, len(problem.names)) == (None, 4)
    record = ours.fit_ready(problem, math.nan)
    np.testing.assert_allclose(record.coef, fit.record.coef, rtol=EXACT)


def test_the_objective_of_a_frame_of_outcomes_is_the_loglik_of_the_fit() -> None:
    import outcome_ours as ours
    from drawing import as_problem
    from outcome_drawing import draw_outcome_frame
    from problems import Answer

    problem = as_problem(draw_outcome_frame(2_000, 2, (4, 3), 3))
    fit = lk.multinomial(problem.formula, problem.frame)
    np.testing.assert_allclose(problem.objective(Answer(coef=ours.table(fit, 3))), -fit.loglik, rtol=EXACT)


@pytest.mark.parametrize("kind", ["dense", "sparse", "as they are"])
def test_the_penalised_objective_of_outcomes_is_the_formula_written_out(kind: str) -> None:
    from drawing import as_problem
    from outcome_drawing import draw_outcome_path
    from outcome_problems import OutcomeMatrix
    from problems import Answer

    drawn = as_problem(draw_outcome_path(60, 4, 3, (2, 0.1)))
    X = drawn.X * np.array([1.0, 1.0, 2.0, 3.0, 4.0])
    standardised, share = kind != "as they are", 0.3
    given: Any = csr_array(X) if kind == "sparse" else X
    problem = OutcomeMatrix(given, drawn.y, 3, drawn.strengths, share, standardised)
    coef = np.random.default_rng(1).normal(size=(2, 3, 5))
    scale = [X[:, j].std() if standardised else 1.0 for j in range(1, 5)]
    expected = []
    for strength, one in zip(drawn.strengths, coef, strict=True):
        size = [abs(s * row[j + 1]) for row in one for j, s in enumerate(scale)]
        penalty = share * math.fsum(size) + (1.0 - share) * math.fsum(b * b for b in size) / 2.0
        expected.append(written_out(X, one, drawn.y) / 60 + strength * penalty)
    np.testing.assert_allclose(problem.objective(Answer(coef=coef)), expected, rtol=EXACT)
    shares = np.array([np.mean(drawn.y == k) for k in range(3)])
    assert problem.null is not None
    np.testing.assert_allclose(problem.null, -np.sum(shares * np.log(shares)), rtol=EXACT)


def test_no_coefficient_of_any_outcome_leaves_zero_at_the_largest_strength() -> None:
    from drawing import as_problem
    from outcome_drawing import draw_outcome_path

    problem = as_problem(draw_outcome_path(400, 5, 3, (4, 0.1)))
    found = []
    for by in (1.001, 0.98):
        penalty = lk.Lasso(float(problem.strengths[0]) * by)
        fit = lk.multinomial_matrix(problem.X, problem.y, problem.names, penalty=penalty)
        found.append(np.count_nonzero(fit.record.coef_table[:, 1:]))
    assert found[0] == 0
    assert found[1] > 0


def test_the_ridge_of_all_contenders_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import outcome_ours as ours
    import outcome_peers as peers
    import penalised_drawing
    from contender import excess
    from drawing import as_problem
    from outcome_drawing import DIGITS, draw_digits

    rng = np.random.default_rng(0)
    pictures = np.column_stack([rng.integers(0, 256, (120, 6)), np.arange(120) // 12])
    monkeypatch.setenv(penalised_drawing.VARIABLE, str(tmp_path))
    np.savetxt(tmp_path / DIGITS, pictures, delimiter=",", header="pixels, label", fmt="%d")
    problem = as_problem(draw_digits(60, 2, (1e-2, 1e-3)))
    np.testing.assert_allclose(problem.X[1, 1:], pictures[2, [0, 2, 4]] / 255.0, rtol=EXACT)
    assert problem.y[1] == pictures[2, -1]
    best = problem.objective(ours.RIDGES.read(ours.fit_ridges(problem, 1e-10), problem))
    for contender in peers.DIGITS:
        value = problem.objective(contender.read(contender.fit(problem, 1e-8), problem))
        assert abs(excess(value, best, problem.null)) < ITERATIVE
    for contender in peers.WORDS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says that it was stopped
            few, many = (contender.read(contender.fit(problem, count), problem) for count in (1.0, 3_000.0))
        assert excess(problem.objective(few), best, problem.null) > 100 * ITERATIVE
        assert abs(excess(problem.objective(many), best, problem.null)) < ITERATIVE


def test_contexts_are_the_three_words_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import penalised_drawing
    from drawing import as_problem
    from outcome_drawing import TEXTS, draw_next_words
    from works import work

    monkeypatch.setenv(penalised_drawing.VARIABLE, str(tmp_path))
    monkeypatch.setattr(penalised_drawing, "DATASETS", tmp_path / "none")
    assert "is not here" in (work("next-word").missing() or "")
    assert "is not here" in (work("digits").missing() or "")
    (tmp_path / TEXTS[0]).write_text("A b, a\nrare B. A", encoding="utf-8")
    (tmp_path / TEXTS[1]).write_text("b a", encoding="utf-8")  # too short, but its words are counted
    assert work("next-word").missing() is None
    problem = as_problem(draw_next_words(10, 2, 0.5))
    # a is the most frequent, b the next; rare is another, and never asked for.
    np.testing.assert_array_equal(problem.y, [1, 0])
    before = [[1, 0, 2], [0, 2, 1]]
    expected = np.zeros((2, 10))
    expected[:, 0] = 1.0
    for row, words in enumerate(before):
        for place, word in enumerate(words):
            expected[row, 1 + 3 * place + word] = 1.0
    np.testing.assert_array_equal(problem.X.toarray(), expected)
    assert (problem.n_outcomes, problem.l1_ratio, problem.standardised) == (2, 0.0, False)
    assert problem.by_rows.indices.dtype == problem.by_rows.indptr.dtype == np.int32  # what saga takes


def test_outcomes_are_drawn_with_the_probabilities_of_the_softmax() -> None:
    from outcome_drawing import choose, draw_chain

    share = np.bincount(choose(np.tile(np.log([0.5, 0.3, 0.2]), (200_000, 1)), np.random.default_rng(1))) / 200_000
    np.testing.assert_allclose(share, [0.5, 0.3, 0.2], atol=4e-3)  # four standard errors
    columns = draw_chain(200_000, 4, 3)["X"][:, 1:]
    correlation = np.corrcoef(columns, rowvar=False)
    apart = np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    np.testing.assert_allclose(correlation, 0.5**apart, atol=1e-2)  # four standard errors
    np.testing.assert_allclose(columns.std(axis=0), 1.0, atol=1e-2)


def test_the_page_tells_iterations_from_tolerances() -> None:
    from page import tolerance_text

    given = (math.nan, 1e-6, 1.0, 300.0)
    assert [tolerance_text(one) for one in given] == ["default", "1e-06", "1 iteration", "300 iterations"]


def test_a_goal_beside_peers_counts_those_that_do_the_whole_work() -> None:
    from contend import Entry, Outcome
    from page import Measured, make_page
    from works import work

    entries = [
        Entry(name, errors, {"seconds": seconds}, excess=0.0)
        for name, errors, seconds in (("logitkit", True, 1.0), ("scikit-learn", False, 2.0), ("nnet", True, 16.0))
    ]
    page = make_page(Measured(quick=False, outcomes=[Outcome(work("multinomial-factors"), False, entries)]), "x.svg")
    assert "| 0.06 | 0.10 | yes |" in page
    assert "the nearest is scikit-learn, at 2.00 times our time" in page


def test_only_what_is_asked_for_or_marked_enters_the_history(monkeypatch: pytest.MonkeyPatch) -> None:
    import history
    from contend import Entry, Outcome, Scale

    monkeypatch.setattr(
        history,
        "contend",
        lambda work, scale, ours_only: Outcome(work, True, [Entry("logitkit", True, {"seconds": 1.0})]),
    )
    monkeypatch.setattr(history, "startup_times", lambda repeats, compiling: {})
    kept = {what for what, unit, _ in history.measured(Scale(quick=True), None) if unit == "s"}
    assert {"multinomial", "multinomial-path", "multinomial-small", "dense-1e3x10"} <= kept
    assert not {"digits", "next-word", "multinomial-factors", "multinomial-factors-tenth"} & kept
    asked = {what for what, unit, _ in history.measured(Scale(quick=True), ["digits"]) if unit == "s"}
    assert asked == {"digits", "digits, prediction"}
