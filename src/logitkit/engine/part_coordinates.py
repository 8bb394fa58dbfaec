r"""Coordinates of linear predictors that take columns in parts: the columns are orthogonal within each part.

Means of the columns move into the intercepts, which is right where the constraint matrix of a part stays within the
span of that of the intercepts: with :math:`H_g = H_0 M`, the means :math:`\bar x_g` of a part with coefficients
:math:`\Gamma_g` add :math:`H_g \Gamma_g \bar x_g = H_0 (M \Gamma_g \bar x_g)` to the predictors. Else they stay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.parted import Parted, in_parts
from logitkit.design.matrix.vanishing import Vanishing
from logitkit.engine.rank import Coordinates
from logitkit.models.form import Form
from logitkit.models.predictors import Part, Predictors
from logitkit.typing import FloatArray, IntArray

__all__ = ["Columns", "PartCoordinates", "inner_predictors", "part_coordinates"]

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
    whole, split : Matrix, optional
        The columns that the coordinates were made of, and the same in parts, so that they are copied once.
    """

    parts: tuple[Coordinates, ...]
    given: Predictors
    inner: Predictors
    transform: FloatArray
    intercept: int | None
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
        """Whether the columns are those that were given."""
        return all(own.is_identity for own in self.parts)

    @property
    def vanishing(self) -> Vanishing | None:
        """The combinations of columns that the dropped ones were, over all columns; None where none was dropped."""
        pairs = zip(self.given.parts, self.parts, strict=True)
        found = [(part, own) for part, own in pairs if own.vanishing is not None]
        if not found:
            return None
        own_of = [own.vanishing for _, own in found if own.vanishing is not None]
        first = np.cumsum([0, *(own.aliased.size for own in own_of)])
        whole = Vanishing(
            np.concatenate([part.columns[own.aliased] for (part, _), own in zip(found, own_of, strict=True)]),
            np.concatenate([part.columns[own.columns] for (part, _), own in zip(found, own_of, strict=True)]),
            np.concatenate([start + own.numbers for start, own in zip(first, own_of, strict=False)]),
            np.concatenate([own.values for own in own_of]),
            np.concatenate([own.scale for own in own_of]),
        )
        return self._with_means(whole, found)

    def _with_means(self, vanishing: Vanishing, found: list[tuple[Part, Coordinates]]) -> Vanishing:
        """Return the combinations with the multiple of the intercept that centred columns need."""
        if self.intercept is None:
            return vanishing
        columns, numbers, values = [vanishing.columns], [vanishing.numbers], [vanishing.values]
        first = 0
        for part, own in found:
            assert own.vanishing is not None
            count = own.vanishing.aliased.size
            if own.centre is not None and self.intercept not in part.columns:
                shift = np.zeros(count)
                np.add.at(shift, own.vanishing.numbers, own.vanishing.values * own.centre[own.vanishing.columns])
                columns.append(np.full(count, self.intercept))
                numbers.append(first + np.arange(count))
                values.append(-shift)
            first += count
        return replace(
            vanishing,
            columns=np.concatenate(columns),
            numbers=np.concatenate(numbers),
            values=np.concatenate(values),
        )

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


def part_coordinates(
    matrix: Matrix,
    weights: FloatArray,
    intercept: int | None,
    predictors: Predictors,
    make: Callable[[Matrix, FloatArray, int | None, bool], Coordinates],
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
    found, mixes, start = [], [], 0
    inner_parts = []
    for g, (part, columns) in enumerate(zip(predictors.parts, split.parts, strict=True)):
        place = int(np.flatnonzero(part.columns == intercept)[0]) if g == home else None
        mix = None if base is None or g == home else _within(base, part.matrix(m))
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
    return PartCoordinates(tuple(found), predictors, inner, transform, intercept, matrix, split)


def _within(base: FloatArray, constraint: FloatArray) -> FloatArray | None:
    """Return M with H = H_0 M, None where there is none."""
    mix = np.linalg.lstsq(base, constraint, rcond=None)[0]
    far = np.abs(base @ mix - constraint).max(initial=0.0) > WITHIN * np.abs(constraint).max(initial=0.0)
    return None if far else np.asarray(np.where(np.abs(mix) <= WITHIN, 0.0, mix))
