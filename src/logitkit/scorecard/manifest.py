"""What a card was made from and how: fingerprints of its rows, parameters, versions."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from logitkit.scorecard.fingerprints import column_fingerprint, digest, table_fingerprints
from logitkit.scorecard.selection import Selection
from logitkit.typing import BoolArray, FloatArray

__all__ = ["CLASSIFIER", "FUNCTION", "Manifest", "RejectsManifest", "manifest_of", "rejects_manifest_of", "row_print"]

PACKAGES = ("logitkit", "numpy", "scipy", "numba", "pandas")
FUNCTION, CLASSIFIER = "lk.scorecard", "ScorecardClassifier"  # by which cards are made


@dataclass(frozen=True, slots=True)
class RejectsManifest:
    """The information needed to repeat an inference of rejects.

    Parameters
    ----------
    method : str
        The method whose card was adopted; empty before that.
    methods : tuple or None
        The requested methods; None for one of each.
    between : (float, float)
        Factors of the odds of bad in the best and in the worst case.
    fingerprints : tuple of (column, SHA-256)
        Fingerprints of the columns of rejects.
    weights : str
        The fingerprint of the weights of rejects; empty without weights.
    """

    method: str
    methods: tuple[Any, ...] | None
    between: tuple[float, float]
    fingerprints: tuple[tuple[str, str], ...]
    weights: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The information needed to make a card again and to check that the rows are the same.

    Parameters
    ----------
    fingerprints : tuple of (column, SHA-256)
        Fingerprints of the variables and the target, over all rows of the table in their order.
    excluded : str
        Fingerprint of the rows that the rules left out; empty without rules.
    weights : str
        The fingerprint of the weights; empty without weights.
    indeterminate : tuple
        Levels of the target that are neither good nor bad.
    selection : Selection or None
        How variables were selected; None if all were taken.
    level : float
        Confidence level of the inference.
    versions : tuple of (name, version)
        Packages with which the card was made.
    rows : str
        Fingerprint of the rows, independent of their order; empty in cards of earlier files.
    maker : {"lk.scorecard", "ScorecardClassifier"}
        The interface that made the card.
    rejects : RejectsManifest or None
        How outcomes of rejects were inferred; None if they were not.
    """

    fingerprints: tuple[tuple[str, str], ...]
    excluded: str
    weights: str
    indeterminate: tuple[Any, ...]
    selection: Selection | None
    level: float
    versions: tuple[tuple[str, str], ...]
    rows: str = ""
    maker: str = FUNCTION
    rejects: RejectsManifest | None = None

    @property
    def seeds(self) -> tuple[tuple[str, int], ...]:
        """What is drawn at random to make the card, with its seed."""
        chosen = self.selection
        return (("Folds of the lasso", 0),) if chosen is not None and chosen.method == "lasso" else ()


def manifest_of(
    columns: Mapping[str, Any],
    out: BoolArray,
    weights: FloatArray | None,
    indeterminate: tuple[Any, ...],
    selection: Selection | None,
    level: float,
    maker: str = FUNCTION,
) -> Manifest:
    """Return the manifest of a card.

    Parameters
    ----------
    columns : mapping of str to (n,) Series
        The variables and the target, all rows of the table.
    out : (n,) array of bool
        Which rows the rules leave out.
    weights : array or None
        Weights of the rows that count.
    indeterminate, selection, level : optional
        As they were stated.
    maker : {"lk.scorecard", "ScorecardClassifier"}
        What makes the card.

    Returns
    -------
    Manifest
    """
    prints, rows = table_fingerprints(columns)
    return Manifest(
        prints,
        digest(b"rows", np.packbits(out)) if out.any() else "",
        row_print(weights),
        indeterminate,
        selection,
        level,
        _versions(),
        rows,
        maker,
    )


def rejects_manifest_of(
    columns: Mapping[str, Any],
    weights: FloatArray | None,
    methods: tuple[Any, ...] | None,
    between: tuple[float, float],
) -> RejectsManifest:
    """Return what is needed to infer outcomes of rejects again."""
    return RejectsManifest("", methods, between, _prints(columns), row_print(weights))


def row_print(weights: FloatArray | None) -> str:
    """Return the fingerprint of weights, empty where there are none."""
    return "" if weights is None else digest(b"weights", weights.astype("<f8"))


def _prints(columns: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, column_fingerprint(columns[name])) for name in columns)


def _versions() -> tuple[tuple[str, str], ...]:
    found = [("Python", platform.python_version())]
    for name in PACKAGES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:  # the sources without an installation
            found.append((name, "not installed"))
    return tuple(found)
