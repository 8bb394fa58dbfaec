"""Influence of covariate patterns: what changes when all rows of a pattern are left out, as Stata has it.

The rows of a pattern are one row of counts, whose likelihood differs by a constant, so that the formulas are those of
rows.

References
----------
Hosmer, D. W., Lemeshow, S. and Sturdivant, R. X. (2013) Applied Logistic Regression, 3rd edition, section 5.3.
"""

from __future__ import annotations

from dataclasses import replace

from logitkit.design.design import Design
from logitkit.diagnostics.residuals.dfbetas import dfbetas_of
from logitkit.diagnostics.residuals.influence import Influence, influence_of, require_own_rows
from logitkit.diagnostics.residuals.influential import taken
from logitkit.diagnostics.rows.patterns import pattern_rows
from logitkit.engine.record import FitRecord
from logitkit.typing import FloatArray

__all__ = ["dfbetas_by_pattern", "influence_by_pattern"]


def influence_by_pattern(record: FitRecord, design: Design) -> Influence:
    """Return the influence of the covariate pattern of each row.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        The n rows of the fit, in memory.

    Returns
    -------
    Influence
        Influence for n rows, equal for all rows with the same pattern.

    Raises
    ------
    UnsupportedError
        As for ``influence``; and if rows are read in chunks or a factor is absorbed.

    Examples
    --------
    The leverage of a pattern is the sum of those of its rows:

    >>> import numpy as np
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fit = lk.logit("low ~ smoke + ht", births)
    >>> cells = [births["smoke"], births["ht"]]
    >>> alone, together = fit.influence()["leverage"], fit.influence(by="pattern")["leverage"]
    >>> bool(np.allclose(alone.groupby(cells).sum(), together.groupby(cells).first()))
    True
    """
    require_own_rows(record, design)
    patterns, codes = pattern_rows(record, design)
    return replace(taken(influence_of(record, patterns), codes), positions=design.positions)


def dfbetas_by_pattern(record: FitRecord, design: Design, *, scaled: bool = True) -> FloatArray:
    """Return the change in each coefficient when the covariate pattern of each row is left out.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        The n rows of the fit, in memory.
    scaled : bool, default True
        As in ``dfbetas``.

    Returns
    -------
    (n, p) array
        Changes, equal for all rows with the same pattern.

    Raises
    ------
    UnsupportedError
        As for ``influence_by_pattern``.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ smoke + ht", lk.datasets.load_lbw())
    >>> len(fit.dfbetas(by="pattern").round(9).drop_duplicates())
    4
    """
    require_own_rows(record, design)
    patterns, codes = pattern_rows(record, design)
    return dfbetas_of(record, patterns, scaled=scaled)[codes]
