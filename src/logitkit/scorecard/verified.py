"""A card held against the one that the same rows and parameters give: what differs, number by number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from logitkit.scorecard.binned import Binning
from logitkit.scorecard.card import Card
from logitkit.scorecard.changes import CardChange
from logitkit.scorecard.dummies import places_of_coef
from logitkit.scorecard.manifest import Manifest
from logitkit.scorecard.population import Population
from logitkit.scorecard.rules import NumberRule, Rule
from logitkit.scorecard.selection import SelectionStep
from logitkit.typing import FloatArray

__all__ = ["Check", "Making", "Verification", "unmade", "verification"]

#: Numbers that differ by less, relative to the larger of 1 and their size, agree: other machines round differently.
TOLERANCE = 1e-9


class Making(NamedTuple):
    """The parts of a card that are compared.

    Parameters
    ----------
    card : Card
        The card with its points.
    estimates, std_errors : (p,) arrays
        Estimates and standard errors of the underlying fit.
    loglik, level : float
        Its log likelihood, and the confidence level of its inference.
    binnings : mapping of str to Binning
        All variables that were binned.
    population : Population
        The population from which it was made.
    steps : tuple of SelectionStep
        The trail of the selection.
    manifest : Manifest
        Rows and parameters.
    changes : tuple of CardChange
        Changes made to the card by hand.
    """

    card: Card
    estimates: FloatArray
    std_errors: FloatArray
    loglik: float
    level: float
    binnings: Mapping[str, Binning]
    population: Population
    steps: tuple[SelectionStep, ...]
    manifest: Manifest
    changes: tuple[CardChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison.

    Parameters
    ----------
    part, item : str
        The part and the item that are compared.
    stated, found : str
        Value in the card, and value from the data; empty if several numbers are compared.
    numbers, differing : int
        How many numbers were compared, and how many differ.
    largest : float
        Largest difference; nan if text or the number of values differs.
    """

    part: str
    item: str
    stated: str
    found: str
    numbers: int
    differing: int
    largest: float

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return self.differing == 0


@dataclass(frozen=True, eq=False)
class Verification:
    """Comparison of a card with the card made again from the data.

    Parameters
    ----------
    checks : tuple of Check
        Comparisons in order: rows, population, bins, selection, model, points.
    versions : tuple of (name, version then, version now)
        Packages with a different version; numbers may still agree.
    reordered : bool
        Whether the rows are the same ones in another order.
    """

    checks: tuple[Check, ...]
    versions: tuple[tuple[str, str, str], ...]
    reordered: bool = False

    @property
    def agrees(self) -> bool:
        """Whether every number agrees, and the rows are the same."""
        return all(check.agrees for check in self.checks)


def verification(stated: Making, found: Making, *, same_versions: bool = False) -> Verification:
    """Return the comparison of a card with the one that was made again.

    Parameters
    ----------
    stated, found : Making
        The card, and the one made again.
    same_versions : bool
        Whether other versions are among the comparisons.

    Returns
    -------
    Verification
    """
    now = dict(found.manifest.versions)
    other = tuple((name, then, now.get(name, "")) for name, then in stated.manifest.versions if now.get(name) != then)
    checks = list(_checks(stated, found))
    if same_versions:
        checks += [_text("Version", name, then, now.get(name, "")) for name, then in stated.manifest.versions]
    prints = dict(found.manifest.fingerprints)
    return Verification(tuple(checks), other, _reordered(stated.manifest, prints, found.manifest.rows))


def unmade(stated: Manifest, prints: Mapping[str, str], rows: str, reason: str) -> Verification:
    """Return the comparison where the data give no card: their fingerprints, and why."""
    checks = [*_columns(stated.fingerprints, prints), _text("Card", "made again", "yes", f"no: {reason}")]
    return Verification(tuple(checks), (), _reordered(stated, prints, rows))


def _reordered(stated: Manifest, prints: Mapping[str, str], rows: str) -> bool:
    """Tell whether rows are the same ones in another order."""
    return stated.rows == rows != "" and any(prints.get(name) != digest for name, digest in stated.fingerprints)


def _checks(stated: Making, found: Making) -> Iterator[Check]:
    yield from _rows(stated.manifest, found.manifest)
    yield from _counts(stated.population, found.population)
    for name, own in stated.binnings.items():
        other = found.binnings.get(name)
        if other is None:
            yield _text("Bins", name, f"{len(own.members)} bins", "left out")
            continue
        yield _texts("Bins", name, _edges(own.rule), _edges(other.rule))
        yield _numbers("Counts of bins", name, np.concatenate(own.counts), np.concatenate(other.counts))
        yield _numbers("Weights of evidence", name, own.woe_at_scoring, other.woe_at_scoring)
        yield _numbers("Information value", name, own.information.value, other.information.value)
        if own.edits:
            yield _numbers("Changes of bins", name, _costs(own), _costs(other))
    yield _texts("Selection", "trail", _trail(stated.steps), _trail(found.steps))
    yield _texts("Points by hand", "changes", _words(stated.changes), _words(found.changes))
    yield _numbers("Model", "level", stated.level, found.level)
    yield _text("Model", "variables", ", ".join(stated.card.names), ", ".join(found.card.names))
    yield _numbers("Model", "log likelihood", stated.loglik, found.loglik)
    yield from _by_variable(stated, found)


def _edges(rule: Rule) -> tuple[str, ...]:
    """Return what tells the bins apart, in full: cut points, or all levels of every bin."""
    if isinstance(rule, NumberRule):
        return (*map(repr, rule.cuts), *rule.labels()[rule.n_values :])
    return (*(", ".join(sorted(map(str, group))) for group in rule.groups), *rule.labels()[rule.n_values :])


def _rows(stated: Manifest, found: Manifest) -> Iterator[Check]:
    yield from _columns(stated.fingerprints, dict(found.fingerprints))
    yield _text("Fingerprint", "rows left out by rules", stated.excluded[:16], found.excluded[:16])
    yield _text("Fingerprint", "weights", stated.weights[:16], found.weights[:16])
    if stated.rejects is not None and found.rejects is not None:
        yield from _columns(stated.rejects.fingerprints, dict(found.rejects.fingerprints), " of rejects")
        own, now = stated.rejects.weights, found.rejects.weights
        yield _text("Fingerprint", "weights of rejects", own[:16], now[:16])


def _columns(stated: tuple[tuple[str, str], ...], found: Mapping[str, str], whose: str = "") -> Iterator[Check]:
    for name, digest in stated:
        yield _text("Fingerprint", f"{name}{whose}", digest[:16], found.get(name, "")[:16])


def _costs(binning: Binning) -> FloatArray:
    """Return the information values before and after every change by hand."""
    return np.array([value for edit in binning.edits for value in (edit.before, edit.after)])


def _words(changes: tuple[CardChange, ...]) -> tuple[str, ...]:
    return tuple(f"{change.variable}: {change.words}, are {change.value:.10g}" for change in changes)


def _counts(stated: Population, found: Population) -> Iterator[Check]:
    now = dict(found.excluded)
    yield _numbers("Population", "rows given", stated.n_given, found.n_given)
    for rule, count in stated.excluded:
        yield _numbers("Population", f"left out: {rule}", count, now.get(rule, np.nan))
    yield _numbers("Population", "indeterminate", stated.n_indeterminate, found.n_indeterminate)
    yield _numbers("Population", "without an outcome", stated.n_missing, found.n_missing)
    yield _numbers("Population", "good", stated.n_good, found.n_good)
    yield _numbers("Population", "bad", stated.n_bad, found.n_bad)
    if stated.rejects is not None:
        own, there = (
            (one.n, one.weight, one.bad_rate, one.bad_rate_of_all) if (one := who.rejects) else np.full(4, np.nan)
            for who in (stated, found)
        )
        yield _numbers("Population", "rejects and their bad rates", own, there)


def _by_variable(stated: Making, found: Making) -> Iterator[Check]:
    """Compare what the card says of every variable, by name: both the fit and the card have the numbers."""
    place = {name: j for j, name in enumerate(found.card.names)}
    own, others = _places(stated.card), _places(found.card)
    yield _numbers("Coefficient", "Intercept", stated.card.intercept, found.card.intercept)
    for variable in stated.card.variables:
        if stated.card.coding == "woe":
            name = variable.binning.name
            coef = found.card.variables[place[name]].coef if name in place else np.nan
            yield _numbers("Coefficient", name, variable.coef, coef)
    for name, at in own.items():
        there = others.get(name)
        for part, a, b in (
            ("Estimate of the fit", stated.estimates, found.estimates),
            ("Standard error", stated.std_errors, found.std_errors),
        ):
            yield _numbers(part, name, a[at], np.full(a[at].size, np.nan) if there is None else b[there])
    yield _numbers("Points", "base points", stated.card.base_points, found.card.base_points)
    for variable in stated.card.variables:
        name = variable.binning.name
        now = found.card.variables[place[name]] if name in place else None
        yield _numbers("Log odds of bins", name, variable.logits, np.nan if now is None else now.logits)
        yield _numbers("Points", name, variable.points, np.nan if now is None else now.points)


def _places(card: Card) -> dict[str, slice]:
    """Return where the coefficients of the fit are, by variable."""
    if card.coding == "dummies":
        places = places_of_coef(tuple(variable.binning for variable in card.variables))
    else:
        places = tuple(slice(j + 1, j + 2) for j in range(len(card.variables)))
    return {"Intercept": slice(0, 1), **dict(zip(card.names, places, strict=True))}


def _trail(steps: tuple[SelectionStep, ...]) -> tuple[str, ...]:
    return tuple(f"{step.variable}: {'taken' if step.taken else 'left out'}, {step.reason}" for step in steps)


def _numbers(part: str, item: str, stated: Any, found: Any) -> Check:
    """Compare numbers one by one; values missing in both agree."""
    a, b = np.atleast_1d(np.asarray(stated, dtype=np.float64)), np.atleast_1d(np.asarray(found, dtype=np.float64))
    shown = [f"{value[0]:.10g}" if value.size == 1 else "" for value in (a, b)]
    if a.shape != b.shape:
        most = max(a.size, b.size)
        return Check(part, item, f"{a.size} numbers", f"{b.size} numbers", most, most, float("nan"))
    with np.errstate(invalid="ignore"):
        apart = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b))
        wrong = ~((apart == 0) | (apart <= TOLERANCE * np.maximum(1.0, np.abs(a))))
    return Check(part, item, shown[0], shown[1], a.size, int(wrong.sum()), float(apart.max(initial=0.0)))


def _text(part: str, item: str, stated: str, found: str) -> Check:
    return Check(part, item, stated, found, 1, int(stated != found), 0.0 if stated == found else float("nan"))


def _texts(part: str, item: str, stated: tuple[str, ...], found: tuple[str, ...]) -> Check:
    if len(stated) != len(found):
        most = max(len(stated), len(found))
        return Check(part, item, str(len(stated)), str(len(found)), most, most, float("nan"))
    apart = [k for k, (a, b) in enumerate(zip(stated, found, strict=True)) if a != b]
    shown = (stated[apart[0]], found[apart[0]]) if apart else ("", "")
    return Check(part, item, *shown, len(stated), len(apart), float("nan") if apart else 0.0)
