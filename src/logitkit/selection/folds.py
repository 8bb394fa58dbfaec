"""The division of the rows in a cross-validation as stated by the user, and the resulting splits of a design."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields
from numbers import Integral, Number
from typing import Any, ClassVar

import numpy as np

from logitkit.design.design import Design
from logitkit.design.table.frame import Table, row_values
from logitkit.errors import DataError
from logitkit.options import Stated, is_count, require_seed
from logitkit.selection.fold_makers import grouped_folds, plain_folds, stratified_folds, time_folds
from logitkit.selection.given_folds import given_folds, require_given
from logitkit.selection.splits import Splits
from logitkit.typing import IntArray

__all__ = ["Folds", "splits_of"]

DEFAULT_K = 10
DEFAULT_SEED = 0
#: Options that would be ignored beside another, and why.
EXCLUDED = (
    ("given", ("k", "groups", "time", "stratify", "repeats", "seed"), "given folds are used as they are"),
    ("time", ("groups",), "rows are divided by group or by time, not both"),
    ("time", ("stratify", "repeats", "seed"), "periods of time can be divided in only one way"),
    ("groups", ("stratify",), "whole groups are distributed by weight, whatever their outcomes"),
)
#: What scikit-learn, R and others call these.
OTHER_WORDS = {
    **dict.fromkeys(("n_splits", "nfolds", "n_folds", "folds", "cv"), "k"),
    **dict.fromkeys(("n_repeats", "times"), "repeats"),
    **dict.fromkeys(("random_state", "shuffle"), "seed"),
    **dict.fromkeys(("foldid", "splits", "splitter"), "given"),
    **dict.fromkeys(("strata", "y"), "stratify"),
    **dict.fromkeys(("group", "cluster"), "groups"),
}


@dataclass(frozen=True, repr=False, eq=False)
class Folds(Stated):
    """Options for dividing rows into folds for cross-validation.

    Parameters
    ----------
    k : int, default 10
        Number of folds; with ``time``, the number of periods that are predicted.
    stratify : bool, str or (n,) array-like, optional
        Whether folds contain about equal proportions of each outcome; this is the default. A column, given by name or
        as values, also stratifies by its values.
    groups : str or (n,) array-like, optional
        Groups of rows that stay in the same fold: a column name, or one value per row of the table.
    time : str or (n,) array-like, optional
        Times as numbers or dates: a column name, or one value per row. Each period is predicted from all earlier rows.
    repeats : int, default 1
        Number of times that the division into folds is repeated.
    seed : int or None, default 0
        Seed of the random numbers; None draws new folds each time.
    given : str, array-like or iterable of pairs, optional
        The folds themselves: a column name, or one label per row, with -1 for rows that are never predicted; or pairs
        (train, test) of row numbers from 0 or of masks, as yielded by ``split`` of a scikit-learn splitter. Rows are
        those of the original table, before any are dropped.

    Raises
    ------
    DataError
        If a value is out of range, or one option would make another ineffective.
    ArgumentError
        If a keyword is unknown; the message suggests the nearest name.

    Examples
    --------
    >>> Folds(5, repeats=3, seed=1)
    Folds(k=5, repeats=3, seed=1)
    >>> Folds(groups="hospital", time="year")
    Traceback (most recent call last):
    logitkit.errors.DataError: Folds(time=..., groups=...): rows are divided by group or by time, not both; ...
    """

    k: int | None = None
    stratify: Any = None
    groups: Any = None
    time: Any = None
    repeats: int = 1
    seed: int | None = DEFAULT_SEED
    given: Any = None

    _most_by_position: ClassVar[int | None] = 1

    @classmethod
    def _meant(cls, name: str, value: object) -> str:
        """Return what a word of other packages is called here."""
        del value
        return f"It is {OTHER_WORDS[name]}= here." if name in OTHER_WORDS else ""

    def __post_init__(self) -> None:
        """Refuse invalid values and ineffective options; store pairs from an iterator."""
        _require_alone(self)
        if self.given is None:
            object.__setattr__(self, "k", DEFAULT_K if self.k is None else _number_of_folds("k", self.k))
        else:
            if not isinstance(self.given, str):
                require_given(self.given)
            if hasattr(self.given, "__next__"):
                object.__setattr__(self, "given", list(self.given))
        if not isinstance(self.stratify, bool | np.bool_):
            _require_column("stratify", self.stratify, "True or False, a column name or one value per row")
        for name in ("groups", "time"):
            _require_column(name, getattr(self, name), "a column name or one value per row")
        if not is_count(self.repeats):
            raise DataError(f"repeats={self.repeats!r:.60}: give a whole number of at least 1, and at most a million.")
        require_seed(self.seed)

    def __eq__(self, other: object) -> bool:
        """Tell whether two statements are equal, columns and pairs by value."""
        return isinstance(other, Folds) and all(
            _alike(getattr(self, field.name), getattr(other, field.name)) for field in fields(self)
        )

    def __hash__(self) -> int:
        """Return a hash that is equal for equal statements."""
        return hash((self.k, self.repeats, self.seed))

    def __repr__(self) -> str:
        """Return the options as stated, arrays by their length."""
        stated = [] if self.k is None else [f"k={self.k}"]
        for field in fields(self)[1:]:
            value = getattr(self, field.name)
            if value is not field.default:
                plain = value is None or isinstance(value, str | Number | np.bool_)
                size = f"{len(value)} values" if hasattr(value, "__len__") else type(value).__name__
                stated.append(f"{field.name}={value!r}" if plain else f"{field.name}=<{size}>")
        return f"Folds({', '.join(stated)})"


def splits_of(folds: Any, design: Design, table: Table) -> Splits:
    """Return the cross-validation splits of the rows used.

    Parameters
    ----------
    folds : int or Folds
        Number of folds, or options.
    design : Design
        The rows used.
    table : Table
        The original rows, before any were dropped, with the columns that may be named.

    Returns
    -------
    Splits
        Splits of the rows used.

    Raises
    ------
    DataError
        If the type is wrong, a column is unknown, or the folds are impossible.

    Examples
    --------
    >>> from logitkit.design.ready import ready_design
    >>> from logitkit.design.table.frame import read_table
    >>> y = np.array([0, 1, 0, 1])
    >>> splits_of(2, ready_design(np.ones((4, 1)), y), read_table({"y": y})).n_splits
    2
    """
    stated, response = _stated(folds), design.response
    if stated.given is not None:
        least = np.int32 if table.n_rows < np.iinfo(np.int32).max else np.int64
        places: IntArray = np.full(table.n_rows, -1, dtype=least)
        places[design.positions] = np.arange(design.n_rows, dtype=least)
        given = stated.given
        if isinstance(given, str):
            if not table.names:
                raise DataError(f"given={given!r}: with a ready matrix give an array, one value per row.")
            given = row_values(given, table, "folds")[0].to_numpy()
        return given_folds(response, given, places=places)
    k, repeats, seed = stated.k or DEFAULT_K, stated.repeats, stated.seed

    def used(role: str) -> Any:
        value = getattr(stated, role)
        if isinstance(value, str) and not table.names:
            raise DataError(f"{role}={value!r}: with a ready matrix give an array, one value per row.")
        return row_values(value, table, role)[0].iloc[design.positions]

    if stated.groups is not None:
        return grouped_folds(response, used("groups"), k, repeats=repeats, seed=seed)
    if stated.time is not None:
        return time_folds(response, used("time"), k)
    if stated.stratify is None or isinstance(stated.stratify, bool | np.bool_):
        make = plain_folds if stated.stratify is not None and not stated.stratify else stratified_folds
        return make(response, k, repeats=repeats, seed=seed)
    return stratified_folds(response, k, strata=used("stratify"), repeats=repeats, seed=seed)


def named_roles(folds: Any) -> list[str]:
    """Return the names of the columns used by folds.

    Parameters
    ----------
    folds : int or Folds
        Number of folds, or options.

    Returns
    -------
    list of str
        Distinct names.

    Examples
    --------
    >>> named_roles(Folds(given="fold")), named_roles(5)
    (['fold'], [])
    """
    stated = _stated(folds)
    found = [getattr(stated, role) for role in ("given", "groups", "time", "stratify")]
    return list(dict.fromkeys(name for name in found if isinstance(name, str)))


def _stated(folds: Any) -> Folds:
    """Return the folds stated by the argument ``folds``."""
    if isinstance(folds, Folds):
        return folds
    if isinstance(folds, Integral) and not isinstance(folds, bool):
        return Folds(_number_of_folds("folds", folds))
    splitter = hasattr(folds, "split") and not isinstance(folds, str)
    given = "splitter.split(X, y)" if splitter else "labels or pairs"
    raise DataError(
        f"folds={reprlib.repr(folds)}: give the number of folds, or lk.Folds(...). For existing folds give "
        f"folds=lk.Folds(given={given})."
    )


def _alike(one: Any, other: Any) -> bool:
    """Tell whether two options are the same value, or hold the same values."""
    several = [hasattr(value, "__len__") and not isinstance(value, str) for value in (one, other)]
    if one is other or not any(several):
        return one is other or bool(one == other)
    same = all(several) and type(one) is type(other) and len(one) == len(other)
    return same and all(_alike(a, b) for a, b in zip(one, other, strict=True))


def _number_of_folds(name: str, value: Any) -> int:
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 2:
        raise DataError(f"{name}={value!r:.60}: give a whole number of at least 2.")
    return int(value)


def _require_column(name: str, value: Any, what: str) -> None:
    if value is None or isinstance(value, str):
        return
    if isinstance(value, Mapping | AbstractSet | Number | bytes) or not hasattr(value, "__len__"):
        raise DataError(f"{name}={reprlib.repr(value)}: give {what}.")


def _require_alone(folds: Folds) -> None:
    """Refuse combinations of options of which one would be ineffective."""
    seeded = folds.seed not in (DEFAULT_SEED, None)
    stated = {
        **{name: getattr(folds, name) is not None for name in ("given", "time", "groups", "k")},
        "stratify": folds.stratify is not None and folds.stratify is not False,
        "repeats": folds.repeats != 1,
        "seed": seeded,
    }
    for name, others, why in EXCLUDED:
        for other in others:
            if stated[name] and stated[other]:
                raise DataError(f"Folds({name}=..., {other}=...): {why}; leave one of them out.")
    if stated["groups"] and seeded and not stated["repeats"]:
        raise DataError(
            f"Folds(groups=..., seed={folds.seed!r}): the seed would have no effect, because the first division into "
            "whole groups is the same for every seed; leave it out, or give repeats=."
        )
