"""Fits of the stored references, made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest

from logitkit.design.build import build_design
from logitkit.design.design import Design
from logitkit.design.reading import BinaryReader
from logitkit.families.binomial import Binomial
from logitkit.fit import fit_design
from logitkit.record import FitRecord
from logitkit.solvers.newton import Newton
from references.load import load_frame, load_reference


@dataclass(frozen=True)
class Fitted:
    reference: dict[str, Any]
    record: FitRecord
    design: Design


def fit(design: Design) -> FitRecord:
    return fit_design(design, Binomial(), Newton())


@cache
def fit_reference(name: str) -> Fitted:
    reference = load_reference(name)
    model = reference["model"]
    design = build_design(
        model["formula"],
        load_frame(reference),
        namespace={},
        weights=model["weights"],
        weight_kind=model["weight_kind"] or "frequency",
        reader=BinaryReader(model["event"]),
    )
    return Fitted(reference, fit(design), design)


@pytest.fixture(scope="session")
def fitted() -> Callable[[str], Fitted]:
    """The fit of a reference, by name."""
    return fit_reference


@pytest.fixture(scope="session")
def fit_formula() -> Callable[..., tuple[FitRecord, Design]]:
    """Fit a formula to a table."""

    def make(formula: str, data: Any, **options: Any) -> tuple[FitRecord, Design]:
        design = build_design(formula, data, namespace={}, **options)
        return fit(design), design

    return make


@pytest.fixture
def tied() -> dict[str, np.ndarray]:
    """Two hundred rows whose only predictor has few values, with whole weights."""
    rng = np.random.default_rng(20)
    x = rng.integers(0, 12, 200).astype(float)
    y = (rng.random(200) < 1.0 / (1.0 + np.exp(2.0 - 0.3 * x))).astype(int)
    return {"x": x, "y": y, "w": rng.integers(1, 5, 200)}
