"""Labels of variables and levels, and units: stated once, kept with a fit, and used wherever it is shown.

They may come with the table: as the attributes of a pandas frame (``attrs``) or the metadata of the fields of an Arrow
table. What the user states goes before what the table says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from logitkit.errors import DataError, FormulaError, nearest_name

__all__ = ["NO_LABELS", "Labels", "as_labels", "labels", "labels_of_table", "step_text"]

VARIABLES = ("labels", "variable_labels", "column_labels", "column_names_to_labels", "descriptions")
LEVELS = ("levels", "value_labels", "variable_value_labels")
UNITS = ("units",)
OF_FIELDS = ("label", "description", "comment")


def step_text(step: float) -> str:
    """Return the step of a variable as shown: as given or, if computed, to five digits.

    Examples
    --------
    >>> [step_text(step) for step in (10.0, 0.25, 100_000.0, 1_234_567.0, 30.575150144684)]
    ['10', '0.25', '100,000', '1,234,567', '30.575']
    """
    computed = abs(step) < 1e5 and f"{step:.12g}" != f"{step:.6g}"
    return f"{float(f'{step:.5g}') if computed else step:,.12g}"


@dataclass(frozen=True)
class Labels:
    """Labels of variables and levels in tables and figures, made by ``lk.labels``.

    Parameters
    ----------
    variables : dict of str to str
        Labels of columns of the table, or of terms as written in the formula.
    levels : dict of str to dict of str to str
        For each variable, the labels of its levels; keys are levels as printed.
    units : dict of str to str
        Units of numeric variables.

    Examples
    --------
    >>> Labels({"lwt": "Weight"}, units={"lwt": "lb"}).with_unit("lwt")
    'Weight (lb)'
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    levels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Tell whether anything is labelled."""
        return bool(self.variables or self.levels or self.units)

    def of(self, variable: str) -> str:
        """Return the label of a variable, or its name if it has none."""
        return self.variables.get(variable, variable)

    def with_unit(self, variable: str, change: float = 1.0) -> str:
        """Return the label of a variable with its unit, and the number of units per which a coefficient is stated."""
        unit = self.units.get(variable, "")
        if change != 1.0:
            return f"{self.of(variable)} (per {step_text(change)}{' ' if unit else ''}{unit})"
        return f"{self.of(variable)} ({unit})" if unit else self.of(variable)

    def level(self, variable: str, level: object) -> str:
        """Return the label of a level, or the level as printed if it has none."""
        text = str(level)
        return self.levels.get(variable, {}).get(text, text)

    def over(self, others: Labels) -> Labels:
        """Return these labels, completed by those of others."""
        levels = {name: {**others.levels.get(name, {}), **own} for name, own in self.levels.items()}
        return Labels(
            {**others.variables, **self.variables}, {**others.levels, **levels}, {**others.units, **self.units}
        )

    def among(self, variables: Iterable[str]) -> Labels:
        """Return the labels of some variables."""
        names = set(variables)
        variables, units = ({k: v for k, v in each.items() if k in names} for each in (self.variables, self.units))
        return Labels(variables, {k: v for k, v in self.levels.items() if k in names}, units)

    def require_known(self, variables: Iterable[str], where: str) -> None:
        """Refuse labels of variables that do not exist, with the nearest that does."""
        known = list(dict.fromkeys(variables))
        for part in (self.variables, self.levels, self.units):
            for name in part:
                if name not in known:
                    raise FormulaError(f"labels names {name!r}, which is not {where}. {nearest_name(name, known)}")

    def require_levels(self, variable: str, levels: Iterable[object]) -> None:
        """Refuse labels of levels none of which the variable has: they are written otherwise than it has them."""
        known, given = [str(level) for level in levels], self.levels.get(variable, {})
        if given and known and not set(given) & set(known):
            first = next(iter(given))
            raise FormulaError(
                f"labels has levels of {variable!r} such as {first!r}, none of which it has. "
                f"{nearest_name(first, known)}"
            )


NO_LABELS = Labels()


def labels(
    variables: Mapping[str, str] | None = None,
    *,
    levels: Mapping[str, Mapping[Any, str]] | None = None,
    units: Mapping[str, str] | None = None,
) -> Labels:
    """Define labels of variables and levels for all tables and figures.

    Parameters
    ----------
    variables : mapping of str to str, optional
        Labels by column of the table, ``{"lwt": "Weight of the mother"}``.
    levels : mapping of str to mapping, optional
        Labels of levels by column, ``{"smoke": {0: "no", 1: "yes"}}``. Levels may lack labels, and labelled levels need
        not occur, so the same labels can be used for any part of the data.
    units : mapping of str to str, optional
        Units by column, ``{"lwt": "lb"}``.

    Returns
    -------
    Labels
        For the argument ``labels=`` of functions that fit, of ``lk.regression_table`` and of ``lk.table_one``, and for
        ``fit.labelled``. They are saved with a fit. Names of coefficients do not change in ``fit.coef``, in
        ``fit.tidy()`` and in hypotheses.

    Raises
    ------
    DataError
        If an argument is not a mapping to text.

    Examples
    --------
    >>> import logitkit as lk
    >>> named = lk.labels({"lwt": "Weight"}, levels={"smoke": {1: "smoker"}}, units={"lwt": "lb"})
    >>> named.with_unit("lwt"), named.level("smoke", 1), named.of("age")
    ('Weight (lb)', 'smoker', 'age')
    """
    parts = {"variables": variables, "levels": levels, "units": units}
    for name, part in parts.items():
        if part is not None and not isinstance(part, Mapping):
            raise DataError(f"lk.labels({name}={part!r:.60}): give a dict, such as {{'age': 'Age'}}.")
    own = {}
    for name, part in (levels or {}).items():
        if not isinstance(part, Mapping):
            raise DataError(
                f"lk.labels(levels={{{name!r}: {part!r:.40}}}): give a dict of levels and their labels for each "
                "column, such as {'smoke': {0: 'no', 1: 'yes'}}."
            )
        own[str(name)] = {str(level): str(text) for level, text in part.items()}
    return Labels(_of_text("variables", variables), own, _of_text("units", units))


def as_labels(given: Any) -> Labels:
    """Return labels from what a user gave: ``lk.labels(...)``, or a dict of labels of variables.

    Examples
    --------
    >>> as_labels({"age": "Age"}).of("age"), bool(as_labels(None))
    ('Age', False)
    """
    if given is None:
        return NO_LABELS
    if isinstance(given, Labels):
        return given
    if isinstance(given, Mapping):
        return labels(given)
    raise DataError(f"labels={given!r:.60} must be lk.labels(...), or a dict of names and what to print for them.")


def labels_of_table(data: Any) -> Labels:
    """Return the labels stored in a table.

    Of a pandas frame ``attrs`` is read, with the keys that readers of Stata and SPSS files use: ``"labels"`` or
    ``"variable_labels"``, ``"value_labels"`` and ``"units"``. Of an Arrow table the metadata of its fields is read:
    ``"label"`` or ``"description"``, and ``"unit"``.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"age": [20, 30]})
    >>> frame.attrs["variable_labels"] = {"age": "Age of the mother"}
    >>> labels_of_table(frame).of("age")
    'Age of the mother'
    """
    attrs = getattr(data, "attrs", None)
    if isinstance(attrs, Mapping):
        variables, units = (_texts(_first(attrs, keys)) for keys in (VARIABLES, UNITS))
        levels = _first(attrs, LEVELS)
        found = {str(name): _texts(part) for name, part in levels.items() if isinstance(part, Mapping)}
        return Labels(variables, {name: part for name, part in found.items() if part}, units)
    schema = getattr(data, "schema", None)
    if schema is None or not hasattr(schema, "metadata"):
        return NO_LABELS
    return _of_arrow(schema)


def _of_arrow(schema: Any) -> Labels:
    """Return the labels in the metadata of Arrow's fields."""
    variables: dict[str, str] = {}
    units: dict[str, str] = {}
    for each in schema:
        found = {key.decode().lower(): value.decode() for key, value in (each.metadata or {}).items()}
        label = next((found[key] for key in OF_FIELDS if found.get(key)), "")
        variables |= {each.name: label} if label else {}
        units |= {each.name: found["unit"]} if found.get("unit") else {}
    return replace(NO_LABELS, variables=variables, units=units)


def _first(attrs: Mapping[Any, Any], keys: tuple[str, ...]) -> Mapping[Any, Any]:
    """Return the first of some attributes that is a mapping."""
    return next((attrs[key] for key in keys if isinstance(attrs.get(key), Mapping)), {})


def _texts(part: Mapping[Any, Any]) -> dict[str, str]:
    """Return what is text, and not empty, in a mapping of labels that the user did not write for us."""
    return {str(name): text for name, text in part.items() if isinstance(text, str) and text.strip()}


def _of_text(name: str, part: Mapping[str, str] | None) -> dict[str, str]:
    for key, text in (part or {}).items():
        if not isinstance(key, str) or not isinstance(text, str):
            raise DataError(f"lk.labels({name}={{{key!r}: {text!r:.40}}}): names and labels are text.")
    return dict(part or {})
