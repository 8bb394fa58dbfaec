"""Verbs that go over the rows again and again hold them where they have room, with the answers of the fit in memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal
from tests.tolerances import REFERENCE

import logitkit as lk
from logitkit.errors import UnsupportedError

pytestmark = pytest.mark.usefixtures("chunks_of_64")


def alike(held: pd.DataFrame, read: pd.DataFrame) -> None:
    assert_frame_equal(read, held, rtol=REFERENCE, check_index_type=False)


def test_validation(small, files) -> None:
    held, read = (lk.logit("y ~ x + z", data) for data in (small, files))  # z is missing in some
    for asked in (
        {"n": 5, "seed": 3},
        {"method": "cross-validation", "by": lk.Folds(3, groups="firm")},
        {"method": "internal-external", "by": "year"},
    ):
        alike(held.validate(**asked).tidy(), read.validate(**asked).tidy())
    with pytest.raises(UnsupportedError, match="a table of some rows"):
        read.validate(recipe=lambda rows: lk.logit("y ~ x", rows))
    object.__setattr__(read.design.stream, "memory", 1_000)
    for ask in (read.validate, read.leave_out, lambda: read.fragility("x"), read.simulated_residuals):
        with pytest.raises(UnsupportedError, match=r"all rows at once, which takes .* grant memory="):
            ask()


def test_units_left_out(small, files) -> None:
    fit = lk.logit("y ~ x + C(g)", small)
    for by in (None, "firm"):
        held, read = fit.leave_out(by), fit.leave_out(by, files)
        alike(held.to_frame(), read.to_frame())
        alike(held.predictions(), read.predictions())
    assert fit.fragility("x").labels.tolist() == fit.fragility("x", data=files).labels.tolist()


def test_simulated_residuals(small, files) -> None:
    fit = lk.logit("y ~ x + C(g)", small)
    for by in (None, "year"):
        held, read = (fit.simulated_residuals(20, seed=2, by=by, data=data) for data in (small, files))
        alike(held.to_frame(), read.to_frame())
        assert_allclose(read.dispersion, held.dispersion, rtol=REFERENCE)
        assert np.array_equal(read.of_row, held.of_row)
