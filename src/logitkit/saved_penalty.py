"""What a record says of its penalty as plain JSON values, and back to the last bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from logitkit.design.saved_coding import decode, encode
from logitkit.design.saved_levels import floats_of, integers_of, pack_array
from logitkit.penalties.penalty import Groups, Penalty
from logitkit.penalties.quadratic import Quadratic
from logitkit.record import PenaltyFacts

__all__ = ["pack_penalty", "penalty_misfits", "unpack_penalty"]

OF_COLUMNS = ("l1", "l2", "lower", "upper")
PRIOR = ("prior", "centre")
GROUPS = ("codes", "lengths")
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
