"""A card as one SQL query, for several dialects.

The query finds the bin of every variable first, then what the bins add, then the sums, in the order of the card. A
value that the card refuses gives NULL. Numbers are literals of type double that every dialect reads as the same double.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from logitkit.errors import DataError, UnsupportedError
from logitkit.options import require_choice
from logitkit.scorecard.export.source import CardSource, VariableSource

__all__ = ["DIALECTS", "literal", "sql_of"]


@dataclass(frozen=True)
class Dialect:
    """The SQL syntax of a database that the query needs.

    Parameters
    ----------
    quote : str
        Quotation mark around names.
    double : str
        The type of doubles.
    literal : str
        A double, with its shortest decimal text as {}; or empty, for fractions of whole numbers.
    nan : str
        Test whether {} is nan; empty if the database has no nan.
    booleans : (str, str)
        False and true.
    escape : str
        Escape character before a quote within text, and before itself; empty if quotes are doubled.
    is_number : str
        Test whether the value {} is a number, if columns may also contain text; otherwise empty.
    alike : bool
        Whether quoted names are case-insensitive.
    has_quick_lists : bool
        Whether lists of values are looked up; otherwise they are compared one after another.
    """

    quote: str
    double: str
    literal: str
    nan: str
    booleans: tuple[str, str]
    escape: str = ""
    is_number: str = ""
    alike: bool = True
    has_quick_lists: bool = False


DIALECTS = {
    # SQLite rounds some decimals of 17 digits to the next double but one: a quotient of two whole numbers is exact.
    # Its joins with constant rows have no index, and its lists have one.
    "sqlite": Dialect(
        '"', "REAL", "", "", ("0", "1"), is_number="typeof({}) IN ('integer', 'real')", has_quick_lists=True
    ),
    "duckdb": Dialect('"', "DOUBLE", "CAST('{}' AS DOUBLE)", "isnan({})", ("FALSE", "TRUE")),
    "postgresql": Dialect(
        '"',
        "DOUBLE PRECISION",
        "CAST('{}' AS DOUBLE PRECISION)",
        "{} = CAST('NaN' AS DOUBLE PRECISION)",
        ("FALSE", "TRUE"),
        alike=False,
    ),
    # Spark joins 'a''b' to ab, and a backslash stands before a quote. Text that is no number may compare as NULL.
    "spark": Dialect(
        "`",
        "DOUBLE",
        "CAST('{}' AS DOUBLE)",
        "isnan({})",
        ("FALSE", "TRUE"),
        escape="\\",
        is_number="CAST({} AS DOUBLE) IS NOT NULL",
    ),
}


def literal(number: float, dialect: Dialect) -> str:
    """Return a double as text that a database reads as the same double."""
    text = repr(float(number))
    if dialect.literal:
        return dialect.literal.format(text)
    if float(number).is_integer() and abs(number) < 2**53:
        return text
    exact = Fraction(abs(float(number)))
    if exact.denominator > 2**1000:
        return text
    sign = "-" if number < 0 else ""
    return f"({sign}{exact.numerator}.0 / {exact.denominator}.0)"


#: Levels beyond which a variable is joined to a table of them.
MANY = 50
#: The columns of the result.
RESULTS = ("points", "log_odds", "probability")


def sql_of(card: CardSource, dialect: str, table: str, keys: Sequence[str] = ()) -> str:
    """Return a query that scores every row of a table.

    Parameters
    ----------
    card : CardSource
        The card.
    dialect : {"sqlite", "duckdb", "postgresql", "spark"}
        The database.
    table : str
        The table, as written in the query.
    keys : sequence of str
        Columns of the result beside points, log_odds (of bad) and probability (of bad).
    """
    require_choice("dialect", dialect, DIALECTS)
    if not isinstance(table, str) or not table.strip() or ";" in table or "--" in table:
        raise DataError(f"table={table!r:.60}: give the name of a table, as it stands in a query.")
    write = _Writer(DIALECTS[dialect])
    _require_columns(card, dialect)
    require_keys(keys, len(card.variables))
    wanted = [write.name(key) for key in keys]
    places = range(len(card.variables))
    most = math.inf if write.dialect.has_quick_lists else MANY
    joined = [m for m, v in enumerate(card.variables) if len(v.levels) > most]
    bins = [f"{write.bin_of(v, m in joined, m)} AS {write.name(f'bin_{m}')}" for m, v in enumerate(card.variables)]
    added = [
        f"{write.added(f'bin_{m}', getattr(v, what))} AS {write.name(f'{column}_{m}')}"
        for m, v in enumerate(card.variables)
        for column, what in (("point", "points"), ("logit", "logits"))
    ]
    points = " + ".join([write.number(card.base_points), *(write.name(f"point_{m}") for m in places)])
    log_odds = " + ".join([write.number(card.intercept), *(write.name(f"logit_{m}") for m in places)])
    one = write.number(1.0)
    joins = [f"LEFT JOIN card_levels_{m} ON {write.name(card.variables[m].name)} = card_level_{m}" for m in joined]
    parts = [
        *(write.levels(card.variables[m], m) for m in joined),
        _named("card_bins", [*wanted, *bins], "\n    ".join([table, *joins])),
        _named("card_parts", [*wanted, *added], "card_bins"),
        _named("card_sums", [*wanted, f"{points} AS points", f"{log_odds} AS log_odds"], "card_parts"),
    ]
    results = [*wanted, "points", "log_odds", f"{one} / ({one} + EXP(-log_odds)) AS probability"]
    return (
        f"-- A scorecard, written by logitkit: {', '.join(RESULTS)} (of bad) of every row.\nWITH "
        + ",\n".join(parts)
        + "\nSELECT\n    "
        + ",\n    ".join(results)
        + "\nFROM card_sums\n"
    )


def _named(name: str, columns: Sequence[str], source: str) -> str:
    """Return a part of the query with its name."""
    return f"{name} AS (\n    SELECT\n        " + ",\n        ".join(columns) + f"\n    FROM {source}\n)"


def _require_columns(card: CardSource, dialect: str) -> None:
    """Refuse columns that the database cannot have."""
    seen: dict[str, str] = {}
    for variable in card.variables:
        name, levels = variable.name, variable.levels
        if DIALECTS[dialect].alike and name.lower() in seen:
            raise UnsupportedError(
                f"{seen[name.lower()]!r} and {name!r} are one name in {dialect!r}, where capitals and small letters "
                "are alike. Rename a column, or export Python or JSON."
            )
        seen[name.lower()] = name
        if any(isinstance(text, str) and "\0" in text for text in (name, *levels)):
            raise UnsupportedError(f"{name!r} has text with a null character, which no query can hold.")


def require_keys(keys: Sequence[str], n_variables: int) -> None:
    """Refuse keys that are no names, that are given twice, or that the query needs itself."""
    parts = ("bin", "point", "logit", "card_level", "card_code")
    own = {f"{part}_{m}" for part in parts for m in range(n_variables)} | set(RESULTS)
    if isinstance(keys, str) or not all(isinstance(key, str) and key for key in keys):
        raise DataError(f"keys={keys!r:.60}: give a list of names of columns.")
    seen: set[str] = set()
    for key in keys:
        if key.lower() in own | seen:
            taken = "a column that the query makes" if key.lower() in own else "given twice"
            raise DataError(f"keys: {key!r} is {taken}. Names are alike in capitals and small letters.")
        seen.add(key.lower())


class _Writer:
    """What a dialect makes of names, numbers and bins."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    def name(self, name: str) -> str:
        """Return a column's name in quotes."""
        quote = self.dialect.quote
        return quote + name.replace(quote, quote * 2) + quote

    def number(self, number: float) -> str:
        """Return a double that the database reads as the same double."""
        return literal(number, self.dialect)

    def value(self, value: Any) -> str:
        """Return a level as a literal."""
        if isinstance(value, bool):
            return self.dialect.booleans[value]
        if isinstance(value, str):
            escape = self.dialect.escape
            if escape:
                return "'" + value.replace(escape, escape * 2).replace("'", f"{escape}'") + "'"
            return "'" + value.replace("'", "''") + "'"
        return str(value) if isinstance(value, int) else self.number(float(value))

    def levels(self, variable: VariableSource, place: int) -> str:
        """Return the levels of a variable with their bins, as a part of the query: a join finds one of thousands."""
        rows = ",\n        ".join(f"({self.value(level)}, {code})" for level, code in variable.levels.items())
        return f"card_levels_{place} (card_level_{place}, card_code_{place}) AS (\n    VALUES\n        {rows}\n)"

    def bin_of(self, variable: VariableSource, joined: bool, place: int) -> str:
        """Return the number of the bin of a variable, a case a line."""
        column = self.name(variable.name)
        missing = f"{column} IS NULL"
        if variable.holds_numbers and self.dialect.nan and not variable.is_boolean:
            missing += f" OR {self.dialect.nan.format(f'CAST({column} AS {self.dialect.double})')}"
        cases = [f"WHEN {missing} THEN {variable.missing}"]
        if joined:
            return _case([*cases, f"ELSE COALESCE(card_code_{place}, {variable.unseen})"])
        if variable.is_number and self.dialect.is_number:
            cases.append(f"WHEN NOT ({self.dialect.is_number.format(column)}) THEN -1")
        write = self.number if variable.is_number else self.value
        for values, code in variable.special:
            cases.append(f"WHEN {column} IN ({', '.join(write(value) for value in values)}) THEN {code}")
        if variable.is_number:
            cases += [f"WHEN {column} < {self.number(cut)} THEN {m}" for m, cut in enumerate(variable.cuts)]
            last = len(variable.cuts)
        else:
            for m, group in enumerate(variable.groups):
                cases.append(f"WHEN {column} IN ({', '.join(self.value(level) for level in group)}) THEN {m}")
            last = variable.unseen
        return _case([*cases, f"ELSE {last}"])

    def added(self, column: str, numbers: tuple[float | None, ...]) -> str:
        """Return what the bin adds; a bin that is refused adds NULL, and so does the sum."""
        cases = [f"WHEN {m} THEN {self.number(x)}" for m, x in enumerate(numbers) if x is not None]
        return f"CASE {self.name(column)} {' '.join(cases)} END"


def _case(cases: Sequence[str]) -> str:
    return "CASE\n            " + "\n            ".join(cases) + "\n        END"
