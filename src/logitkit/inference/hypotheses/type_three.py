r"""Type 3 tests in sum-to-zero coding, whatever the coding of the fit.

With sum-to-zero contrasts the coefficients of a term are averages over levels of the factors that interact with it.
They are linear functions :math:`F\beta` of the coefficients of the fit (``design/formula/sum_to_zero.py``), which a
Wald test uses directly. In the model under :math:`F\beta = 0` the columns of the term are replaced: with :math:`F_T`
the block of its own columns, :math:`\beta_T = -F_T^{-1} F_R \beta_R`, so that the other columns are :math:`X_R - X_T
F_T^{-1} F_R`. These are fitted like any model, so separation and absorbed levels are handled as usual.

References
----------
Yates, F. (1934) The analysis of multiple classifications with unequal numbers in the different classes. Journal of the
American Statistical Association 29, 51-66. Fox, J. (2016) Applied Regression Analysis and Generalized Linear Models,
3rd edition, section 8.2.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np

from logitkit.design.design import Design
from logitkit.design.formula.coding import Coding
from logitkit.design.formula.sum_to_zero import sum_to_zero_functions
from logitkit.design.formula.terms import Term
from logitkit.design.matrix.blocks import Blocks
from logitkit.design.matrix.dense import Dense
from logitkit.design.table.frame import read_table
from logitkit.design.table.memory import require_room
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.hypotheses.nested import design_of_columns
from logitkit.typing import FloatArray, IntArray

__all__ = ["averaged_terms", "flat_functions", "restricted_design"]

ONE = "1"  # the intercept, as a term of a formula
ROWS = 50  # that are coded to learn the contrasts, which do not depend on them
WITHIN = 1e-12  # of a constraint vector: less of it outside a span is rounding


def averaged_terms(record: FitRecord, design: Design | None) -> dict[str, FloatArray]:
    """Return the coefficients in sum-to-zero coding of the terms that have others in it.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        Its rows.

    Returns
    -------
    dict of str to (k, p) array
        Functions of the coefficients of one linear predictor, by name of the term. Terms that are not in the dictionary
        have the same test in either coding.

    Raises
    ------
    UnsupportedError
        If some cells of the factors are empty, or if outcomes have different terms that contain one another.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 1, 1, 0, 1, 0, 0, 1], "g": list("aabbaabb"), "x": [1.0, 2, 2.5, 3, 3.5, 5, 4, 1]}
    >>> fit = lk.logit("y ~ g * x", data)
    >>> averaged_terms(fit.record, fit.design)["x"].tolist()  # the mean of the slopes in a and b
    [[0.0, 0.0, 1.0, 0.5]]
    """
    coding = record.info.coding
    wanted = [] if coding is None else _wanted(coding)
    if coding is None or not wanted:
        return {}
    found = sum_to_zero_functions(coding, _frame(coding, design), wanted)
    place = {name: j for j, name in enumerate(record.info.names)}
    known = [j for j, name in enumerate(coding.names) if name in place]
    columns = np.array([place[coding.names[j]] for j in known], dtype=np.int64)
    out = {}
    for name, functions in found.items():
        out[name] = np.zeros((len(functions), len(place)))
        out[name][:, columns] = functions[:, known]
    for term in record.info.terms:
        if term.name in out:
            _require_filled(record, term, out[term.name])
            _require_same_predictors(record, term, out[term.name])
    return out


def _wanted(coding: Coding) -> list[str]:
    """Return the terms whose coefficients may have columns of other terms in them: those within factors."""
    categorical = set(coding.coded_levels())
    factors = {name: frozenset(own) for name, own in coding.factors.items()}
    if ONE not in factors:
        return list(factors)
    return [
        name
        for name, own in factors.items()
        if name != ONE and any(own < other and (other - own) & categorical for other in factors.values())
    ]


def _frame(coding: Coding, design: Design | None) -> Any:
    """Return some rows that the coding can be applied to."""
    if design is not None and design.table is not None:
        return read_table(design.table).frame(list(coding.variables), design.positions[:ROWS])
    levels, values = coding.coded_levels(), {}
    for variable in coding.variables:
        of_variable = re.compile(rf"C\(\s*`?{re.escape(variable)}`?\s*[,)]")
        known = next((levels[name] for name in levels if name == variable or of_variable.match(name)), [1.0])
        values[variable] = [known[0]]
    return read_table(values).frame(list(coding.variables), None)


def _require_filled(record: FitRecord, term: Term, functions: FloatArray) -> None:
    """Refuse averages over cells of which some are empty."""
    dropped = record.info.names
    columns = np.unique(record.predictors.columns[record.aliased]) if record.aliased.size else record.aliased
    gone = [dropped[j] for j in columns if functions[:, j].any()]
    if gone:
        raise UnsupportedError(
            f"Type 3 of {term.name!r} is an average over the cells of the factors, and some of these are empty (see "
            f"{', '.join(gone[:3])}{', ...' if len(gone) > 3 else ''}): it cannot be estimated. Use type=2."
        )


def _require_same_predictors(record: FitRecord, term: Term, functions: FloatArray) -> None:
    """Refuse averages of coefficients that not all linear predictors have alike."""
    predictors = record.form.predictors
    m = predictors.n_predictors
    spans = {int(j): part.matrix(m) for part in predictors.parts for j in part.columns}
    own = spans.get(term.columns[0], np.zeros((m, 0)))
    for j in np.flatnonzero(functions.any(axis=0)):
        other = spans.get(int(j), np.zeros((m, 0)))
        mix = np.linalg.lstsq(own, other, rcond=None)[0]
        if np.abs(own @ mix - other).max(initial=0.0) > WITHIN:
            raise UnsupportedError(
                f"Type 3 of {term.name!r} is an average over terms that contain it, and these enter the model in "
                "another way (by outcome, or by threshold), so that the model depends on the coding. Use type=2."
            )


def flat_functions(record: FitRecord, functions: FloatArray) -> FloatArray:
    """Return functions of the coefficients of one linear predictor as functions of all coefficients.

    Parameters
    ----------
    record : FitRecord
        The fit.
    functions : (k, p) array
        Functions over the columns of the design.

    Returns
    -------
    (l, n_flat) array
        The functions for every linear predictor or, if only differences count, for the differences from the first or
        from the reference. Equal functions are given once.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> record = lk.multinomial("y ~ x", data).record
    >>> flat_functions(record, np.array([[0.0, 1.0]])).tolist()
    [[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
    """
    predictors = record.predictors
    units = np.eye(predictors.n_predictors)
    if record.family.words.compares:
        base = 0 if record.reference is None else record.reference
        units = np.delete(units, base, axis=0) - units[base]
    rows = [predictors.rows(functions, np.tile(unit, (len(functions), 1))) for unit in units]
    kept: list[FloatArray] = []
    for row in np.vstack(rows):
        if row.any() and not any(np.array_equal(row, other) for other in kept):
            kept.append(row)
    return np.array(kept).reshape(-1, predictors.n_flat)


def restricted_design(design: Design, columns: IntArray, functions: FloatArray) -> tuple[Design, IntArray]:
    """Return the design under the hypothesis that functions of the coefficients are zero.

    Parameters
    ----------
    design : Design
        n rows.
    columns : (k,) int array
        Columns of the term, which are left out.
    functions : (k, p) array
        Functions that are zero under the hypothesis.

    Returns
    -------
    design : Design
        Design of the other columns, adjusted for the columns of the term under the hypothesis.
    keep : (p - k,) int array
        The original columns to which they correspond.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 1, 1, 0], "x": [1.0, 2, 3, 4], "z": [1.0, 0, 0, 1]}
    >>> design = lk.logit("y ~ x + z", data).design
    >>> made, _ = restricted_design(design, np.array([1]), np.array([[0.0, 1.0, 0.5]]))
    >>> made.matrix.to_dense().tolist()  # z - x / 2
    [[1.0, 0.5], [1.0, -1.0], [1.0, -1.5], [1.0, -1.0]]
    """
    p = design.matrix.n_columns
    keep = np.setdiff1d(np.arange(p), columns)
    made = design_of_columns(design, keep)
    own = functions[:, columns]
    changed = keep[functions[:, keep].any(axis=0)]
    if own.shape[0] != own.shape[1] or np.linalg.matrix_rank(own) < len(own):
        raise DataError("The coefficients of the term in sum-to-zero coding are not functions of its own columns.")
    require_room(
        8 * design.n_rows * changed.size, f"{changed.size:,} columns in sum-to-zero coding", "Use test='Wald'."
    )
    mix = np.linalg.solve(own, functions[:, changed])
    # Exact zeros and simple fractions stay what they are.
    mix = np.where(np.abs(mix) <= WITHIN * np.abs(mix).max(initial=0.0), 0.0, mix)
    dense = design.matrix.columns(changed).to_dense() - design.matrix.columns(columns).to_dense() @ mix
    same = np.setdiff1d(keep, changed)
    new: Any = Dense(np.asarray(dense))
    if same.size:
        places = [np.searchsorted(keep, same), np.searchsorted(keep, changed)]
        new = Blocks([_dense_or_coded(design, same), new], places)
    return replace(made, matrix=new), keep


def _dense_or_coded(design: Design, columns: IntArray) -> Any:
    """Return columns as a part that stands beside others."""
    found = design.matrix.columns(columns)
    return found if found.inner is found else Dense(found.to_dense())
