"""Fits of the stored references, made once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.design.build import build_design
from logitkit.design.design import Design
from logitkit.design.response.reading import BinaryReader
from logitkit.engine.fit import fit_design
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.models.binomial import Binomial
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


@dataclass(frozen=True)
class FittedOutcomes:
    """R's diagnostics of a model of three outcomes, and the same model fitted here."""

    reference: dict[str, Any]
    data: pd.DataFrame
    fit: lk.MultinomialFit

    @property
    def held_out(self) -> pd.DataFrame:
        return self.data.iloc[self.reference["held_out"]]

    def fit_others(self) -> lk.MultinomialFit:
        """The model of the rows that are not held out."""
        return lk.multinomial(
            self.reference["model"]["formula"], self.data.drop(index=self.reference["held_out"]), reference="white"
        )


@pytest.fixture(scope="session")
def outcomes() -> FittedOutcomes:
    """The model of race in the low birth weight data."""
    path = Path(__file__).parents[1] / "references" / "multinomial" / "diagnostics.json"
    reference = json.loads(path.read_text(encoding="utf-8"))
    data = lk.datasets.load_lbw()
    return FittedOutcomes(
        reference, data, lk.multinomial(reference["model"]["formula"], data, reference=reference["model"]["reference"])
    )
