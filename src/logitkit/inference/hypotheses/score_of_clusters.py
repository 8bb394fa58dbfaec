"""The middle of a sandwich with corrected scores of clusters, of a larger model and rows that are read in chunks.

The correction looks at the rows of a cluster together, coded for both models. So each chunk is coded for the larger
model and, beside it, for the smaller; rows are held for as many clusters as memory has room for at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from logitkit.design.chunks.whole_units import counted_units, rows_held, whole_units
from logitkit.design.design import Design
from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Clusters
from logitkit.engine.part_coordinates import Columns
from logitkit.engine.record import FitRecord
from logitkit.inference.covariances.cluster_sums import require_two
from logitkit.inference.covariances.corrected import corrected_meat
from logitkit.inference.covariances.leverage import with_expected_information
from logitkit.typing import FloatArray

__all__ = ["corrected_middle"]


def corrected_middle(
    smaller: tuple[FitRecord, Design], larger: Design, columns: Columns, name: str, kind: str
) -> FloatArray:
    """Return the sum of the squared corrected scores of clusters by the coefficients of a larger model.

    Parameters
    ----------
    smaller : (FitRecord, Design)
        The fit of the smaller model, and its rows.
    larger : Design
        The same rows of the larger model, read in chunks.
    columns : Columns
        Coordinates of its coefficients.
    name : str
        The column of the clusters.
    kind : {'CR0', 'CR1', 'CR2', 'CR3'}
        The correction.

    Returns
    -------
    (q, q) array
        Symmetric, with the factor of the number of clusters.

    Raises
    ------
    DataError, UnsupportedError
        As ``reduced_bias_vcov``, and where the rows of one cluster have no room.

    Examples
    --------
    >>> corrected_middle.__name__
    'corrected_middle'
    """
    record, rows = smaller
    units = counted_units(larger, [name], "cluster")
    count = int(np.count_nonzero(units.used))
    require_two(name, count)
    # Made once: the parts below are some rows, whose information is not that of all.
    fit = with_expected_information(record, rows)
    p, own = larger.matrix.n_columns, rows.matrix.n_columns
    most = max(rows_held(larger) * p // (p + own), 1)
    middle: FloatArray | float = 0.0
    for part, codes in whole_units(larger, units, most=most, coded=_Both(rows)):
        of_larger = part.matrix.columns(np.arange(p))
        of_smaller = replace(part, matrix=part.matrix.columns(np.arange(p, p + own)), info=rows.info)
        clusters = Clusters(codes, units.sizes.size, name)
        middle = middle + corrected_meat(fit, of_smaller, clusters, kind, columns.matrix(of_larger))
    return np.asarray(middle * (count / (count - 1.0)) if kind == "CR1" else middle)


@dataclass(frozen=True)
class _Both:
    """Codes the rows of a chunk for the smaller model too, whose columns follow those of the larger."""

    rows: Design

    def __call__(self, part: Design) -> Design:
        """Return the rows with the columns of both."""
        assert self.rows.stream is not None
        own = self.rows.stream.again(part, self.rows.info)
        return replace(part, matrix=Dense(np.hstack([part.matrix.to_dense(), own.matrix.to_dense()])))
