"""What a record says of its penalty as plain JSON values, and back to the last bit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from logitkit.design.formula.saved_coding import decode, encode
from logitkit.design.formula.saved_levels import floats_of, integers_of, pack_array
from logitkit.engine.curvature.row_space import RowSpaceVcov
from logitkit.engine.facts import PenaltyFacts
from logitkit.models.penalties.penalty import Groups, Penalty
from logitkit.models.penalties.quadratic import Quadratic

__all__ = ["pack_penalty", "pack_row_space", "unpack_penalty", "unpack_row_space"]

OF_COLUMNS = ("l1", "l2", "lower", "upper")
DIRECTIONS = ("free", "basis", "deviation", "centre", "inner")
PLAIN = (
    "words",
    "standardized",
    "chosen",
    "dof",
    "n_nonzero",
    "gap",
    "tol",
    "steps",
    "null_value",
    "certified",
)


def pack_penalty(facts: PenaltyFacts | None) -> dict[str, Any] | None:
    """Return facts about a penalty as JSON values."""
    if facts is None:
        return None
    packed: dict[str, Any] = {name: encode(getattr(facts, name)) for name in PLAIN}
    packed |= {"strengths": [[words, encode(strength)] for words, strength in facts.strengths]}
    packed |= {name: pack_array(getattr(facts.penalty, name)) for name in OF_COLUMNS}
    packed["scale"] = pack_array(facts.scale)
    if facts.place is not None:
        packed["place"] = pack_array(facts.place)
    if facts.penalty.groups is not None:
        groups = facts.penalty.groups
        packed |= {"codes": pack_array(groups.codes), "lengths": pack_array(groups.strengths)}
    if facts.quadratic is not None:
        centre = facts.quadratic.centre
        packed |= {"prior": pack_array(facts.quadratic.strengths)}
        packed |= {"centre": None if centre is None else pack_array(centre)}
    return packed


def unpack_penalty(packed: Mapping[str, Any] | None) -> PenaltyFacts | None:
    """Return the facts that were packed."""
    if packed is None:
        return None
    groups = Groups(integers_of(packed["codes"]), floats_of(packed["lengths"])) if "codes" in packed else None
    scale = floats_of(packed["scale"])
    quadratic = None
    if "prior" in packed:
        prior = floats_of(packed["prior"])
        whole = prior.size != scale.size  # a diagonal has as many numbers as there are coefficients
        centre = None if packed["centre"] is None else floats_of(packed["centre"])
        quadratic = Quadratic(prior.reshape(scale.size, scale.size) if whole else prior, centre)
    return PenaltyFacts(
        **{name: decode(packed[name]) for name in PLAIN},
        strengths=tuple((words, float(np.float64(decode(strength)))) for words, strength in packed["strengths"]),
        penalty=Penalty(**{name: floats_of(packed[name]) for name in OF_COLUMNS}, groups=groups),
        quadratic=quadratic,
        scale=scale,
        place=integers_of(packed["place"]) if "place" in packed else None,
    )


def pack_row_space(vcov: RowSpaceVcov) -> dict[str, Any]:
    """Return the parts of a covariance with more coefficients than rows as JSON values."""
    packed: dict[str, Any] = {name: pack_array(getattr(vcov, name)) for name in DIRECTIONS}
    return packed | {"intercept": vcov.intercept, "variance": pack_array(np.array([vcov.variance]))}


def unpack_row_space(packed: Mapping[str, Any], p: int) -> RowSpaceVcov:
    """Return the covariance that was packed."""
    free = integers_of(packed["free"])
    basis, deviation, centre, inner = (floats_of(packed[name]) for name in DIRECTIONS[1:])
    intercept, variance = packed["intercept"], floats_of(packed["variance"])
    r = basis.size // max(p, 1)
    k = free.size + r
    return RowSpaceVcov(
        free, basis.reshape(p, r), deviation, centre, intercept, inner.reshape(k, k), float(variance[0])
    )
