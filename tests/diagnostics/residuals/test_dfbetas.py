"""What changes without a row, by one step: Finney's data in R, real refits, written out for several outcomes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from oracles.outcome_algebra import algebra
from tolerances import EXACT, REFERENCE, ROUTE


@pytest.fixture(scope="module")
def vaso():
    return json.loads((Path(__file__).parents[2] / "references" / "diagnostics" / "vaso.json").read_text())


@pytest.fixture(scope="module")
def fit(vaso):
    return lk.logit("y ~ log(rate) + log(volume)", {name: vaso[name] for name in ("y", "rate", "volume")})


@pytest.fixture(scope="module")
def lbw():
    return lk.datasets.load_lbw()


def test_finneys_data_agree_with_r(fit, vaso):
    """SAS prints the estimates -2.8754, 4.5617 and 5.1793 (PROC LOGISTIC, example of regression diagnostics)."""
    assert_allclose(fit.coef.round(4), [-2.8754, 4.5617, 5.1793])
    assert_allclose(fit.dfbetas(), vaso["dfbetas"], atol=REFERENCE)
    assert_allclose(fit.dfbetas(scaled=False), vaso["dfbeta"], atol=REFERENCE)
    # Pregibon's formulas, from R's residuals and leverages: C, CBAR, DIFDEV and DIFCHISQ of SAS.
    p, d, h = (np.array(vaso[name]) for name in ("pearson", "deviance", "leverage"))
    found = fit.influence()
    assert_allclose(found["c"], p**2 * h / (1 - h) ** 2, rtol=REFERENCE, atol=REFERENCE)
    assert_allclose(found["cbar"], p**2 * h / (1 - h), rtol=REFERENCE, atol=REFERENCE)
    assert_allclose(found["deviance_deleted"], d**2 + p**2 * h / (1 - h), rtol=REFERENCE, atol=REFERENCE)
    assert_allclose(found["pearson_deleted"], p**2 / (1 - h), rtol=REFERENCE, atol=REFERENCE)
    assert found["c"].nlargest(2).index.tolist() == [3, 17]  # the rows that Pregibon found


def test_several_outcomes_by_the_algebra_of_leaving_a_row_out(lbw):
    fit = lk.multinomial("race ~ age + lwt + smoke", lbw)
    plain, found = algebra(fit), fit.dfbetas(scaled=False)
    for i in (0, 17, 80, 188):
        d = np.linalg.solve(plain.information(without=i), plain.block(i).T @ plain.score(i))
        assert_allclose(found.loc[i], d, rtol=ROUTE, atol=EXACT)
        bar = d @ plain.information(without=i) @ d
        assert_allclose(fit.influence()["cbar"][i], bar, rtol=ROUTE)
    assert_allclose(fit.dfbetas(), found / np.sqrt(np.diag(fit.vcov)), rtol=ROUTE)


@pytest.mark.parametrize(
    "model",
    [
        lambda rows: lk.logit("low ~ age + lwt", rows, link="probit"),
        lambda rows: lk.logit("low ~ age + lwt", rows, absorb="race"),
        lambda rows: lk.ordinal("race ~ age + lwt", rows, order=["white", "black", "other"]),
        lambda rows: lk.multinomial("race ~ age + lwt", rows),
    ],
)
def test_one_step_is_most_of_the_way(lbw, model):
    """The step is short by a proportion of the order of the leverage, below 0.05 of these rows."""
    fit = model(lbw)
    found = fit.dfbetas()
    for i in (3, 60, 150):
        real = (fit.record.coef - model(lbw.drop(index=i)).record.coef) / np.sqrt(np.diag(fit.record.model_vcov))
        assert_allclose(found.loc[i], real, rtol=0.05, atol=0.004)


def test_a_frequency_weight_is_rows_written_out(lbw):
    lbw = lbw.assign(w=1 + lbw["ptl"])
    weighted = lk.logit("low ~ age + smoke", lbw, weights="w")
    written = lk.logit("low ~ age + smoke", lbw.loc[lbw.index.repeat(lbw["w"])].reset_index(drop=True))
    first = np.concatenate([[0], np.cumsum(lbw["w"])[:-1]])
    assert_allclose(weighted.dfbetas(), written.dfbetas().iloc[first], rtol=ROUTE)


def test_patterns_are_rows_of_counts(lbw):
    """Rows of a pattern leave together: the same as the table of counts, of two outcomes and of three."""
    cells = lbw.groupby(["smoke", "ht"])["low"].agg(["sum", "size"]).reset_index()
    rows, counts = lk.logit("low ~ smoke + ht", lbw), lk.logit("cbind(sum, size - sum) ~ smoke + ht", cells)
    place = pd.MultiIndex.from_frame(cells[["smoke", "ht"]]).get_indexer(pd.MultiIndex.from_frame(lbw[["smoke", "ht"]]))
    assert_allclose(rows.influence(by="pattern"), counts.influence().iloc[place], rtol=ROUTE, atol=EXACT)
    assert_allclose(rows.dfbetas(by="pattern"), counts.dfbetas().iloc[place], rtol=ROUTE, atol=EXACT)
    several = lk.multinomial("race ~ smoke + low", lbw)
    table = pd.crosstab([lbw["smoke"], lbw["low"]], lbw["race"]).reset_index()
    whole = lk.multinomial("cbind(black, other, white) ~ smoke + low", table, reference="white")
    place = pd.MultiIndex.from_frame(table[["smoke", "low"]]).get_indexer(
        pd.MultiIndex.from_frame(lbw[["smoke", "low"]])
    )
    found = several.influence(by="pattern")
    assert_allclose(found["leverage"], whole.influence()["leverage"].iloc[place], rtol=ROUTE)


def test_offsets_belong_to_the_pattern(lbw):
    fit = lk.logit("low ~ smoke", lbw.assign(z=lbw["age"] / 10), offset="z")
    assert fit.influence(by="pattern")["leverage"].nunique() > 2


def test_what_is_infinite_or_alone_has_none():
    fit = lk.logit("y ~ x", {"x": [0, 0, 0, 1, 1, 1], "y": [0, 1, 0, 1, 1, 1]})
    assert fit.separation is not None
    assert fit.dfbetas()["x"].isna().all()
    alone = lk.logit(
        "y ~ a + x", {"x": [0, 1, 2, 3, 2, 0, 1], "a": [0, 0, 0, 0, 0, 0, 1.0], "y": [0, 1, 0, 1, 1, 0, 1]}
    )
    assert alone.dfbetas().notna().sum().sum() > 0
    counts = lk.logit("cbind(y, n) ~ C(g)", {"y": [2, 3], "n": [3, 3], "g": [0, 1]})
    assert counts.dfbetas().isna().all(axis=None)


def test_what_has_no_answer_is_refused(fit, lbw):
    with pytest.raises(DataError, match="by='cluster' is not known"):
        fit.dfbetas(by="cluster")
    with pytest.raises(DataError, match="does not go with by='pattern'"):
        fit.influence(by="pattern", largest=3)
    with pytest.raises(UnsupportedError, match="an absorbed factor is part of none"):
        lk.logit("low ~ age", lbw, absorb="race").dfbetas(by="pattern")
    with pytest.raises(UnsupportedError, match="Influence is defined for the rows of the fit"):
        lk.logit("low ~ age", lbw).dfbetas(data=lbw.head(40))
    with pytest.raises(UnsupportedError, match="after a penalty"):
        lk.logit("low ~ age", lbw, penalty=lk.Ridge(0.1)).dfbetas()
