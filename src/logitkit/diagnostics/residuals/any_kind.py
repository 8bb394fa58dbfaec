"""Residuals of every kind, by their name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast, get_args

from logitkit.design.design import Design
from logitkit.diagnostics.residuals.by_column import partial_residuals, score_residuals
from logitkit.diagnostics.residuals.drawn import drawn_residuals
from logitkit.diagnostics.residuals.influence import influence
from logitkit.diagnostics.residuals.kinds import residuals
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError, nearest_name
from logitkit.options import require_seed
from logitkit.typing import AnyResidualKind, FloatArray, ResidualKind

__all__ = ["Residuals", "residuals_of_kind"]


@dataclass(frozen=True)
class Residuals:
    """Residuals of n rows.

    Parameters
    ----------
    values : (n,) or (n, c) array
        One residual per row, or one per row and column.
    columns : tuple of str or None
        Names of outcomes, coefficients or terms; None if a row has one residual.

    Examples
    --------
    >>> import numpy as np
    >>> Residuals(np.zeros(3), None).values.size
    3
    """

    values: FloatArray
    columns: tuple[str, ...] | None


def residuals_of_kind(record: FitRecord, design: Design, kind: AnyResidualKind, seed: int | None = None) -> Residuals:
    """Return residuals of the given kind.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        n rows with their outcome.
    kind : str
        Kind of residual, one of ``AnyResidualKind``.
    seed : int, optional
        Seed of the random numbers for quantile and surrogate residuals.

    Returns
    -------
    Residuals
        Residuals of the rows.

    Raises
    ------
    UnsupportedError
        If the kind is unknown or not available for the fit.
    DataError
        If a seed is given for a kind that is not random.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> residuals_of_kind(fit.record, fit.design, "score").columns
    ('Intercept', 'age', 'lwt')
    """
    kinds = get_args(AnyResidualKind)
    if kind not in kinds:
        raise UnsupportedError(f"kind={kind!r} is not a kind of residual. {nearest_name(str(kind), kinds)}")
    require_seed(seed)
    if kind in ("quantile", "surrogate"):
        return Residuals(drawn_residuals(record, design, kind, seed), None)
    if seed is not None:
        raise DataError(f"seed={seed}: residuals of kind {kind!r} are not drawn.")
    if kind == "score":
        return Residuals(score_residuals(record, design), record.names)
    if kind == "partial":
        names, values = partial_residuals(record, design)
        return Residuals(values, names)
    if kind in ("standardized_pearson", "standardized_deviance"):
        found = getattr(influence(record, design), kind)
    else:
        found = residuals(record, design, cast("ResidualKind", kind))
    return Residuals(found, None) if found.ndim == 1 else Residuals(found.T.copy(), record.outcomes)
