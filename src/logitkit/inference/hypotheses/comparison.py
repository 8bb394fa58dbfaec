r"""Models of the same rows side by side: information criteria, Akaike weights, likelihood ratios of nested models.

The Akaike weight of model k is :math:`e^{-\Delta_k / 2} / \sum_j e^{-\Delta_j / 2}` where :math:`\Delta_k` is its AIC
minus the smallest AIC. Models are ordered by their numbers of parameters. If a model contains the one before it, their
likelihood-ratio statistic is chi-square if the smaller model holds.

References
----------
Burnham, K. P. and Anderson, D. R. (2002) Model Selection and Multimodel Inference, 2nd edition, section 2.9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.law import NORMAL
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError
from logitkit.inference.fit_statistics import fit_statistics
from logitkit.inference.hypotheses.model_names import model_names
from logitkit.inference.hypotheses.nested import likelihood_ratio
from logitkit.inference.hypotheses.spans import embedding, same_rows, zero_in_smaller
from logitkit.inference.verbs import require
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["Comparison", "compare_fits", "require_comparable"]

Pair = tuple[FitRecord, Design]


@dataclass(frozen=True)
class Comparison:
    """Models of the same rows, ordered by their numbers of parameters.

    Parameters
    ----------
    labels : tuple of str
        Names of the models; by default their formulas, numbered as they were given, with the arguments in which models
        with the same formula differ.
    models : tuple of str
        The kind of each model, in words.
    n_params : (m,) int array
        Number of estimated parameters.
    deviance, loglik, aic, bic : (m,) array
        Values of each model.
    weight : (m,) array
        Akaike weights, which sum to one.
    nested : (m,) bool array
        Whether the model contains the one before it; False for the first.
    statistic, p_value : (m,) array
        Likelihood-ratio test against the model before it; missing where that model is not nested.
    dof : (m,) int array
        Degrees of freedom of the test; 0 where there is none.
    named : bool
        Whether the user gave the labels.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> larger = lk.logit("y ~ x", data)
    >>> found = lk.compare(larger, lk.logit("y ~ 1", data))
    >>> bool(np.isclose(found.statistic[1], larger.lr_test().statistic)), found.labels
    (True, ('2: y ~ 1', '1: y ~ x'))
    """

    labels: tuple[str, ...]
    models: tuple[str, ...]
    n_params: IntArray
    deviance: FloatArray
    loglik: FloatArray
    aic: FloatArray
    bic: FloatArray
    weight: FloatArray
    nested: BoolArray
    statistic: FloatArray
    p_value: FloatArray
    dof: IntArray
    named: bool = False

    @property
    def delta_aic(self) -> FloatArray:
        """AIC minus the smallest AIC, shape (m,)."""
        return np.asarray(self.aic - np.fmin.reduce(self.aic))

    @property
    def delta_bic(self) -> FloatArray:
        """BIC minus the smallest BIC, shape (m,)."""
        return np.asarray(self.bic - np.fmin.reduce(self.bic))


def require_comparable(records: Sequence[FitRecord], designs: Sequence[Design | None]) -> list[Pair]:
    """Return fits with their rows, or raise an error unless the rows are the same and all fits have likelihoods.

    Parameters
    ----------
    records : sequence of FitRecord
        The fits.
    designs : sequence of Design or None
        Their rows.

    Returns
    -------
    list of (FitRecord, Design)
        The fits, in the order given.

    Raises
    ------
    DataError
        For fewer than two fits, fits without rows, and fits whose rows, weights or outcomes differ.
    UnsupportedError, ConvergenceError
        After a penalty, with sampling weights or clusters, and where a fit has not converged.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 0], "x": [1, 2, 3, 4, 5]})
    >>> require_comparable([fit.record], [fit.design])
    Traceback (most recent call last):
    logitkit.errors.DataError: One fit has nothing to be compared with; give two or more.
    """
    if len(records) < 2:
        raise DataError(f"{'One' if records else 'No'} fit has nothing to be compared with; give two or more.")
    pairs: list[Pair] = []
    for k, (record, design) in enumerate(zip(records, designs, strict=True), 1):
        require(record, "compare")
        if design is None:
            raise DataError(
                f"Fit {k} holds no rows, as it was loaded or pickled, so that it is not known whether they are those "
                "of the others. Fit it again."
            )
        pairs.append((record, design))
    for k, pair in enumerate(pairs[1:], 2):
        if not same_rows(pairs[0], pair):
            raise DataError(_difference(pairs[0], pair, k))
        one, other = pairs[0][0].bic_n, pair[0].bic_n
        if one != other:
            raise DataError(
                f"Fits 1 and {k} have {one:g} and {other:g} observations, so that BIC is not comparable: weights are "
                "frequencies in one and precisions in the other, or they have other conventions. Fit both alike."
            )
    return pairs


def _difference(first: Pair, other: Pair, number: int) -> str:
    """Say how the rows of two fits differ, and what to do."""
    one, two = first[1], other[1]
    if one.n_rows != two.n_rows:
        how = f"{one.n_rows:,} and {two.n_rows:,} rows"
    elif not np.array_equal(one.positions, two.positions):
        how = f"{one.n_rows:,} rows each, in other places of their tables"
    elif not np.array_equal(one.response.weights, two.response.weights):
        how = "other weights"
    else:
        how = "other outcomes"
    return (
        f"Fits 1 and {number} are of {how}, and likelihoods are compared on the same rows only. Drop the rows with a "
        "missing value in any of the columns first, and fit all models to what is left."
    )


def compare_fits(
    records: Sequence[FitRecord], designs: Sequence[Design | None], names: Sequence[str] | None = None
) -> Comparison:
    """Compare models of the same rows.

    Parameters
    ----------
    records : sequence of FitRecord
        The fits.
    designs : sequence of Design or None
        Their rows.
    names : sequence of str, optional
        Names of the models, in the order of the records.

    Returns
    -------
    Comparison
        The models, with likelihood-ratio tests where a model is nested in the next.

    Raises
    ------
    DataError, UnsupportedError, ConvergenceError
        As for ``require_comparable``.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fits = [lk.logit("y ~ x", data, link=link) for link in ("logit", "probit")]
    >>> found = compare_fits([fit.record for fit in fits], [fit.design for fit in fits])
    >>> found.nested.tolist(), round(float(found.weight.sum()), 12)
    ([False, False], 1.0)
    """
    pairs = require_comparable(records, designs)
    order = sorted(range(len(pairs)), key=lambda k: (pairs[k][0].n_params, k))
    sorted_pairs = [pairs[k] for k in order]
    found = [_ratio(smaller, larger) for smaller, larger in pairwise(sorted_pairs)]
    rows = [(False, np.nan, 0), *found]
    statistic, dof = np.array([row[1] for row in rows]), np.array([row[2] for row in rows], dtype=np.int64)
    p_value = np.where(dof > 0, NORMAL.joint(np.nan_to_num(statistic), np.maximum(dof, 1)), np.nan)
    own = [record for record, _ in sorted_pairs]
    models = tuple(record.family.words.title for record in own)
    labels = [f"{k + 1}: {name}" for k, name in zip(order, model_names(own, models), strict=True)]
    criteria = [fit_statistics(record) for record in own]
    aic = np.array([each.aic for each in criteria])
    relative = np.exp(-0.5 * (aic - np.fmin.reduce(aic)))
    return Comparison(
        tuple(labels) if names is None else tuple(names[k] for k in order),
        models,
        np.array([record.n_params for record in own], dtype=np.int64),
        np.array([record.deviance for record in own]),
        np.array([record.loglik for record in own]),
        aic,
        np.array([each.bic for each in criteria]),
        np.asarray(relative / np.nansum(relative)),
        np.array([row[0] for row in rows]),
        statistic,
        np.where(np.isnan(statistic), np.nan, p_value),
        dof,
        names is not None,
    )


def _ratio(smaller: Pair, larger: Pair) -> tuple[bool, float, int]:
    """Return whether a model is within another, the likelihood ratio, and its degrees of freedom."""
    if smaller[0].n_params >= larger[0].n_params:
        return False, np.nan, 0
    embedded = embedding(smaller, larger)
    if embedded is None:
        return False, np.nan, 0
    statistic, dof = likelihood_ratio(larger[0], smaller[0], zero_in_smaller(larger[0], embedded))
    return True, statistic, dof
