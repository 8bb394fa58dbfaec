r"""Units that are said in words: the standard deviation and the interquartile range of a variable in a sample.

With the weights :math:`w_i` of the fit the standard deviation is

.. math:: s = \sqrt{\frac{n}{n - 1} \sum_i v_i (x_i - \bar x)^2}, \qquad \bar x = \sum_i v_i x_i,

where :math:`v_i = w_i / \sum_k w_k` and n is the sum of the weights, or the number of rows that have some where that is
more: weights that sum to one say nothing of how many rows there are.

The quartiles are the first values at or below which there are one and three quarters of the weight. Of rows of
several trials the weights are the trials.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from logitkit.design.design import Design
from logitkit.design.formula.named import canonical_name
from logitkit.design.info import DesignInfo
from logitkit.errors import DataError, FormulaError, LogitkitError, UnsupportedError
from logitkit.inference.changes import SPREADS, column_changes
from logitkit.typing import Unit

if TYPE_CHECKING:
    from logitkit.results.effects.spreads import Spread, SpreadSums

__all__ = ["step_of", "units_in_numbers", "units_of_several"]


def units_in_numbers(
    info: DesignInfo, design: Design | None, units: Mapping[str, Unit] | None
) -> Mapping[str, float] | None:
    """Return units with the numbers that stand for words.

    Parameters
    ----------
    info : DesignInfo
        Of the fit.
    design : Design or None
        Its rows, which a loaded model does not have.
    units : mapping of str to float, 'sd' or 'iqr'; or None
        Changes of variables.

    Returns
    -------
    mapping of str to float, or None
        As given, but for words.

    Raises
    ------
    DataError
        For a word where there are no rows, and where the number is zero.
    FormulaError
        For a name whose unit the model does not know.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fit = lk.logit("low ~ age + lwt", births)
    >>> found = units_in_numbers(fit.record.info, fit.design, {"age": 10, "lwt": "sd"})
    >>> found["age"], bool(abs(found["lwt"] - births["lwt"].std()) < 1e-12)
    (10, True)
    """
    words = _words(units)
    if units is None or not words:
        return cast("Mapping[str, float] | None", units)
    columns = {name: _column(info, name, word) for name, word in words.items()}
    if design is None:
        name, word = next(iter(words.items()))
        raise DataError(
            f"units[{name!r}] = {word!r} is of the rows of the fit, which this fit does not hold, as it was loaded, "
            "pickled or pooled: give a number."
        )
    stream = design.stream
    memory = (1 << 62) if stream is None else stream.memory // (4 * len(columns))
    from logitkit.results.effects.spreads import SpreadSums

    spreads = design.reduce(_SpreadOfRows(columns, memory), SpreadSums.plus).spreads()
    return {
        name: step_of(spreads[name], name, words[name]) if name in words else cast("float", unit)
        for name, unit in units.items()
    }


def units_of_several(
    fits: Sequence[tuple[DesignInfo, Design | None]], units: Mapping[str, Unit] | None
) -> Mapping[str, float] | None:
    """Return units with the numbers that stand for words, those of the first fit that has the variable.

    Parameters
    ----------
    fits : sequence of (DesignInfo, Design or None)
        Fits with their rows.
    units : mapping of str to float, 'sd' or 'iqr'; or None
        Changes of variables.

    Returns
    -------
    mapping of str to float, or None
        One number for all fits, so that their estimates are of the same change.

    Raises
    ------
    DataError, FormulaError, UnsupportedError
        As ``units_in_numbers``, where no fit has the variable.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fits = [lk.logit(f"low ~ {x}", births) for x in ("age", "lwt")]
    >>> found = units_of_several([(fit.record.info, fit.design) for fit in fits], {"lwt": "iqr"})
    >>> found["lwt"]
    30.0
    """
    numbers: dict[str, float] = {}
    for name, word in _words(units).items():
        refused: LogitkitError | None = None
        for info, design in fits:
            try:
                numbers[name] = cast("Mapping[str, float]", units_in_numbers(info, design, {name: word}))[name]
                break
            except (FormulaError, UnsupportedError) as error:
                refused = error
        if name not in numbers and refused is not None:
            raise refused
    return cast("Mapping[str, float]", {**units, **numbers}) if units and numbers else cast("Any", units)


def _words(units: Any) -> dict[str, Unit]:
    """Return the units that are words."""
    if not isinstance(units, Mapping):
        return {}
    return {name: cast("Unit", unit) for name, unit in units.items() if isinstance(unit, str) and unit in SPREADS}


def step_of(spread: Spread, name: str, word: Unit) -> float:
    """Return the number that a word stands for.

    Examples
    --------
    >>> from logitkit.results.effects.spreads import Spread
    >>> step_of(Spread(2.5, 1.3, 1.0, 3.0, 2.5), "x", "iqr")
    2.0
    """
    step = spread.deviation if word == "sd" else spread.third - spread.first
    if not step > 0.0:
        raise DataError(f"units[{name!r}] = {word!r}: {SPREADS[str(word)]} of {name!r} is 0. Give a number.")
    return step


@dataclass(frozen=True)
class _SpreadOfRows:
    """The values of columns of the design in some rows."""

    columns: Mapping[str, int]
    memory: int

    def __call__(self, rows: Design) -> SpreadSums:
        """Return them, with the weights of the fit."""
        from logitkit.results.effects.spreads import SpreadSums

        dense = rows.matrix.columns(np.array(list(self.columns.values()))).to_dense()
        values = {name: np.ascontiguousarray(dense[:, k]) for k, name in enumerate(self.columns)}
        return SpreadSums.of(values, rows.response.weights, self.memory)


def _column(info: DesignInfo, name: str, word: Unit) -> int:
    """Return the column that holds the values of a variable, as it stands in the formula."""
    column_changes(info, {name: 1.0})  # refuses a name that it does not know
    if info.coding is None:
        return info.names.index(name)
    wanted = canonical_name(name.strip("`"))
    for term in info.terms:
        made = info.coding.factors.get(term.name, ())
        if len(made) == 1 and len(term.columns) == 1 and canonical_name(made[0]) == wanted:
            return term.columns[0]
    raise UnsupportedError(
        f"units[{name!r}] = {word!r}: the model has {name!r} in products alone, and no column of its values. Give a "
        "number."
    )
