"""Fits learnt in mini-batches as plain JSON: their numbers and the coding of new rows, written and read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from logitkit.engine.saved.columns import checked_columns, pack_columns
from logitkit.engine.saved.file import digest_of, other_version, sealed, write_packed
from logitkit.engine.stochastic.options import Stochastic
from logitkit.errors import DataError
from logitkit.results.stochastic import StochasticFit

__all__ = ["FORMAT", "learnt_in", "learnt_in_file", "packed_learnt", "save_learnt"]

FORMAT, VERSION = "logitkit stochastic fit", 1
NOT_LEARNT = "This is nothing that was learnt in mini-batches"


def packed_learnt(fit: StochasticFit) -> dict[str, Any]:
    """Return a fit learnt in mini-batches as JSON values; unknown numbers are null."""
    return {
        "solver": asdict(fit.solver),
        "names": list(fit.names),
        "outcomes": list(fit.outcomes),
        "estimate": fit.estimate.tolist(),
        "losses": [_known(value) for value in fit.losses],
        "held_out": [_known(value) for value in fit.held_out],
        "mean_loss": _known(fit.mean_loss),
        "optimum": _known(fit.optimum),
        "vcov": None if fit.vcov is None else fit.vcov.tolist(),
        "n_rows": fit.n_rows,
        "n_seen": fit.n_seen,
        "reference": fit.reference,
        "columns": None if fit.info is None else pack_columns(fit.info),
    }


def learnt_in(kept: Mapping[str, Any], functions: Mapping[str, Any]) -> StochasticFit:
    """Return the fit from JSON values, after checking all of them."""
    try:
        names, outcomes = (tuple(str(each) for each in kept[part]) for part in ("names", "outcomes"))
        estimate = np.asarray(kept["estimate"], dtype=np.float64)
        vcov = None if kept["vcov"] is None else np.asarray(kept["vcov"], dtype=np.float64)
        losses, held_out = (tuple(_number(each) for each in kept[part]) for part in ("losses", "held_out"))
        n_rows, n_seen, reference = (int(kept[part]) for part in ("n_rows", "n_seen", "reference"))
        solver, loss, optimum = Stochastic(**kept["solver"]), _number(kept["mean_loss"]), _number(kept["optimum"])
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{NOT_LEARNT}: {error!s:.80}.") from error
    m, p = max(len(outcomes), 1), len(names)
    fits = estimate.shape == (m, p) and (vcov is None or vcov.shape == (m * p, m * p))
    if not fits or not np.isfinite(estimate).all() or not -1 <= reference <= m:
        raise DataError(f"{NOT_LEARNT}: its numbers do not fit one another.")
    info = None
    if kept.get("columns") is not None:
        info = checked_columns(kept["columns"], functions)
        several = info.response.levels
        if info.names != names or len(several) != (len(outcomes) + (reference >= 0) if outcomes else 0):
            raise DataError(f"{NOT_LEARNT}: its columns and outcomes are others than those of its coefficients.")
    sizes = (n_rows, n_seen, reference, info)
    return StochasticFit(solver, names, outcomes, estimate, losses, held_out, loss, optimum, vcov, *sizes)


def save_learnt(fit: StochasticFit, path: str | Path) -> Path:
    """Write a fit learnt in mini-batches; an incomplete file is never left behind."""
    return write_packed(sealed(FORMAT, VERSION, {"learnt": packed_learnt(fit)}), path)


def learnt_in_file(packed: Mapping[str, Any], path: Path, functions: Mapping[str, Any]) -> StochasticFit:
    """Return the fit from the JSON values of a file."""
    version = packed.get("version")
    if type(version) is not int or version != VERSION:
        raise DataError(f"'{path}' {other_version(version, packed.get('written_by'), VERSION, VERSION)}")
    if packed.get("digest") != digest_of(packed):
        raise DataError(f"'{path}' was changed after it was saved: its digest does not match its fields.")
    kept = packed.get("learnt")
    if not isinstance(kept, dict):
        raise DataError(f"'{path}' is damaged: it holds nothing that was learnt.")
    return learnt_in(kept, functions)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _number(value: Any) -> float:
    return np.nan if value is None else float(value)
