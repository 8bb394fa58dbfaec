"""Precision weights count no observations: values stand whatever their scale, what would need a count is withheld."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import UnsupportedError
from tolerances import ROUTE


def drawn(family: str) -> pd.DataFrame:
    rng = np.random.default_rng(6)
    x = rng.normal(size=150)
    codes = (x + rng.normal(size=150) > 0).astype(int) + (0 if family == "logit" else rng.integers(0, 2, 150))
    y = codes if family == "logit" else np.array(["a", "b", "c"])[codes]
    return pd.DataFrame({"x": x, "y": y, "w": rng.uniform(0.5, 2.0, 150), "id": np.arange(150) // 3})


@pytest.mark.parametrize("family", ["logit", "multinomial"])
def test_nothing_that_is_printed_of_a_diagnostic_depends_on_the_scale(family: str):
    frame = drawn(family)
    one, other = (
        getattr(lk, family)("y ~ x", frame.assign(w=frame["w"] * scale), weights="w", weight_kind="precision")
        for scale in (1.0, 50.0)
    )
    tables = [fit.calibration().bins if family == "logit" else fit.calibration().bins[0] for fit in (one, other)]
    assert_allclose(tables[0].observed, tables[1].observed, rtol=ROUTE)
    assert all(np.isnan(table.low).all() and np.isnan(table.high).all() for table in tables)
    if family == "logit":
        found = [fit.discrimination() for fit in (one, other)]
        assert_allclose(found[0].auc, found[1].auc, rtol=ROUTE)
        assert all(np.isnan([each.std_error, each.low, each.high]).all() for each in found)
    for fit in (one, other):
        with pytest.raises(UnsupportedError, match="precision weights, which are not counts of observations"):
            fit.hosmer_lemeshow()
    one.plot.calibration()


@pytest.mark.parametrize("family", ["logit", "multinomial"])
def test_rates_of_dependent_rows_have_no_interval(family: str):
    fit = getattr(lk, family)("y ~ x", drawn(family), cluster="id")
    bins = fit.calibration().bins if family == "logit" else fit.calibration().bins[0]
    assert np.isnan(bins.low).all()
    assert np.isfinite(bins.observed).all()


@pytest.mark.parametrize("family", ["logit", "multinomial"])
@pytest.mark.parametrize("given", [{"weights": "w", "weight_kind": "precision"}, {"cluster": "id"}, {}])
def test_what_is_withheld_is_said(family: str, given: dict[str, str]):
    fit = getattr(lk, family)("y ~ x", drawn(family), **given)
    assert ("No intervals: Wilson's" in str(fit.calibration())) == bool(given)
    # Clusters leave areas their linearised error.
    assert ("No standard errors: DeLong's" in str(fit.discrimination())) == ("weights" in given)


@pytest.mark.parametrize("family", ["logit", "multinomial"])
def test_an_area_on_the_rows_of_the_fit_is_called_so(family: str):
    rows = drawn(family)
    fit = getattr(lk, family)("y ~ x", rows)
    assert "Computed on the rows of the fit, on which a model does better" in " ".join(
        str(fit.discrimination()).split()
    )
    assert "On the rows of the fit" not in str(fit.discrimination(rows.iloc[:90]))
