r"""Estimated marginal means: predictions for the cells of a reference grid, averaged with given weights.

A cell has one level of each factor and one value of each numeric variable; its row is x. On the link scale, the mean of
a group of cells with weights w is the linear predictor of the average row,

.. math:: \bar\eta = \bar x'\beta + \bar o, \qquad \bar x = \sum_c w_c x_c ,

and as a probability either :math:`p_k(\bar\eta)` or :math:`\sum_c w_c\, p_k(\eta_c)`, which differ. Contrasts are
linear combinations of the means; on the link scale they are functions of contrasts of average rows, so a contrast may
be finite or estimable even if the means are not (``docs/maths/means.md``).

References
----------
Searle, S. R., Speed, F. M. and Milliken, G. A. (1980) Population marginal means in the linear model: an alternative to
least squares means. The American Statistician 34, 216-221.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.derived import Derived, derived
from logitkit.inference.estimable import not_estimable
from logitkit.inference.linear_predictors import (
    contrast_sides,
    finite_predictors,
    linear_predictors,
    predictor_functions,
)
from logitkit.inference.verbs import require
from logitkit.typing import BoolArray, FloatArray

__all__ = ["Averaged", "Cells", "MeansScale", "contrasts_of", "means_of", "predictor_weights"]

MeansScale = Literal["link", "probability", "latent"]
Averaged = Literal["link", "probability"]

ROUNDING = 1e-13  # of the size of its terms: what is left of a contrast of equal values


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells over which means are averaged.

    Parameters
    ----------
    matrix : Matrix
        N cells.
    offset : (m, N) array or None
        Offsets by linear predictor.
    weights : (G, N) array
        Weights of the cells in each mean; each row sums to 1.

    Examples
    --------
    >>> Cells(Dense(np.ones((2, 1))), None, np.full((1, 2), 0.5)).average()[0].to_dense().tolist()
    [[1.0]]
    """

    matrix: Matrix
    offset: FloatArray | None
    weights: FloatArray

    def average(self, contrast: FloatArray | None = None) -> tuple[Matrix, FloatArray | None]:
        """Return the average rows and their offsets, or linear combinations of these.

        Parameters
        ----------
        contrast : (k, G) array, optional
            One row per combination.

        Returns
        -------
        matrix : Matrix
            G rows, or k if ``contrast`` is given.
        offset : (m, G) array, (m, k) or None
            Offsets by linear predictor.
        """
        weights = self.weights if contrast is None else contrast @ self.weights
        values = self.matrix.to_dense()
        found = weights @ values
        found[np.abs(found) <= ROUNDING * (np.abs(weights) @ np.abs(values))] = 0.0
        rows = Dense(np.ascontiguousarray(found))
        return rows, None if self.offset is None else self.offset @ weights.T


def predictor_weights(record: FitRecord, scale: MeansScale) -> tuple[tuple[str, ...], FloatArray]:
    """Return the combinations of linear predictors whose means are taken on the link scale.

    Parameters
    ----------
    record : FitRecord
        The fit.
    scale : {'link', 'latent'}
        Each predictor, or the latent variable that the thresholds cut.

    Returns
    -------
    labels : tuple of str
        L labels; an empty string if there is only one. For ordered outcomes, the thresholds.
    weights : (L, m) array
        For two outcomes, the predictor. For several, each outcome against the reference, or in symmetric form against
        the mean of all. For ordered outcomes, minus the predictor of each threshold, so that larger values mean higher
        outcomes.

    Raises
    ------
    UnsupportedError
        If the thresholds do not cut a latent variable.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> labels, weights = predictor_weights(lk.multinomial("race ~ age", births, reference="white").record, "link")
    >>> labels, weights.tolist()
    (('black', 'other'), [[-1.0, 1.0, 0.0], [-1.0, 0.0, 1.0]])
    """
    m, words, outcomes = record.predictors.n_predictors, record.family.words, record.outcomes
    if scale == "latent":
        if record.family.tail_link is None or not words.ordered:
            raise UnsupportedError(
                f"{words.title}: no latent variable is cut by thresholds, which is what scale='latent' is of. Use "
                "scale='link' or 'probability'."
            )
        if _slopes_differ(record):
            raise UnsupportedError(
                "scale='latent' needs slopes that all thresholds share, and some terms are nominal. Use scale='link', "
                "which has one mean per threshold, or 'probability'."
            )
        return ("",), np.full((1, m), -1.0 / m)
    unit = np.eye(m)
    if words.ordered:
        labels = tuple(f"{low}|{high}" for low, high in pairwise(outcomes))
        return labels, unit[1:] - unit[:-1] if record.family.compares_predictors else -unit
    if not record.family.compares_predictors:
        return ("",), unit
    if record.reference is None:
        return tuple(outcomes), unit - 1.0 / m
    others = [k for k in range(m) if k != record.reference]
    return tuple(outcomes[k] for k in others), unit[others] - unit[record.reference]


def means_of(
    record: FitRecord,
    cells: Cells,
    names: tuple[str, ...],
    *,
    scale: MeansScale = "link",
    averaged: Averaged = "link",
    level: float | None = None,
) -> tuple[tuple[str, ...], Derived]:
    """Return marginal means.

    Parameters
    ----------
    record : FitRecord
        The fit.
    cells : Cells
        G groups of cells.
    names : tuple of str
        Names of the G groups.
    scale : {'link', 'probability', 'latent'}
        Linear predictors, probabilities or, for ordered outcomes, the latent variable measured from the mean threshold.
    averaged : {'link', 'probability'}
        For probabilities: whether linear predictors or probabilities are averaged over the cells of a group.
    level : float, optional
        Confidence level; by default that of the fit.

    Returns
    -------
    labels : tuple of str
        Labels of the L outcomes or thresholds; an empty string if there is only one.
    means : Derived
        L G means, those of the first label first. A mean that is not estimable or not determined is nan; a limit has no
        standard error.

    Raises
    ------
    UnsupportedError
        After a penalty that leaves no covariance, with an absorbed factor, and for a scale that the model does not
        have.

    Examples
    --------
    In a saturated model the means are those of the groups:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ g", {"y": [0, 1, 1, 0, 0, 1, 0], "g": list("aaabbbb")})
    >>> cells = Cells(Dense(np.array([[1.0, 0.0], [1.0, 1.0]])), None, np.eye(2))
    >>> labels, means = means_of(fit.record, cells, ("a", "b"), scale="probability")
    >>> labels, means.value.round(9).tolist()
    (('',), [0.666666667, 0.25])
    """
    require(record, "means")
    if scale == "probability":
        labels, values, jacobians = _probabilities(record, cells, averaged)
        value = np.concatenate(values)
        found = _derived(record, _named(labels, names), value, np.concatenate(jacobians), level=level, null=None)
        certain = (value <= 0.0) | (value >= 1.0)
        return labels, replace(found, scale="logit", root=np.where(certain[:, None], np.nan, found.root))
    labels, weights = predictor_weights(record, scale)
    value, jacobian = _combinations(record, *cells.average(), weights)
    return labels, _derived(record, _named(labels, names), value, jacobian, level=level, null=None)


def contrasts_of(
    record: FitRecord,
    cells: Cells,
    names: tuple[str, ...],
    contrast: FloatArray,
    *,
    scale: MeansScale = "link",
    averaged: Averaged = "link",
    level: float | None = None,
) -> Derived:
    """Return contrasts of marginal means.

    Parameters
    ----------
    record : FitRecord
        The fit.
    cells : Cells
        G groups of cells.
    names : tuple of str
        Names of the k contrasts.
    contrast : (k, G) array
        Coefficients; each row sums to 0.
    scale : {'link', 'probability', 'latent'}
        Scale of the means.
    averaged : {'link', 'probability'}
        For probabilities: what is averaged over cells.
    level : float, optional
        Confidence level; by default that of the fit.

    Returns
    -------
    Derived
        L k differences, those of the first outcome or threshold first.

    Examples
    --------
    The difference of two log odds is the coefficient:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ g", {"y": [0, 1, 1, 0, 0, 1, 0], "g": list("aaabbbb")})
    >>> cells = Cells(Dense(np.array([[1.0, 0.0], [1.0, 1.0]])), None, np.eye(2))
    >>> found = contrasts_of(fit.record, cells, ("b - a",), np.array([[-1.0, 1.0]]))
    >>> (
    ...     bool(np.isclose(found.value[0], fit.coef["g[T.b]"])),
    ...     bool(np.isclose(found.std_error[0], fit.std_error.iloc[1])),
    ... )
    (True, True)
    """
    if scale != "probability":
        require(record, "means")
        labels, weights = predictor_weights(record, scale)
        value, jacobian = _combinations(record, *cells.average(contrast), weights)
        return _derived(record, _named(labels, names), value, jacobian, level=level)
    require(record, "means")
    labels, means, jacobians = _probabilities(record, cells, averaged)
    used = contrast != 0.0
    value = np.concatenate([_weighted(contrast, used, own) for own in means])
    # Derivatives are zero where a mean is missing, and then the contrast is too.
    jacobian = np.concatenate([contrast @ own for own in jacobians])
    found = _derived(record, _named(labels, names), value, jacobian, level=level)
    certain = np.concatenate([(used & ((own <= 0.0) | (own >= 1.0))).any(axis=1) for own in means])
    return replace(found, root=np.where(certain[:, None], np.nan, found.root))


def _weighted(contrast: FloatArray, used: BoolArray, values: FloatArray) -> FloatArray:
    """Return combinations of values, of those that take part alone: others may be missing."""
    return np.array([row[take] @ values[take] for row, take in zip(contrast, used, strict=True)])


def _combinations(
    record: FitRecord, rows: Matrix, offset: FloatArray | None, weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return combinations of the linear predictors of rows, (L k,), and their derivatives, (L k, q)."""
    eta = finite_predictors(record, rows) + (0.0 if offset is None else offset)
    strange = not_estimable(record, rows)
    values, jacobians = [], []
    for combination in weights:
        value = combination @ eta
        if record.limit.cone is not None:
            signs = contrast_sides(record, rows, combination)
            infinite = np.where(np.isnan(signs), np.nan, np.copysign(np.inf, signs))
            value = np.where(signs == 0.0, value, infinite)
        values.append(np.where(strange, np.nan, value))
        jacobians.append(predictor_functions(record, rows, np.repeat(combination[:, None], rows.n_rows, axis=1)))
    return np.concatenate(values), np.concatenate(jacobians)


def _probabilities(
    record: FitRecord, cells: Cells, averaged: Averaged
) -> tuple[tuple[str, ...], list[FloatArray], list[FloatArray]]:
    """Return the probabilities of the average rows, or the averages of the cells', with derivatives, by outcome."""
    n_outcomes, event = record.family.n_outcomes, record.family.words.has_event
    shown = [n_outcomes - 1] if event else list(range(n_outcomes))
    labels = ("",) if event else record.outcomes
    rows, offset = cells.average() if averaged == "link" else (cells.matrix, cells.offset)
    eta = linear_predictors(record, rows, offset)
    eta[:, not_estimable(record, rows)] = np.nan
    probability = record.family.probabilities(eta)
    rest = np.stack([np.delete(probability, k, axis=0).sum(axis=0) for k in range(n_outcomes)])
    with np.errstate(invalid="ignore"):
        slopes = (probability * rest)[:, None] * record.family.log_odds_jacobian(eta)
    slopes = np.where(np.isfinite(slopes), slopes, 0.0)
    values, jacobians = [], []
    for k in shown:
        value, jacobian = probability[k], predictor_functions(record, rows, slopes[k])
        if averaged == "probability":
            used = cells.weights != 0.0
            value, jacobian = _weighted(cells.weights, used, value), cells.weights @ jacobian
        values.append(value)
        jacobians.append(jacobian)
    return labels, values, jacobians


def _derived(
    record: FitRecord,
    names: tuple[str, ...],
    value: FloatArray,
    jacobian: FloatArray,
    *,
    level: float | None,
    null: float | None = 0.0,
) -> Derived:
    """Return functions of the coefficients, without errors where they are infinite or missing."""
    known = np.isfinite(value)
    found = derived(record, names, value, np.where(known[:, None], jacobian, 0.0), null=null, level=level)
    return replace(found, root=np.where(known[:, None], found.root, np.nan))


def _named(labels: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of each group for each label."""
    return tuple(f"{label}:{name}" if label else name for label in labels for name in names)


def _slopes_differ(record: FitRecord) -> bool:
    """Return whether a column other than the intercept has other slopes at some thresholds."""
    predictors = record.predictors
    columns = [j for j in range(predictors.n_columns) if j != record.info.intercept]
    cells = np.eye(predictors.n_columns)[columns]
    unit = np.eye(predictors.n_predictors)
    return any(
        bool(np.any(predictors.rows(cells, np.tile(unit[k] - unit[0], (len(columns), 1))) != 0.0))
        for k in range(1, predictors.n_predictors)
    )
