"""A confusion table of rows that are read in chunks counts what that in memory does, in one pass."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.tolerances import ROUTE

import logitkit as lk

pytestmark = pytest.mark.usefixtures("chunks_of_64")

FITS: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("y ~ x + z + C(g)", {}),
    "frequency weights": ("y ~ x", {"weights": "w"}),
    "sampling weights": ("y ~ x", {"weights": "v", "weight_kind": "sampling"}),
    "counts": ("cbind(events, rest) ~ x", {}),
    "separated": ("y ~ x + I(v > 1.99)", {}),
    "several": ("o ~ x + z", {"model": lk.Multinomial()}),
}


@pytest.mark.parametrize("name", FITS)
def test_a_confusion_table_is_that_in_memory(name, small, files, monkeypatch) -> None:
    formula, options = FITS[name]
    held, read = lk.fit(formula, small, **options), lk.fit(formula, files, **options)
    monkeypatch.setattr(type(read.design.stream), "require_room", lambda *_: pytest.fail("a number per row"))
    other = lk.fit(formula, small.iloc[:200], **options)
    for one, two in (
        (held.classification(), read.classification()),
        (other.on(small).classification(), other.on(files).classification()),
    ):
        for field in fields(one):
            left, right = getattr(one, field.name), getattr(two, field.name)
            if isinstance(left, (float, np.ndarray)):
                assert_allclose(right, left, rtol=ROUTE, err_msg=field.name)
            elif field.name not in ("macro", "weighted", "micro"):
                assert right == left, field.name
    y, mu = small["y"].to_numpy(), held.predict(small) if name == "plain" else None
    if mu is not None:
        kept = mu.notna().to_numpy()
        assert_allclose(read.classification().brier, np.mean((y[kept] - mu[kept]) ** 2), rtol=ROUTE)
