"""Diagnostics of several outcomes on rows of every kind: matrices, penalties, rows without weight, missing values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from tolerances import EXACT, ROUTE


@pytest.fixture(scope="module")
def drawn() -> pd.DataFrame:
    rng = np.random.default_rng(61)
    x, z = rng.standard_normal((2, 240))
    eta = np.column_stack([np.zeros(240), 0.8 * x, 0.8 * z - 0.5 * x])
    y = np.array(["a", "b", "c"])[(eta + rng.gumbel(size=eta.shape)).argmax(axis=1)]
    return pd.DataFrame({"x": x, "z": z, "y": y, "w": rng.integers(0, 4, 240).astype(float)})


def on(fit: Any, data: Any = None, **given: Any) -> Any:
    return fit.on(data, **given)


VERBS: dict[str, Callable] = {
    "residuals": lambda fit, **rows: on(fit, **rows).residuals("pearson"),
    "hosmer_lemeshow": lambda fit, **rows: on(fit, **rows).hosmer_lemeshow(groups=5).statistic,
    "discrimination": lambda fit, **rows: on(fit, **rows).discrimination().hand_till.estimate,
    "classification": lambda fit, **rows: on(fit, **rows).classification().confusion,
    "calibration": lambda fit, **rows: on(fit, **rows).calibration().slope,
}


def matrix(data: pd.DataFrame) -> np.ndarray:
    return np.column_stack([np.ones(len(data)), data["x"], data["z"]])


@pytest.mark.parametrize("verb", VERBS)
def test_new_rows_of_a_matrix_come_with_y(drawn, verb):
    first, rest = drawn.head(160), drawn.tail(80)
    names = ["Intercept", "x", "z"]
    offset = np.column_stack([np.zeros(240), 0.2 * drawn["z"], np.zeros(240)])
    ready = lk.multinomial_matrix(matrix(first), first["y"], names, weights=first["w"], offset=offset[:160])
    formula = lk.multinomial("y ~ x + z", first.assign(o=offset[:160, 1]), weights="w", offset={"b": "o"})
    found = VERBS[verb](ready, data=matrix(rest), y=rest["y"], weights=rest["w"], offset=offset[160:])
    expected = VERBS[verb](formula, data=rest.assign(o=offset[160:, 1]))
    assert_allclose(found, expected, rtol=ROUTE, atol=ROUTE)
    with pytest.raises(DataError, match="pass y="):
        VERBS[verb](ready, data=matrix(rest))
    with pytest.raises(DataError, match="put that column into data"):
        VERBS[verb](formula, data=rest.assign(o=0.0), y=rest["y"])


@pytest.mark.parametrize("verb", VERBS)
def test_a_weight_of_zero_is_a_row_that_is_absent(drawn, verb):
    used = drawn[drawn["w"] > 0]
    whole, part = (lk.multinomial("y ~ x + z", data, weights="w") for data in (drawn, used))
    found, expected = VERBS[verb](whole), VERBS[verb](part)
    if verb == "residuals":
        found = found[(drawn["w"] > 0).to_numpy()]
    assert_allclose(found, expected, rtol=ROUTE, atol=ROUTE)


@pytest.mark.filterwarnings("ignore:Rows used")
@pytest.mark.parametrize("verb", VERBS)
def test_rows_with_a_missing_value_are_left_out(drawn, verb):
    holes = drawn.assign(x=drawn["x"].where(drawn.index % 7 > 0), y=drawn["y"].where(drawn.index % 11 > 0))
    fit = lk.multinomial("y ~ x + z", drawn.head(160))
    assert_allclose(VERBS[verb](fit, data=holes), VERBS[verb](fit, data=holes.dropna()), rtol=EXACT, atol=EXACT)
    with pytest.raises(DataError, match="inf"):
        VERBS[verb](fit, data=drawn.assign(x=drawn["x"].where(drawn.index != 3, np.inf)))


@pytest.mark.parametrize("penalty", [lk.Ridge(0.05), lk.Lasso(0.02)])
def test_after_a_penalty(drawn, penalty):
    """What rests on maximum likelihood is refused, what describes predictions is answered."""
    fit = lk.multinomial("y ~ x + z", drawn.head(160), penalty=penalty)
    for refused in (fit.influence, fit.outcome_influence, fit.collinearity, fit.hosmer_lemeshow):
        with pytest.raises(UnsupportedError, match="is not offered after a penalty"):
            refused()
    rows, p = drawn.tail(80), fit.predict(drawn.tail(80)).to_numpy()
    y = pd.get_dummies(rows["y"]).to_numpy(dtype=float)
    assert fit.hosmer_lemeshow(data=rows, groups=5).dof == 10
    assert_allclose(fit.residuals("response", data=rows), y - p, rtol=ROUTE, atol=ROUTE)
    assert_allclose(fit.classification(data=rows).brier, ((y - p) ** 2).sum(axis=1).mean(), rtol=ROUTE)
    assert 0.5 < fit.discrimination(data=rows).hand_till.estimate < 1.0
    own = fit.calibration()
    assert own.penalised
    assert own.in_sample
    assert (own.slope[1:] > 1.0).all()
    assert "to the extent that the penalty shrinks" in " ".join(own.to_text().split())


def test_labels_of_the_rows_are_the_tables_own(drawn):
    labelled = drawn.set_index(pd.Index([f"r{i}" for i in range(240)], name="id"))
    fit = lk.multinomial("y ~ x + z", labelled)
    assert fit.residuals().index[:2].tolist() == ["r0", "r1"]
    assert fit.influence().index.name == "id"
    assert fit.outcome_influence().index.names == ["id", "outcome"]
    assert list(fit.residuals().columns) == ["a", "b", "c"]
