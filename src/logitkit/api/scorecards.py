"""The public function that makes a whole scorecard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from logitkit.api.card_rows import bins_by_name, excluded_rows, row_weights, rows_of, stated_variables
from logitkit.api.cross_validation import cross_validate_matrix
from logitkit.api.fitting import fit_matrix
from logitkit.design.table.frame import read_table
from logitkit.models.penalties.bounds import Bounds
from logitkit.models.penalties.elastic_net import Lasso
from logitkit.results.cards.binned import held
from logitkit.results.cards.scorecard import Scorecard
from logitkit.results.foreign import in_our_words
from logitkit.scorecard.binned import binning_of
from logitkit.scorecard.card import card_of
from logitkit.scorecard.monitoring.counted import development_of
from logitkit.scorecard.population import Population
from logitkit.scorecard.scaling import Scaling
from logitkit.scorecard.selection import Candidates, Fitted, Selection, SelectionStep, select_variables
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
    bins: Bins | Mapping[str, Bins] | None = None,
    selection: Selection | None = None,
    weights: Any = None,
    scaling: Scaling | None = None,
    level: float = 0.95,
) -> Scorecard:
    """Return a scorecard: variables in optimal bins, a logistic regression of their weights of evidence, and points.

    Parameters
    ----------
    variables : str or sequence of str
        The variables by name, or a formula of these: ``"default ~ employees + sector"``, ``"default ~ ."``.
    data : table
        A pandas, polars or Arrow table, or a dict of columns.
    target : str, optional
        The column of the outcome, where no formula names it.
    event : object, optional
        The level of the outcome that is bad; 1 or True by default.
    indeterminate : object or sequence, optional
        Levels that are neither good nor bad: their rows are left out, and counted.
    exclude : mapping of str to mask or column, optional
        Rows left out by named rules: one True or False per row, or a column of these. Each rule has its count.
    bins : Bins or mapping of str to Bins, optional
        How all variables are binned, or each by its name.
    selection : Selection, optional
        Which variables the card takes; all that are named by default.
    weights : str or (n,) array-like, optional
        Weights of the rows; counts are their sums.
    scaling : Scaling, optional
        Points to double the odds, base points and base odds.
    level : float, default 0.95
        Confidence level of the inference.

    Returns
    -------
    Scorecard
        Points, scores, the trail of the selection, and the fit.

    Raises
    ------
    DataError, ResponseError
        If the input is invalid, or if a variable has no bins that meet the constraints.

    Examples
    --------
    >>> import logitkit as lk
    >>> loans = lk.datasets.load_german_credit()
    >>> chosen = lk.scorecard.Selection(min_iv=0.1)
    >>> card = lk.scorecard("class ~ .", loans, event="bad", selection=chosen)
    >>> bool((card.fit.coef.drop("Intercept") < 0).all())
    True
    """
    table = read_table(data)
    names, target = stated_variables(variables, target, table)
    out, excluded = excluded_rows(exclude, table)
    outcome = within(read_target(table.column(target), target, event, indeterminate), ~out)
    given = row_weights(weights, table, outcome)
    stated = bins_by_name(bins, names)
    binned = {}
    matrix = np.ones((outcome.rows.size, len(names) + 1), order="F")
    for j, name in enumerate(names):
        values = rows_of(table.column(name), outcome)
        binned[name] = held(binning_of(values, outcome.bad, stated[name], name=name, weights=given))
        matrix[:, j + 1] = binned[name].transform(values)

    def fitted(columns: Sequence[int]) -> Any:
        own = matrix if len(columns) == len(names) else matrix[:, [0, *(j + 1 for j in columns)]]
        return fit_matrix(own, outcome.bad, ["Intercept", *(names[j] for j in columns)], weights=given, level=level)

    def refit(columns: list[int]) -> Fitted:
        fit = fitted(columns)
        log_odds = matrix[:, [0, *(j + 1 for j in columns)]] @ fit.coef.to_numpy()
        return Fitted(fit.coef.to_numpy(), fit.std_error.to_numpy(), log_odds)

    def lasso(columns: list[int]) -> list[int]:
        own, labels = matrix[:, [0, *(j + 1 for j in columns)]], [names[j] for j in columns]
        limits = {name: (-np.inf, 0.0) if binned[name].sign > 0 else (0.0, np.inf) for name in labels}
        bounds = Bounds({n: low for n, (low, _) in limits.items()}, {n: high for n, (_, high) in limits.items()})
        found = cross_validate_matrix(
            own, outcome.bad, ["Intercept", *labels], penalty=Lasso() + bounds, weights=given
        ).one_se.coef
        return [j for j in columns if found[names[j]] != 0]

    taken: tuple[str, ...] = names
    steps: tuple[SelectionStep, ...] = ()
    if selection is not None:
        taken, steps = select_variables(Candidates(binned, matrix[:, 1:], outcome.bad, given, refit, lasso), selection)
    places = [names.index(name) for name in taken]
    fit = fitted(places)
    coef = fit.coef.to_numpy()
    card = card_of(tuple(binned[name] for name in taken), float(coef[0]), coef[1:], scaling or Scaling())
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
    development = development_of(card, matrix[:, [j + 1 for j in places]], given)
    return Scorecard(card, fit, binned, population, steps, development)
