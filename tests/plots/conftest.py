"""Results to draw, made once."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from logitkit.design.build import build_design
from logitkit.design.rebuild import rebuild_design
from logitkit.diagnostics.calibration.curve import calibration
from logitkit.diagnostics.discrimination.curves import discrimination
from logitkit.diagnostics.residuals.influence import influence
from logitkit.engine.fit import fit_design
from logitkit.engine.solvers.newton import Newton
from logitkit.models.binomial import Binomial
from references.load import load_frame, load_reference


@pytest.fixture(scope="session")
def drawn():
    """Results of the lbw model on its rows, and on other rows where more happens than was predicted."""
    reference = load_reference("lbw")
    frame = load_frame(reference)
    design = build_design(reference["model"]["formula"], frame, namespace={})
    record = fit_design(design, Binomial(), Newton())
    worse = frame.assign(low=np.maximum(frame["low"], (np.arange(len(frame)) % 3 == 0).astype(int)))
    other = rebuild_design(record.info, worse)
    return SimpleNamespace(
        record=record,
        roc=discrimination(record, design),
        calibration=calibration(record, design),
        calibration_elsewhere=calibration(record, other),
        influence=influence(record, design),
    )
