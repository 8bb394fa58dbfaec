"""Scores of the same rows by several fits are compared in chunks as they are in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from tests.design.chunks.alike import equal
from tests.tolerances import ROUTE

import logitkit as lk
from logitkit.design.chunks.stream import Stream
from logitkit.errors import DataError, UnsupportedError

pytestmark = pytest.mark.usefixtures("chunks_of_64")

FITS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "rows that one lacks": ("y ~ x + C(g)", "y ~ x + z", {}),  # z is missing in some
    "frequency weights": ("y ~ x", "y ~ 1 + v", {"weights": "w"}),
    "sampling weights": ("y ~ x", "y ~ C(g)", {"weights": "v", "weight_kind": "sampling"}),
    "counts": ("cbind(events, rest) ~ x", "cbind(events, rest) ~ C(g)", {}),
    "clusters": ("y ~ x", "y ~ x + C(g)", {"cluster": "firm"}),
    "separated": ("y ~ x", "y ~ x + I(v > 1.99)", {}),
}


@pytest.mark.parametrize("name", FITS)
def test_comparisons_are_those_in_memory(name, small, files, monkeypatch) -> None:
    formula, second, options = FITS[name]
    fit, other = (lk.logit(each, small, **options) for each in (formula, second))
    if name != "clusters":  # a sum for each cluster asks for room
        monkeypatch.setattr(Stream, "require_room", lambda *_: pytest.fail("a number per row"))
        equal(fit.roc_test(other, small), fit.roc_test(other, files), rtol=ROUTE)
    equal(fit.reclassification(other, small), fit.reclassification(other, files), rtol=ROUTE)


def test_rows_of_the_fits_are_compared_as_those_in_memory(small, files) -> None:
    (held, its), (read, other) = (
        [lk.logit(each, data, cluster="firm") for each in ("y ~ x", "y ~ z")] for data in (small, files)
    )
    equal(held.roc_test(its), read.roc_test(other), rtol=ROUTE)
    equal(held.decision_curve(its), read.decision_curve(other), rtol=ROUTE)
    equal(held.reclassification(its, cuts=[0.3, 0.5]), read.reclassification(other, cuts=[0.3, 0.5]), rtol=ROUTE)


def test_rows_of_other_files_and_columns_of_them(small, files) -> None:
    one, other = (lk.logit(each, small.iloc[:200]) for each in ("y ~ x", "y ~ x + C(g)"))
    with_scores = {"other": other, "shift": "shift"}
    equal(one.roc_test(with_scores, small), one.roc_test(with_scores, files), rtol=ROUTE)
    equal(one.decision_curve(None, small), one.decision_curve(None, files), rtol=ROUTE)
    apart = one.on(files).roc_test(other.on(files))
    assert_allclose(apart.areas, one.on(small).roc_test(other.on(small)).areas, rtol=ROUTE)
    with pytest.raises(DataError, match="no such column"):
        one.roc_test("nothing", files)
    with pytest.raises(DataError, match="an array has no place beside"):
        one.roc_test(np.zeros(320), files)


def test_what_needs_all_rows_at_once_gathers_them_or_says_how_much_they_take(small, files) -> None:
    fit, other = lk.logit("y ~ x", small), lk.logit("y ~ C(g)", small)
    equal(fit.partial_auc(small, fpr=(0.0, 0.2)), fit.partial_auc(files, fpr=(0.0, 0.2)), rtol=ROUTE)
    for method in ("bootstrap", "venkatraman"):
        asked = {"method": method, "n": 100, "seed": 4}
        equal(fit.roc_test(other, small, **asked), fit.roc_test(other, files, **asked), rtol=ROUTE)
    read = fit.on(files)
    object.__setattr__(read._rows_of(None).design.stream, "memory", 1_000)
    with pytest.raises(UnsupportedError, match="all at once, takes"):
        read.partial_auc(fpr=(0.0, 0.2))


def test_fits_that_disagree_about_outcomes_are_refused(small, files, tmp_path) -> None:
    changed: pd.DataFrame = small.assign(y=1 - small["y"])
    changed.to_parquet(tmp_path / "part.parquet", index=False)
    with pytest.raises(DataError, match="outcomes or weights of 'other'"):
        lk.logit("y ~ x", files).reclassification(lk.logit("y ~ x", str(tmp_path)))
