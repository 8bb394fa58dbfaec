"""The notebook on rows that do not fit in memory: statsmodels has the same estimates, and its words hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from numpy.testing import assert_allclose

from logitkit.datasets import load_sba_window
from notebook_runs import look_into
from tolerances import EXACT, REFERENCE

FORMULA = (
    "default ~ np.log(gross_approved) + I(sba_approved / gross_approved) + C(new_business) + C(urban_rural) + C(sector)"
    " + C(fiscal_year)"
)


@pytest.fixture(scope="module", params=[True, pytest.param(False, marks=pytest.mark.slow)], ids=["quick", "whole"])
def seen(request: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    found = look_into("09-larger-than-memory", tmp_path_factory.mktemp("chunks"), request.param)
    return found | {"quick": request.param}


def rows(quick: bool) -> pd.DataFrame:
    """The loans in the order of the folder."""
    loans = load_sba_window()
    if quick:
        loans = loans.sample(20_000, random_state=1).sort_index()
    loans["fiscal_year"] = loans["approval_date"].dt.year + (loans["approval_date"].dt.month >= 10)
    return loans[loans["bank"].notna()].sort_values("fiscal_year", kind="stable", ignore_index=True)


def test_estimates_errors_and_ranks_agree_with_statsmodels(seen: dict[str, Any]) -> None:
    loans = rows(seen["quick"])
    used = loans.dropna(subset=["sector", "new_business"])
    banks = pd.factorize(used["bank"])[0]
    fit = smf.logit(FORMULA, used).fit(disp=0, method="newton", tol=1e-14)
    terms = list(seen["coef"])  # statsmodels puts factors first
    assert_allclose(list(seen["coef"].values()), fit.params[terms], rtol=REFERENCE)
    assert_allclose(seen["errors"]["model"], fit.bse[terms], rtol=REFERENCE)
    groups = {"groups": banks, "use_correction": False}
    clustered = smf.logit(FORMULA, used).fit(disp=0, method="newton", tol=1e-14, cov_type="cluster", cov_kwds=groups)
    n_banks = banks.max() + 1
    by_bank = clustered.bse[terms] * np.sqrt(n_banks / (n_banks - 1))
    assert_allclose(seen["errors"]["by bank"], by_bank, rtol=REFERENCE)
    probability = pd.Series(seen["scores"])
    assert_allclose(probability[probability >= 0.0], fit.predict(used), rtol=REFERENCE)
    # Rounded: the product of statsmodels gives a few equal rows predictions that differ in their last bits.
    ranks, event = fit.predict(used).round(12).rank().to_numpy(), used["default"].to_numpy() == 1
    above = ranks[event].sum() - event.sum() * (event.sum() + 1) / 2
    assert_allclose(seen["auc"], above / (event.sum() * (~event).sum()), rtol=EXACT)


def test_the_words_hold(seen: dict[str, Any]) -> None:
    assert max(seen["gaps"]) < 1e-10
    assert seen["beside"] < 1e-10
    assert_allclose(seen["errors"]["by bank"], seen["errors"]["by bank, from memory"], rtol=1e-10)
    assert np.median(seen["errors"]["HC1"]) == pytest.approx(np.median(seen["errors"]["model"]), rel=0.1)
    assert seen["wider"] == pytest.approx(4.0, abs=0.5)
    assert seen["files"] == 10
    look, *passes = seen["asked"]
    assert len(set(passes)) == 1  # whole passes, but for the look at names
    assert look < passes[0]
    assert len(passes) <= 8
    if not seen["quick"]:
        years = [seen["coef"][f"C(fiscal_year)[T.{year}]"] for year in range(2002, 2011)]
        assert min(np.exp(years[4:6])) > 3 * max(1.0, *np.exp(years[:2]))
