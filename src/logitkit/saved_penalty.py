"""What a record says of its penalty as plain JSON values, and back to the last bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from logitkit.curvature.row_space import RowSpaceVcov
from logitkit.design.saved_coding import decode, encode
from logitkit.design.saved_levels import floats_of, integers_of, pack_array
from logitkit.errors import DataError
from logitkit.penalties.penalty import Groups, Penalty
from logitkit.penalties.quadratic import Quadratic
from logitkit.record import PenaltyFacts

__all__ = ["pack_penalty", "pack_row_space", "penalty_misfits", "unpack_penalty", "unpack_row_space"]

OF_COLUMNS = ("l1", "l2", "lower", "upper")
PRIOR = ("prior", "centre")
GROUPS = ("codes", "lengths")
DIRECTIONS = ("free", "basis", "deviation", "centre", "inner")
PLAIN = {
    "words": (str,),
    "standardized": (str,),
    "chosen": (str,),
    "dof": (int, float),
    "n_nonzero": (int,),
    "gap": (int, float),
    "tol": (int, float),
    "steps": (int,),
    "null_value": (int, float),
    "certified": (bool,),
}


def pack_penalty(facts: PenaltyFacts | None) -> dict[str, Any] | None:
    """Return facts about a penalty as JSON values.

    Parameters
    ----------
    facts : PenaltyFacts or None
        Of a record.

    Returns
    -------
    dict or None
        Arrays as base64; None where there is no penalty.
    """
    if facts is None:
        return None
    packed: dict[str, Any] = {name: encode(getattr(facts, name)) for name in PLAIN}
    packed |= {"strengths": [[words, encode(strength)] for words, strength in facts.strengths]}
    packed |= {name: pack_array(getattr(facts.penalty, name)) for name in OF_COLUMNS}
    packed["scale"] = pack_array(facts.scale)
    if facts.penalty.groups is not None:
        groups = facts.penalty.groups
        packed |= {"codes": pack_array(groups.codes), "lengths": pack_array(groups.strengths)}
    if facts.quadratic is not None:
        centre = facts.quadratic.centre
        packed |= {"prior": pack_array(facts.quadratic.strengths)}
        packed |= {"centre": None if centre is None else pack_array(centre)}
    return packed


def penalty_misfits(packed: Mapping[str, Any], p: int) -> Iterator[str]:
    """Name what is missing, unknown, of another type or does not fit the number of coefficients.

    Parameters
    ----------
    packed : mapping
        From ``pack_penalty``, or a file.
    p : int
        Number of coefficients.

    Yields
    ------
    str
        What is wrong.
    """
    known = {*PLAIN, *OF_COLUMNS, "strengths", "scale"}
    for pair in (GROUPS, PRIOR):
        known |= set(pair) if pair[0] in packed or pair[1] in packed else set()
    for name in sorted(known ^ set(packed)):
        yield f"'penalty' has {'an unknown' if name in packed else 'no'} {name!r}"
    for name, kinds in PLAIN.items():
        value = decode(packed[name])
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            yield f"'penalty' has a {name!r} of type {type(value).__name__}"
    for pair in packed["strengths"]:
        if len(pair) != 2 or not isinstance(pair[0], str) or not isinstance(decode(pair[1]), int | float):
            yield f"'penalty' has a strength {pair!r}"
    sizes: dict[str, tuple[int, ...]] = dict.fromkeys((*OF_COLUMNS, "scale"), (p,))
    if "prior" in packed:
        sizes["prior"] = (p, p * p)
        if packed["centre"] is not None:
            sizes["centre"] = (p,)
    for name, allowed in sizes.items():
        found = floats_of(packed[name]).size
        if found not in allowed:
            yield f"'penalty' has {found} numbers in {name!r}, and there are {p} coefficients"
    if "codes" in packed:
        codes, lengths = integers_of(packed["codes"]), floats_of(packed["lengths"])
        if codes.size != p or codes.min(initial=-1) < -1 or codes.max(initial=-1) >= lengths.size:
            yield f"'penalty' has {codes.size} codes of {lengths.size} groups, and there are {p} coefficients"


def unpack_penalty(packed: Mapping[str, Any] | None) -> PenaltyFacts | None:
    """Return the facts that were packed.

    Parameters
    ----------
    packed : mapping or None
        From ``pack_penalty``.

    Returns
    -------
    PenaltyFacts or None
        Equal to the last bit.
    """
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
    )


def pack_row_space(vcov: RowSpaceVcov) -> dict[str, Any]:
    """Return the parts of a covariance with more coefficients than rows as JSON values.

    Parameters
    ----------
    vcov : RowSpaceVcov
        Of a record.

    Returns
    -------
    dict
        Arrays as base64.
    """
    packed: dict[str, Any] = {name: pack_array(getattr(vcov, name)) for name in DIRECTIONS}
    return packed | {"intercept": vcov.intercept, "variance": pack_array(np.array([vcov.variance]))}


def unpack_row_space(packed: Mapping[str, Any], p: int) -> RowSpaceVcov:
    """Return the covariance that was packed.

    Parameters
    ----------
    packed : mapping
        From ``pack_row_space``, or a file.
    p : int
        Number of coefficients.

    Returns
    -------
    RowSpaceVcov
        Equal to the last bit.

    Raises
    ------
    DataError
        If its parts do not fit one another or the number of coefficients.
    """
    damaged = "The saved model is damaged: "
    missing = sorted({*DIRECTIONS, "intercept", "variance"} ^ set(packed))
    if missing:
        raise DataError(f"{damaged}its covariance has not the parts that it must have ({', '.join(missing)}).")
    free = integers_of(packed["free"])
    basis, deviation, centre, inner = (floats_of(packed[name]) for name in DIRECTIONS[1:])
    intercept, variance = packed["intercept"], floats_of(packed["variance"])
    r, left = divmod(basis.size, max(p, 1))
    sizes = deviation.size == centre.size == p and left == 0 and inner.size == (free.size + r) ** 2
    within = free.min(initial=0) >= 0 and free.max(initial=-1) < p and isinstance(intercept, int)
    if not sizes or not within or not -1 <= intercept < p or variance.size != 1:
        raise DataError(f"{damaged}the parts of its covariance do not fit one another and {p} coefficients.")
    k = free.size + r
    return RowSpaceVcov(
        free, basis.reshape(p, r), deviation, centre, intercept, inner.reshape(k, k), float(variance[0])
    )
