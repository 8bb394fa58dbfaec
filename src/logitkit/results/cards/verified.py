"""A card made again from its data, and compared number by number with the original."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd

import logitkit.report.cards.verification_findings  # noqa: F401 - says how a verification is shown
from logitkit import scorecard as room
from logitkit.design.table.frame import Table, numeric_values, read_table, row_values
from logitkit.errors import DataError, LogitkitError, UnsupportedError, nearest_name
from logitkit.options import require_flag
from logitkit.results.documented import extends_base
from logitkit.results.foreign import verbs_in_our_words
from logitkit.results.shown import Shown
from logitkit.scorecard.card import Card
from logitkit.scorecard.changes import CardChange
from logitkit.scorecard.exclusions import excluded_rows
from logitkit.scorecard.fingerprints import column_fingerprint, rows_fingerprint
from logitkit.scorecard.manifest import CLASSIFIER, Manifest
from logitkit.scorecard.population import Population
from logitkit.scorecard.verified import Making, Verification, unmade, verification

__all__ = ["CardVerification", "Verified"]


@extends_base
@dataclass(frozen=True, eq=False, repr=False)
class CardVerification(Shown, Verification):
    """The comparison of a card with the card that its data give.

    Examples
    --------
    >>> import logitkit as lk
    >>> loans = lk.datasets.load_german_credit()
    >>> card = lk.scorecard(["checking_status", "duration"], loans, target="class", event="bad")
    >>> found = card.verify(loans)
    >>> found.agrees, found.table().shape[0]
    (True, 37)
    """

    def table(self, *, all: bool = True) -> pd.DataFrame:  # noqa: A002 - the plain word
        """Return one row per comparison.

        Parameters
        ----------
        all : bool, default True
            Whether to include the comparisons that agree.

        Returns
        -------
        pandas.DataFrame
            part, item, stated, found, numbers compared, numbers differing, the largest difference, agrees.
        """
        rows = [check for check in self.checks if all or not check.agrees]
        names = ("part", "item", "stated", "found", "numbers", "differing", "largest", "agrees")
        return pd.DataFrame([[getattr(check, name) for name in names] for check in rows], columns=list(names))


@verbs_in_our_words
class Verified:
    """Methods that compare a card with the card that data give."""

    card: Card
    fit: Any
    binnings: Mapping[str, Any]
    population: Population
    manifest: Manifest | None
    changes: tuple[CardChange, ...]

    def verify(
        self,
        data: Any,
        *,
        exclude: Mapping[str, Any] | None = None,
        weights: Any = None,
        rejects: Any = None,
        reject_weights: Any = None,
        same_versions: bool = False,
    ) -> CardVerification:
        """Make the card again from data, with its own parameters, and compare the two number by number.

        Parameters
        ----------
        data : table
            The rows that the card is said to be made from. For ``ScorecardClassifier`` these are the columns of X (x0,
            x1, ... if X was an array) and the labels, under the name of y or as "y".
        exclude : mapping of str to mask or column, optional
            The named rules, as they were given; the card has their names and a fingerprint of the rows they left out.
        weights : str or (n,) array-like, optional
            The weights, as they were given.
        rejects, reject_weights : table, str or array-like, optional
            The rejects and their weights, for a card that was adopted after reject inference.
        same_versions : bool, default False
            Whether another version of a package counts as a difference; by default it is only reported.

        Returns
        -------
        CardVerification
            ``agrees`` is true if all comparisons agree: fingerprints of columns, counts, bins, edits, estimates,
            standard errors, points.

        Raises
        ------
        DataError
            If rules, weights or rejects with which the card was made are not given, or if columns are missing.
        UnsupportedError
            If the card has no manifest, or if it was made by ``ScorecardClassifier`` and ``lk.scorecard`` would refuse
            it.

        Notes
        -----
        Numbers agree if they differ by at most 1e-9, or by 1e-9 of their size. Changes by hand are repeated on the new
        bins and the new card: edited bins, points set by hand, another bad rate of the population. If no card can be
        made, the reason is listed among the differences.

        Examples
        --------
        >>> import logitkit as lk
        >>> loans = lk.datasets.load_german_credit()
        >>> card = lk.scorecard(["checking_status", "duration"], loans, target="class", event="bad")
        >>> found = card.verify(loans.iloc[::-1])
        >>> card.verify(loans).agrees, found.agrees, found.reordered
        (True, False, True)
        """
        require_flag("same_versions", same_versions)
        own = self._required(exclude, weights, rejects, reject_weights)
        table = read_table(data)
        for name, _ in own.fingerprints:
            if name not in table:
                raise DataError(f"There is no column {name!r}, of the card. {nearest_name(name, table.names)}")
        if exclude is not None:
            excluded_rows(exclude, table)  # refuses what are no rules, before a card is made
        try:
            again = self._again(own, data, table, exclude, weights, (rejects, reject_weights))
        except LogitkitError as error:
            found = unmade(own, dict(_prints(own, table)), rows_fingerprint(_columns(own, table)), str(error))
        else:
            manifest = again.manifest
            if any(name not in self.binnings for name, _ in own.fingerprints[:-1]):  # left out, and not made again
                rows = rows_fingerprint(_columns(own, table))
                manifest = replace(manifest, fingerprints=_prints(own, table), rows=rows)
            found = verification(_making(self, own), _making(again, manifest), same_versions=same_versions)
        return CardVerification(**{field.name: getattr(found, field.name) for field in fields(Verification)})

    def _required(self, exclude: Any, weights: Any, rejects: Any, reject_weights: Any) -> Manifest:
        """Return the manifest, and refuse where something is missing that the card was made with."""
        own = self.manifest
        if own is None:
            raise UnsupportedError(
                "The card has no manifest, by which it could be made again: it was put together from parts, or adopted "
                "from one without a manifest."
            )
        if own.maker == CLASSIFIER and (not self.card.variables or self.fit.record.is_separated):
            raise UnsupportedError(
                "The card is one of ScorecardClassifier without variables, or with finite coefficients in the place of "
                "infinite ones. lk.scorecard, which verify calls, refuses such rows."
            )
        rules = [rule for rule, _ in self.population.excluded]
        if rules and exclude is None:
            raise DataError(f"The card was made under rules ({', '.join(rules)}). Give them as exclude=.")
        if own.weights and weights is None:
            raise DataError("The card was made with weights. Give them as weights=.")
        if own.rejects is not None and rejects is None:
            raise DataError(f"The card was adopted under an assumption ({own.rejects.method}). Give rejects=.")
        if own.rejects is not None and own.rejects.weights and reject_weights is None:
            raise DataError("Outcomes of rejects were inferred with weights. Give them as reject_weights=.")
        if own.rejects is None and (rejects is not None or reject_weights is not None):
            raise DataError("rejects=: the card was made from accepts alone. Leave it out.")
        return own

    def _again(
        self, own: Manifest, data: Any, table: Table, exclude: Any, weights: Any, rejects: tuple[Any, Any]
    ) -> Any:
        """Return the card that data give."""
        make: Any = room
        names = [name for name, _ in own.fingerprints[:-1] if name in self.binnings]
        if own.maker == CLASSIFIER and own.excluded and not exclude:  # rows of weight zero are not there
            exclude = {"weight zero": _numbers(weights, table) == 0}
        again = make(
            names,
            data,
            target=self.population.target,
            event=self.population.event,
            indeterminate=own.indeterminate,
            exclude=exclude,
            bins={name: self.binnings[name] for name in names},
            selection=own.selection,
            weights=weights,
            scaling=self.card.scaling,
            coding=self.card.coding,
            level=own.level,
        )
        if own.rejects is not None:
            out, _ = excluded_rows(exclude, table)
            accepts = pd.DataFrame({name: table.column(name).to_numpy() for name in table.names})[~out]
            again = make.reject_inference(
                again,
                accepts,
                rejects[0],
                own.rejects.methods,
                weights=None if weights is None else _numbers(weights, table)[~out],
                reject_weights=rejects[1],
                between=own.rejects.between,
            ).adopted(own.rejects.method)
        for change in self.changes:
            again = _changed(again, change)
        return again


def _columns(own: Manifest, table: Table) -> dict[str, Any]:
    return {name: table.column(name) for name, _ in own.fingerprints}


def _prints(own: Manifest, table: Table) -> tuple[tuple[str, str], ...]:
    return tuple((name, column_fingerprint(values)) for name, values in _columns(own, table).items())


def _numbers(weights: Any, table: Table) -> Any:
    return numeric_values(row_values(weights, table, "weights")[0], "weights")


def _changed(card: Any, change: CardChange) -> Any:
    """Return a card after a change by hand; one of a bin that it does not have is left out, and found to differ."""
    if change.kind == "prior":
        return card.with_prior(change.value)
    if change.kind == "base":
        return card.with_points({}, base=change.value)
    labels = {v.binning.name: v.binning.rule.labels() for v in card.card.variables}
    if change.label not in labels.get(change.variable, ()):
        return card
    return card.with_points({change.variable: {change.label: change.value}}, any_order=True)


def _making(card: Any, manifest: Manifest) -> Making:
    """Return what is compared of a card."""
    return Making(
        card.card,
        card.fit.coef.to_numpy(),
        np.asarray(card.fit.std_error, dtype=np.float64),
        float(card.fit.record.loglik),
        float(card.fit.record.level),
        card.binnings,
        card.population,
        tuple(step for step in card.steps if step.variable in card.binnings),  # others have no bins to compare
        manifest,
        card.changes,
    )
