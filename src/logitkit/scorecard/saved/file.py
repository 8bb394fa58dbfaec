"""Scorecards as files: the card, its bins, its population, its trail, and the fit under it.

A file is checked whole, by a schema and by a digest, before a card comes out of it; the fit has the form of a saved fit
and is checked as one. Points and log odds are stored, so that a loaded card scores to the last bit; they must agree
with coefficients and bins.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import astuple, fields
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from logitkit.design.formula.saved_coding import decode, encode
from logitkit.engine.record import FitRecord
from logitkit.engine.saved.fields import Flag, Number, Scalar, Sizes, Text, Whole
from logitkit.engine.saved.file import digest_of, other_version, packed_record, record_in, sealed, write_packed
from logitkit.engine.saved.shapes import Each, Maybe, Numbers, Row, Table, Value
from logitkit.errors import DataError, LogitkitError, UnsupportedError
from logitkit.scorecard.binned import Binning
from logitkit.scorecard.card import CODINGS, Card, CardVariable, with_scaling
from logitkit.scorecard.changes import CardChange, shift_of
from logitkit.scorecard.dummies import card_in_coding, places_of_coef
from logitkit.scorecard.manifest import Manifest
from logitkit.scorecard.monitoring.counted import Development
from logitkit.scorecard.population import AssumedRejects, Population
from logitkit.scorecard.saved.binning import BINNING, floats_in, pack_binning, unpack_binning
from logitkit.scorecard.saved.manifest import MANIFEST, pack_manifest, unpack_manifest
from logitkit.scorecard.scaling import Scaling
from logitkit.scorecard.selection import SelectionStep

__all__ = ["FORMAT", "VERSION", "SavedCard", "card_in", "save_card"]

FORMAT = "logitkit scorecard"
VERSION = 1
ROUNDING = 1e-9
ROUTE = 1e-6  # a card of inferred outcomes and its fit solve the same equations by two routes
KNOWN = Number(special=("nan",))
RATE = Number(0.0, 1.0)
SCALING = tuple(field.name for field in fields(Scaling))
DEVELOPMENT = tuple(field.name for field in fields(Development))
N_GIVEN = ("n_given", "n_indeterminate", "n_missing", "n_good", "n_bad")


class SavedCard(NamedTuple):
    """The content of a saved card.

    Parameters
    ----------
    card : Card
        The card.
    record : FitRecord
        The underlying fit.
    binnings : mapping of str to Binning
        All variables that were binned.
    population : Population
        The population from which the card was made.
    steps : tuple of SelectionStep
        The trail of the selection.
    development : Development or None
        Stored statistics of the points of the rows from which the card was made.
    manifest : Manifest or None
        How the card was made, and from which rows.
    changes : tuple of CardChange
        Changes made afterwards.
    """

    card: Card
    record: FitRecord
    binnings: Mapping[str, Any]
    population: Population
    steps: tuple[SelectionStep, ...]
    development: Development | None
    manifest: Manifest | None
    changes: tuple[CardChange, ...] = ()


def save_card(saved: SavedCard, path: str | Path) -> Path:
    """Write a scorecard as JSON; the file is complete or not written."""
    card, population = saved.card, saved.population
    numbers = [card.intercept, card.base_points, *saved.record.coef]
    if not np.isfinite(numbers).all():
        raise UnsupportedError("A scorecard whose coefficients are not all finite is not saved: drop their variables.")
    binnings = {**saved.binnings, **{variable.binning.name: variable.binning for variable in card.variables}}
    packed = {
        "card": {
            "intercept": encode(card.intercept),
            "base_points": encode(card.base_points),
            "scaling": {name: encode(getattr(card.scaling, name)) for name in SCALING},
            "coding": card.coding,
            "variables": [
                {"name": v.binning.name, "coef": encode(v.coef), "logits": encode(v.logits), "points": encode(v.points)}
                for v in card.variables
            ],
        },
        "binnings": [pack_binning(binning) for binning in binnings.values()],
        "population": {
            **{name: encode(getattr(population, name)) for name in (*N_GIVEN, "target", "event", "other")},
            "excluded": encode(population.excluded),
            **({} if population.rejects is None else {"rejects": encode(astuple(population.rejects))}),
        },
        "steps": [encode(astuple(step)) for step in saved.steps],
        "development": None if saved.development is None else _packed_development(saved.development),
        "manifest": None if saved.manifest is None else pack_manifest(saved.manifest),
        "changes": [encode(astuple(change)) for change in saved.changes],
        "fit": packed_record(saved.record),
    }
    return write_packed(sealed(FORMAT, VERSION, packed), path)


def _packed_development(development: Development) -> dict[str, Any]:
    return {name: encode(getattr(development, name)) for name in DEVELOPMENT}


def _same_model(card: Card, record: FitRecord, shift: float) -> bool:
    """Tell whether a card has the coefficients of its fit, and its intercept, moved by a shift that is known.

    Of files that do not tell of changes the intercept may also be one that gives the base points.
    """
    binnings = tuple(variable.binning for variable in card.variables)
    if card.coding == "dummies":
        size = places_of_coef(binnings)[-1].stop if binnings else 1
        given: list[float] = []
    else:
        given = [variable.coef for variable in card.variables]
        size = 1 + len(given)
    if record.coef.size != size or (given and not np.allclose(record.coef[1:], given, ROUTE, ROUTE)):
        return False
    made = card_in_coding(binnings, record.coef, card.scaling, card.coding)
    pairs = zip(card.variables, made.variables, strict=True)
    if not all(np.allclose(a.logits, b.logits, ROUTE, ROUTE, equal_nan=True) for a, b in pairs):
        return False
    if np.isclose(made.intercept + shift, card.intercept, ROUTE, ROUTE):
        return True
    base = with_scaling(card, card.scaling).base_points
    return bool(np.isclose(base, card.base_points, ROUTE, ROUTE))


def card_in(packed: Mapping[str, Any], path: Path, functions: Mapping[str, Any], kind: type[Binning]) -> SavedCard:
    """Return the scorecard that JSON values of a file hold; its variables are of one kind of binning."""
    version = packed.get("version")
    if type(version) is not int or version != VERSION:
        words = other_version(version, packed.get("written_by"), VERSION, VERSION, "Make the scorecard")
        raise DataError(f"'{path}' {words}")
    wrong = next(CARD_FILE.problems(packed, "", {}), None)
    if wrong is not None:
        raise DataError(f"'{path}' is damaged: {wrong}.")
    record = record_in(packed["fit"], path, functions)
    try:
        saved = _unpacked(packed, record, kind)
        wrong = next((words for variable in saved.card.variables for words in _apart(variable)), None)
    except LogitkitError as error:
        raise DataError(f"'{path}' is damaged: {error}") from error
    except Exception as error:  # NumPy says in its own ways that parts do not fit
        raise DataError(f"'{path}' is damaged: {error}.") from error
    if wrong is None and not _same_model(saved.card, record, shift_of(saved.changes)):
        wrong = "'card' has other coefficients than 'fit'"
    if wrong is not None:
        raise DataError(f"'{path}' is damaged: {wrong}.")
    if packed["digest"] != digest_of(packed):
        raise DataError(
            f"'{path}' was changed after it was saved: its digest does not match its fields. Save the scorecard again."
        )
    return saved


def _unpacked(packed: Mapping[str, Any], record: FitRecord, kind: type[Binning]) -> SavedCard:
    binnings = {own["name"]: unpack_binning(own, kind) for own in packed["binnings"]}
    given, population, development = packed["card"], packed["population"], packed["development"]
    if len(binnings) < len(packed["binnings"]):
        raise DataError("'binnings' hold a name twice.")
    for own in given["variables"]:
        if own["name"] not in binnings:
            raise DataError(f"'card' has the variable {own['name']!r}, which is not among 'binnings'.")
    variables = tuple(
        CardVariable(
            binnings[own["name"]], float(decode(own["coef"])), floats_in(own["logits"]), floats_in(own["points"])
        )
        for own in given["variables"]
    )
    scaling = Scaling(**{name: decode(value) for name, value in given["scaling"].items()})
    return SavedCard(
        Card(variables, float(given["intercept"]), float(given["base_points"]), scaling, given.get("coding", "woe")),
        record,
        binnings,
        Population(
            **{name: decode(value) for name, value in population.items() if name not in ("excluded", "rejects")},
            excluded=tuple((rule, count) for rule, count in population["excluded"]),
            rejects=AssumedRejects(*decode(population["rejects"])) if "rejects" in population else None,
        ),
        tuple(SelectionStep(*decode(step)) for step in packed["steps"]),
        None if development is None else Development(**_frozen(development)),
        None if packed["manifest"] is None else unpack_manifest(packed["manifest"]),
        tuple(CardChange(*decode(change)) for change in packed.get("changes", ())),
    )


def _frozen(packed: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields whose lists are tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in packed.items()}


def _apart(variable: CardVariable) -> list[str]:
    """Say where what is stored of a variable is not what its bins and its coefficient give."""
    name, made = variable.binning.name, variable.coef * variable.binning.woe_at_scoring
    if np.isnan(variable.coef):  # held against the coefficients of the fit instead
        made = variable.logits if variable.logits.size == made.size else made
    if made.shape != variable.logits.shape:
        return [f"{name!r} has {made.size - 1} bins, and 'logits' are of {variable.logits.size - 1}"]
    if not np.allclose(made, variable.logits, rtol=ROUNDING, atol=ROUNDING, equal_nan=True):
        return [f"the 'logits' of {name!r} do not agree with its bins and its coefficient"]
    if not np.array_equal(np.isnan(made), np.isnan(variable.points)):
        return [f"the 'points' of {name!r} must be missing where its 'logits' are"]
    return []


def _groups_agree(packed: Mapping[str, Any], sizes: Sizes) -> Iterator[str]:  # noqa: ARG001 - a rule
    """There is one group more than cut points, which increase."""
    cuts = packed["cuts"]
    if len(packed["counts"]) != len(cuts) + 1 or any(a >= b for a, b in pairwise(cuts)):
        yield "'cuts' must increase, and 'counts' must be one more"


class _Elsewhere:
    """A part that has a schema of its own, by which it is checked when it is read."""

    def problems(self, value: Any, where: str, sizes: Sizes) -> Iterator[str]:  # noqa: ARG002 - one protocol
        """See ``Field``."""
        yield from ()


VARIABLE = Table(
    {
        "name": Text(),
        "coef": KNOWN,
        "logits": Numbers(("codes",), KNOWN),
        "points": Numbers(("codes",), KNOWN),
    }
)
CARD_FILE = Table(
    {
        "format": Text((FORMAT,)),
        "version": Whole(VERSION, VERSION + 1),
        "written_by": Text(),
        "card": Table(
            {
                "intercept": Number(),
                "base_points": Number(),
                "scaling": Table({name: Value() for name in SCALING}),
                "variables": Each(VARIABLE),
            },
            optional=({"coding": Text(CODINGS)},),
        ),
        "binnings": Each(BINNING),
        "population": Table(
            {
                **{name: Whole() for name in N_GIVEN},
                "target": Text(),
                "event": Scalar(),
                "other": Scalar(),
                "excluded": Each(Row((Text(), Whole()))),
            },
            optional=({"rejects": Row((Whole(), Number(0.0), RATE, RATE, Text(), Text()))},),
        ),
        "steps": Each(Row((Text(), Flag(), Text(), KNOWN))),
        "development": Maybe(
            Table(
                {
                    "cuts": Each(Number()),
                    "counts": Each(Number(0.0)),
                    "mean": Number(),
                    "variance": Number(0.0),
                    "unit": Number(0.0),
                    **dict.fromkeys(("gini", "gini_low", "gini_high"), Maybe(Number(-1.0, 1.0))),
                    "level": Maybe(Number(0.0, 1.0)),
                },
                rules=(_groups_agree,),
            )
        ),
        "manifest": Maybe(MANIFEST),
        "fit": _Elsewhere(),
        "digest": Text(),
    },
    optional=({"changes": Each(Row((Text(("points", "base", "prior")), Text(), Text(), Number(), Number())))},),
)
