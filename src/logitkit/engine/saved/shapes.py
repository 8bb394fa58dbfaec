"""Values of a saved fit that hold others: arrays, lists and objects, and what is wrong with them."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.engine.saved.fields import Field, Number, Scalar, Sizes, Text, Whole, number_in, out_of_range, shown
from logitkit.typing import FloatArray

__all__ = ["Coded", "Each", "Maybe", "Named", "Numbers", "OneOf", "Packed", "Row", "Table", "Value", "numbers_of"]

FINITE = Number()


@dataclass(frozen=True)
class Numbers:
    """An array written value by value, as ``{"array": [...]}``.

    Parameters
    ----------
    shape : tuple of str
        The names of its sizes, one or two.
    each : Number
        What its numbers must be.
    """

    shape: tuple[str, ...]
    each: Number = FINITE

    def problems(self, value: Any, where: str, sizes: Sizes) -> Iterator[str]:
        """See ``Field``."""
        if not isinstance(value, dict) or set(value) != {"array"} or not isinstance(value["array"], list):
            yield f"{where!r} is {shown(value)}, and must be an array"
            return
        rows = value["array"]
        if len(self.shape) == 2:
            if not all(isinstance(row, list) for row in rows) or len({len(row) for row in rows}) > 1:
                yield f"{where!r} must have rows of one length"
                return
            sizes.setdefault(self.shape[0], len(rows))
            if rows:
                sizes.setdefault(self.shape[1], len(rows[0]))
            rows = [item for row in rows for item in row]
        found = [number_in(item) for item in rows]
        if None in found:
            yield f"{where!r} holds a value {shown(rows[found.index(None)])}, and must hold numbers"
            return
        yield from _of_size(len(found), where, self.shape, sizes)
        yield from out_of_range(np.array(found, dtype=np.float64), where, self.each)


@dataclass(frozen=True)
class Packed:
    """An array as base64 of little-endian numbers of 64 bits.

    Parameters
    ----------
    shape : tuple of str
        The names of its sizes.
    each : Number or Whole
        What its numbers must be; floats or whole numbers are written.
    """

    shape: tuple[str, ...]
    each: Number | Whole = FINITE

    def problems(self, value: Any, where: str, sizes: Sizes) -> Iterator[str]:
        """See ``Field``."""
        try:
            content = base64.b64decode(value, validate=True) if isinstance(value, str) else None
        except (binascii.Error, ValueError):
            content = None
        if content is None or len(content) % 8:
            yield f"{where!r} is {shown(value)}, and must be base64 of numbers of 64 bits"
            return
        whole = isinstance(self.each, Whole)
        found = np.frombuffer(content, dtype="<i8" if whole else "<f8")
        yield from _of_size(found.size, where, self.shape, sizes)
        if isinstance(self.each, Number):
            yield from out_of_range(found.astype(np.float64), where, self.each)
        else:
            for number in found[[found.argmin(), found.argmax()]].tolist() if found.size else []:
                yield from self.each.problems(number, where, sizes)


@dataclass(frozen=True)
class Each:
    """A list of values of one kind.

    Parameters
    ----------
    kind : Field
        Of each.
    size : str
        The name of their number; empty for any.
    distinct : bool
        Whether all must be different.
    """

    kind: Field
    size: str = ""
    distinct: bool = False

    def problems(self, value: Any, where: str, sizes: Sizes) -> Iterator[str]:
        """See ``Field``."""
        if not isinstance(value, list):
            yield f"{where!r} is {shown(value)}, and must be a list"
            return
        if self.size:
            yield from _of_size(len(value), where, (self.size,), sizes)
        for place, item in enumerate(value):
            yield from self.kind.problems(item, f"{where}[{place}]", dict(sizes))
        if self.distinct:
            seen: set[Any] = set()
            for item in value:
                key = (isinstance(item, bool), repr(item) if isinstance(item, dict) else item)
                if key in seen:
                    yield f"{where!r} holds {item!r} twice"
                seen.add(key)


@dataclass(frozen=True)
class Row:
    """A list of as many values as kinds.

    Parameters
    ----------
    kinds : tuple of Field
        Of each value, in order.
    """

    kinds: tuple[Field, ...]

    def problems(self, value: Any, where: str, sizes: Sizes) -> Iterator[str]:
        """See ``Field``."""
        if not isinstance(value, list) or len(value) != len(self.kinds):
            yield f"{where!r} is {shown(value)}, and must be a list of {len(self.kinds)}"
            return
        for place, (kind, item) in enumerate(zip(self.kinds, value, strict=True)):
            yield from kind.problems(item, f"{where}[{place}]", sizes)


@dataclass(frozen=True)
class Maybe:
    """Null, or a value of some kind.

    Parameters
    ----------
    kind : Field
        Of the value.
    """

    kind: Field

    def problems(self, value: Any, where: str, sizes: Sizes) -> Iterator[str]:
        """See ``Field``."""
        if value is not None:
            yield from self.kind.problems(value, where, sizes)


@dataclass(frozen=True)
class Table:
    """An object, with the fields that it must have and no others.

    Parameters
    ----------
    fields : mapping of str to Field
        Those that it must have.
    optional : tuple of mappings
        Sets of fields, of each of which it has all or none.
    rules : tuple of callables
        Of the object and the sizes; each yields what is wrong across fields.
    """

    fields: Mapping[str, Field]
    optional: tuple[Mapping[str, Field], ...] = ()
    rules: tuple[Callable[[Mapping[str, Any], Sizes], Iterator[str]], ...] = ()

    def problems(self, value: Any, where: str, sizes: Sizes) -> Iterator[str]:
        """See ``Field``."""
        if not isinstance(value, dict):
            yield f"{where!r} is {shown(value)}, and must be an object"
            return
        known = dict(self.fields)
        for part in self.optional:
            known |= part if part.keys() & value.keys() else {}
        name_of = f"{where!r}" if where else "it"
        for name in value.keys() - known.keys():
            yield f"{name_of} has an unknown field {name!r}"
        inner = dict(sizes)
        for name, kind in known.items():
            if name not in value:
                yield f"{name_of} has no {name!r}"
            yield from kind.problems(value[name], f"{where}.{name}" if where else name, inner)
        for rule in self.rules:
            for wrong in rule(value, inner):
                yield f"{where}: {wrong}" if where else wrong


@dataclass(frozen=True)
class Coded:
    """An object written as a list of pairs, ``{"dict": [[name, value], ...]}``.

    Parameters
    ----------
    fields : mapping of str to Field
        Those that it must have.
    rules : tuple of callables
        As of ``Table``.
    """

    fields: Mapping[str, Field]
    rules: tuple[Callable[[Mapping[str, Any], Sizes], Iterator[str]], ...] = ()

    def problems(self, value: Any, where: str, sizes: Sizes) -> Iterator[str]:
        """See ``Field``."""
        pairs = value.get("dict") if isinstance(value, dict) and len(value) == 1 else None
        whole = isinstance(pairs, list) and all(
            isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) for pair in pairs
        )
        if not isinstance(pairs, list) or not whole:
            yield f"{where!r} is {shown(value)}, and must be pairs of names and values"
            return
        yield from Each(Text(), distinct=True).problems([name for name, _ in pairs], where, sizes)
        yield from Table(self.fields, rules=self.rules).problems(dict(pairs), where, sizes)


@dataclass(frozen=True)
class Named:
    """An object whose names are free, with values of one kind.

    Parameters
    ----------
    kind : Field
        Of each value.
    """

    kind: Field

    def problems(self, value: Any, where: str, sizes: Sizes) -> Iterator[str]:
        """See ``Field``."""
        yield from Table({}).problems({} if isinstance(value, dict) else value, where, sizes)
        for name, item in value.items():
            yield from self.kind.problems(item, f"{where}.{name}", sizes)


@dataclass(frozen=True)
class OneOf:
    """An object of one of several kinds, of which each has a field that tells it.

    Parameters
    ----------
    kinds : mapping of str to Field
        By the field that tells them.
    """

    kinds: Mapping[str, Field]

    def problems(self, value: Any, where: str, sizes: Sizes) -> Iterator[str]:
        """See ``Field``."""
        told = [kind for name, kind in self.kinds.items() if isinstance(value, dict) and name in value]
        if not told:
            yield f"{where!r} is {shown(value)}, and must have one of {', '.join(map(repr, self.kinds))}"
            return
        yield from told[0].problems(value, where, sizes)


@dataclass(frozen=True)
class Value:
    """Anything that can be decoded: scalars, lists, ``{"array": ...}``, ``{"dict": pairs}`` with scalars as names.

    Parameters
    ----------
    pairs : bool
        Whether it must be ``{"dict": pairs}``, with anything as values.
    """

    pairs: bool = False

    def problems(self, value: Any, where: str, sizes: Sizes) -> Iterator[str]:
        """See ``Field``."""
        inner = Value()
        if isinstance(value, dict) and set(value) == {"dict"}:
            yield from Each(Row((Scalar(), inner))).problems(value["dict"], where, sizes)
        elif self.pairs:
            yield f"{where!r} is {shown(value)}, and must be pairs of names and values"
        elif isinstance(value, list):
            yield from Each(inner).problems(value, where, sizes)
        elif isinstance(value, dict) and set(value) == {"array"}:
            yield from Each(inner).problems(value["array"], where, sizes)
        else:
            yield from Scalar().problems(value, where, sizes)


def numbers_of(value: Mapping[str, Any]) -> FloatArray:
    """Return the numbers of a sound ``{"array": [...]}``, in one or two dimensions.

    Examples
    --------
    >>> numbers_of({"array": [1, {"float": "-inf"}]}).tolist()
    [1.0, -inf]
    """
    rows = value["array"]
    whole = [[number_in(item) for item in row] if isinstance(row, list) else number_in(row) for row in rows]
    return np.array(whole, dtype=np.float64)


def _of_size(found: int, where: str, shape: tuple[str, ...], sizes: Sizes) -> Iterator[str]:
    """Compare a number of entries with a shape; a size that is not known yet is set."""
    known = math.prod(sizes[name] for name in shape if name in sizes)
    open_names = {name for name in shape if name not in sizes}
    if not open_names:
        if found != known:
            yield f"{where!r} has {found} numbers and must have {known}"
    elif len(open_names) == 1 and known:
        power = sum(name in open_names for name in shape)
        side = round((found / known) ** (1.0 / power))
        if known * side**power != found:
            yield f"{where!r} has {found} numbers, which do not fall into {' x '.join(map(str, shape))}"
        sizes[open_names.pop()] = side
