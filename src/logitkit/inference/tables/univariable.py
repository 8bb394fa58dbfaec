r"""Each term of a fit alone on the same rows: the columns of the other terms are left out.

The intercept, offsets, absorbed factors and the kind of covariance are kept. A term that is a product of others is not
fitted by itself.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.design.dependence import Dependence
from logitkit.design.design import Design
from logitkit.design.formula.terms import INTERCEPT
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.covariances.required import with_required_sandwich
from logitkit.inference.covariances.robust import robust
from logitkit.inference.covariances.survey import with_survey
from logitkit.inference.hypotheses.nested import fit_without
from logitkit.inference.tables.blocks import Options, blocks_of, counts_of
from logitkit.inference.tables.level_counts import level_counts
from logitkit.inference.tables.regression import Block, TabledFit

__all__ = ["univariable_fit"]


def univariable_fit(
    record: FitRecord, design: Design | None, place: int, options: Options, name: str
) -> tuple[TabledFit, tuple[Block, ...]]:
    """Return the fits of each term alone, on the rows of a fit, as a single fit of the table.

    Parameters
    ----------
    record : FitRecord
        The fit with all terms.
    design : Design or None
        Its rows.
    place : int
        Position among the fits of the table.
    options : Options
        Options of the table.
    name : str
        Name of these fits.

    Returns
    -------
    fit : TabledFit
        The fits, without statistics.
    blocks : tuple of Block
        Blocks like those of the fit; terms that contain others are left out.

    Raises
    ------
    UnsupportedError
        For a fit without rows, after a penalty, and for a ready-made matrix, whose terms are not known.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fit, alone = lk.logit("low ~ age + smoke", births), lk.logit("low ~ smoke", births)
    >>> _, (block,) = univariable_fit(fit.record, fit.design, 0, Options(), "alone")
    >>> bool(abs(block.cells["smoke", ""].estimate - alone.coef["smoke"]) < 1e-9)
    True
    """
    if design is None:
        raise UnsupportedError("Univariable fits are made of the rows of the fit, and this one has none: fit it again.")
    if record.is_penalised or record.adjustment is not None:
        raise UnsupportedError(
            "Univariable fits are by maximum likelihood: fit the model without its penalty, or give the univariable "
            "fits yourself, lk.regression_table(fit1, fit2, ...)."
        )
    info = record.info
    if info.coding is None:
        raise UnsupportedError("Univariable fits are of the terms of a formula, and this fit is of a ready matrix.")
    terms = [term for term in info.terms if info.names[term.columns[0]] != INTERCEPT]
    alone = [term for term in terms if len(info.coding.factors.get(term.name, ())) == 1]
    merged: dict[str, Block] = {}
    covariance = record.covariance
    for term in alone:
        others = [j for other in terms if other is not term for j in other.columns]
        part, rows = (record, design) if not others else fit_without(record, design, np.array(others, dtype=np.int64))
        part = replace(part, conventions=record.conventions)
        part = _with_covariance(part, rows, design.dependence)
        covariance = part.covariance
        units = {k: v for k, v in (options.units or {}).items() if k in (term.name, *info.coding.factors[term.name])}
        own = replace(options, units=units or None, intercepts=False)
        for block in blocks_of(part, rows, place, own):
            before = merged.setdefault(block.label, replace(block, cells={}, tests={}))
            before.cells.update(block.cells)
            before.tests.update(block.tests)
    counts = level_counts(design, has_event=record.has_event)
    left = tuple(term.name for term in terms if term not in alone)
    own_errors = replace(record, covariance=covariance)
    fit = TabledFit(name, own_errors, None, counts_of(info, counts), counts.n_rows, counts.n_events, True, left)
    return fit, tuple(merged.values())


def _with_covariance(part: FitRecord, rows: Design, made: Dependence | None) -> FitRecord:
    """Return the fit of a term with the covariance that weights or clusters call for, or that was asked for."""
    if made is None or not made.kind:
        return with_required_sandwich(part, rows)
    if made.survey is not None:
        return with_survey(part, rows, made.survey)
    return robust(part, rows, made.kind, replace(made, kind=""), correction=made.correction)[0]
