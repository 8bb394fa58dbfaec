"""Making a card from rows of good and bad applicants: bins, selection, fit and points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from logitkit.api.card_dummies import determined_variables, fit_of_bins
from logitkit.api.cross_validation import cross_validate_matrix
from logitkit.api.fitting import fit_matrix
from logitkit.design.formula.terms import INTERCEPT
from logitkit.errors import DataError, NoBinsError, SeparationError
from logitkit.models.penalties.bounds import Bounds
from logitkit.models.penalties.elastic_net import Lasso
from logitkit.results.cards.binned import BinnedVariable, held
from logitkit.results.fit import Fit
from logitkit.scorecard.binned import binning_of
from logitkit.scorecard.card import Card
from logitkit.scorecard.dummies import card_in_coding
from logitkit.scorecard.edits import replayed
from logitkit.scorecard.kinds import HALVES
from logitkit.scorecard.monitoring.counted import Development, development_of
from logitkit.scorecard.own_rows import OwnRows, compact_codes
from logitkit.scorecard.scaling import Scaling
from logitkit.scorecard.selection import Candidates, Fitted, Selection, SelectionStep, select_variables, why_flat
from logitkit.scorecard.stated import Bins
from logitkit.scorecard.trail import Edit
from logitkit.typing import BoolArray, FloatArray, WeightKind

__all__ = ["CardRows", "Making", "finite_estimates", "made_card"]


@dataclass(frozen=True, eq=False)
class CardRows:
    """Rows that a card is made from.

    Parameters
    ----------
    columns : mapping of str to (n,) Series
        The variables.
    bad : (n,) array of bool
        Events.
    weights : (n,) array or None
        Weights of the rows; None where all are one.
    """

    columns: Mapping[str, Any]
    bad: BoolArray
    weights: FloatArray | None = None

    def counted(self) -> CardRows:
        """Return the rows whose weights are not 0."""
        if self.weights is None or (self.weights > 0).all():
            return self
        rows = np.flatnonzero(self.weights > 0)
        columns = {name: values.iloc[rows] for name, values in self.columns.items()}
        return CardRows(columns, self.bad[rows], self.weights[rows])


def finite_estimates(fit: Fit) -> FloatArray:
    """Return the coefficients of a fit; raise an error for infinite ones, which have no points."""
    if fit.record.is_separated:
        what = "weights of evidence" if fit.record.info.formula is None else "bins"
        raise SeparationError(
            f"The {what} separate good and bad: coefficients are infinite "
            f"({', '.join(fit.record.limit.infinite[:4])}), and there are no points. Ask for larger bins "
            "(min_events=, min_nonevents=), or for fewer variables."
        )
    return np.asarray(fit.coef.to_numpy())


@dataclass(frozen=True, eq=False)
class Making:
    """How a card is made from rows.

    Parameters
    ----------
    bins : mapping of str to Bins
        How each variable is binned.
    selection : Selection or None
        How variables are selected; None for all variables.
    scaling : Scaling
        How log-odds become points.
    level : float
        Confidence level of the inference.
    estimates : callable
        Function from a fit to the coefficients of the card.
    may_be_empty : bool
        Whether to make a card without variables, instead of raising an error, if no variable has two bins.
    edits : mapping of str to tuple of Edit
        Edits of bins by hand, by variable.
    coding : {"woe", "dummies"}
        Whether the model has weights of evidence or an indicator of each bin.
    """

    bins: Mapping[str, Bins]
    selection: Selection | None = None
    scaling: Scaling = Scaling()  # noqa: RUF009 - frozen
    level: float = 0.95
    estimates: Callable[[Fit], FloatArray] = finite_estimates
    may_be_empty: bool = False
    edits: Mapping[str, tuple[Edit, ...]] = field(default_factory=dict)
    coding: str = "woe"


class Made(NamedTuple):
    """A card with the results of the steps that made it.

    Parameters
    ----------
    card : Card
        The card.
    fit : Fit
        The logistic regression of bad on the weights of evidence, or on the bins.
    binnings : dict of str to BinnedVariable
        All binned variables.
    steps : tuple of SelectionStep
        Which variables were left out or selected.
    development : Development
        The points of the rows, by group.
    rows : OwnRows
        The rows in their bins.
    """

    card: Card
    fit: Fit
    binnings: dict[str, BinnedVariable]
    steps: tuple[SelectionStep, ...]
    development: Development
    rows: OwnRows


def _binned(rows: CardRows, making: Making) -> tuple[dict[str, BinnedVariable], tuple[SelectionStep, ...]]:
    """Return the binned variables, and why others have no bins; the latter is an error if the card must have them."""
    binned, steps = {}, []
    kept = () if making.selection is None else making.selection.keep
    for name, values in rows.columns.items():
        if name == INTERCEPT or HALVES.search(name):
            why = "is what a card calls its intercept" if name == INTERCEPT else "is no valid text"
            raise DataError(f"The name {name!r} {why}. Rename the column.")
        try:
            best = binning_of(values, rows.bad, making.bins[name], name=name, weights=rows.weights)
        except NoBinsError as error:
            if name in kept or making.edits.get(name):
                raise
            steps.append(SelectionStep(name, False, error.reason, float("nan")))
            continue
        binned[name] = held(replayed(best, making.edits.get(name, ())))
    return binned, tuple(steps)


def made_card(rows: CardRows, making: Making) -> Made:
    """Return the card of rows; variables without values or information are left out, and the audit trail says so.

    Rows of weight 0 are treated as absent: levels that occur only in these are unseen when applicants are scored.
    """
    rows = rows.counted()
    binned, steps = _binned(rows, making)
    names = tuple(binned)
    kind: WeightKind = "frequency" if rows.weights is None or (rows.weights % 1 == 0).all() else "precision"
    codes = {}
    matrix = np.ones((rows.bad.size, len(names) + 1), order="F")
    for j, name in enumerate(names):
        own = binned[name].codes(rows.columns[name])
        matrix[:, j + 1] = binned[name].woe_at_scoring[own]
        if np.isnan(matrix[:, j + 1]).any():
            binned[name].refuse_first(rows.columns[name], own)
        codes[name] = compact_codes([own], own.size, [binned[name].rule.n_codes + 1])[:, 0]

    def fitted(columns: Sequence[int]) -> Fit:
        own = matrix if len(columns) == len(names) else matrix[:, [0, *(j + 1 for j in columns)]]
        labels = ["Intercept", *(names[j] for j in columns)]
        return fit_matrix(own, rows.bad, labels, weights=rows.weights, weight_kind=kind, level=making.level)

    def refit(columns: list[int]) -> Fitted:
        fit = fitted(columns)
        coef = fit.coef.to_numpy()
        return Fitted(coef, fit.std_error.to_numpy(), matrix[:, [0, *(j + 1 for j in columns)]] @ coef)

    def lasso(columns: list[int]) -> list[int]:
        own, labels = matrix[:, [0, *(j + 1 for j in columns)]], [names[j] for j in columns]
        limits = {name: (-np.inf, 0.0) if binned[name].sign > 0 else (0.0, np.inf) for name in labels}
        bounds = Bounds({n: low for n, (low, _) in limits.items()}, {n: high for n, (_, high) in limits.items()})
        found = cross_validate_matrix(
            own, rows.bad, ["Intercept", *labels], penalty=Lasso() + bounds, weights=rows.weights
        ).one_se.coef
        return [j for j in columns if found[names[j]] != 0]

    taken: tuple[str, ...]
    if making.selection is None or not names:
        flat = {name: why for name in names if (why := why_flat(binned[name]))}
        steps += tuple(SelectionStep(name, False, why, 0.0) for name, why in flat.items())
        taken = tuple(name for name in names if name not in flat)
    else:
        among = Candidates(binned, matrix[:, 1:], rows.bad, rows.weights, refit, lasso)
        taken, decided = select_variables(among, making.selection)
        steps += decided
    if not taken and not making.may_be_empty:
        why = "; ".join(f"{step.variable}: {step.reason}" for step in steps[:4])
        raise DataError(
            f"No variable has two rates ({why}). One that parts good and bad completely leaves one bin too: it may "
            "have known the outcome."
        )

    def model(of: tuple[str, ...]) -> Fit:
        if making.coding == "dummies":
            own = [binned[name] for name in of]
            return fit_of_bins(own, codes, rows.bad, rows.weights, kind, making.level)
        return fitted([names.index(name) for name in of])

    fit = model(taken)
    if making.coding == "dummies":
        determined, why = determined_variables([binned[name] for name in taken], fit), "its bins are"
    else:
        determined, why = [taken[j - 1] for j in fit.record.aliased], "its weight of evidence is"
    if determined:
        why += " determined by those of the others"
        steps += tuple(SelectionStep(name, False, why, float("nan")) for name in determined)
        taken = tuple(name for name in taken if name not in determined)
        fit = model(taken)
    own_bins = tuple(binned[name] for name in taken)
    card = card_in_coding(own_bins, making.estimates(fit), making.scaling, making.coding)
    weights = np.ones(rows.bad.size) if rows.weights is None else rows.weights
    sizes = [binned[name].rule.n_codes + 1 for name in taken]
    in_bins = compact_codes([codes[name] for name in taken], rows.bad.size, sizes)
    kept = OwnRows(in_bins, rows.bad, weights, kind == "frequency")
    return Made(card, fit, binned, steps, development_of(card, in_bins, weights, rows.bad, making.level), kept)
