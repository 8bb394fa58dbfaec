"""A variable in bins as plain JSON values, and back: counts, statement, optimum and trail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from itertools import chain, pairwise
from typing import Any, TypeVar

import numpy as np

from logitkit.design.formula.saved_coding import decode, encode
from logitkit.engine.saved.fields import Flag, Number, Scalar, Sizes, Text, Whole
from logitkit.engine.saved.shapes import Each, Maybe, Numbers, OneOf, Row, Table, Value, numbers_of
from logitkit.scorecard.binned import Binning, PreBins
from logitkit.scorecard.level_prebins import LevelPreBins
from logitkit.scorecard.optimal import Partition
from logitkit.scorecard.prebins import NumberPreBins
from logitkit.scorecard.stated import SHAPES, Bins
from logitkit.scorecard.trail import Edit
from logitkit.typing import FloatArray

__all__ = ["BINNING", "floats_in", "pack_binning", "unpack_binning"]

B = TypeVar("B", bound=Binning)
STATED = tuple(field.name for field in fields(Bins))
COUNTS = {name: Numbers(("counts",), Number(0.0)) for name in ("events", "nonevents")}


def pack_binning(binning: Binning) -> dict[str, Any]:
    """Return a binning as JSON values."""
    owner = f"The variable {binning.name!r}"
    prebins, partition = binning.prebins, binning.partition
    own: dict[str, Any] = {name: encode(getattr(prebins, name)) for name in COUNTS}
    if isinstance(prebins, NumberPreBins):
        own |= {"starts": encode(prebins.starts), "below": encode(prebins.below)}
        own |= {"exact": prebins.exact.tolist(), "fixed": prebins.fixed.tolist()}
    else:
        own |= {"groups": encode(prebins.groups, owner), "rare": encode(prebins.rare), "by_rate": prebins.by_rate}
    return {
        "name": binning.name,
        "stated": {name: encode(getattr(binning.stated, name), owner) for name in STATED},
        "prebins": own,
        "members": encode(binning.members),
        "partition": {
            "boundaries": partition.boundaries.tolist(),
            "shape": partition.shape,
            "values": encode([partition.value, partition.free_value, partition.unlimited_value]),
        },
        "edits": [
            encode([edit.kind, list(edit.values), edit.reason, edit.before, edit.after], owner)
            for edit in binning.edits
        ],
        "rank_error": encode(binning.rank_error),
    }


def unpack_binning(packed: Mapping[str, Any], kind: type[B]) -> B:
    """Return the binning that was packed, whose values were checked by ``BINNING``."""
    own, partition = packed["prebins"], packed["partition"]
    stated = {name: decode(value) for name, value in packed["stated"].items()}
    stated["special"] = tuple((label, tuple(values)) for label, values in stated["special"])
    counts = {name: floats_in(own[name]) for name in COUNTS}
    prebins: PreBins
    if "starts" in own:
        fixed, exact = np.array(own["fixed"], dtype=np.int64), np.array(own["exact"], dtype=bool)
        prebins = NumberPreBins(floats_in(own["starts"]), floats_in(own["below"]), exact, **counts, fixed=fixed)
    else:
        groups = tuple(tuple(group) for group in decode(own["groups"]))
        prebins = LevelPreBins(groups, **counts, rare=own["rare"], by_rate=own["by_rate"])
    boundaries = np.array(partition["boundaries"], dtype=np.int64)
    values = [float(decode(value)) for value in partition["values"]]
    edits = [(kind_, tuple(given), *rest) for kind_, given, *rest in decode(packed["edits"])]
    return kind(
        name=packed["name"],
        prebins=prebins,
        members=tuple(tuple(members) for members in packed["members"]),
        stated=Bins(**stated),
        partition=Partition(boundaries, partition["shape"], *values),
        edits=tuple(Edit(*edit) for edit in edits),
        rank_error=float(packed["rank_error"]),
    )


def floats_in(packed: Any) -> FloatArray:
    """Return an array that was written value by value."""
    return np.asarray(decode(packed), dtype=np.float64)


def _bins_agree(packed: Mapping[str, Any], sizes: Sizes) -> Iterator[str]:  # noqa: ARG001 - a rule
    """Bins hold every pre-bin once, neighbours where they are intervals; counts are of these and the other bins."""
    own, members, special = packed["prebins"], packed["members"], packed["stated"]["special"]
    is_number = "starts" in own
    n = 1 + len(own["starts"]["array"]) if is_number else len(own["groups"])
    placed = list(chain.from_iterable(members))
    if (placed if is_number else sorted(placed)) != list(range(n)) or not all(members):
        yield f"'members' must hold each of the {n} pre-bins once, in bins that are not empty"
    if not isinstance(special, list) or not all(isinstance(s, list) and len(s) == 2 for s in special):
        yield "'stated.special' must hold labels with their values"
        return
    if len(own["events"]["array"]) != n + len(special) + 1:
        yield f"'events' must hold {n + len(special) + 1} counts: of pre-bins, special values and missing ones"
    ends = packed["partition"]["boundaries"]
    if ends[:1] != [0] or ends[-1:] != [n] or any(a >= b for a, b in pairwise(ends)):
        yield f"'partition.boundaries' must increase from 0 to {n}"
    if is_number:
        if (np.diff(numbers_of(own["starts"])) <= 0).any():
            yield "'prebins.starts' must increase"
        if any(place >= n for place in own["fixed"]):
            yield f"'prebins.fixed' must be less than {n}"
        return
    if own["rare"] is not None and own["rare"] >= n:
        yield f"'prebins.rare' must be less than {n}"
    everything = [level for group in [*own["groups"], *(values for _, values in special)] for level in group]
    yield from Each(Scalar(), distinct=True).problems(everything, "prebins.groups", {})


NUMBER = Table(
    {
        **COUNTS,
        "starts": Numbers(("cuts",)),
        "below": Numbers(("cuts",), Number(special=("-inf", "nan"))),
        "exact": Each(Flag(), "cuts"),
        "fixed": Each(Whole()),
    }
)
LEVELS = Table({**COUNTS, "groups": Each(Each(Scalar())), "rare": Maybe(Whole()), "by_rate": Flag()})
BINNING = Table(
    {
        "name": Text(),
        "stated": Table({name: Value() for name in STATED}),
        "prebins": OneOf({"starts": NUMBER, "groups": LEVELS}),
        "members": Each(Each(Whole())),
        "partition": Table(
            {"boundaries": Each(Whole()), "shape": Text(SHAPES), "values": Row((Number(), Number(), Number()))}
        ),
        "edits": Each(
            Row((Text(("merge", "split", "move")), Each(Scalar()), Text(), Number(), Number())),
        ),
        "rank_error": Number(0.0),
    },
    rules=(_bins_agree,),
)
