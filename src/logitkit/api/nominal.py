"""The public fitting functions of models of several outcomes."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from logitkit.api.functions import scope_of
from logitkit.design.build import build_design
from logitkit.design.design import Design
from logitkit.design.ready import ready_design
from logitkit.design.response.reading import NominalReader
from logitkit.design.table.extras import offsets_by_outcome
from logitkit.engine.fit import fit_design
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import ConvergenceWarning, DataError, warn_caller
from logitkit.inference.delta import normal_quantile
from logitkit.inference.sandwich import with_required_sandwich
from logitkit.models.nominal import choose_outcomes
from logitkit.results.foreign import in_our_words
from logitkit.results.multinomial import MultinomialFit
from logitkit.typing import MissingPolicy, WeightKind

if TYPE_CHECKING:
    from logitkit.engine.regularised.options import ProxNewton
    from logitkit.models.form import Form
    from logitkit.models.penalties.specification import Specification

__all__ = ["First", "multinomial", "multinomial_matrix", "outcomes_of"]


class First(Enum):
    """The reference where none is given."""

    FIRST = "the first outcome"

    def __repr__(self) -> str:
        """Return the words."""
        return f"<{self.value}>"


@in_our_words
def multinomial(
    formula: str,
    data: Any,
    *,
    reference: Any = First.FIRST,
    per_outcome: Mapping[str, str] | None = None,
    equal: str | Sequence[str] | None = None,
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    missing: MissingPolicy = "drop",
    cluster: Any = None,
    penalty: Specification | None = None,
    solver: Newton | ProxNewton | None = None,
    level: float = 0.95,
) -> MultinomialFit:
    r"""Fit a multinomial logistic regression from a formula by maximum likelihood.

    .. math:: \log \frac{p_{ik}}{p_{ir}} = x_i'\beta_k + o_{ik} - o_{ir}

    for every outcome k but the reference r, or in symmetric form :math:`p_{ik} \propto \exp(x_i'\beta_k + o_{ik})` with
    coefficients that sum to zero over the outcomes.

    Parameters
    ----------
    formula : str
        ``"response ~ terms"``. The response is text, categories, whole numbers or bool, one outcome a row, or
        ``cbind(a, b, c)`` with counts of each outcome; the terms are those of ``logit``.
    data : table
        As in ``logit``; it is not changed.
    reference : object, optional
        The outcome that the others are compared with. Default: the first, of categories in their order, else sorted.
        None: the symmetric form, in which of all equivalent coefficients those of least norm are given; they sum to
        zero over the outcomes. With a penalty this is the default.
    per_outcome : mapping of str to str, optional
        Terms of single outcomes, ``{"bus": "cost"}``; these have no others besides the intercept. An outcome that is
        not named has all terms of the formula.
    equal : str or sequence of str, optional
        Terms, ``"cost + time"``, whose coefficients are the same for every outcome but the reference.
    weights : str or (n,) array-like, optional
        A column name, or an array aligned with ``data`` before any row is dropped.
    offset : mapping of str to str or array-like, or (n, K) array-like, optional
        By outcome, given like ``weights``; zero for an outcome without one. An array or table has a column an outcome.
    weight_kind : {'frequency', 'precision', 'sampling'}
        As in ``logit``.
    missing : {'drop', 'raise'}
        Rows with missing values are dropped and counted, or refused.
    cluster : str or (n,) array-like, optional
        Groups of rows that may be dependent: sandwich errors with G / (G - 1).
    penalty : penalty, optional
        As in ``logit``, or ``lk.Lasso(0.05, across_outcomes=True)``, with which a column enters for all outcomes or for
        none. Without a reference it is of the symmetric form; with one, of the coefficients against it, and the fit
        depends on which it is.
    solver : Newton or ProxNewton, optional
        Options of the solver; the second with a penalty.
    level : float, default 0.95
        Confidence level of intervals.

    Returns
    -------
    MultinomialFit
        Separation and lack of convergence are findings in it, not errors; of the latter a ``ConvergenceWarning`` tells.

    Raises
    ------
    FormulaError, DataError, ResponseError
        What is wrong with the input, where, and what to do.

    References
    ----------
    Agresti, A. (2013) Categorical Data Analysis, 3rd edition, section 8.1.

    Examples
    --------
    With one binary predictor the relative risk ratio is the ratio of odds in the table of outcomes:

    >>> import logitkit as lk
    >>> import numpy as np
    >>> data = {"y": ["a"] * 4 + ["b"] * 4 + ["c"] * 2 + ["a"] * 2 + ["b"] * 6 + ["c"] * 2, "x": [0] * 10 + [1] * 10}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> round(float(fit.coef.loc["x", "b"]), 6) == round(float(np.log((6 / 2) / (4 / 4))), 6)
    True
    """
    normal_quantile(level)
    design = build_design(
        formula,
        data,
        namespace=scope_of(sys._getframe(2)),  # noqa: SLF001 - the scope of the call
        weights=weights,
        weight_kind=weight_kind,
        cluster=cluster,
        reader=NominalReader(offsets_by_outcome(offset)),
        missing=missing,
    )
    return _fit(replace(design, table=data), (reference, per_outcome, equal), penalty, solver, level)


@in_our_words
def multinomial_matrix(
    X: Any,
    y: Any,
    names: Sequence[str] | None = None,
    *,
    reference: Any = First.FIRST,
    per_outcome: Mapping[str, str] | None = None,
    equal: str | Sequence[str] | None = None,
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    cluster: Any = None,
    penalty: Specification | None = None,
    solver: Newton | ProxNewton | None = None,
    level: float = 0.95,
) -> MultinomialFit:
    """Fit a multinomial logistic regression to a ready matrix, which holds its own intercept.

    Parameters
    ----------
    X : (n, p) array, scipy sparse matrix or table of numbers
        Not copied when it is a dense array. Without a column of ones there is no intercept.
    y : (n,) array-like
        One outcome a row.
    names : sequence of str, optional
        Column names; the one called ``"Intercept"`` is the intercept.
    reference : object, optional
        The outcome that the others are compared with; the first by default, None for the symmetric form.
    per_outcome : mapping of str to str, optional
        As in ``multinomial``; terms are columns.
    equal : str or sequence of str, optional
        As in ``multinomial``; terms are columns.
    weights : (n,) array-like, optional
        Not negative.
    offset : mapping of str to array-like, or (n, K) array-like, optional
        By outcome; zero for an outcome without one.
    weight_kind : {'frequency', 'precision', 'sampling'}
        What weights mean.
    cluster : (n,) array-like, optional
        Groups of rows that may be dependent.
    penalty : penalty, optional
        As in ``multinomial``; terms are columns.
    solver : Newton or ProxNewton, optional
        Options of the solver; the second with a penalty.
    level : float, default 0.95
        Confidence level of intervals.

    Returns
    -------
    MultinomialFit
        As from ``multinomial``.

    Raises
    ------
    DataError, ResponseError
        What is wrong with the input, where, and what to do.

    Examples
    --------
    >>> import logitkit as lk
    >>> import numpy as np
    >>> fit = lk.multinomial_matrix(np.ones((4, 1)), ["a", "b", "b", "c"], names=["Intercept"])
    >>> bool(np.isclose(fit.coef.loc["Intercept", "b"], np.log(2)))
    True
    """
    normal_quantile(level)
    design = ready_design(
        X,
        y,
        names,
        weights=weights,
        weight_kind=weight_kind,
        cluster=cluster,
        reader=NominalReader(offsets_by_outcome(offset)),
    )
    return _fit(design, (reference, per_outcome, equal), penalty, solver, level)


def _fit(
    design: Design,
    words: tuple[Any, Mapping[str, str] | None, str | Sequence[str] | None],
    penalty: Specification | None,
    solver: Newton | ProxNewton | None,
    level: float,
) -> MultinomialFit:
    outcomes = outcomes_of(design, words, penalty)
    if penalty is None:
        if solver is not None and not isinstance(solver, Newton):
            raise DataError(f"solver={solver!r} is not known; give lk.Newton(tol=..., max_iter=...).")
        record = fit_design(design, outcomes, solver or Newton(), level)
    else:
        from logitkit.engine.regularised.estimate import fit_penalised
        from logitkit.engine.regularised.options import ProxNewton

        if solver is not None and not isinstance(solver, ProxNewton):
            raise DataError(f"solver={solver!r}: with a penalty give lk.ProxNewton(tol=..., max_iter=...).")
        record = fit_penalised(design, outcomes, penalty, solver or ProxNewton(), level)
    if not record.converged:
        warn_caller(
            f"The fit has not converged: the solver {record.status.value}. Do not use its numbers.", ConvergenceWarning
        )
    return MultinomialFit(with_required_sandwich(record, design), design)


def outcomes_of(
    design: Design,
    words: tuple[Any, Mapping[str, str] | None, str | Sequence[str] | None],
    penalty: Specification | None,
) -> Form:
    """Return which coefficients a model has."""
    reference, per_outcome, equal = words
    levels = list(design.info.response.coded) or list(design.info.response.levels)
    if reference is First.FIRST:
        reference = levels[0] if penalty is None else None
    return choose_outcomes(design.info, reference, per_outcome, equal)
