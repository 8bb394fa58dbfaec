"""A fit with a robust covariance, from clusters, times and lags given by the user."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from logitkit.design.dependence import Dependence
from logitkit.design.design import Design
from logitkit.design.table.beside import clusters_beside, values_beside
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.covariances.in_time import several_at
from logitkit.inference.covariances.robust import robust
from logitkit.inference.covariances.score_bootstrap import ScoreBootstrap, WildWeights, score_bootstrap
from logitkit.inference.sample import is_sample
from logitkit.inference.verbs import require
from logitkit.results.rows import Rows
from logitkit.typing import IntArray

if TYPE_CHECKING:
    from logitkit.results.fit import Fit
    from logitkit.results.hypotheses import Hypotheses

__all__ = ["robust_fit", "score_bootstrap_of"]


def robust_fit(
    fit: Fit,
    kind: str | None,
    given: dict[str, Any],
    correction: str | None,
    dof: str | float | None,
    data: Any,
) -> Fit:
    """Return the fit with a robust covariance; ``given`` holds cluster, time and lags."""
    require(fit.record, "robust")
    design = _rows(fit, data)
    clusters = () if given["cluster"] is None else clusters_beside(given["cluster"], design)
    order, time = (None, "") if given["time"] is None else _order(given["time"], design)
    dependence = Dependence(clusters, order, time, given["lags"])
    record, own = robust(fit.record, design, kind, dependence, correction=correction, dof=dof)
    return type(fit)(record, own)


def score_bootstrap_of(
    fit: Hypotheses, hypothesis: str, cluster: Any, draws: int, weights: WildWeights, seed: int, level: float | None
) -> ScoreBootstrap:
    """Return the score bootstrap of a fit, with the given clusters or those of the fit."""
    require(fit.record, "score_bootstrap")
    design = _rows(fit, None)
    if cluster is None and design.clusters is None:
        raise DataError("The score bootstrap needs cluster=, a column or an array.")
    found = (design.response.clusters,) if cluster is None else clusters_beside(cluster, design)
    own = found[0] if len(found) == 1 else None
    if own is None:
        raise UnsupportedError("The score bootstrap is defined for one clustering.")
    if design.in_chunks and cluster is not None:
        from logitkit.design.chunks.build import in_clusters

        design = in_clusters(design, [own])
        own = design.response.clusters  # a number per row, where that fits into the memory
        assert own is not None
    return score_bootstrap(fit.record, design, hypothesis, own, draws=draws, weights=weights, seed=seed, level=level)


def _rows(fit: Hypotheses, data: Any) -> Design:
    """Return the rows of the fit, its own or given again, with their table."""
    if data is None:
        if fit.design is None:
            raise DataError(
                "A loaded model holds no rows, which a sandwich is made of: pass data=..., those of the fit."
            )
        return fit.design
    design = Rows(fit.record, None, data).design
    if not is_sample(fit.record, design):
        raise DataError("data= are not the rows of the fit: a sandwich is made of the scores of these.")
    return design if design.in_chunks else replace(design, table=data)


def _order(value: Any, design: Design) -> tuple[IntArray | None, str]:
    """Return the places of the rows in the order of time, and its name; of rows that are read in chunks, its name."""
    if design.stream is not None:
        design.stream.require_columns([value], "time")
        return None, str(value)
    series, name = values_beside(value, design, "time")
    values = series.reset_index(drop=True)
    try:
        ordered = values.sort_values(kind="stable")
    except TypeError as error:
        raise DataError(f"time ({name}) has no order: {error}.") from error
    if values.duplicated().any():
        twice = values[values.duplicated()].tolist()[0]
        raise several_at(name, twice)
    return np.asarray(ordered.index, dtype=np.int64), name
