"""The levels of a large factor as plain JSON values, and back: arrays of many numbers as base64 of their bytes."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np

from logitkit.design.absorbed import AbsorbedLevels
from logitkit.design.formula.saved_coding import decode, encode
from logitkit.design.matrix.arrow import ArrowLayout
from logitkit.design.matrix.vanishing import Vanishing
from logitkit.design.nuisance import NOTHING, Nuisance
from logitkit.typing import FloatArray, IntArray

__all__ = [
    "floats_of",
    "integers_of",
    "pack_array",
    "pack_layout",
    "pack_nuisance",
    "pack_vanishing",
    "unpack_layout",
    "unpack_nuisance",
    "unpack_vanishing",
]

COMBINED, WEIGHED = ("aliased", "columns", "numbers"), ("values", "scale")  # of combinations that vanish
OF_LEVELS = ("intercepts", "rows", "curvature")
MEANS_MOST = 4_000_000  # numbers that a file keeps for standard errors of predictions: 43 MB as text


def pack_array(values: Any) -> str:
    """Return an array as base64 of little-endian float64 or, where it holds integers, int64.

    Examples
    --------
    >>> floats_of(pack_array(np.array([0.5, np.inf]))).tolist(), integers_of(pack_array(np.array([3, -1]))).tolist()
    ([0.5, inf], [3, -1])
    """
    array = np.asarray(values)
    kind = "<i8" if array.dtype.kind in "iu" else "<f8"
    return base64.b64encode(np.ascontiguousarray(array, dtype=kind).tobytes()).decode("ascii")


def floats_of(text: str) -> FloatArray:
    """Return the numbers of a packed array, in one dimension."""
    return np.frombuffer(base64.b64decode(text, validate=True), dtype="<f8").astype(np.float64)


def integers_of(text: str) -> IntArray:
    """Return the integers of a packed array, in one dimension."""
    return np.frombuffer(base64.b64decode(text, validate=True), dtype="<i8").astype(np.int64)


def pack_nuisance(nuisance: Nuisance) -> dict[str, Any] | None:
    """Return the levels of an absorbed factor as JSON values, None for nothing."""
    return _pack_absorbed(nuisance) if isinstance(nuisance, AbsorbedLevels) else None


def unpack_nuisance(part: Mapping[str, Any] | None, q: int) -> Nuisance:
    """Return what was packed, of a fit in q coordinates."""
    return NOTHING if part is None else _unpack_absorbed(part, q)


def _pack_absorbed(absorbed: AbsorbedLevels) -> dict[str, Any]:
    """Return the levels of an absorbed factor as JSON values."""
    means = absorbed.means
    if means is not None and means.size > MEANS_MOST:
        means = None
    return {
        "name": absorbed.name,
        "levels": encode(absorbed.levels, f"The absorbed column {absorbed.name!r}"),
        "n_dropped_rows": absorbed.n_dropped_rows,
        **{name: pack_array(getattr(absorbed, name)) for name in OF_LEVELS},
        "means": None if means is None else pack_array(means),
        "anchors": None if absorbed.anchors is None else pack_array(absorbed.anchors),
        "reach": None if absorbed.reach is None else pack_array(absorbed.reach),
    }


def _unpack_absorbed(part: Mapping[str, Any], q: int) -> AbsorbedLevels:
    """Return the levels that were packed."""
    intercepts, rows, curvature = floats_of(part["intercepts"]), integers_of(part["rows"]), floats_of(part["curvature"])
    means = None if part["means"] is None else floats_of(part["means"]).reshape(intercepts.size, q)
    anchors = None if part["anchors"] is None else floats_of(part["anchors"]).reshape(intercepts.size, q)
    reach = None if part["reach"] is None else floats_of(part["reach"]).reshape(intercepts.size, 2)
    dropped = part["n_dropped_rows"]
    return AbsorbedLevels(
        part["name"], decode(part["levels"]), intercepts, rows, curvature, means, dropped, anchors, reach
    )


def pack_layout(layout: ArrowLayout) -> dict[str, Any]:
    """Return where the columns of a large factor stand as JSON values."""
    recode = None
    if layout.recode is not None:
        stored = layout.recode.tocsr()
        recode = {
            "shape": [int(size) for size in stored.shape],
            "data": pack_array(np.asarray(stored.data, dtype=np.float64)),
            "indices": pack_array(stored.indices),
            "indptr": pack_array(stored.indptr),
        }
    return {**{name: pack_array(getattr(layout, name)) for name in ("levels", "head", "rest")}, "recode": recode}


def unpack_layout(part: Mapping[str, Any]) -> ArrowLayout:
    """Return the layout that was packed."""
    from scipy.sparse import csr_array

    recode = None
    if part["recode"] is not None:
        packed = part["recode"]
        arrays = (floats_of(packed["data"]), integers_of(packed["indices"]), integers_of(packed["indptr"]))
        recode = csr_array(arrays, shape=tuple(packed["shape"]))
        recode.check_format(full_check=True)
    levels, head, rest = (integers_of(part[name]) for name in ("levels", "head", "rest"))
    return ArrowLayout(levels, head, rest, recode)


def pack_vanishing(vanishing: Vanishing | None) -> dict[str, Any] | None:
    """Return the combinations of columns that vanish on the rows of a fit as JSON values."""
    if vanishing is None:
        return None
    levels = vanishing.levels
    return {
        **{name: pack_array(getattr(vanishing, name)) for name in (*COMBINED, *WEIGHED)},
        "levels": None if levels is None else pack_array(levels),
    }


def unpack_vanishing(part: Mapping[str, Any] | None) -> Vanishing | None:
    """Return the combinations that were packed.

    Examples
    --------
    >>> twice = Vanishing(*(np.array(values) for values in ([1], [0, 1], [0, 0], [-2.0, 1.0], [4.0])))
    >>> unpack_vanishing(pack_vanishing(twice)).values.tolist()
    [-2.0, 1.0]
    """
    if part is None:
        return None
    owners, columns, numbers = (integers_of(part[name]) for name in COMBINED)
    values, scale = (floats_of(part[name]) for name in WEIGHED)
    levels = None if part["levels"] is None else floats_of(part["levels"]).reshape(-1, owners.size)
    return Vanishing(owners, columns, numbers, values, scale, levels)
