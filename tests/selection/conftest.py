"""References of penalised fits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "references" / "penalised"


@pytest.fixture
def penalised_reference():
    return lambda name: json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
