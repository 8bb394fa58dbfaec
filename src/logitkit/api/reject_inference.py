"""The public function of reject inference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from logitkit.api.card_formula import require_columns
from logitkit.api.fitting import fit_matrix
from logitkit.design.table.frame import Table, coded_values, numeric_values, read_table, row_values
from logitkit.errors import DataError, UnsupportedError, nearest_name
from logitkit.models.binary import Binary
from logitkit.results.cards.rejects import RejectInference
from logitkit.results.cards.scorecard import Scorecard
from logitkit.results.classes import fit_of
from logitkit.results.fit import Fit
from logitkit.results.foreign import in_our_words
from logitkit.scorecard.manifest import rejects_manifest_of
from logitkit.scorecard.rejects.adopted import rows_of_card, with_errors
from logitkit.scorecard.rejects.applicants import Applicants, Refitted
from logitkit.scorecard.rejects.augmentation import Augmentation
from logitkit.scorecard.rejects.compared import compared, require_between
from logitkit.scorecard.rejects.inferred import Inferred
from logitkit.typing import BoolArray, CodeArray, FloatArray

__all__ = ["reject_inference"]


@in_our_words
def reject_inference(
    card: Scorecard,
    accepts: Any,
    rejects: Any,
    methods: Sequence[Any] | None = None,
    *,
    weights: Any = None,
    reject_weights: Any = None,
    between: tuple[float, float] = (0.5, 4.0),
) -> RejectInference:
    """Compare what a scorecard would be under several assumptions about rejected applicants.

    By default a scorecard uses no reject inference. The outcomes of rejects are not in the data; each method replaces
    them by an assumption, which is printed with its results.

    Parameters
    ----------
    card : Scorecard
        The card made from accepts. Rejects are assigned to its bins, with its weights of evidence and its policies for
        unseen and missing values.
    accepts : table
        The rows that the card was made from. Other rows are allowed only if their outcome is neither good nor bad.
    rejects : table
        The rejected applicants, with every variable of the card.
    methods : sequence, optional
        Instances of ``Augmentation``, ``FuzzyAugmentation``, ``Parcelling``, ``Extrapolation`` and ``Reclassification``
        of ``logitkit.scorecard``. Default: one of each; those that cannot be applied are listed with the reason.
    weights, reject_weights : str or (n,) array-like, optional
        How many applicants each row of accepts and of rejects stands for; ``weights`` must be those of the card.
    between : (float, float), default (0.5, 4)
        The plausible best and worst case, as ratios of the odds of bad of rejects to those of accepts with the same
        values. The extreme cases, all rejects good and all bad, are always shown too.

    Returns
    -------
    RejectInference
        Bad rates, coefficients and points by method, and the cards to score with.

    Raises
    ------
    DataError
        If the card was not made from these accepts, or if a reject cannot be put into its bins.
    UnsupportedError
        If a method asked for cannot be applied (augmentation without overlap, parcelling with bands without accepts),
        or if the card has one coefficient per bin.

    Notes
    -----
    Standard errors take into account that the assumed outcomes of rejects are derived from the accepts; they are valid
    if the assumption is. Bins are treated as fixed (``docs/maths/reject_inference.md``).

    References
    ----------
    Hand, D. J. and Henley, W. E. (1993) Can reject inference ever work? IMA Journal of Mathematics Applied in Business
    and Industry 5, 45-55.

    Examples
    --------
    >>> import logitkit as lk
    >>> loans = lk.datasets.load_german_credit()
    >>> refused = loans["duration"] > 36
    >>> card = lk.scorecard(["age", "purpose"], loans[~refused], target="class", event="bad")
    >>> found = lk.scorecard.reject_inference(card, loans[~refused], loans[refused])
    >>> bool(found.table().loc["all bad", "reject_bad_rate"] == 1)
    True

    A lender that accepts 10 % of the long loans at random knows the probability of acceptance:

    >>> import numpy as np
    >>> loans["chance"] = np.where(loans["duration"] > 36, 0.1, 1.0)
    >>> lucky = ~refused | (np.random.default_rng(1).uniform(size=len(loans)) < 0.1)
    >>> card = lk.scorecard(["age", "purpose"], loans[lucky], target="class", event="bad")
    >>> known = lk.scorecard.Augmentation(accept_probability="chance")
    >>> lk.scorecard.reject_inference(card, loans[lucky], loans[~lucky], [known]).methods[1]
    'augmentation, by chance'
    """
    if not isinstance(card, Scorecard):
        raise DataError(f"card={type(card).__name__}: give a scorecard, from lk.scorecard(...).")
    if card.card.coding == "dummies":
        raise UnsupportedError(
            "Reject inference needs a card of weights of evidence, into which rejects fit whose bins no accept has; "
            "this one has a coefficient per bin. Make the card with coding='woe'."
        )
    between = require_between(between)
    names = card.card.names
    own, others = read_table(accepts), read_table(rejects)
    require_columns(own, (*names, card.population.target))
    require_columns(others, names)
    if others.n_rows == 0:
        raise DataError("rejects has no rows.")
    rows, bad = _outcomes(card, own)
    numbers = _weights(reject_weights, others, "reject_weights")
    codes = _codes(card, own, others, rows, methods)
    chances = _accept_probabilities(own, others, rows, methods)
    applicants = Applicants(
        _woes(card, own, rows),
        _woes(card, others, np.arange(others.n_rows)),
        bad,
        _weights(weights, own, "weights")[rows],
        numbers,
        _fit,
        codes,
        _chance,
        names,
        chances,
    )
    stated = np.array([card.card.intercept, *(variable.coef for variable in card.card.variables)])
    if not np.allclose(applicants.coef, stated, rtol=1e-6, atol=1e-6):
        raise DataError(
            "The card does not follow from these accepts: their coefficients differ. Give the rows and weights that it "
            "was made from, without those that rules left out."
        )
    manifest = rejects_manifest_of(
        {name: others.column(name) for name in (*codes, *chances)},
        None if reject_weights is None else numbers,
        None if methods is None else tuple(methods),
        between,
    )
    return RejectInference(card, applicants, *compared(applicants, methods, between), between, _adopted, manifest)


def _outcomes(card: Scorecard, table: Table) -> tuple[Any, BoolArray]:
    """Return which rows are good or bad; raise an error if their numbers differ from those of the card."""
    population = card.population
    coded = coded_values(table.column(population.target))
    bad, good = coded.among((population.event,)), coded.among((population.other,))
    rows = np.flatnonzero(bad | good)
    n_bad = int(bad.sum())
    if (rows.size - n_bad, n_bad) != (population.n_good, population.n_bad):
        raise DataError(
            f"The card was made from {population.n_good} good and {population.n_bad} bad, and accepts has "
            f"{rows.size - n_bad} and {n_bad}. Give the rows that it was made from, without those that rules left out."
        )
    return rows, bad[rows]


def _woes(card: Scorecard, table: Table, rows: Any) -> FloatArray:
    """Return a column of ones and the weights of evidence of the card."""
    columns = [v.binning.transform(table.column(v.binning.name).iloc[rows]) for v in card.card.variables]
    return np.column_stack([np.ones(len(rows)), *columns])


def _weights(given: Any, table: Table, name: str) -> FloatArray:
    """Return numbers of applicants, one where none are given."""
    if given is None:
        return np.ones(table.n_rows)
    weights = numeric_values(row_values(given, table, name)[0], name)
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.sum() > 0):
        raise DataError(f"{name} must be numbers that are not negative, and none may be missing.")
    return weights


def _codes(
    card: Scorecard, own: Table, others: Table, rows: Any, methods: Sequence[Any] | None
) -> dict[str, CodeArray]:
    """Return the bins of the variables of the card and of those that explain acceptance."""
    named = [name for method in methods or () if isinstance(method, Augmentation) for name in method.on or ()]
    found = {}
    for name in dict.fromkeys([*card.card.names, *named]):
        if name not in card.binnings:
            raise DataError(
                f"on: {name!r} was not binned for the card. {nearest_name(name, card.binnings)} Give it to "
                "lk.scorecard(); a selection may leave it out of the card."
            )
        require_columns(own, [name])
        require_columns(others, [name])
        binning = card.binnings[name]
        found[name] = np.concatenate([binning.codes(own.column(name).iloc[rows]), binning.codes(others.column(name))])
    return found


def _accept_probabilities(own: Table, others: Table, rows: Any, methods: Sequence[Any] | None) -> dict[str, FloatArray]:
    """Return the known probabilities of acceptance; raise an error for invalid ones."""
    found = {}
    for name in [method.accept_probability for method in methods or () if isinstance(method, Augmentation)]:
        if name is None:
            continue
        require_columns(own, [name])
        require_columns(others, [name])
        of_accepts, of_rejects = numeric_values(own.column(name), name)[rows], numeric_values(others.column(name), name)
        if not ((of_accepts > 0) & (of_accepts <= 1)).all():
            raise DataError(f"{name} of accepts must be probabilities above 0, of 1 at most, and none may be missing.")
        if not ((of_rejects >= 0) & (of_rejects < 1)).all():
            raise DataError(
                f"{name} of rejects must be probabilities of acceptance of at least 0 and below 1, and none may be "
                "missing."
            )
        found[name] = np.concatenate([of_accepts, of_rejects])
    return found


def _fit(matrix: FloatArray, bad: FloatArray, weights: FloatArray) -> Refitted:
    """Return the fit to the proportions of bad."""
    whole = bool(((bad == 0) | (bad == 1)).all())
    names = ["Intercept", *(f"x{j}" for j in range(1, matrix.shape[1]))]
    model = Binary() if whole else Binary(outcome="fraction")
    fit = fit_matrix(matrix, bad, names, weights=weights, weight_kind="precision", model=model)
    return Refitted(fit.coef.to_numpy(), bool(fit.record.is_separated))


def _chance(matrix: FloatArray, accepted: BoolArray, weights: FloatArray) -> FloatArray:
    """Return the probability of acceptance of every applicant; 0 or 1, as limits, if the variables separate them."""
    names = ["Intercept", *(f"x{j}" for j in range(1, matrix.shape[1]))]
    fit = fit_matrix(matrix, accepted, names, weights=weights, weight_kind="precision")
    return np.asarray(fit.predict())


def _adopted(applicants: Applicants, inferred: Inferred, level: float) -> Fit:
    """Return the fit of the card that a method gives."""
    matrix, bad, weights = rows_of_card(applicants, inferred)
    whole = bool(((bad == 0) | (bad == 1)).all())
    model = Binary() if whole else Binary(outcome="fraction")
    names = ["Intercept", *applicants.names]
    fit = fit_matrix(matrix, bad, names, weights=weights, weight_kind="sampling", model=model, level=level)
    return fit_of(with_errors(fit.record, inferred), fit.design)
