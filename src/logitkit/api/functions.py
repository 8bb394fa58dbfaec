"""The public fitting functions: formula and data, or a ready matrix, to a fit."""

from __future__ import annotations

import sys
from collections import ChainMap
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any

from logitkit.design.build import build_design
from logitkit.design.design import Design
from logitkit.design.ready import ready_design
from logitkit.design.response.reading import BinaryReader
from logitkit.engine.fit import fit_design
from logitkit.engine.levels.absorbed import fit_absorbed
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import ConvergenceWarning, DataError, warn_caller
from logitkit.inference.delta import normal_quantile
from logitkit.inference.sandwich import with_required_sandwich
from logitkit.models.binomial import Binomial
from logitkit.models.link import link_named
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.results.fit import Fit
from logitkit.results.foreign import in_our_words
from logitkit.typing import MissingPolicy, WeightKind

if TYPE_CHECKING:
    from logitkit.engine.regularised.options import ProxNewton
    from logitkit.models.penalties.specification import Specification
    from logitkit.results.grouped import GroupedFits

__all__ = ["logit", "logit_by", "logit_matrix", "scope_of"]


@in_our_words
def logit(
    formula: str,
    data: Any,
    *,
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    event: Any = None,
    link: str = "logit",
    missing: MissingPolicy = "drop",
    cluster: Any = None,
    absorb: str | None = None,
    penalty: Specification | None = None,
    solver: Newton | ProxNewton | None = None,
    level: float = 0.95,
) -> Fit:
    r"""Fit a logistic regression from a formula by maximum likelihood.

    .. math:: \log \frac{\mu_i}{1 - \mu_i} = x_i'\beta + o_i

    Parameters
    ----------
    formula : str
        ``"response ~ terms"``. The response is 0/1, bool, text or categories with two levels, or
        ``cbind(events, nonevents)``; the terms are formulaic's, with ``offset(z)`` as in R.
    data : table
        pandas, polars, Arrow, another frame that narwhals reads, or a dict of columns; it is not changed.
    weights, offset : str or (n,) array-like, optional
        A column name, or an array aligned with ``data`` before any row is dropped.
    weight_kind : {'frequency', 'precision', 'sampling'}
        Whether weights count rows (whole numbers), state precision, or are inverse probabilities of selection; the last
        gives sandwich errors with n / (n - 1) and withholds likelihood statistics.
    event : object, optional
        The value of the response that is modelled. Default: 1, True, or the second of two levels.
    link : {'logit'}
        The link.
    missing : {'drop', 'raise'}
        Rows with missing values are dropped and counted, or refused.
    cluster : str or (n,) array-like, optional
        Groups of rows that may be dependent, given like ``weights``: sandwich errors with G / (G - 1).
    absorb : str, optional
        A column, such as a firm, whose levels each get an intercept of their own that is estimated but no column of
        the model: hundreds of thousands of levels are no burden. Levels with one outcome are dropped and counted. With
        few rows a level the other coefficients are biased: see ``Fit.bias_correction``.
    penalty : penalty, optional
        Such as ``lk.Lasso(0.05)`` or ``lk.Ridge(0.1) + lk.Bounds(lower=0)``, each part with its strength.
    solver : Newton or ProxNewton, optional
        Options of the solver; the second with a penalty.
    level : float, default 0.95
        Confidence level of intervals.

    Returns
    -------
    Fit
        Separation and lack of convergence are findings in it, not errors; of the latter a ``ConvergenceWarning`` tells.

    Raises
    ------
    FormulaError, DataError, ResponseError
        What is wrong with the input, where, and what to do.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989) Generalized Linear Models, 2nd edition, chapter 4.

    Examples
    --------
    With one binary predictor the odds ratio is the cross-product of the two-by-two table:

    >>> import logitkit as lk
    >>> data = {"y": [1] * 6 + [0] * 4 + [1] * 3 + [0] * 7, "x": [1] * 10 + [0] * 10}
    >>> fit = lk.logit("y ~ x", data)
    >>> round(float(fit.odds_ratios().loc["x", "odds_ratio"]), 6) == round(6 * 7 / (4 * 3), 6)
    True
    """
    normal_quantile(level)
    family = Binomial(link_named(link))
    namespace = scope_of(sys._getframe(2))  # noqa: SLF001 - as every formula package does; the scope of the call
    design = build_design(
        formula,
        data,
        namespace=namespace,
        weights=weights,
        weight_kind=weight_kind,
        offset=offset,
        cluster=cluster,
        reader=BinaryReader(event),
        missing=missing,
        absorb=absorb,
    )
    return _fit(design, family, penalty, solver, level)


@in_our_words
def logit_matrix(
    X: Any,
    y: Any,
    names: Sequence[str] | None = None,
    *,
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    event: Any = None,
    link: str = "logit",
    cluster: Any = None,
    penalty: Specification | None = None,
    solver: Newton | ProxNewton | None = None,
    level: float = 0.95,
) -> Fit:
    """Fit a logistic regression to a ready matrix as it is: no intercept is added.

    A column of ones called ``"Intercept"`` is the intercept; without one the model has none, which its summary says.

    Parameters
    ----------
    X : (n, p) array or table of numbers
        Not copied when it is a dense array.
    y : (n,) array-like
        0/1, bool, text or categories with two levels.
    names : sequence of str, optional
        Column names, x0, x1, ... where X has none; the one called ``"Intercept"``, of ones, is the intercept.
    weights, offset : (n,) array-like, optional
        One value a row.
    weight_kind : {'frequency', 'precision', 'sampling'}
        What the weights mean, as in ``logit``.
    event : object, optional
        The value of ``y`` that is modelled.
    link : {'logit'}
        The link.
    cluster : (n,) array-like, optional
        Groups of rows that may be dependent.
    penalty : penalty, optional
        As in ``logit``; terms are columns.
    solver : Newton or ProxNewton, optional
        Options of the solver; the second with a penalty.
    level : float, default 0.95
        Confidence level of intervals.

    Returns
    -------
    Fit
        As from ``logit``.

    Raises
    ------
    DataError, ResponseError
        What is wrong with the input, where, and what to do.

    Examples
    --------
    >>> import numpy as np
    >>> import logitkit as lk
    >>> fit = lk.logit_matrix(np.ones((4, 1)), [0, 1, 1, 1], names=["Intercept"])
    >>> bool(np.isclose(fit.coef["Intercept"], np.log(3)))
    True
    """
    normal_quantile(level)
    family = Binomial(link_named(link))
    design = ready_design(
        X,
        y,
        names,
        weights=weights,
        weight_kind=weight_kind,
        offset=offset,
        cluster=cluster,
        reader=BinaryReader(event),
    )
    return _fit(design, family, penalty, solver, level)


@in_our_words
def logit_by(
    formula: str,
    data: Any,
    by: str | Sequence[str],
    *,
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    event: Any = None,
    link: str = "logit",
    missing: MissingPolicy = "drop",
    cluster: Any = None,
    solver: Newton | None = None,
    level: float = 0.95,
) -> GroupedFits:
    """Fit the same logistic regression to each group of a table.

    The columns are coded once for all groups: levels, spline knots and moments of transforms are learnt from the rows
    of the whole table, so that coefficients of different groups mean the same. A level that does not occur in a group
    leaves its coefficient missing there.

    Parameters
    ----------
    formula : str
        As in ``logit``.
    data : table
        As in ``logit``.
    by : str or sequence of str
        Columns that make the groups; rows where one is missing are dropped and counted.
    weights, offset : str or (n,) array-like, optional
        A column name, or an array aligned with ``data`` before any row is dropped.
    weight_kind : {'frequency', 'precision', 'sampling'}
        What the weights mean, as in ``logit``.
    event : object, optional
        The value of the response that is modelled.
    link : {'logit'}
        The link.
    missing : {'drop', 'raise'}
        Rows with missing values are dropped and counted, or refused.
    cluster : str or (n,) array-like, optional
        Groups of rows that may be dependent: sandwich errors.
    solver : Newton, optional
        Options of the solver.
    level : float, default 0.95
        Confidence level of intervals.

    Returns
    -------
    GroupedFits
        One fit a group; a group with one outcome only, with separation or with columns that are dependent is a finding
        in it, not an error.

    Raises
    ------
    FormulaError, DataError, ResponseError
        What is wrong with the input, where, and what to do.

    Examples
    --------
    Each is the fit of the group's rows:

    >>> import logitkit as lk
    >>> data = lk.datasets.load_lbw()
    >>> fits = lk.logit_by("low ~ age + lwt", data, by="smoke")
    >>> alone = lk.logit("low ~ age + lwt", data[data["smoke"] == 1])
    >>> bool(abs(fits.coef.loc[1] - alone.coef).max() < 1e-9)
    True
    """
    normal_quantile(level)
    family = Binomial(link_named(link))
    if solver is not None and not isinstance(solver, Newton):
        raise DataError(f"solver={solver!r} is not known; give lk.Newton(tol=..., max_iter=...).")
    from logitkit.design.group_rows import build_groups
    from logitkit.inference.by import fit_groups
    from logitkit.results.grouped import GroupedFits

    rows = build_groups(
        formula,
        data,
        by,
        namespace=scope_of(sys._getframe(2)),  # noqa: SLF001 - the scope of the call
        extras={"weights": weights, "offset": offset, "cluster": cluster},
        weight_kind=weight_kind,
        event=event,
        missing=missing,
    )
    record = fit_groups(rows, family, solver or Newton(), level)
    failed = sum(not single.converged for single in record.single.values())
    if failed:
        warn_caller(
            f"Fits that have not converged: {failed} of {len(record.groups)} groups. Do not use their numbers; "
            "glance() names them.",
            ConvergenceWarning,
        )
    return GroupedFits(record, rows, solver or Newton())


def _fit(
    design: Design, family: Binomial, penalty: Specification | None, solver: Newton | ProxNewton | None, level: float
) -> Fit:
    if penalty is None:
        if solver is not None and not isinstance(solver, Newton):
            raise DataError(f"solver={solver!r} is not known; give lk.Newton(tol=..., max_iter=...).")
        if design.info.absorbed is None:
            record = fit_design(design, family, solver or Newton(), level)
        else:
            with single_threaded_blas():
                record, design = fit_absorbed(design, family, solver or Newton(), level)
    else:
        from logitkit.engine.regularised.estimate import fit_penalised
        from logitkit.engine.regularised.options import ProxNewton

        if solver is not None and not isinstance(solver, ProxNewton):
            raise DataError(f"solver={solver!r}: with a penalty give lk.ProxNewton(tol=..., max_iter=...).")
        record = fit_penalised(design, family, penalty, solver or ProxNewton(), level)
    if not record.converged:
        warn_caller(
            f"The fit has not converged: the solver {record.status.value}. Do not use its numbers.", ConvergenceWarning
        )
    return Fit(with_required_sandwich(record, design), design)


def scope_of(frame: FrameType) -> Mapping[str, Any]:
    """Return the names that the caller can see, through list comprehensions, which had frames before Python 3.12."""
    scopes: list[dict[str, Any]] = [frame.f_locals]
    while frame.f_code.co_name in {"<listcomp>", "<dictcomp>", "<setcomp>"} and frame.f_back is not None:
        frame = frame.f_back
        scopes.append(frame.f_locals)
    return ChainMap(*scopes, frame.f_globals)
