"""Whether two designs of the same rows are the same, to the bit."""

from __future__ import annotations

import numpy as np

from logitkit.design.design import Design

__all__ = ["are_equal"]


def are_equal(long: Design, short: Design) -> bool:
    """Tell whether two designs of the same rows are equal to the bit."""
    if long.counts != short.counts or not np.array_equal(long.positions, short.positions):
        return False
    one, other = long.response, short.response
    for name in ("y", "trials", "prior", "offset", "shares"):
        left, right = getattr(one, name), getattr(other, name)
        if (left is None) != (right is None) or (left is not None and not np.array_equal(left, right)):
            return False
    if one.n_outcomes != other.n_outcomes or one.weight_kind != other.weight_kind:
        return False
    if long.matrix.inner.n_columns != short.matrix.inner.n_columns:
        return False
    return bool(np.array_equal(long.matrix.to_dense(), short.matrix.to_dense(), equal_nan=True))
