"""Scorecards from files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from logitkit.results.cards.binned import BinnedVariable
from logitkit.results.cards.scorecard import Scorecard
from logitkit.results.classes import fit_of
from logitkit.scorecard.saved.file import card_in

__all__ = ["scorecard_in"]


def scorecard_in(packed: Mapping[str, Any], path: Path, functions: Mapping[str, Any]) -> Scorecard:
    """Return the scorecard from the JSON values of a file."""
    saved = card_in(packed, path, functions, BinnedVariable)
    fit = fit_of(saved.record)
    own = (saved.population, saved.steps, saved.development, saved.manifest, saved.changes)
    return Scorecard(saved.card, fit, saved.binnings, *own)
