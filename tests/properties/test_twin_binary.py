"""Fits of two outcomes by maximum likelihood, and their verbs, against a plain NumPy twin over random designs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import UnsupportedError
from oracles.binary import BinaryTwin, newton, wilson
from oracles.likelihood import row_loss
from properties.comparing import Comparison
from properties.designs import (
    MARKS,
    NUMBERS,
    Drawn,
    Strata,
    belongs,
    columns_of,
    drawn,
    strata,
    sum_coded,
    term_names,
    within_levels,
)
from tolerances import EXACT, REFERENCE, ROUTE

DIMENSIONS = {
    "response": ("number", "bool", "text", "grouped"),
    "weights": ("none", "frequency", "precision", "sampling"),
    "clusters": (False, False, True),
    "offset": ("none", "term", "column"),
    "absorb": (False, False, False, True),
    "intercept": (True, True, False),
    "aliased": (False, False, True),
}
pytestmark = MARKS
CASES = strata(48, DIMENSIONS, key=1)
INFLUENCE = ("leverage", "cooks_distance", "standardized_pearson", "standardized_deviance")
NEAR = 1e-8  # errors and what follows from them: of a Newton iteration that ends 1e-8 of an error from the optimum
LARGEST = 8.0  # of the linear predictors: beyond, the estimate hardly exists


@dataclass(frozen=True)
class Case:
    """A design with its response, the call of logitkit and the twin of the rows that count."""

    words: str
    drawn: Drawn
    formula: str
    frame: pd.DataFrame
    options: dict[str, Any]
    twin: BinaryTwin
    rows: np.ndarray  # of the table, that the twin has

    def fit(self) -> lk.Fit:
        return lk.logit(self.formula, self.frame, **self.options)


def levels_of(frame: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Draw levels of eight to ten rows, whose names sort by text."""
    return rng.permutation(np.array([f"level {k % 8}" for k in range(len(frame))]))


def make(case: Strata) -> Case:
    """Draw until the estimate exists."""
    for attempt in range(60):
        found = attempted(case, attempt)
        if found is not None:
            return found
    raise AssertionError(f"no estimate exists: {case}")


def attempted(case: Strata, attempt: int) -> Case | None:
    kinds = case.kinds
    absorb = kinds["absorb"]
    d = drawn((1, case.index, attempt), kinds["intercept"] or absorb)
    frame, rng, n = d.frame.copy(), d.rng, len(d.frame)
    frame["level"] = levels_of(frame, rng)
    effect = dict(zip(np.unique(frame["level"]), rng.normal(size=8), strict=True))
    offset = np.zeros(n) if kinds["offset"] == "none" else frame["o"].to_numpy(dtype=float)
    eta = d.eta() + offset + (frame["level"].map(effect).to_numpy(dtype=float) * 0.7 if absorb else 0.0)
    trials, event = np.ones(n), d.event(eta)
    if kinds["response"] == "grouped":
        trials = rng.integers(0, 5, n).astype(float)  # some rows without trials
        frame["s"] = rng.binomial(trials.astype(int), 1.0 / (1.0 + np.exp(-eta)))
        frame["r"] = trials.astype(int) - frame["s"]
    y = event.astype(float)
    if kinds["response"] == "grouped":
        y = np.divide(frame["s"].to_numpy(), trials, out=np.full(n, 0.5), where=trials > 0)
    frame["y"] = {"bool": event, "text": np.where(event, "yes", "no")}.get(kinds["response"], event.astype(np.int8))
    prior = {
        "none": np.ones(n),
        "frequency": rng.integers(0, 4, n).astype(float),
        "precision": rng.uniform(0.2, 2.5, n) * (rng.random(n) > 0.1),
        "sampling": rng.uniform(0.5, 4.0, n),
    }[kinds["weights"]]
    frame["w"] = prior.astype(np.int64) if kinds["weights"] == "frequency" else prior
    frame["id"] = rng.permutation(np.arange(n) // 3)
    options: dict[str, Any] = {}
    if kinds["response"] == "text":
        options["event"] = "yes"
    if kinds["weights"] != "none":
        options |= {"weights": "w", "weight_kind": kinds["weights"]}
    if kinds["clusters"]:
        options["cluster"] = "id"
    if kinds["offset"] == "column":
        options["offset"] = "o"
    X, rows = d.matrix, np.ones(n, dtype=bool)
    null = np.ones((n, 1)) if np.linalg.matrix_rank(np.column_stack([X, np.ones(n)])) == X.shape[1] else X[:, :0]
    if absorb:
        options["absorb"] = "level"
        names = list(d.columns)
        X = np.delete(X, names.index("Intercept"), axis=1)
        level, w = frame["level"].to_numpy(dtype=str), prior * trials
        both = np.array([k for k in effect if 0.0 < (w * y)[level == k].sum() < w[level == k].sum()])
        rows = np.isin(level, both)
        null = (level[:, None] == both).astype(float)
        X = np.column_stack([X, null])
    twin = BinaryTwin(
        X[rows],
        y[rows],
        trials[rows],
        prior[rows],
        offset[rows],
        kinds["weights"],
        frame["id"].to_numpy()[rows] if kinds["clusters"] else None,
        null[rows],
    )
    counted = twin.w > 0.0
    if np.linalg.matrix_rank(X[rows][counted]) < X.shape[1]:
        return None
    if not np.isfinite(twin.coef).all() or np.abs(twin.eta[counted]).max() > LARGEST:
        return None
    left = "cbind(s, r)" if kinds["response"] == "grouped" else "y"
    formula = f"{left} ~ {d.right}" + (" + offset(o)" if kinds["offset"] == "term" else "")
    again = next((term for term in d.terms if term in NUMBERS and ":" not in term), None)
    if kinds["aliased"] and again:
        formula += f" + I(3 * ({again}) + 1)" if kinds["intercept"] or absorb else f" + I(3 * ({again}))"
    return Case(f"{case}\n{formula} {options}", d, formula, frame, options, twin, rows)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_verb_is_its_formula(case: Strata) -> None:
    made = make(case)
    with Comparison(made.words) as c:
        fit, twin = made.fit(), made.twin
        names = [name for name in made.drawn.columns if not (made.options.get("absorb") and name == "Intercept")]
        p = len(names)
        error = np.sqrt(np.diag(twin.vcov))[:p]
        kept = fit.coef.dropna()
        c.same("names", set(kept.index), set(names))
        again = [name for name in fit.coef.index if name.startswith("I(3 * ")]
        c.same("aliased", list(fit.aliased), again)
        c.near("std_error of an aliased column", fit.std_error[again], np.full(len(again), np.nan))
        c.near("coef", fit.coef[names] / error, twin.coef[:p] / error, atol=ROUTE)
        c.near("std_error", fit.std_error[names], error, rtol=NEAR)
        unit = np.outer(error, error)
        c.near("vcov", fit.vcov.loc[names, names] / unit, twin.vcov[:p, :p] / unit, atol=NEAR)
        check_statistics(c, fit, twin)
        check_rows(c, fit, made)
        check_tests(c, fit, twin, made, names)
        check_intervals(c, fit, made, names)
        check_diagnostics(c, fit, made)
        check_new_rows(c, fit, made)
        check_moved_rows(c, fit, made)


def check_statistics(c: Comparison, fit: lk.Fit, twin: BinaryTwin) -> None:
    glance = fit.glance().iloc[0]
    for name, value in twin.statistics.items():
        # Differences of likelihoods, and the tails of a chi-square, lose digits to what they are differences of.
        size = abs(twin.statistics.get("loglik", 1.0))
        near = NEAR if name in ("lr_p_value", "tjur") else ROUTE
        c.near(name, glance[name], value, rtol=near, atol=EXACT * size)
    if "loglik" not in twin.statistics:
        for name in ("loglik", "deviance", "aic", "bic", "mcfadden", "cox_snell", "lr_statistic"):
            c.near(name, glance[name], np.nan)
        c.refused("lr_test", fit.lr_test, UnsupportedError)


def used_rows(made: Case) -> np.ndarray:
    """The rows of the twin that have trials: no outcome and no residual is spoken of elsewhere."""
    return made.twin.trials > 0.0


def check_rows(c: Comparison, fit: lk.Fit, made: Case) -> None:
    twin, used = made.twin, used_rows(made)
    index = made.frame.index[made.rows][used]
    c.near("predict", fit.predict()[index], twin.mu[used])
    c.near("predict_logit", fit.predict_logit()[index], twin.eta[used], atol=ROUTE)
    for kind, values in twin.residuals.items():
        # The deviance of a proportion is a difference of logarithms: its root keeps half the digits.
        near = 1e-7 if kind == "deviance" and made.frame.get("s") is not None else ROUTE
        c.near(f"residuals({kind!r})", fit.residuals(kind)[index], values[used], atol=near)
    found = fit.influence()
    for name in INFLUENCE:
        near = 1e-7 if name == "standardized_deviance" and made.frame.get("s") is not None else ROUTE
        # Through 1 - h, which may be small.
        c.near(f"influence {name}", found[name][index], twin.influence[name][used], rtol=NEAR, atol=near)
    table = fit.augment()
    c.near("augment y", table["y"][index], twin.y[used])
    c.near("augment fitted", table["fitted"][index], twin.mu[used])
    c.near("augment leverage", table["leverage"][index], twin.influence["leverage"][used], rtol=NEAR)
    nothing = made.frame.index[made.rows][~used].intersection(table.index)
    c.near("augment y without trials", table["y"][nothing], np.full(len(nothing), np.nan))
    c.near("residual without trials", fit.residuals("response")[nothing], np.full(len(nothing), np.nan))


def check_tests(c: Comparison, fit: lk.Fit, twin: BinaryTwin, made: Case, names: list[str]) -> None:
    for term in term_names(made.drawn.terms):
        columns = [names.index(name) for name in names if belongs(name, term)]
        statistic, dof, p_value = twin.wald(columns)
        found = fit.test(term)
        c.near(f"test({term!r})", [found.statistic, found.dof], [statistic, dof], rtol=NEAR)
        c.near(f"test({term!r}) p", found.p_value, p_value, rtol=1e-7, atol=EXACT)
        tests = fit.anova(3, "Wald")
        place = tests.labels.index(term)
        # Without an intercept the levels of the first factor are tested at the mean of those of the others.
        if within_levels(term, term_names(made.drawn.terms), names) or "Intercept" not in made.drawn.columns:
            statistic, dof, ratio = averaged_over_levels(made, term)
            if "loglik" in twin.statistics and not fit.aliased:  # beside a copy of itself a term changes nothing
                found = fit.anova(3, "LR").statistic[place]
                c.near(f"anova(3, 'LR') {term}", found, ratio, rtol=NEAR, atol=EXACT * abs(twin.statistics["loglik"]))
        c.near(f"anova(3) {term}", [tests.statistic[place], tests.dof[place]], [statistic, dof], rtol=NEAR)
    terms = term_names(made.drawn.terms)
    if "Intercept" in names and len(terms) > 1:
        table = fit.collinearity()
        slopes = [j for j, name in enumerate(names) if name != "Intercept"]
        for term in terms:
            columns = [j for j in slopes if belongs(names[j], term)]
            expected = twin.gvif(columns, [j for j in slopes if j not in columns])
            c.near(f"collinearity {term}", table.loc[term, ["gvif", "dof"]], [expected, len(columns)], rtol=NEAR)
    ratios = fit.odds_ratios()
    z = 1.959963984540054
    error = np.sqrt(np.diag(twin.vcov))
    # A column beside a copy of itself, or beside a function of it, cannot change alone: no ratio is given.
    for name in ratios["odds_ratio"].dropna().index[:3]:
        j = names.index(name)
        limits = np.exp(twin.coef[j] + np.array([-z, 0.0, z]) * error[j])
        shown = ratios.loc[name, ["conf_low", "odds_ratio", "conf_high"]]
        c.near(f"odds_ratios {name}", shown, limits, rtol=NEAR)


def averaged_over_levels(made: Case, term: str) -> tuple[float, int, float]:
    """Wald statistic, degrees of freedom and likelihood ratio of a term, by fits in sum-to-zero coding."""
    twin, parts = made.twin, sum_coded(made.drawn.terms, made.drawn.intercept, made.frame)
    if "absorb" in made.options:
        level = made.frame["level"].to_numpy(dtype=str)
        parts[""] = (level[:, None] == np.unique(level[made.rows])).astype(float)
    S = np.column_stack(list(parts.values()))[made.rows]
    assert S.shape[1] == twin.X.shape[1]
    place = [name for name, part in parts.items() for _ in range(part.shape[1])]
    columns = [j for j, name in enumerate(place) if name == term]
    again = replace(twin, X=S)
    statistic, dof, _ = again.wald(columns)
    rest = np.delete(S, columns, axis=1)
    coef = newton(rest, twin.y, twin.w, twin.offset)
    return statistic, dof, 2.0 * (twin.loss_of(rest @ coef + twin.offset) - twin.loss_of(twin.eta))


def check_intervals(c: Comparison, fit: lk.Fit, made: Case, names: list[str]) -> None:
    """The statistics of fits with the coefficient held at the ends are at their quantile."""
    twin = made.twin
    if twin.kind == "sampling" or twin.clusters is not None or "absorb" in made.options:
        for method in ("profile", "score"):
            c.refused(f"confint({method!r})", lambda method=method: fit.confint(method), UnsupportedError)
        return
    z, j, used = 1.959963984540054, len(names) - 1, twin.w > 0.0
    X, y, w, offset = twin.X[used], twin.y[used], twin.w[used], twin.offset[used]
    others = np.delete(X, j, axis=1)
    for method in ("profile", "score"):
        for end in fit.confint(method, of=names[j]).to_numpy()[0]:
            shift = offset + X[:, j] * end
            coef = newton(others, y, w, shift) if others.shape[1] else np.zeros(0)
            if np.isnan(coef).any():  # the twin is no solver of hard problems
                continue
            eta = others @ coef + shift
            lost = 2.0 * w @ (row_loss(eta, y) - row_loss(twin.eta[used], y))
            mu = 1.0 / (1.0 + np.exp(-eta))
            gradient = X.T @ (w * (y - mu))
            information = (X.T * (w * mu * (1 - mu))) @ X
            score = gradient @ np.linalg.solve(information, gradient)
            c.near(f"{method} at {end:.6g}", {"profile": lost, "score": score}[method], z * z, atol=1e-6)


def check_diagnostics(c: Comparison, fit: lk.Fit, made: Case) -> None:
    twin = made.twin
    found = fit.discrimination()
    for name, value in twin.discrimination().items():
        c.near(f"discrimination {name}", getattr(found, name), value, atol=EXACT)
    calibration = fit.calibration(bins=4)
    for name, value in twin.calibration().items():
        c.near(f"calibration {name}", getattr(calibration, name), value)
    bins = calibration.bins
    effective = bins.n
    if twin.kind != "sampling":
        low, high = wilson(bins.observed, effective)
        if twin.kind == "precision" or twin.clusters is not None:  # not so many independent observations
            low, high = np.full_like(low, np.nan), np.full_like(high, np.nan)
        c.near("calibration limits", [bins.low, bins.high], [low, high], rtol=NEAR, atol=1e-8)  # roots of a quadratic
    c.near("bins hold all", [bins.n.sum(), bins.n @ bins.observed], [twin.w.sum(), twin.w @ twin.y])
    if twin.kind in ("precision", "sampling") or twin.clusters is not None or "absorb" in made.options:
        c.refused("hosmer_lemeshow", fit.hosmer_lemeshow, UnsupportedError)
        return
    used = twin.w > 0.0
    count = len(np.unique(np.column_stack([twin.X, twin.offset])[used], axis=0))
    if count <= twin.X.shape[1]:
        c.refused("hosmer_lemeshow of a saturated model", fit.hosmer_lemeshow, UnsupportedError)
        return
    test = fit.hosmer_lemeshow(groups=6)
    c.same("patterns", (test.patterns.count, test.patterns.dof), (count, count - twin.X.shape[1]))
    statistic, dof, sizes = twin.hosmer_lemeshow(6)
    c.near("Hosmer-Lemeshow sizes", test.size, sizes)
    c.near("Hosmer-Lemeshow", [test.statistic, test.dof], [statistic, dof], rtol=NEAR)


def check_new_rows(c: Comparison, fit: lk.Fit, made: Case) -> None:
    """Rows of another draw, in the types of the fit."""
    d = made.drawn
    new = made.frame.iloc[::-7].copy()
    new["x"] = new["x"] + 0.25
    columns = columns_of(d.terms, d.intercept, new)
    names = [name for name in columns if not ("absorb" in made.options and name == "Intercept")]
    X = np.column_stack([columns[name] for name in names])
    if "absorb" in made.options:
        kept = np.unique(made.frame["level"].to_numpy(dtype=str)[made.rows])
        inside = new["level"].isin(kept).to_numpy()
        new, X = new[inside], X[inside]
        X = np.column_stack([X, (new["level"].to_numpy(dtype=str)[:, None] == kept).astype(float)])
    offset = new["o"].to_numpy(dtype=float) if made.twin.offset.any() else np.zeros(len(new))
    expected = made.twin.predictions(X, offset)
    c.near("predict(new)", fit.predict(new), expected["estimate"])
    if "absorb" in made.options and (made.twin.kind == "sampling" or made.twin.clusters is not None):
        c.refused("predictions(new)", lambda: fit.predictions(new), UnsupportedError)
        return
    found = fit.predictions(new)
    # A row far from those of the fit multiplies what Newton's method left.
    for name, value in expected.items():
        c.near(f"predictions(new) {name}", found[name], value, rtol=REFERENCE, atol=ROUTE)


def check_moved_rows(c: Comparison, fit: lk.Fit, made: Case) -> None:
    """The rows of the fit with other predictions: intercept and slope of their calibration."""
    if "absorb" in made.options or "x" not in made.drawn.terms:
        return
    twin, d = made.twin, made.drawn
    moved = made.frame.assign(x=0.5 * made.frame["x"] + 0.1)
    X = np.column_stack(list(columns_of(d.terms, d.intercept, moved).values()))
    eta = X @ twin.coef + twin.offset
    found, ones = fit.calibration(moved), np.ones((len(eta), 1))
    level = newton(ones, twin.y, twin.w, eta)
    slope = newton(np.column_stack([ones, eta]), twin.y, twin.w, np.zeros(len(eta)))
    c.near("calibration of moved rows", [found.intercept, found.slope], [level[0], slope[1]], rtol=NEAR, atol=NEAR)
    c.near("log loss of moved rows", found.log_loss, twin.w @ row_loss(eta, twin.y) / twin.w.sum())
