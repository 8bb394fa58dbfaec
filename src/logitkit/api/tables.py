"""The public functions that make tables for papers: fits side by side, and univariable beside multivariable fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from logitkit.api.fitting import fit
from logitkit.api.naming import names_of_fits
from logitkit.design.design import Design
from logitkit.design.labels import as_labels
from logitkit.design.table.frame import read_table
from logitkit.engine.law import require_level
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, FormulaError, nearest_name
from logitkit.inference.changes import column_changes
from logitkit.inference.tables.blocks import Options, tabled, with_tests
from logitkit.inference.tables.regression import Block, of_same_rows, regression_rows
from logitkit.inference.tables.univariable import univariable_fit
from logitkit.models.binary import Binary
from logitkit.models.model import Model
from logitkit.options import require_choice, require_flag
from logitkit.report.term_labels import known_variables
from logitkit.results.fit import Fit
from logitkit.results.foreign import in_our_words
from logitkit.results.pooled.pooled_fit import PooledFit
from logitkit.results.spread_units import units_of_several
from logitkit.results.tabled import RegressionTableResult
from logitkit.typing import Unit

__all__ = ["regression_table", "univariable"]

Style = Literal["compact", "full"]
SHOWN = ("n", "events", "estimate", "std_error", "interval", "p", "terms", "statistics", "intercept")
OF_STYLE = {
    "compact": ("estimate", "interval", "p", "terms", "statistics"),
    "full": ("n", "events", "estimate", "std_error", "interval", "p", "terms", "statistics"),
}
ALONE, TOGETHER = "Univariable", "Multivariable"


@in_our_words
def regression_table(
    *fits: Any,
    names: Sequence[str] | None = None,
    style: Style = "compact",
    show: Sequence[str] | None = None,
    level: float | None = None,
    units: Mapping[str, Unit] | None = None,
    labels: Any = None,
    univariable: bool = False,
    test: Literal["LR", "Wald"] | None = None,
) -> RegressionTableResult:
    """Put fits side by side, with reference levels, counts, tests of terms, and footnotes on the methods.

    Parameters
    ----------
    *fits : Fit or PooledFit
        One or more fits, of any models. Estimates for the same level or the same column share a row. A fit of several
        outcomes has one block of columns per outcome.
    names : sequence of str, optional
        Names of the fits; ``(1)``, ``(2)``, ... by default.
    style : {'compact', 'full'}
        ``'compact'``: one cell per estimate with its interval. ``'full'``: counts and events of levels, with separate
        columns for estimates, standard errors, intervals and p-values.
    show : sequence of str, optional
        What to show instead of the contents of the style: ``"n"``, ``"events"``, ``"estimate"``, ``"std_error"``,
        ``"interval"``, ``"p"``, ``"terms"`` (p-values of terms with several coefficients), ``"statistics"``,
        ``"intercept"``.
    level : float, optional
        Confidence level; that of the first fit by default.
    units : mapping of str to float, 'sd' or 'iqr', optional
        Changes in variables to which estimates refer, ``{"age": 10}``, in every fit that has them. Standard deviations
        and interquartile ranges are those of the first such fit.
    labels : lk.labels or mapping, optional
        Labels of variables and levels; by default those of the fits.
    univariable : bool, default False
        For a single fit: whether to show each of its terms fitted alone, on the same rows, before it.
    test : {'LR', 'Wald'}, optional
        The test of terms with several coefficients. Default: likelihood ratio if it is valid and the rows are
        available, else Wald; a footnote names the test.

    Returns
    -------
    RegressionTableResult
        A table that displays as text and HTML, with ``to_markdown()``, ``to_latex()``, ``to_word(path)``,
        ``to_excel(path)`` and ``to_frame()``. It has ratios if exp(coefficient) has a name, else coefficients.

    Raises
    ------
    DataError
        If an argument is not a fit, or the number of names differs from that of fits.
    FormulaError
        If units or labels name variables that no fit has.
    UnsupportedError
        If the test asked for is not valid, or if univariable fits are asked for where the fit has no terms or no rows.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fit = lk.logit("low ~ age + smoke", births)
    >>> table = lk.regression_table(fit, univariable=True)
    >>> [each.name for each in table.fits]
    ['Univariable', 'Multivariable']
    >>> alone = lk.logit("low ~ age", births)
    >>> bool(abs(table.to_frame().loc[0, "estimate"] - alone.coef["age"]) < 1e-9)
    True
    """
    found = [_fit_of(each, k) for k, each in enumerate(fits, 1)]
    if not found:
        raise DataError("lk.regression_table() needs at least one fit, such as lk.logit(...) returns.")
    require_choice("style", style, OF_STYLE)
    require_flag("univariable", univariable)
    if test is not None:
        require_choice("test", test, ("LR", "Wald"))
    numbers = units_of_several([(record.info, design) for record, design in found], units)
    level = found[0][0].level if level is None else level
    require_level(level)
    shows = _shown(show, style)
    own = Options(level, None, test, "intercept" in shows, "terms" in shows)
    pairs = _labelled(found, labels)
    if univariable:
        return _beside(pairs, names, style, shows, replace(own, units=_units(pairs, numbers)[0]))
    called = names_of_fits(names, [f"({k})" for k in range(1, len(pairs) + 1)])
    parts = [
        tabled(name, record, design, k, replace(own, units=of_fit))
        for k, (name, (record, design), of_fit) in enumerate(zip(called, pairs, _units(pairs, numbers), strict=True))
    ]
    blocks = tuple(_pooled(block, fits[block.fit], k) for _, some in parts for k, block in enumerate(some))
    same, made = of_same_rows([design for _, design in pairs]), tuple(each for each, _ in parts)
    return RegressionTableResult(made, blocks, regression_rows(blocks), style, shows, level, same)


@in_our_words
def univariable(
    formula: str,
    data: Any,
    *,
    model: Model = Binary(),  # noqa: B008 - frozen, and shown in the signature
    style: Style = "compact",
    level: float = 0.95,
    units: Mapping[str, Unit] | None = None,
    labels: Any = None,
    weights: Any = None,
) -> RegressionTableResult:
    """Fit each term of a formula alone, and all together, to the rows without missing values in any term.

    Parameters
    ----------
    formula : str
        ``"response ~ terms"``; products of other terms are not fitted alone.
    data : table
        As in ``logit``.
    model : model, default lk.Binary()
        The model to fit, as in ``fit``.
    style : {'compact', 'full'}
        As in ``regression_table``.
    level : float, default 0.95
        Confidence level of intervals.
    units : mapping of str to float, 'sd' or 'iqr', optional
        As in ``regression_table``.
    labels : lk.labels or mapping, optional
        As in ``fit``.
    weights : str or (n,) array-like, optional
        Frequency weights, as in ``fit``. For other weights, clusters and similar options, use
        ``lk.regression_table(fit, univariable=True)`` with a fit that has them.

    Returns
    -------
    RegressionTableResult
        As from ``lk.regression_table(lk.fit(formula, data), univariable=True)``.

    Examples
    --------
    >>> import logitkit as lk
    >>> table = lk.univariable("low ~ age + smoke", lk.datasets.load_lbw())
    >>> [row.term for row in table.rows]
    ['age', 'smoke']
    """
    whole = fit(formula, data, model=model, level=level, labels=labels, weights=weights)
    return regression_table(whole, style=style, units=units, univariable=True)


def _fit_of(each: Any, place: int) -> tuple[FitRecord, Design | None]:
    """Return the record and the rows of a fit."""
    if isinstance(each, Fit):
        return each.record, each.design
    if isinstance(each, PooledFit):
        return each.record, None
    raise DataError(f"Argument {place} is a {type(each).__name__}, not a fit, such as lk.logit(...) returns.")


def _pooled(block: Block, given: Any, place: int) -> Block:
    """Return the first block of a pooled fit with pooled tests of its terms; other fits as they are."""
    if place or not isinstance(given, PooledFit):
        return block
    return with_tests(block, given.record.info, lambda term: float(given.test(term).p_value), "D1")


def _labelled(pairs: Sequence[tuple[FitRecord, Design | None]], given: Any) -> list[tuple[FitRecord, Design | None]]:
    """Return the fits with the labels given for the table; each label must be for a variable of one of the fits."""
    stated = as_labels(given)
    if not stated:
        return list(pairs)
    stated.require_known(
        [name for record, design in pairs for name in known_variables(record.info, _columns(design))],
        "a variable of the fits",
    )
    return [
        (replace(record, info=replace(record.info, labels=stated.over(record.info.labels))), design)
        for record, design in pairs
    ]


def _columns(design: Design | None) -> tuple[str, ...]:
    """Return the columns of the table of a fit."""
    return () if design is None or design.table is None else read_table(design.table).names


def _units(
    pairs: Sequence[tuple[FitRecord, Design | None]], units: Mapping[str, float] | None
) -> list[dict[str, float] | None]:
    """Return the units of each fit, for its variables that can change alone; each must apply to at least one fit."""
    found: list[dict[str, float]] = [{} for _ in pairs]
    for name, unit in (units or {}).items():
        errors = []
        for own, (record, _) in zip(found, pairs, strict=True):
            try:
                column_changes(record.info, {name: unit})
                own[name] = unit
            except FormulaError as error:
                errors.append(error)
        if len(errors) == len(pairs):
            raise errors[0]
    return [each or None for each in found]


def _beside(
    pairs: Sequence[tuple[FitRecord, Design | None]],
    names: Sequence[str] | None,
    style: Style,
    shows: tuple[str, ...],
    options: Options,
) -> RegressionTableResult:
    """Return a fit, preceded by the fits of each of its terms alone."""
    if len(pairs) != 1:
        raise DataError(f"univariable=True stands before one fit, and there are {len(pairs)}.")
    alone, together = names_of_fits(names, (ALONE, TOGETHER))
    record, design = pairs[0]
    first, before = univariable_fit(record, design, 0, options, alone)
    second, after = tabled(together, record, design, 1, options)
    # In the order of the model with all terms.
    rows = regression_rows((*after, *before))
    level = record.level if options.level is None else options.level
    return RegressionTableResult((first, second), (*before, *after), rows, style, shows, level, True)


def _shown(show: Sequence[str] | None, style: Style) -> tuple[str, ...]:
    if show is None:
        return OF_STYLE[style]
    given = (show,) if isinstance(show, str) else tuple(show)
    for name in given:
        if name not in SHOWN:
            raise DataError(
                f"show names {name!r}, which is none of what a table shows. {nearest_name(str(name), SHOWN)}"
            )
    return given
