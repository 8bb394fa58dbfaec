"""The benchmarks: objectives that all contenders are judged by, sentences that follow the figures, and a small run."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_array

import logitkit as lk
from tolerances import EXACT, ROUTE

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "benchmarks"


@pytest.fixture(autouse=True)
def _benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    import r_peers

    monkeypatch.setattr(r_peers, "r_version", lambda package: None)  # which would start R for each package


def test_the_objective_of_a_frame_is_the_loglik_of_the_fit() -> None:
    from drawing import as_problem, draw_frame
    from problems import Answer

    problem = as_problem(draw_frame(2_000, 3, (4, 7)))
    fit = lk.logit(problem.formula, problem.frame)
    by_coef = problem.objective(Answer(coef=fit.coef.to_numpy()))
    by_eta = problem.objective(Answer(eta=fit.predict_logit().to_numpy()))
    np.testing.assert_allclose([by_coef, by_eta], -fit.loglik, rtol=EXACT)


def test_the_objective_of_a_panel_is_the_least_over_every_level() -> None:
    from drawing import as_problem, draw_frame
    from problems import Answer

    problem = as_problem(draw_frame(300, 2, (60,), "panel"))
    coef = np.array([0.4, -0.7])
    rest, y = problem.frame[problem.numbers].to_numpy() @ coef, problem.frame["y"].to_numpy()
    codes, least, without_variation = problem.frame["firm"].cat.codes.to_numpy(), 0.0, 0
    for level in np.unique(codes):
        own, outcome = rest[codes == level], y[codes == level]
        if outcome.min() == outcome.max():
            without_variation += 1
            continue
        found = minimize_scalar(
            lambda shift, own=own, outcome=outcome: np.sum(np.logaddexp(0.0, own + shift) - outcome * (own + shift)),
            bounds=(-20.0, 20.0),
            method="bounded",
            options={"xatol": 1e-9},
        )
        least += found.fun
    assert 0 < without_variation < 60
    np.testing.assert_allclose(problem.objective(Answer(coef=coef)), least, rtol=ROUTE)


def test_the_bootstrap_of_the_fit_draws_the_rows_that_the_peers_are_given() -> None:
    from drawing import as_problem, draw_matrix
    from problems import SEED

    problem = as_problem(draw_matrix(300, 3, "refits", replicates=3))
    found = lk.logit_matrix(problem.X, problem.y, problem.names).bootstrap(3, seed=SEED)
    for rows, coef in zip(problem.draws, found.replicates, strict=True):
        drawn = lk.logit_matrix(problem.X[rows], problem.y[rows], problem.names)
        np.testing.assert_allclose(coef, drawn.coef, rtol=ROUTE)


def test_a_group_of_the_frame_is_a_group_of_the_matrix() -> None:
    from drawing import as_problem, draw_matrix
    from problems import Answer

    problem = as_problem(draw_matrix(400, 3, "groups", rows=100, subset=2))
    coef = lk.logit_by(problem.formula, problem.frame, by="g").coef.to_numpy()
    each = [lk.logit_matrix(*problem.group(number), problem.names).loglik for number in range(2)]
    np.testing.assert_allclose(problem.objective(Answer(coef=coef)), -sum(each), rtol=EXACT)


def test_arrays_survive_their_files(tmp_path: Path) -> None:
    from drawing import as_problem, draw_sparse, kept
    from problems import Answer

    drawn = draw_sparse(50, 40, 5, 2.0)
    drawn.keep(tmp_path)
    before, after = as_problem(drawn), as_problem(kept(tmp_path))
    coef = np.linspace(-1.0, 1.0, 40)
    dense = before.X.toarray()
    assert (np.count_nonzero(dense, axis=1) == 5).all()
    eta = dense @ coef
    expected = np.sum(np.log1p(np.exp(eta)) - before.y * eta) + coef @ coef
    np.testing.assert_allclose([p.objective(Answer(coef=coef)) for p in (before, after)], expected, rtol=EXACT)


def test_the_ridge_of_the_engine_is_a_minimum() -> None:
    import ours
    from drawing import as_problem, draw_sparse

    problem = as_problem(draw_sparse(400, 60, 6, 3.0))
    coef = ours.SPARSE.read(ours.fit_sparse_ridge(problem, 1e-8), problem).coef
    assert coef is not None
    mean = 1.0 / (1.0 + np.exp(-problem.X @ coef))
    gradient = problem.X.T @ (mean - problem.y) + problem.strength * coef
    np.testing.assert_allclose(gradient, 0.0, atol=1e-7)


def test_the_objective_of_a_path_is_the_formula_written_out(tmp_path: Path) -> None:
    from drawing import as_problem, kept
    from penalised_drawing import draw_path
    from problems import Answer

    drawn = draw_path(40, 6, 0.5, 3, (3, 0.1))
    drawn.arrays["X"][:, 1:] *= np.arange(1.0, 7.0)  # columns are standardised when drawn, which would hide their scale
    drawn.keep(tmp_path)
    problem = as_problem(kept(tmp_path))
    coef = np.random.default_rng(1).normal(size=(3, 7))
    expected = []
    for strength, b in zip(problem.strengths, coef, strict=True):
        losses = []
        for x, y in zip(problem.X, problem.y, strict=True):
            mean = 1.0 / (1.0 + math.exp(-float(x @ b)))
            losses.append(-math.log(mean if y == 1.0 else 1.0 - mean))
        penalty = sum(abs(problem.X[:, j].std() * b[j]) for j in range(1, 7))
        expected.append(sum(losses) / 40 + strength * penalty)
    np.testing.assert_allclose(problem.objective(Answer(coef=coef)), expected, rtol=EXACT)
    coef[:, 0] = 0.0
    plain = replace(problem, X=problem.X[:, 1:], intercept=False)
    assert (plain.names, plain.null) == (problem.names[1:], np.log(2.0))
    same = [part.objective(Answer(coef=b)) for part, b in ((problem, coef), (plain, coef[:, 1:]))]
    np.testing.assert_allclose(same[0], same[1], rtol=EXACT)
    share = problem.y.mean()
    np.testing.assert_allclose(problem.null, -share * np.log(share) - (1 - share) * np.log1p(-share), rtol=EXACT)


def test_the_penalised_objective_of_a_frame_is_that_of_its_columns_written_out() -> None:
    from drawing import as_problem
    from penalised_drawing import draw_factors
    from penalised_problems import PenalisedMatrix
    from problems import Answer

    problem = as_problem(draw_factors(500, 2, (4, 7), 5))
    levels = pd.get_dummies(problem.frame[problem.factors], drop_first=True)
    X = np.column_stack([np.ones(500), problem.frame[problem.numbers], levels]).astype(float)
    dense = PenalisedMatrix(X, problem.y, problem.strengths, np.empty(0))
    sparse = PenalisedMatrix(csr_array(X), problem.y, problem.strengths, np.empty(0))
    answer = Answer(coef=np.random.default_rng(1).normal(size=(5, X.shape[1])))
    for other in (dense, sparse):
        np.testing.assert_allclose(problem.objective(answer), other.objective(answer), rtol=EXACT)


def test_no_coefficient_leaves_zero_at_the_largest_strength_that_is_drawn() -> None:
    from drawing import as_problem
    from penalised_drawing import draw_factors, draw_path

    matrix = as_problem(draw_path(300, 8, 0.5, 4, (4, 0.1)))
    frame = as_problem(draw_factors(500, 2, (4, 7), 5))
    for problem, fitted in (
        (matrix, lambda penalty: lk.logit_matrix(matrix.X, matrix.y, matrix.names, penalty=penalty)),
        (frame, lambda penalty: lk.logit(frame.formula, frame.frame, penalty=penalty)),
    ):
        found = [np.count_nonzero(fitted(lk.Lasso(problem.strengths[0] * by)).coef[1:]) for by in (1.001, 0.98)]
        assert found[0] == 0
        assert found[1] > 0


def test_an_excess_is_that_of_the_farthest_strength() -> None:
    from contend import Entry, _judge
    from contender import WITHIN_GAP, excess

    assert excess(2.0, 1.0, None) == 1.0
    assert excess([1.0, 0.75], [1.0, 0.25], 2.0) == 0.25
    near = {"objective": [0.5 + 1e-7, 0.4], "null": 0.5, "target": [0.5, 0.4]}
    far = {"objective": [0.5, 0.4 + 2e-6], "null": 0.5}
    entries = [Entry(name, False, facts, bar=WITHIN_GAP) for name, facts in (("logitkit", near), ("glum", far))]
    _judge(entries)
    np.testing.assert_allclose([entry.excess for entry in entries], [2e-7, 4e-6], rtol=ROUTE)
    assert [entry.reached for entry in entries] == [True, False]


def test_reviews_become_columns_of_deviation_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import penalised_drawing
    from drawing import as_problem
    from works import work

    monkeypatch.setattr(penalised_drawing, "DATASETS", tmp_path / "none")
    monkeypatch.delenv(penalised_drawing.VARIABLE, raising=False)
    assert "is not here" in (work("lasso-words").missing() or "")
    texts = ["good dress", "bad fit", "good fit", None, "bad dress good"]
    table = pd.DataFrame(
        {"Title": ["a", "b", None, "d", "e"], "Review Text": texts, "Recommended IND": [1, 0, 1, 0, 1]}
    )
    table.to_csv(tmp_path / penalised_drawing.REVIEWS)
    monkeypatch.setenv(penalised_drawing.VARIABLE, str(tmp_path))
    assert work("lasso-words").missing() is None
    problem = as_problem(penalised_drawing.draw_words(3, 4, 2))
    np.testing.assert_array_equal(problem.y, [1.0, 0.0, 1.0])
    np.testing.assert_allclose(problem.X.toarray()[:, 1:].std(axis=0), 1.0, rtol=EXACT)
    monkeypatch.delenv(penalised_drawing.VARIABLE)


def test_the_page_says_what_was_not_measured_and_how_far_curves_are_apart() -> None:
    from page import Measured, make_page

    absent = outcome_of(("logitkit", math.nan, math.nan))
    absent.absent = "the words are not here"
    page = make_page(Measured(quick=False, outcomes=[absent]), "x.svg")
    assert "Not measured: the words are not here." in page
    curved = outcome_of(("logitkit", 1.0, 0.0), ("R cv.glmnet", 2.0, 1e-9))
    for entry, curve in zip(curved.entries, ([2.0, 1.0], [2.0, 1.001]), strict=True):
        entry.facts["curve"] = curve
    page = make_page(Measured(quick=False, outcomes=[curved]), "x.svg")
    assert "The mean held-out deviances of R cv.glmnet are within 1e-03 of ours, relative to them." in page


def test_the_exponent_of_a_power_is_its_own() -> None:
    from growth import exponent

    sizes = np.array([10.0, 100.0, 3000.0])
    assert abs(exponent(sizes, 5.0 * sizes**1.7) - 1.7) < EXACT


def test_intervals_are_timed_and_shown_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    import intervals
    from page import Measured, make_page
    from timing import Effort

    monkeypatch.setattr(intervals, "in_r", lambda problem, runs: None)
    found = {"n": 300, "p": 3, **intervals.measure(300, 3, Effort(0.0, 1))}
    assert found["profile"] > 0.0
    page = make_page(Measured(quick=True, intervals=[found]), "x.svg")
    assert "## Intervals of all coefficients" in page
    assert "| 300 x 3 |" in page


def test_work_beside_others_says_who_gave_the_same_numbers_in_less_time() -> None:
    import json

    from beside import Beside, aimed
    from page import Measured, make_page
    from timing import Effort

    work = Beside("Sums", Effort(0.0, 1), aim=aimed("Time", 3.0, 2.0, "fits"))
    work.time("logitkit", lambda: [1.0, 4.0])
    work.time("a peer", lambda: [1.0, 4.4])
    work.time("something else", lambda: [7.0], same=False)

    def absent() -> Any:
        raise ImportError

    def failing() -> Any:
        raise ValueError

    work.time_if_there("nobody", absent)
    work.time_if_there("somebody", failing)
    found = json.loads(work.as_json())
    assert [each["note"] for each in found["takers"]] == ["", "", "", "not installed", "failed: ValueError"]
    assert abs(found["takers"][1]["apart"] - 0.1) < EXACT
    assert np.isnan(found["takers"][2]["apart"])
    for name, seconds in zip(("logitkit", "a peer", "something else"), (1.0, 0.5, 0.1), strict=True):
        next(each for each in found["takers"] if each["name"] == name)["seconds"] = seconds
    page = make_page(Measured(quick=True, beside=[found]), "x.svg")
    assert "- Sums: a peer in 0.50 of its time." in page
    assert "Time: 3 fits measured, at most 2 aimed at, missed by a factor of 1.50." in page
    assert "| nobody | not installed |  |  |" in page
    size = {"n": 300, "p": 3, "HC3": 0.5, "fits": {"HC3": 0.25}, "HC3 in R": 1.0, "HC3 in statsmodels": 0.1}
    page = make_page(Measured(quick=True, covariances=[size]), "x.svg")
    assert "| 300 x 3 | HC3 | 0.5 s | 0.25 | 1 s, 2.00 times ours | 0.1 s, 0.20 times ours |" in page
    assert "- Robust covariances, 300 x 3, HC3: statsmodels in 0.20 of its time." in page


@pytest.mark.parametrize("script", ["bias", "effects"])
def test_inference_in_small_gives_the_numbers_of_its_peers(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    import beside
    from timing import Effort

    monkeypatch.setattr(beside, "r_version", lambda package: None)
    module = importlib.import_module(script)
    monkeypatch.setattr(module, "SMALL", (300, 3) if script == "bias" else (300, 200))
    for work in module.works(True, Effort(0.0, 1)):
        assert work.ours > 0.0
        assert all(not each.apart > 1e-3 for each in work.takers)


def test_covariances_are_timed_and_shown_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    import covariances
    from page import Measured, make_page
    from timing import Effort

    monkeypatch.setattr(covariances, "in_r", lambda problem, codes, runs: {})
    found = {"n": 1_000, "p": 3, **covariances.measure(1_000, 3, Effort(0.0, 1))}
    assert set(found["fits"]) == {"HC3", "cluster", "crossed", "CR2", "CR3"}
    page = make_page(Measured(quick=True, covariances=[found]), "x.svg")
    assert "## Robust covariances" in page
    assert "| 1,000 x 3 | CR2 |" in page


def outcome_of(*entries: tuple[str, float, float]) -> Any:
    from contend import Entry, Outcome
    from works import work

    made = [Entry(name, errors=True, facts={"seconds": seconds}, excess=excess) for name, seconds, excess in entries]
    return Outcome(work("groups"), quick=False, entries=made, facts={"subset": 500})


def test_the_page_says_who_is_faster_and_who_did_not_arrive() -> None:
    from page import Measured, make_page

    slower = outcome_of(("logitkit", 1.0, 0.0), ("glum", 2.0, 1e-9), ("pyfixest", 0.1, 1e-6))
    page = make_page(Measured(quick=False, outcomes=[slower]), "x.svg")
    assert "No peer is faster; the nearest is glum, at 2.00 times our time." in page
    assert "Not at the same objective, and not compared: pyfixest." in page
    assert "No peer reached the same objective in less time on any of this work." in page
    assert "1e-06, **not reached**" in page
    faster = outcome_of(("logitkit", 1.0, 0.0), ("glum", 0.5, 1e-9))
    page = make_page(Measured(quick=False, outcomes=[faster]), "x.svg")
    assert page.count("glum in 0.50 of its time") == 2


def test_memory_that_was_freed_before_counts_when_it_is_taken_again() -> None:
    from timing import HighWater

    def held() -> list[np.ndarray]:
        return [np.ones(12_000) for _ in range(300)]  # 29 MB, each too small for pages of its own

    first = held()
    last = np.ones(12_000)  # keeps what lies below it in the process
    del first
    mark = HighWater()
    again = held()
    assert mark.megabytes() > 20.0
    assert len(again) == 300
    assert last.size == 12_000


def test_a_history_shows_the_change_since_the_last_run(tmp_path: Path) -> None:
    from history import add, read, table

    for date, value, here in (("1", "2.0", "a"), ("2", "9.0", "b"), ("3", "3.0", "a")):
        about = {"date": date, "commit": f"c{date}", "version": "0", "processor": here}
        add(tmp_path / "h.csv", [{**about, "what": "dense", "unit": "s", "value": value}])
    shown = table(read(tmp_path / "h.csv"), "a")
    assert shown.splitlines()[1].split() == ["dense", "2", "s", "3", "s", "+50%"]


def test_a_figure_that_fell_by_more_than_a_tenth_needs_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import own_page
    from history import add, fallen, read, reasons, why

    path, given = tmp_path / "h.csv", tmp_path / "fell.toml"
    for commit, values in (("c1", (1.0, 2.0, 3.0, 10.0)), ("c2", (1.2, 2.19, 3.4, 20.0))):
        about = {"date": commit, "commit": commit, "version": "0", "processor": "a"}
        names = (("mixed", "s"), ("sparse", "s"), ("groups", "s"), ("groups, memory", "MB"))
        add(path, [{**about, "what": w, "unit": u, "value": str(v)} for (w, u), v in zip(names, values, strict=True)])
    add(path, [{**about, "processor": "b", "what": "mixed", "unit": "s", "value": "0.1"}])
    found = fallen(read(path), "a")
    assert [each.what for each in found] == ["groups, memory", "mixed", "groups"]
    assert [round(each.change, 3) for each in found] == [1.0, 0.2, 0.133]
    assert (found[1].run, found[1].before) == ("c2", "c1")
    assert fallen(read(path), "b") == []
    given.write_text('[c2]\n"mixed, s" = "It does more."\n"groups, memory" = "It keeps more."\n', encoding="utf-8")
    assert [why(each, reasons(given)) for each in found] == ["It keeps more.", "It does more.", ""]
    path.write_text(path.read_text(encoding="utf-8").replace(",b,", ",a,"), encoding="utf-8")
    monkeypatch.setattr(own_page, "FILE", path)
    monkeypatch.setattr(own_page, "reasons", lambda: reasons(given))
    page = own_page.fallen_part()
    assert "| groups, memory | 10 MB | 20 MB | +100% | It keeps more. |" in page
    assert "| groups | 3 s | 3.4 s | +13% | not explained yet |" in page
    assert "mixed |" not in page  # the third time it is faster


def test_what_is_no_worse_than_the_machine_is_said_to_be_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import own_page
    from history import add

    path = tmp_path / "h.csv"
    for commit, seconds, in_r, mixed in (("c1", 0.2, 4.0, 1.0), ("c2", 0.3, 4.0, 1.3)):
        about = {"date": commit, "commit": commit, "version": "0", "processor": "a"}
        for what, unit, value in (("dense-1e6x50", "s", seconds), ("dense-1e6x50", "r", in_r), ("mixed", "s", mixed)):
            add(path, [{**about, "what": what, "unit": unit, "value": str(value)}])
    monkeypatch.setattr(own_page, "FILE", path)
    page = own_page.fallen_part()
    assert "`X.T @ X` of 1,000,000 x 50 took 50 ms before and 75 ms now" in page
    assert "| mixed | 1 s | 1.3 s | +30% | no more than `X.T @ X`, +50% |" in page


def test_goals_are_held_against_what_was_measured() -> None:
    from goals import goals_table
    from page import Measured

    growth = [{"along": "n", "n": n, "p": 20, "seconds": 1e-8 * n**1.02} for n in (10**5, 10**6, 10**7)]
    growth.append({"along": "n", "n": 10_000, "p": 20, "seconds": 1.0})  # before the sizes that count
    places = [{"handover": "many", "size": [5, 5], "ways": {}, "ratio": ratio} for ratio in (1.1, 0.8)]
    lassos = [{"skglm": 3.0, "ours": 2.0, "reached": {"ours": True, "skglm": True}}]
    lassos.append({"skglm": 0.1, "ours": 2.0, "reached": {"ours": True, "skglm": False}})  # not compared
    startup = {"libraries": 1.0, "first-summary": 1.5}
    table = goals_table(Measured(False, growth=growth, handovers=places, lassos=lassos, startup=startup))
    assert "2 of 4 goals are met." in table
    assert "| 1.02 | 1.05 (at least 0.95) | yes |" in table
    assert "| 25% | 20% | no |" in table
    assert "| 0.67 | 1.00 | yes |" in table
    assert "| 1.50 | 1.20 | no, 1.25 times |" in table


def test_a_goal_of_prediction_is_held_against_the_fastest_peer() -> None:
    from contend import Entry, Outcome
    from goals import goals_table
    from page import Measured
    from works import work

    facts = [{"seconds": 1.0, "predict": predict, "predict_objective": 1.0} for predict in (0.3, 0.5, 2.0)]
    names = ("logitkit", "glum", "pyfixest")
    entries = [Entry(name, True, each, excess=0.0) for name, each in zip(names, facts, strict=True)]
    table = goals_table(Measured(False, outcomes=[Outcome(work("mixed"), False, entries)]))
    assert "| prediction over the fastest peer's | 0.60 | 0.50 | no, 1.20 times |" in table


def test_a_run_that_was_interrupted_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import stored
    from contend import Entry, Outcome, Scale
    from works import work

    asked: list[str] = []

    def contend(work: Any, scale: Any) -> Outcome:
        asked.append(work.key)
        return Outcome(work, scale.quick, [Entry("logitkit", True, {"seconds": 0.5}, excess=1e-9, bar=work.bar)])

    monkeypatch.setattr(stored, "contend", contend)
    path, lasso, scale = tmp_path / "kept" / "run.jsonl", work("lasso-words"), Scale(quick=True)
    first = stored.Parts(path).outcome(lasso, scale)
    again = stored.Parts(path, again=True)
    second = again.outcome(lasso, scale)
    assert asked == ["lasso-words"]
    assert first is not None
    assert second is not None
    assert first.entries == second.entries
    assert second.entries[0].bar is lasso.bar
    assert again.seconds >= 0.0
    only = stored.Parts(path, again=True, measuring=False)
    assert only.outcome(work("sparse"), scale) is None
    assert only.part("growth", lambda: pytest.fail("measured"), []) == []
    stored.Parts(path).outcome(lasso, scale)  # anew
    assert asked == ["lasso-words", "lasso-words"]


def test_random_lassos_are_drawn_and_held_to_one_objective(monkeypatch: pytest.MonkeyPatch) -> None:
    import random_lasso
    from penalised_ours import fit_one
    from timing import Effort

    for shape in random_lasso.SMALL:
        problem, facts = random_lasso.draw(shape, 0)
        other, _ = random_lasso.draw(shape, 1)
        assert problem.X.shape == (shape.n, shape.p + 1)
        assert (problem.y != other.y).any()
        assert 0.02 <= facts["share"] <= 0.5
        scale = problem.scale[problem.scale > 0.0]
        np.testing.assert_allclose(scale, 1.0, rtol=EXACT)  # so that no penalty depends on whether one standardises
        largest = problem.strengths[0] / facts["share"]
        fits = [
            lk.logit_matrix(problem.X, problem.y, problem.names, penalty=lk.Lasso(largest * by)) for by in (1.001, 0.97)
        ]
        assert [np.count_nonzero(fit.coef[1:]) > 0 for fit in fits] == [False, True]

    def peer(problem: Any, tolerance: float) -> Any:
        """Return the intercept alone while the tolerance is loose, and then the solution."""
        coef = np.ravel(fit_one(problem, 1e-9).coef)
        coef = coef if tolerance < 1e-4 else np.r_[0.0, np.zeros(coef.size - 1)]
        return SimpleNamespace(intercept_=coef[:1], coef_=coef[None, 1:])

    monkeypatch.setattr(random_lasso, "fit_skglm", peer)  # the true one takes its time to compile
    found = random_lasso.measure(problem, Effort(0.0, 1))
    assert found["tolerance"] == 1e-5
    assert found["reached"] == {"ours": True, "skglm": True}
    assert f"| {shape.words} | 1 of 1 |" in random_lasso.lassos_part([facts | found])


def test_sizes_of_the_scaling_have_rows_enough_and_threads_are_timed() -> None:
    import scaling
    from own_page import scaling_part
    from timing import Effort

    sizes = scaling.all_sizes()
    assert (10_000_000, 20) in sizes
    assert (100_000, 2_000) in sizes
    assert all(n * p <= 5e8 and n >= 20 * p for n, p in sizes)
    lines = [{"processor": "a", "cores": 2, "date": "today", "version": "0"}]
    try:
        for n in (200, 400):
            lines += scaling.measure(n, 3, [1, 2], Effort(0.0, 1))
    finally:
        lk.set_threads(None)
    part = scaling_part(lines, "x.svg")
    assert "| size | 1 thread | 2 threads | 1 over 2 |" in part
    assert "| 400 x 3 |" in part


def test_every_peer_that_is_not_there_says_so() -> None:
    from contender import Contender

    absent = Contender("nobody", "no_such_package", lambda problem, tol: None, lambda model, problem: None)
    assert absent.missing() == "not installed"


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", [["--quick"], ["--quick", "--only", "formula-1e3x10", "sparse"]], ids=["all", "apart"]
)
def test_the_small_version_runs_and_all_reach_the_same_objective(tmp_path: Path, words: list[str]) -> None:
    from works import WORKS

    command = [sys.executable, str(FOLDER / "bench.py"), *words, "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    for work in WORKS:
        assert (work.small_title in page) == (len(words) == 1 or work.key in words)
    for word in ("failed", "not reached", "not the same", "ended", str(ROOT), str(tmp_path)):
        assert word not in page
    assert (tmp_path / "benchmarks.svg").exists() == (len(words) == 1)
    assert (tmp_path / "benchmarks-scaling.svg").exists() == (len(words) == 1)


@pytest.mark.slow
def test_our_own_figures_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    command = [sys.executable, str(FOLDER / "history.py"), "--quick", "--file", str(path), "--only", "dense-1e3x10"]
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("date,commit,version,processor,what,unit,value")
    assert sum("dense-1e3x10,s," in line for line in lines) == 2
    assert "%" in done.stdout
