"""The public functions that fit one model to each group of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from logitkit.api.fitting import newton_options
from logitkit.api.scope import caller_scope
from logitkit.design.group_rows import build_groups
from logitkit.engine.law import require_level
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import ConvergenceWarning, UnsupportedError, warn_caller
from logitkit.inference.by import fit_groups
from logitkit.models.binary import Binary
from logitkit.models.catalogue import require_model
from logitkit.models.links import Information
from logitkit.models.model import Model
from logitkit.results.foreign import in_our_words
from logitkit.results.grouped import GroupedFits
from logitkit.typing import MissingPolicy, WeightKind

__all__ = ["fit_by", "logit_by"]


@in_our_words
def fit_by(
    formula: str,
    data: Any,
    by: str | Sequence[str],
    *,
    model: Model = Binary(),  # noqa: B008 - frozen, and shown in the signature
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    missing: MissingPolicy = "drop",
    cluster: Any = None,
    solver: Newton | None = None,
    level: float = 0.95,
) -> GroupedFits:
    """Fit the same model to each group of a table.

    The columns are coded once for all groups: levels, spline knots and moments of transforms are learnt from the rows
    of the whole table, so that coefficients of different groups mean the same. A level that does not occur in a group
    leaves its coefficient missing there.

    Parameters
    ----------
    formula : str
        As in ``fit``.
    data : table
        As in ``fit``.
    by : str or sequence of str
        Columns that make the groups; rows where one is missing are dropped and counted.
    model : model, default lk.Binary()
        What is fitted to each group; a model of two outcomes.
    weights, offset : str or (n,) array-like, optional
        A column name, or an array aligned with ``data`` before any row is dropped.
    weight_kind : {'frequency', 'precision', 'sampling'}
        What the weights mean, as in ``fit``.
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
        One fit per group; a group with one outcome only, with separation or with columns that are dependent is a
        finding in it, not an error.

    Raises
    ------
    FormulaError, DataError, ResponseError
        What is wrong with the input, where, and what to do.
    UnsupportedError
        For a model of several outcomes, whose groups are fitted one by one.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fits = lk.fit_by("low ~ age + lwt", births, by="smoke", model=lk.Binary(event=0))
    >>> alone = lk.logit("low ~ age + lwt", births[births["smoke"] == 1], event=0)
    >>> bool(abs(fits.coef.loc[1] - alone.coef).max() < 1e-9)
    True
    """
    require_level(level)
    model, options = require_model(model), newton_options(solver)
    if not model.is_single:
        raise UnsupportedError(
            f"model={model!r}: groups are fitted at once where there is one linear predictor only. Fit each by itself: "
            "{group: lk.fit(formula, rows, model=...) for group, rows in data.groupby(...)}."
        )
    rows = build_groups(
        formula,
        data,
        by,
        namespace=caller_scope(),
        extras={"weights": weights, "offset": offset, "cluster": cluster},
        weight_kind=weight_kind,
        reader=model.reader,
        missing=missing,
    )
    record = fit_groups(rows, model.form(rows.design.info), options, level)
    failed = sum(not single.converged for single in record.single.values())
    if failed:
        warn_caller(
            f"Fits that have not converged: {failed} of {len(record.groups)} groups. Do not use their numbers; "
            "glance() names them.",
            ConvergenceWarning,
        )
    return GroupedFits(record, rows, options)


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
    information: Information = "expected",
    missing: MissingPolicy = "drop",
    cluster: Any = None,
    solver: Newton | None = None,
    level: float = 0.95,
) -> GroupedFits:
    """Fit the same logistic regression to each group of a table.

    Columns are coded once, from the rows of the whole table. A level that does not occur in a group leaves its
    coefficient missing there.

    Parameters
    ----------
    formula : str
        As in ``logit``.
    data : table
        As in ``logit``.
    by : str or sequence of str
        Columns that make the groups; rows where one is missing are dropped and counted.
    weights, offset, weight_kind, event, link, information, missing, cluster : optional
        As in ``logit``.
    solver : Newton, optional
        Options of the solver.
    level : float, default 0.95
        Confidence level of intervals.

    Returns
    -------
    GroupedFits
        As from ``fit_by`` with the model ``lk.Binary(link, event, information)``.

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
    return fit_by(
        formula,
        data,
        by,
        model=Binary(link, event, information),
        weights=weights,
        offset=offset,
        weight_kind=weight_kind,
        missing=missing,
        cluster=cluster,
        solver=solver,
        level=level,
    )
