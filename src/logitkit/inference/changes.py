r"""Changes of columns when variables change by given units, and which columns can change alone.

A ratio :math:`\exp(u\beta_j)` compares two rows that differ in column j only. In a product the changes multiply: a
change of ten years in ``age`` is a change of ten units in ``age:smoke``. Columns that are functions of one variable,
such as the columns of a spline or ``x`` and ``I(x ** 2)``, cannot change one at a time, and their coefficients have no
ratio.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from numbers import Real

import numpy as np

from logitkit.design.formula.named import canonical_name
from logitkit.design.formula.terms import INTERCEPT
from logitkit.design.info import DesignInfo
from logitkit.errors import DataError, FormulaError, nearest_name
from logitkit.inference.delta import Estimates
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = [
    "SPREADS",
    "Entangled",
    "Ratios",
    "column_changes",
    "entangled_terms",
    "ratios_of",
    "read_together",
    "variables_of",
    "without_ratio",
]

SPREADS = {"sd": "the standard deviation", "iqr": "the interquartile range"}


@dataclass(frozen=True)
class Entangled:
    """Terms of a formula whose columns cannot change one at a time.

    Parameters
    ----------
    terms : tuple of str
        Terms, as in the formula.
    variables : tuple of str
        Columns of the table that the terms are functions of, apart from common factors: fewer than the terms have
        columns.

    Examples
    --------
    >>> Entangled(("x", "I(x ** 2)"), ("x",)).variables
    ('x',)
    """

    terms: tuple[str, ...]
    variables: tuple[str, ...]


@dataclass(frozen=True)
class Ratios:
    """Exponentials of estimates times a change.

    Parameters
    ----------
    estimate, std_error, low, high : (m,) array
        Infinite or zero for an infinite coefficient; missing where an estimate is too large or small to represent.

    Examples
    --------
    >>> Ratios(np.array([2.0]), np.array([0.5]), np.array([1.2]), np.array([3.3])).estimate.tolist()
    [2.0]
    """

    estimate: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray


def ratios_of(found: Estimates, change: FloatArray) -> Ratios:
    """Return ratios with standard errors by the delta method and intervals computed on the log scale.

    Parameters
    ----------
    found : Estimates
        m coefficients, or differences of coefficients.
    change : (m,) array
        Change of each column; nan where the coefficient has no ratio.

    Returns
    -------
    Ratios
        The ratios for these changes.

    Examples
    --------
    >>> from logitkit.inference.delta import wald_estimates
    >>> found = wald_estimates(np.array([0.0, 800.0, np.inf]), np.array([1.0, 1.0, np.nan]), 0.95)
    >>> ratios_of(found, np.ones(3)).estimate.tolist()
    [1.0, nan, inf]
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        ratio = np.exp(change * found.estimate)
        ends = np.exp(np.stack([change * found.low, change * found.high]))
        beyond = np.isfinite(found.estimate) & (np.isinf(ratio) | (ratio == 0.0))
        ratio = np.where(beyond, np.nan, ratio)
        std_error = ratio * np.abs(change) * found.std_error
    return Ratios(ratio, std_error, ends.min(axis=0), ends.max(axis=0))


def column_changes(info: DesignInfo, units: Mapping[str, float] | None) -> FloatArray:
    """Return the change of each column.

    Parameters
    ----------
    info : DesignInfo
        Design information of the fit.
    units : mapping of str to float or None
        Changes of variables as named in the formula, or of columns of a ready matrix; the others change by 1.

    Returns
    -------
    (p,) array
        Changes; nan for columns that cannot change alone.

    Raises
    ------
    FormulaError
        For a name for which the model cannot have a unit.
    DataError
        For a unit that is zero or not finite.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1, 0, 1], "x": [1.0, 2, 2.5, 3, 3.5, 5, 4, 1], "z": [0, 1, 0, 1, 1, 0, 1, 0]}
    >>> info = lk.logit("y ~ x * z", data).record.info
    >>> dict(zip(info.names, column_changes(info, {"x": 10}).tolist()))
    {'Intercept': 1.0, 'x': 10.0, 'z': 1.0, 'x:z': 10.0}
    """
    out = np.where(without_ratio(info), np.nan, 1.0)
    if units is None:
        return out
    if not isinstance(units, Mapping):
        raise DataError(f"units is a {type(units).__name__}; give a dict of names and numbers, such as {{'age': 10}}.")
    for name, value in units.items():
        columns = _columns_of(info, name)
        if isinstance(value, bool) or not isinstance(value, Real) or not np.isfinite(value) or value == 0.0:
            spread = isinstance(value, str) and value in SPREADS
            where = ", as there are no rows of one fit here" if spread else ", or 'sd' or 'iqr'"
            raise DataError(f"units[{name!r}] = {value!r}; give a finite number other than 0{where}.")
        out[columns] *= float(value)
    return out


def without_ratio(info: DesignInfo) -> BoolArray:
    """Return which columns cannot change alone, so that their coefficients have no ratio, shape (p,).

    Parameters
    ----------
    info : DesignInfo
        Design information of the fit; it does not say how the columns of a ready matrix were made.

    Returns
    -------
    (p,) bool array
        True also for products with such a column.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ lwt + I(lwt**2) + age", lk.datasets.load_lbw())
    >>> without_ratio(fit.record.info).tolist()
    [False, True, True, False]
    """
    out = np.zeros(len(info.names), dtype=bool)
    together = {name for group in entangled_terms(info) for name in group.terms}
    for term in info.terms if together else ():
        if term.name in together:
            out[list(term.columns)] = True
    return out


def entangled_terms(info: DesignInfo) -> tuple[Entangled, ...]:
    """Return the groups of terms whose columns cannot change one at a time.

    Terms are compared only if they have the same factors apart from functions of the same variables. The coefficient of
    ``x:g`` beside ``x + I(x ** 2)`` is the log of a ratio of two ratios, in which parts without ``g`` cancel.

    Parameters
    ----------
    info : DesignInfo
        Design information of the fit.

    Returns
    -------
    tuple of Entangled
        The groups that have more columns than variables.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1, 0, 1], "x": [1.0, 2, 2.5, 3, 3.5, 5, 4, 1], "z": [0, 1, 0, 1, 1, 0, 1, 0]}
    >>> entangled_terms(lk.logit("y ~ x + I(x**2) + x:z", data).record.info)
    (Entangled(terms=('x', 'I(x ** 2)'), variables=('x',)),)
    """
    if info.coding is None:
        return ()
    made, known = info.coding.factors, info.coding.variables
    terms = {term.name: made.get(term.name, ()) for term in info.terms if term.name != INTERCEPT}
    if all(len(factors) < 2 and all(name in known for name in factors) for factors in terms.values()):
        return ()  # each term is a column of the table, and no two are the same
    variables = {expression: variables_of(expression, known) for expression in _expressions(info)}
    n_columns, coded = {term.name: len(term.columns) for term in info.terms}, info.coding.coded_levels()
    found = []
    for group in _connected(variables):
        classes: dict[frozenset[str], list[str]] = {}
        for name, factors in terms.items():
            if group.intersection(factors):
                others = frozenset(factors) - group
                # A factor with a column for every level has no reference at which the product is zero.
                full = math.prod(len(coded.get(other, ())) for other in others) if others else 0
                own_columns = math.prod(_n_columns(info, e) for e in group.intersection(factors) if e not in coded)
                classes.setdefault(frozenset() if n_columns[name] == full * own_columns else others, []).append(name)
        entangled: list[str] = []
        for names in classes.values():
            own = {expression for name in names for expression in terms[name] if expression in group}
            # Codings of one factor are one column: a row has one level, and the others are those of other rows.
            parts = {
                tuple(sorted(variables[e])) if e in coded else (name, e)
                for name in names
                for e in terms[name]
                if e in own
            }
            several = sum(_n_columns(info, e) - 1 for e in own if e not in coded)
            products = sum(len(own.intersection(terms[name])) - 1 for name in names)
            if len(parts) + several - products > len(set().union(*(variables[e] for e in own))):
                entangled += names
        if entangled:
            read = set().union(*(variables[e] for name in entangled for e in terms[name] if e in group))
            found.append(Entangled(tuple(entangled), tuple(sorted(read))))
    return tuple(found)


def read_together(info: DesignInfo, columns: IntArray) -> bool:
    """Return whether columns are functions of variables that the formula links by powers or products.

    Parameters
    ----------
    info : DesignInfo
        Design information of the fit.
    columns : int array
        Positions of columns of the design.

    Returns
    -------
    bool
        False for a ready-made matrix, for which it is not known how the columns were made.

    Examples
    --------
    >>> import logitkit as lk
    >>> info = lk.logit("low ~ age + lwt + I(lwt**2)", lk.datasets.load_lbw()).record.info
    >>> read_together(info, np.array([2, 3])), read_together(info, np.array([1, 2]))
    (True, False)
    """
    if info.coding is None:
        return False
    made, known = info.coding.factors, info.coding.variables
    read = {
        term.name: set().union(*(variables_of(expression, known) for expression in made.get(term.name, ())))
        for term in info.terms
        if term.name != INTERCEPT
    }
    wanted = {term.name for term in info.terms if set(term.columns) & set(columns.tolist())}
    return any(wanted <= group for group in _connected(read))


def _connected(variables: Mapping[str, set[str]]) -> list[set[str]]:
    """Return the groups of expressions that share variables, directly or by others."""
    group_of: dict[str, set[str]] = {}  # by variable
    read: dict[int, set[str]] = {}
    for expression, names in variables.items():
        touching = {id(group): group for name in names if (group := group_of.get(name)) is not None}
        merged = {expression}.union(*touching.values())
        own = set(names).union(*(read.pop(key) for key in touching))
        read[id(merged)] = own
        group_of.update(dict.fromkeys(own, merged))
    return list({id(group): group for group in group_of.values()}.values())


def _expressions(info: DesignInfo) -> Iterator[str]:
    assert info.coding is not None
    made = info.coding.factors
    yield from dict.fromkeys(
        expression for term in info.terms if term.name != INTERCEPT for expression in made.get(term.name, ())
    )


def variables_of(expression: str, known: tuple[str, ...]) -> set[str]:
    """Return the columns of the table that an expression uses, except inside lag(), which reads another row.

    Parameters
    ----------
    expression : str
        A factor of a term of the formula.
    known : tuple of str
        Columns that the formula uses.

    Returns
    -------
    set of str
        The columns that it names.

    Examples
    --------
    >>> sorted(variables_of("np.log(dose / `body weight`)", ("dose", "body weight", "age")))
    ['body weight', 'dose']
    """
    if expression in known:
        return {expression}
    quoted = re.findall(r"`([^`]*)`", expression)
    plain = re.sub(r"`[^`]*`", "0", expression)
    try:
        tree = ast.parse(plain, mode="eval")
    except SyntaxError:
        return set(quoted)
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    if any(isinstance(function, ast.Name) and function.id == "lag" for function in calls):
        return {expression}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return (names | set(quoted)) & set(known)


def _n_columns(info: DesignInfo, expression: str) -> int:
    """Return how many columns a numeric expression has, from the names of the columns that it takes part in."""
    assert info.coding is not None
    if expression in info.coding.variables:
        return 1
    pattern = re.compile(rf"(?<![\w.)\]]){re.escape(expression)}\[([^\]]*)\]")
    return max(len({number for name in info.names for number in pattern.findall(name)}), 1)


def _columns_of(info: DesignInfo, name: str) -> list[int]:
    """Return the columns that change with a variable, or raise an error."""
    if not isinstance(name, str):
        raise FormulaError(f"units names {name!r}; give the name of a variable as text.")
    if info.coding is None:
        if name not in info.names or name == INTERCEPT:
            raise FormulaError(
                f"units names {name!r}, which is not a column of the model. {nearest_name(name, info.names)}"
            )
        return [info.names.index(name)]
    wanted, coded = canonical_name(name.strip("`")), info.coding.coded_levels()
    numeric = [expression for expression in _expressions(info) if expression not in coded]
    made = info.coding.factors
    for expression in numeric:
        if canonical_name(expression) == wanted:
            own = [term for term in info.terms if expression in made.get(term.name, ())]
            _require_alone(info, name, [term.name for term in own])
            return [j for term in own for j in term.columns]
    raise FormulaError(f"units names {name!r}, {_why_unknown(info, name, wanted, numeric)}")


def _require_alone(info: DesignInfo, name: str, terms: list[str]) -> None:
    """Refuse units of variables that occur only in terms without a ratio."""
    groups = [group for group in entangled_terms(info) if set(terms) & set(group.terms)]
    if groups and all(any(term in group.terms for group in groups) for term in terms):
        raise FormulaError(
            f"units names {name!r}, and {', '.join(groups[0].variables)} is in the model as "
            f"{', '.join(groups[0].terms)}: one of these columns cannot change while the others stay fixed, so none "
            "has a ratio of its own. Compare predictions instead."
        )


def _why_unknown(info: DesignInfo, name: str, wanted: str, numeric: list[str]) -> str:
    assert info.coding is not None
    made, coded = info.coding.factors, info.coding.coded_levels()
    inside = [expression for expression in numeric if name in variables_of(expression, info.coding.variables)]
    if inside:
        _require_alone(info, name, [term.name for term in info.terms if set(inside) & set(made.get(term.name, ()))])
        return (
            f"which is in the model as {', '.join(inside)} only. Name {inside[0]!r}, and give the change in its own "
            "unit, such as the logarithm of 2 for a doubling under a natural logarithm."
        )
    for term in info.terms:
        written = name in [info.names[j] for j in term.columns] or canonical_name(term.name) == wanted
        if written and len(made.get(term.name, ())) > 1:
            return (
                f"a product: give the units of {', '.join(made[term.name])} separately; the unit of the product is "
                "their product."
            )
        if written and made.get(term.name, ("",))[0] in coded:
            return "which is a factor: its ratios compare levels and have no unit."
    return f"which is not a variable of the model. {nearest_name(name, numeric)}"
