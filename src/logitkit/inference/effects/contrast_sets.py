r"""Coefficients of contrasts of G means: pairwise, against a reference, polynomial, or given by the user.

Polynomial contrasts are orthogonal polynomials in the scores of the levels: the levels themselves if numeric, otherwise
1, 2, .... For equally spaced scores they are scaled to the smallest integers, as in published tables; otherwise to unit
length.

References
----------
Fisher, R. A. and Yates, F. (1963) Statistical Tables for Biological, Agricultural and Medical Research, 6th edition,
table XXIII.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from numbers import Real
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from logitkit.errors import DataError, FormulaError, nearest_name
from logitkit.options import word_meant
from logitkit.typing import FloatArray

__all__ = ["ContrastSet", "Named", "contrast_set"]

Named: TypeAlias = Literal["pairwise", "reference", "polynomial"]
ContrastSet: TypeAlias = Named | Mapping[str, Any]

DEGREES = ("linear", "quadratic", "cubic", "quartic", "degree 5", "degree 6")
WHOLE_MOST = 1_000  # multiple of the smallest coefficient at which whole numbers are looked for
ROUNDING = 1e-9  # of the largest coefficient


def contrast_set(
    contrasts: ContrastSet, labels: Sequence[str], scores: Sequence[Any]
) -> tuple[tuple[str, ...], FloatArray]:
    """Return the names and the coefficients of contrasts of G means.

    Parameters
    ----------
    contrasts : {'pairwise', 'reference', 'polynomial'} or mapping
        Each mean minus each later one; each mean minus the first; orthogonal polynomials; or a mapping from names to G
        coefficients each, in order or by label.
    labels : sequence of str
        Labels of the G means.
    scores : sequence
        The level of each mean, numeric or not.

    Returns
    -------
    names : tuple of str
        Names of the k contrasts.
    coefficients : (k, G) array
        Coefficients of the contrasts; each row sums to 0.

    Raises
    ------
    DataError
        For an unknown set, fewer than two means, and coefficients that are not a contrast.
    FormulaError
        For an unknown label.

    Examples
    --------
    >>> contrast_set("pairwise", ["a", "b", "c"], ["a", "b", "c"])[0]
    ('a - b', 'a - c', 'b - c')
    >>> contrast_set("polynomial", ["1", "2", "3", "4"], [1, 2, 3, 4])[1].tolist()
    [[-3.0, -1.0, 1.0, 3.0], [1.0, -1.0, -1.0, 1.0], [-1.0, 3.0, -3.0, 1.0]]
    >>> contrast_set({"a against the rest": {"a": 1, "b": -0.5, "c": -0.5}}, ["a", "b", "c"], "abc")[1].tolist()
    [[1.0, -0.5, -0.5]]
    """
    if len(labels) < 2:
        raise DataError(f"There is one mean, {labels[0]!r}, and contrasts need at least two.")
    if isinstance(contrasts, Mapping):
        return _custom(contrasts, labels, scores)
    if not isinstance(contrasts, str) or contrasts not in get_args(Named):
        raise DataError(
            f"contrasts={contrasts!r} is not known; use 'pairwise', 'reference', 'polynomial', or a dict of "
            f"coefficients by name, such as {{'first two': [1, -1, 0]}}.{word_meant(contrasts, get_args(Named))}"
        )
    unit = np.eye(len(labels))
    if contrasts == "pairwise":
        pairs = list(combinations(range(len(labels)), 2))
        return tuple(f"{labels[i]} - {labels[j]}" for i, j in pairs), np.array([unit[i] - unit[j] for i, j in pairs])
    if contrasts == "reference":
        return tuple(f"{label} - {labels[0]}" for label in labels[1:]), unit[1:] - unit[0]
    return _polynomial(scores)


def _polynomial(scores: Sequence[Any]) -> tuple[tuple[str, ...], FloatArray]:
    """Return orthogonal polynomials up to the sixth degree."""
    numbers = all(isinstance(score, Real) and not isinstance(score, bool) for score in scores)
    at = np.array(scores if numbers else range(1, len(scores) + 1), dtype=np.float64)
    if np.unique(at).size < at.size:
        raise DataError(
            "Polynomial contrasts need one mean per level; name the other factors in by=, so that each of their levels "
            "has contrasts of its own."
        )
    centred = (at - at.mean()) / np.abs(at - at.mean()).max()
    degrees = min(at.size - 1, len(DEGREES))
    q, r = np.linalg.qr(np.vander(centred, degrees + 1, increasing=True))
    coefficients = (q * np.sign(np.diag(r)))[:, 1:].T
    steps = np.diff(np.sort(at))
    if np.allclose(steps, steps[0], rtol=1e-9, atol=0.0):
        coefficients = np.array([_whole(row) for row in coefficients])
    return DEGREES[:degrees], coefficients


def _whole(row: FloatArray) -> FloatArray:
    """Return the smallest whole numbers with these ratios, or the numbers themselves."""
    least = np.abs(row[np.abs(row) > ROUNDING * np.abs(row).max()]).min()
    for multiple in range(1, WHOLE_MOST):
        scaled = row / least * multiple
        if np.abs(scaled - np.round(scaled)).max() < ROUNDING * np.abs(scaled).max():
            return np.asarray(np.round(scaled) + 0.0)
    return row


def _custom(
    contrasts: Mapping[str, Any], labels: Sequence[str], scores: Sequence[Any]
) -> tuple[tuple[str, ...], FloatArray]:
    """Return contrasts as they were given."""
    if not contrasts:
        raise DataError("contrasts={} holds no contrast; give coefficients by name, such as {'first two': [1, -1, 0]}.")
    rows, place = (
        [],
        {**{str(score): k for k, score in enumerate(scores)}, **{name: k for k, name in enumerate(labels)}},
    )
    for name, given in contrasts.items():
        if isinstance(given, Mapping):
            row = np.zeros(len(labels))
            for label, value in given.items():
                if str(label) not in place:
                    raise FormulaError(
                        f"The contrast {name!r} names {label!r}, which is no mean. {nearest_name(str(label), labels)} "
                        f"The means are {', '.join(labels)}."
                    )
                row[place[str(label)]] = value
        else:
            try:
                row = np.asarray(given, dtype=np.float64)
            except (TypeError, ValueError):
                row = np.zeros(0)
        if row.shape != (len(labels),) or not np.isfinite(row).all() or not row.any():
            raise DataError(
                f"The contrast {name!r} is {given!r}; give {len(labels)} finite numbers, not all zero, for "
                f"{', '.join(labels)} in this order, or a dict of some of them."
            )
        if abs(row.sum()) > ROUNDING * np.abs(row).max():
            raise DataError(
                f"The coefficients of the contrast {name!r} sum to {row.sum():g}, and those of a contrast sum to 0. "
                "Other combinations of means are tested by fit.means(...).test('...')."
            )
        rows.append(row)
    return tuple(str(name) for name in contrasts), np.array(rows)
