"""The manifest of a card: fingerprints, parameters and versions, by which it is made again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from logitkit.report.document import Block, Column, Prose, Section, Table
from logitkit.report.number_format import format_level
from logitkit.scorecard.binned import Binning
from logitkit.scorecard.card import Card
from logitkit.scorecard.changes import CardChange
from logitkit.scorecard.manifest import Manifest
from logitkit.scorecard.stated import Bins

__all__ = ["manifest_section"]

LEFT = ("Item", "Value")


def manifest_section(
    manifest: Manifest | None, card: Card, binnings: Mapping[str, Binning], changes: tuple[CardChange, ...]
) -> Section:
    """Return the manifest of a card."""
    if manifest is None:
        return Section(
            "Manifest",
            (
                Prose(
                    "The card has no manifest, as it was put together from parts: it cannot be made again and verified."
                ),
            ),
        )
    parameters = [
        ("Made by", manifest.maker),
        ("Scaling", repr(card.scaling)),
        ("Coding", card.coding),
        ("Selection", "none" if manifest.selection is None else repr(manifest.selection)),
        ("Level", format_level(manifest.level)),
        ("Indeterminate", ", ".join(map(str, manifest.indeterminate)) or "none"),
        *_bins(binnings),
        *_rejects(manifest),
        *((f"Change {i}", _change(change)) for i, change in enumerate(changes, start=1)),
        *((f"Seed: {what[0].lower()}{what[1:]}", str(seed)) for what, seed in manifest.seeds),
        ("Seed: bootstraps of this document", "0"),
    ]
    prints = [*manifest.fingerprints]
    if manifest.rows:
        prints.append(("all rows, in any order (no SHA-256)", manifest.rows))
    if manifest.rejects is not None:
        prints += [(f"{name} of rejects", text) for name, text in manifest.rejects.fingerprints]
        if manifest.rejects.weights:
            prints.append(("weights of rejects", manifest.rejects.weights))
    if manifest.excluded:
        prints.append(("rows left out by rules", manifest.excluded))
    if manifest.weights:
        prints.append(("weights", manifest.weights))
    blocks: tuple[Block, ...] = (
        Prose(
            "The card can be made again from the rows by these parameters, and is then compared number by number: "
            "verify(data) in Python, logitkit scorecard verify on the command line."
        ),
        _pairs("Parameters", parameters),
        _pairs("SHA-256 of columns, all rows in their order", prints),
        _pairs("Versions", list(manifest.versions)),
    )
    return Section("Manifest", blocks)


def _rejects(manifest: Manifest) -> list[tuple[str, str]]:
    """Return how outcomes of rejects were inferred."""
    own = manifest.rejects
    if own is None:
        return []
    asked = "one of each" if own.methods is None else ", ".join(map(repr, own.methods))
    return [("Reject inference", own.method), ("Methods asked for", asked), ("Best and worst case", repr(own.between))]


def _change(change: CardChange) -> str:
    whose = f"{change.variable}: " if change.variable else ""
    return f"{whose}{change.words}, is {change.value:g}"


def _bins(binnings: Mapping[str, Binning]) -> list[tuple[str, str]]:
    """Return what was asked of bins, once for all variables of which the same was."""
    by_words: dict[str, list[str]] = {}
    for name, binning in binnings.items():
        by_words.setdefault(_stated(binning.stated), []).append(name)
    return [
        (f"Bins of {'all' if len(by_words) == 1 else ', '.join(names)}", words) for words, names in by_words.items()
    ]


def _stated(bins: Bins) -> str:
    """Return what is not the default."""
    plain = Bins()
    own = [(one.name, getattr(bins, one.name)) for one in fields(Bins)]
    told = [f"{name}={value!r}" for name, value in own if value != getattr(plain, name)]
    return f"Bins({', '.join(told)})"


def _pairs(title: str, rows: list[tuple[str, str]]) -> Table:
    return Table(title, (Column(LEFT[0], "left"), Column(LEFT[1], "left")), tuple(rows))
