"""The public function that makes a whole scorecard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from logitkit.api.card_again import fit_of_card
from logitkit.api.card_formula import stated_variables
from logitkit.api.card_making import CardRows, Making, made_card
from logitkit.api.card_rows import (
    bins_by_name,
    row_weights,
    rows_of,
    stated_as,
    without_edits,
)
from logitkit.design.table.frame import Table, read_table
from logitkit.errors import DataError
from logitkit.options import require_choice
from logitkit.results.cards.scorecard import Scorecard
from logitkit.results.foreign import in_our_words
from logitkit.scorecard.binned import Binning
from logitkit.scorecard.card import CODINGS
from logitkit.scorecard.exclusions import excluded_rows
from logitkit.scorecard.kinds import why_no_variable
from logitkit.scorecard.manifest import manifest_of
from logitkit.scorecard.population import Population
from logitkit.scorecard.scaling import Scaling
from logitkit.scorecard.selection import Selection, SelectionStep
from logitkit.scorecard.stated import Bins
from logitkit.scorecard.target import read_target, within

__all__ = ["scorecard"]


@in_our_words
def scorecard(
    variables: str | Sequence[str],
    data: Any,
    *,
    target: str | None = None,
    event: Any = None,
    indeterminate: Any = (),
    exclude: Mapping[str, Any] | None = None,
    bins: Bins | Mapping[str, Bins | Binning] | None = None,
    selection: Selection | None = None,
    weights: Any = None,
    scaling: Scaling | None = None,
    coding: Literal["woe", "dummies"] = "woe",
    level: float = 0.95,
) -> Scorecard:
    """Make a scorecard: variables in optimal bins, a logistic regression on them, and points.

    Parameters
    ----------
    variables : str or sequence of str
        The variables by name, or a formula of names: ``"default ~ employees + sector"``, ``"default ~ . - bank"``. A
        ``.`` stands for all other columns except dates and durations, which raise an error if they are named.
    data : table
        A pandas, polars or Arrow table, or a dict of columns.
    target : str, optional
        The column of the outcome, if no formula names it.
    event : object, optional
        The level of the outcome that is bad; 1 or True by default.
    indeterminate : object or sequence, optional
        Outcome levels that are neither good nor bad; their rows are left out and counted.
    exclude : mapping of str to mask or column, optional
        Named rules that exclude rows: one True or False per row, or a column of these. Rows are counted by rule.
    bins : Bins or mapping of str to Bins or BinnedVariable, optional
        Options of the binning of all variables, or of each by name. Edits by hand of a binned variable are made again,
        and are kept in its audit trail.
    selection : Selection, optional
        How variables are selected; by default the card has all named variables with at least two bins.
    weights : str or (n,) array-like, optional
        Weights of the rows; counts are then sums of weights.
    scaling : Scaling, optional
        Points to double the odds, base points and base odds.
    coding : {"woe", "dummies"}, default "woe"
        Whether the model has one coefficient per variable, on its weights of evidence, or one per bin. With one per
        bin, the points are adjusted for the other variables and need not follow the order of the event rates. Selection
        uses weights of evidence in both cases.
    level : float, default 0.95
        Confidence level of the inference.

    Returns
    -------
    Scorecard
        The points, the scores, the audit trail of the selection, and the fit.

    Raises
    ------
    DataError, ResponseError
        If the input is invalid, or if a variable has no bins that meet the constraints.
    SeparationError
        If coefficients would be infinite, for example with dummies if a bin has only goods or only bads.
    UnsupportedError
        If, with dummies, the rows of a bin are determined by bins of other variables.

    Examples
    --------
    >>> import logitkit as lk
    >>> loans = lk.datasets.load_german_credit()
    >>> chosen = lk.scorecard.Selection(min_iv=0.1)
    >>> card = lk.scorecard("class ~ .", loans, event="bad", selection=chosen)
    >>> card.fit.coef.round(2).head(4).to_dict()
    {'Intercept': -0.85, 'checking_status': -0.79, 'duration': -0.74, 'credit_history': -0.71}

    Validation makes the card again in each resample, including its bins and the selection:

    >>> found = card.fit.validate(n=3, seed=1)
    >>> round(float(found.apparent[found.names.index("c")]), 3), round(float(found.of("c")), 3)
    (0.812, 0.796)
    """
    require_choice("coding", coding, CODINGS)
    table = read_table(data)
    out, excluded = excluded_rows(exclude, table)
    asked = stated_variables(variables, target, table, (weights, *(exclude or {}).values()))
    target = asked.target
    outcome = within(read_target(table.column(target), target, event, indeterminate), ~out)
    if not outcome.rows.size:
        raise DataError("No row is left that is good or bad, after the exclusions.")
    given = row_weights(weights, table, outcome)
    how = (stated_as(Selection, "selection", selection), stated_as(Scaling, "scaling", scaling) or Scaling())
    aside = _no_variables(asked.by_point - set(_named(bins, selection)), table)
    names = tuple(name for name in asked.names if name not in aside)
    stated, edits = without_edits(bins)
    making = Making(bins_by_name(stated, names), *how, level, edits=edits, coding=coding)
    columns = {name: rows_of(table.column(name), outcome) for name in names}
    rows = CardRows(columns, outcome.bad, given)
    made = made_card(rows, making)
    fit = fit_of_card(made.fit, rows, making)
    n_bad = int(outcome.bad.sum())
    population = Population(
        table.n_rows,
        excluded,
        outcome.n_indeterminate,
        outcome.n_missing,
        outcome.rows.size - n_bad,
        n_bad,
        target,
        outcome.event,
        outcome.other,
    )
    whole = {name: table.column(name) for name in (*names, target)}
    manifest = manifest_of(whole, out, given, outcome.indeterminate, selection, level)
    steps = tuple(SelectionStep(name, False, why, float("nan")) for name, why in aside.items()) + made.steps
    own = (made.card, fit, made.binnings, population, steps, made.development, manifest)
    return Scorecard(*own, rows=made.rows)


def _named(bins: Any, selection: Selection | None) -> tuple[str, ...]:
    """Return the variables that are named beside the formula."""
    return (*(bins if isinstance(bins, Mapping) else ()), *(selection.keep if selection is not None else ()))


def _no_variables(names: Iterable[str], table: Table) -> dict[str, str]:
    """Return the columns that a point stands for and that cannot be variables, in the order of the table, with why."""
    why = {name: why_no_variable(table.column(name), name) for name in table.names if name in names}
    return {name: f"it holds {words}" for name, words in why.items() if words}
