r"""Coordinates of linear predictors that take columns in parts: the columns are orthogonal within each part.

Means of the columns move into the intercepts, which is right where the constraint matrix of a part stays within the
span of that of the intercepts: with :math:`H_g = H_0 M`, the means :math:`\bar x_g` of a part with coefficients
:math:`\Gamma_g` add :math:`H_g \Gamma_g \bar x_g = H_0 (M \Gamma_g \bar x_g)` to the predictors. Else they stay.

A column is aliased across parts where a part whose constraint matrix spans that of its own has columns that determine
it, as those with a coefficient per threshold determine one with a single coefficient. The part that spans keeps them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.parted import Parted, in_parts
from logitkit.design.matrix.vanishing import Vanishing
from logitkit.engine.rank import Coordinates, orthogonal_coordinates
from logitkit.models.form import Form
from logitkit.models.predictors import Part, Predictors
from logitkit.typing import FloatArray, IntArray

__all__ = ["Columns", "PartCoordinates", "inner_predictors", "part_coordinates"]

NONE: IntArray = np.empty(0, dtype=np.int64)
WITHIN = 1e-12  # of a constraint vector: less of it outside a span is rounding


@dataclass(frozen=True, eq=False)
class PartCoordinates:
    """How coefficients of the columns of each part as given follow from those that are solved for.

    Parameters
    ----------
    parts : tuple of Coordinates
        Of the columns of each part.
    given, inner : Predictors
        Over the columns as given, and over those that are solved for, one part after another.
    transform : (n_flat, q) array
        Flat coefficients as given from those that are solved for.
    intercept : int or None
        The column of ones.
    across : tuple of Vanishing
        The combinations that columns were which other parts determine, over all columns.
    whole, split : Matrix, optional
        The columns that the coordinates were made of, and the same in parts, so that they are copied once.
    """

    parts: tuple[Coordinates, ...]
    given: Predictors
    inner: Predictors
    transform: FloatArray
    intercept: int | None
    across: tuple[Vanishing, ...] = ()
    whole: Matrix | None = None
    split: Parted | None = None

    def matrix(self, given: Matrix) -> Parted:
        """Return the columns that the solver works on."""
        split = self.split
        if split is None or given is not self.whole:
            split = in_parts(given, tuple(part.columns for part in self.given.parts))
        return Parted(tuple(own.matrix(part) for own, part in zip(self.parts, split.parts, strict=True)))

    @property
    def is_identity(self) -> bool:
        """Whether the solver works on the columns as given."""
        return all(own.is_identity for own in self.parts)

    @property
    def vanishing(self) -> Vanishing | None:
        """The combinations of columns that the dropped ones were, over all columns; None where none was dropped."""
        pairs = zip(self.given.parts, self.parts, strict=True)
        found = [(part, own) for part, own in pairs if own.vanishing is not None]
        own_of = [self._over_all(part, own) for part, own in found] + list(self.across)
        return _together(own_of) if own_of else None

    def _over_all(self, part: Part, own: Coordinates) -> Vanishing:
        """Return the combinations of a part over all columns, with the multiple of the intercept of centred ones."""
        assert own.vanishing is not None
        elsewhere = self.intercept if own.centre is not None and self.intercept not in part.columns else None
        return _renumbered(own.vanishing, part.columns, own.centre, elsewhere)

    @property
    def aliased(self) -> IntArray:
        """Flat coefficients of columns that were dropped."""
        pairs = zip(self.parts, self.given.places, strict=True)
        dropped = [places[:, own.aliased].reshape(-1) for own, places in pairs]
        return np.sort(np.concatenate(dropped)).astype(np.int64)


Columns: TypeAlias = Coordinates | PartCoordinates


def inner_predictors(form: Form, columns: Columns) -> Predictors:
    """Return the predictors over the columns that are solved for."""
    if isinstance(columns, PartCoordinates):
        return columns.inner
    size = form.predictors.n_columns if columns.basis is None else columns.basis.shape[1]
    return form.predictors.of_columns(size)


def _renumbered(vanishing: Vanishing, columns: IntArray, centre: FloatArray | None, intercept: int | None) -> Vanishing:
    """Return combinations of some columns over all, with the multiple of the intercept that their means need."""
    found = replace(vanishing, aliased=columns[vanishing.aliased], columns=columns[vanishing.columns])
    if centre is None or intercept is None:
        return found
    count = vanishing.aliased.size
    shift = np.zeros(count)
    means = vanishing.values * centre[vanishing.columns]
    np.add.at(shift, vanishing.numbers, means)
    size = np.bincount(vanishing.numbers, np.abs(means), count)
    moved = np.flatnonzero(np.abs(shift) > WITHIN * size)
    return replace(
        found,
        columns=np.append(found.columns, np.full(moved.size, intercept)),
        numbers=np.append(found.numbers, moved),
        values=np.append(found.values, -shift[moved]),
    )


def _together(found: list[Vanishing]) -> Vanishing:
    """Return several sets of combinations as one."""
    first = np.cumsum([0, *(own.aliased.size for own in found)])
    return Vanishing(
        np.concatenate([own.aliased for own in found]),
        np.concatenate([own.columns for own in found]),
        np.concatenate([start + own.numbers for start, own in zip(first, found, strict=False)]),
        np.concatenate([own.values for own in found]),
        np.concatenate([own.scale for own in found]),
    )


def _beside(
    matrix: Matrix, weights: FloatArray | None, part: Part, wider: IntArray, intercept: int | None
) -> tuple[Coordinates, Vanishing | None]:
    """Return coordinates of a part without the columns that wider parts determine, and what these columns were."""
    columns = np.concatenate([wider, part.columns])
    both = orthogonal_coordinates(matrix.columns(columns), weights, None, True)
    dropped = both.aliased[both.aliased >= wider.size] - wider.size
    kept = np.setdiff1d(np.arange(part.columns.size), dropped)
    own = orthogonal_coordinates(matrix.columns(part.columns[kept]), weights, None, True)
    if not dropped.size:
        return own, None
    assert own.centre is not None and own.basis is not None and both.vanishing is not None  # noqa: PT018
    centre, basis = np.zeros(part.columns.size), np.zeros((part.columns.size, own.basis.shape[1]))
    centre[kept], basis[kept] = own.centre, own.basis
    found = both.vanishing
    here = found.aliased >= wider.size
    entries = here[found.numbers]
    found = replace(
        found,
        aliased=found.aliased[here],
        columns=found.columns[entries],
        numbers=(np.cumsum(here) - 1)[found.numbers[entries]],
        values=found.values[entries],
        scale=found.scale[here],
    )
    return Coordinates(basis.copy(), dropped, centre, basis), _renumbered(found, columns, both.centre, intercept)


def part_coordinates(
    matrix: Matrix,
    weights: FloatArray | None,
    intercept: int | None,
    predictors: Predictors,
    make: Callable[[Matrix, FloatArray | None, int | None, bool], Coordinates],
) -> PartCoordinates:
    """Return coordinates of each part, made by ``orthogonal_coordinates`` or ``scaled_coordinates``.

    Examples
    --------
    A column beside its double is dropped, whatever the part:

    >>> from logitkit.design.matrix.dense import Dense
    >>> from logitkit.engine.rank import orthogonal_coordinates
    >>> from logitkit.models.predictors import Part
    >>> x = Dense(np.array([[1.0, 1.0, 2.0], [1.0, 2.0, 4.0], [1.0, 4.0, 8.0]]))
    >>> parts = (Part(np.array([0]), rows=np.arange(2)), Part(np.array([1, 2]), constraint=-np.ones((2, 1))))
    >>> part_coordinates(x, np.ones(3), 0, Predictors(2, 3, parts), orthogonal_coordinates).aliased.tolist()
    [3]
    """
    m = predictors.n_predictors
    split = in_parts(matrix, tuple(part.columns for part in predictors.parts))
    has = [intercept is not None and intercept in part.columns for part in predictors.parts]
    home = has.index(True) if any(has) else None
    base = None if home is None else predictors.parts[home].matrix(m)
    found, mixes, across, start = [], [], [], 0
    inner_parts = []
    for g, (part, columns) in enumerate(zip(predictors.parts, split.parts, strict=True)):
        place = int(np.flatnonzero(part.columns == intercept)[0]) if g == home else None
        mix = None if base is None or g == home else _within(base, part.matrix(m))
        wider = _wider(predictors, g, home) if mix is not None and make is orthogonal_coordinates else NONE
        if wider.size:
            own, gone = _beside(matrix, weights, part, wider, intercept)
            across += [] if gone is None else [gone]
        else:
            own = make(columns, weights, place, mix is not None)
        found.append(own)
        mixes.append(mix)
        size = part.columns.size if own.basis is None else own.basis.shape[1]
        inner_parts.append(replace(part, columns=np.arange(start, start + size)))
        start += size
    inner = Predictors(m, start, tuple(inner_parts))
    transform: FloatArray = np.zeros((predictors.n_flat, inner.n_flat))
    for own, mix, places, solved in zip(found, mixes, predictors.places, inner.places, strict=True):
        for row, columns_of_row in zip(places, solved, strict=True):
            transform[np.ix_(row, columns_of_row)] = np.eye(row.size) if own.transform is None else own.transform
        if mix is None or home is None or own.centre is None or own.basis is None:
            continue
        local = int(np.flatnonzero(predictors.parts[home].columns == intercept)[0])
        shift = own.centre @ own.basis
        for k, row in enumerate(predictors.places[home]):
            for a, columns_of_row in enumerate(solved):
                transform[row[local], columns_of_row] -= mix[k, a] * shift
    return PartCoordinates(tuple(found), predictors, inner, transform, intercept, tuple(across), matrix, split)


def _wider(predictors: Predictors, g: int, home: int | None) -> IntArray:
    """Return the columns of parts that can do what a part can, and more; without those of the intercepts."""
    m, part = predictors.n_predictors, predictors.parts[g]
    columns = [
        other.columns
        for h, other in enumerate(predictors.parts)
        if h not in (g, home) and other.n_rows > part.n_rows and _within(other.matrix(m), part.matrix(m)) is not None
    ]
    return np.concatenate(columns) if columns else NONE


def _within(base: FloatArray, constraint: FloatArray) -> FloatArray | None:
    """Return M with H = H_0 M, None where there is none."""
    mix = np.linalg.lstsq(base, constraint, rcond=None)[0]
    far = np.abs(base @ mix - constraint).max(initial=0.0) > WITHIN * np.abs(constraint).max(initial=0.0)
    return None if far else np.asarray(np.where(np.abs(mix) <= WITHIN, 0.0, mix))
