"""Fits of several outcomes by maximum likelihood, and their verbs, against a plain NumPy twin over random designs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import UnsupportedError
from oracles.nominal import INFLUENCE, NominalTwin
from properties.comparing import Comparison
from properties.designs import (
    MARKS,
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
    "response": ("text", "category", "counts"),
    "outcomes": (3, 3, 4),
    "weights": ("none", "frequency", "precision", "sampling"),
    "clusters": (False, False, True),
    "offset": (False, True),
    "intercept": (True, True, False),
}
pytestmark = MARKS
CASES = strata(16, DIMENSIONS, key=2)
LARGEST = 7.0  # of the logits: beyond, the estimate hardly exists
NEAR = 1e-8  # errors and what follows from them: of a Newton iteration that ends 1e-8 of an error from the optimum
ROWS = 96


@dataclass(frozen=True)
class Case:
    """A design with its response, the call of logitkit and the twin."""

    words: str
    drawn: Drawn
    formula: str
    frame: pd.DataFrame
    options: dict[str, Any]
    outcomes: list[str]
    twin: NominalTwin


def make(case: Strata) -> Case:
    """Draw until the estimate exists."""
    for attempt in range(60):
        found = attempted(case, attempt)
        if found is not None:
            return found
    raise AssertionError(f"no estimate exists: {case}")


def attempted(case: Strata, attempt: int) -> Case | None:
    kinds = case.kinds
    k = kinds["outcomes"]
    d = drawn((2, case.index, attempt), kinds["intercept"], ROWS, (1, 3))
    frame, rng, n = d.frame.copy(), d.rng, ROWS
    outcomes = [f"o{j}" for j in range(k)]
    offset = np.zeros((n, k))
    if kinds["offset"]:
        offset[:, 1] = frame["o"].to_numpy(dtype=float)
    eta = np.column_stack([np.zeros(n), *(d.eta() + 0.3 for _ in range(k - 1))]) + offset
    p = np.exp(eta) / np.exp(eta).sum(axis=1, keepdims=True)
    trials = np.ones(n)
    if kinds["response"] == "counts":
        trials = rng.integers(0, 4, n).astype(float)  # some rows without trials
        counts = np.array([rng.multinomial(int(m), row) for m, row in zip(trials, p, strict=True)], dtype=float)
        frame[outcomes] = counts.astype(np.int16)
        shares = np.divide(counts, trials[:, None], out=np.full((n, k), 1.0 / k), where=trials[:, None] > 0)
        left = f"cbind({', '.join(outcomes)})"
    else:
        codes = np.array([rng.choice(k, p=row) for row in p])
        shares, left = np.eye(k)[codes], "y"
        text = np.array(outcomes)[codes]
        frame["y"] = pd.Categorical(text, outcomes) if kinds["response"] == "category" else text
    prior = {
        "none": np.ones(n),
        "frequency": rng.integers(0, 4, n).astype(float),
        "precision": rng.uniform(0.2, 2.5, n) * (rng.random(n) > 0.1),
        "sampling": rng.uniform(0.5, 4.0, n),
    }[kinds["weights"]]
    frame["w"] = prior.astype(np.int64) if kinds["weights"] == "frequency" else prior
    frame["id"] = rng.permutation(np.arange(n) // 3)
    options: dict[str, Any] = {}
    if kinds["weights"] != "none":
        options |= {"weights": "w", "weight_kind": kinds["weights"]}
    if kinds["clusters"]:
        options["cluster"] = "id"
    if kinds["offset"]:
        options["offset"] = {outcomes[1]: "o"}
    X, w = d.matrix, prior * trials
    if np.linalg.matrix_rank(X[w > 0]) < X.shape[1] or (shares[w > 0].sum(axis=0) < 8).any():
        return None
    clusters = frame["id"].to_numpy() if kinds["clusters"] else None
    spans = np.linalg.matrix_rank(np.column_stack([X, np.ones(n)])) == X.shape[1]
    twin = NominalTwin(X, shares, trials, prior, offset, kinds["weights"], clusters, spans)
    try:
        if np.abs(twin.eta - twin.eta[:, :1])[w > 0].max() > LARGEST:
            return None
    except (AssertionError, np.linalg.LinAlgError):  # the twin has found no maximum
        return None
    formula = f"{left} ~ {d.right}"
    return Case(f"{case}\n{formula} {options}", d, formula, frame, options, outcomes, twin)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_verb_is_its_formula(case: Strata) -> None:
    made = make(case)
    with Comparison(made.words) as c:
        twin, names = made.twin, list(made.drawn.columns)
        fit = lk.multinomial(made.formula, made.frame, **made.options)
        c.same("outcomes", list(fit.outcomes), made.outcomes)
        table = (len(made.outcomes) - 1, len(names))
        error = np.sqrt(np.diag(twin.vcov)).reshape(table).T
        coef = twin.flat.reshape(table).T
        c.near("coef", fit.coef.loc[names] / error, coef / error, atol=ROUTE)
        c.near("std_error", fit.std_error.loc[names], error, rtol=NEAR)
        flat = [f"{outcome}:{name}" for outcome in made.outcomes[1:] for name in names]
        unit = np.outer(error.T, error.T)
        c.near("vcov", fit.vcov.loc[flat, flat] / unit, twin.vcov / unit, atol=NEAR)
        check_statistics(c, fit, twin)
        check_rows(c, fit, made)
        check_tests(c, fit, made, names)
        check_diagnostics(c, fit, made)
        check_new_rows(c, fit, made)


def check_statistics(c: Comparison, fit: lk.MultinomialFit, twin: NominalTwin) -> None:
    glance = fit.glance().iloc[0]
    for name, value in twin.statistics.items():
        # Differences of likelihoods, and the tails of a chi-square, lose digits to what they are differences of.
        size = abs(twin.statistics.get("loglik", 1.0))
        c.near(name, glance[name], value, rtol=NEAR if name == "lr_p_value" else ROUTE, atol=EXACT * size)
    if "loglik" not in twin.statistics:
        for name in ("loglik", "deviance", "aic", "bic", "mcfadden", "lr_statistic"):
            c.near(name, glance[name], np.nan)


def check_rows(c: Comparison, fit: lk.MultinomialFit, made: Case) -> None:
    twin, used = made.twin, made.twin.trials > 0.0
    index = made.frame.index[used]
    c.near("predict", fit.predict().loc[index], twin.p[used])
    # The deviance of a proportion is a difference of logarithms: its root keeps half the digits.
    grouped = 1e-7 if "cbind" in made.formula else ROUTE
    for kind, values in twin.residuals.items():
        near = grouped if kind == "deviance" else ROUTE
        c.near(f"residuals({kind!r})", fit.residuals(kind).loc[index], values[used], atol=near)
    found = fit.influence()
    for name in INFLUENCE:
        c.near(f"influence {name}", found[name][index], twin.influence[name][used], rtol=NEAR, atol=ROUTE)
    model = twin.predictions(twin.X, twin.offset) if twin.vcov is twin.bread else None
    if model is not None:
        spread = twin.p * (1.0 - twin.p)
        leverage = twin.own[:, None] * model["std_error"] ** 2 / spread
        table = fit.outcome_influence()["leverage"]
        for k, outcome in enumerate(made.outcomes):
            found = table.xs(outcome, level="outcome")[index]
            c.near(f"outcome_influence leverage {outcome}", found, leverage[used, k], rtol=NEAR, atol=ROUTE)
    nothing = made.frame.index[~used]
    left = fit.residuals("response").reindex(nothing)
    c.near("residual without trials", left, np.full(left.shape, np.nan))
    observed = fit.augment()["observed"].reindex(nothing)
    c.same("outcomes seen without trials", int(observed.notna().sum()), 0)


def check_tests(c: Comparison, fit: lk.MultinomialFit, made: Case, names: list[str]) -> None:
    twin = made.twin
    kinds = ["Wald"] + (["LR"] if "loglik" in twin.statistics else [])
    for kind in kinds:
        found = fit.anova(3, kind)
        c.same(f"terms ({kind})", set(found.labels), set(term_names(made.drawn.terms)))
        for term, statistic, dof in zip(found.labels, found.statistic, found.dof, strict=True):
            columns, own = [j for j, name in enumerate(names) if belongs(name, term)], twin
            # Averaged over levels: without an intercept those of the first factor are tested at the mean of others.
            if within_levels(term, term_names(made.drawn.terms), names) or "Intercept" not in names:
                parts = sum_coded(made.drawn.terms, made.drawn.intercept, made.frame)
                place = [name for name, part in parts.items() for _ in range(part.shape[1])]
                columns = [j for j, name in enumerate(place) if name == term]
                own = replace(twin, X=np.column_stack(list(parts.values())))
            if kind == "LR" and len(columns) == len(names):
                continue  # against no coefficients at all, which the null model is not where they span the intercept
            expected = own.term_wald(columns) if kind == "Wald" else own.term_ratio(columns)
            c.near(f"anova(3, {kind!r}) {term}", [statistic, dof], expected, rtol=NEAR, atol=NEAR)
    if "Intercept" in names:
        slopes = [j for j, name in enumerate(names) if name != "Intercept"]
        found = fit.combine_tests("Wald")
        pairs = [(a, b) for a in range(len(made.outcomes)) for b in range(a + 1, len(made.outcomes))]
        for (a, b), statistic, dof in zip(pairs, found.statistic, found.dof, strict=True):
            c.near(f"combine_tests {a} {b}", [statistic, dof], twin.combine(a, b, slopes), rtol=NEAR)


def check_diagnostics(c: Comparison, fit: lk.MultinomialFit, made: Case) -> None:
    twin = made.twin
    found = fit.discrimination()
    c.near("Hand-Till", found.hand_till.estimate, twin.hand_till(), atol=EXACT)
    for k, outcome in enumerate(made.outcomes):
        curve = found.curves[outcome]
        for name, value in twin.one_against_rest(k).items():
            c.near(f"area of {outcome} {name}", getattr(curve, name), value, atol=EXACT)
    calibration = fit.calibration(bins=4)
    for name, value in twin.scored.items():
        c.near(f"calibration {name}", getattr(calibration, name), value)
    c.near("calibration expected", calibration.expected, twin.w @ twin.p)
    if twin.kind in ("precision", "sampling") or twin.clusters is not None:
        c.refused("hosmer_lemeshow", fit.hosmer_lemeshow, UnsupportedError)
        return
    used = twin.w > 0.0
    count = len(np.unique(np.column_stack([twin.X, twin.offset])[used], axis=0))
    left = count * (len(made.outcomes) - 1) - twin.flat.size
    if left <= 0:
        c.refused("hosmer_lemeshow of a saturated model", fit.hosmer_lemeshow, UnsupportedError)
        return
    test = fit.hosmer_lemeshow(groups=5)
    c.same("patterns", (test.patterns.count, test.patterns.dof), (count, left))
    group = np.zeros(len(twin.w), dtype=int)
    group[fit.design.positions] = test.group
    c.near("Hosmer-Lemeshow", test.statistic, twin.hosmer_lemeshow(group), rtol=NEAR)
    c.same("Hosmer-Lemeshow dof", test.dof, (len(test.size) - 2) * (len(made.outcomes) - 1))


def check_new_rows(c: Comparison, fit: lk.MultinomialFit, made: Case) -> None:
    """Rows of another kind, in the types of the fit."""
    d, k = made.drawn, len(made.outcomes)
    new = made.frame.iloc[::-9].copy()
    new["x"] = new["x"] + 0.25
    X = np.column_stack(list(columns_of(d.terms, d.intercept, new).values()))
    offset = np.zeros((len(new), k))
    if "offset" in made.options:
        offset[:, 1] = new["o"].to_numpy(dtype=float)
    found = fit.predictions(new)
    # A row far from those of the fit multiplies what Newton's method left.
    for name, value in made.twin.predictions(X, offset).items():
        shown = found[name].to_numpy().reshape(len(new), k)
        c.near(f"predictions(new) {name}", shown, value, rtol=REFERENCE, atol=ROUTE)
