"""What is said of the rows of a fit is, of rows that are read in chunks, what it is of rows that are held."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from tests.design.chunks.alike import equal, without_vectors

import logitkit as lk

pytestmark = pytest.mark.usefixtures("chunks_of_64")

FITS: dict[str, tuple[str, dict[str, Any]]] = {
    "event": ("y ~ x + C(g)", {}),
    "frequency weights": ("y ~ x", {"weights": "w"}),
    "sampling weights": ("y ~ x + C(g)", {"weights": "v", "weight_kind": "sampling"}),
    "clusters": ("y ~ x", {"cluster": "firm"}),
    "counts": ("cbind(events, rest) ~ x", {}),
    "offset": ("y ~ x", {"offset": "shift"}),
    "probit": ("y ~ x", {"model": lk.Binary(link="probit")}),
    "ordered": ("o ~ g", {"model": lk.Ordinal(order=["low", "mid", "top"]), "weights": "w"}),
    "multinomial": ("o ~ x + z", {"model": lk.Multinomial()}),
}
QUICK = ("event", "clusters", "ordered", "multinomial")
EVERY = [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in FITS]


def pair(name: str, small: pd.DataFrame, files: str) -> tuple[lk.Fit, lk.Fit]:
    formula, options = FITS[name]
    held, read = (lk.fit(formula, data, **options) for data in (small, files))
    return held, without_vectors(read)


@pytest.mark.parametrize("name", EVERY)
def test_calibration_of_rows_in_chunks(name: str, small: pd.DataFrame, files: str) -> None:
    held, read = pair(name, small, files)
    equal(held.calibration(bins=7), read.calibration(bins=7), rtol=1e-9)


@pytest.mark.parametrize("name", ["multinomial", "ordered"])
def test_areas_of_several_outcomes_in_chunks(name: str, small: pd.DataFrame, files: str) -> None:
    held, read = pair(name, small, files)
    equal(held.discrimination(), read.discrimination())
