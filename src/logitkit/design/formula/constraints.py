"""Linear hypotheses in words, read by formulaic's parser with coefficient names made safe first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
from formulaic.errors import FormulaicError
from formulaic.utils.constraints import LinearConstraints

from logitkit.design.formula.named import canonical_name, split_outside
from logitkit.errors import FormulaError, nearest_name
from logitkit.typing import FloatArray, IntArray

__all__ = ["named", "parse_hypothesis", "unknown_name", "with_safe_names"]

# A name as it stands in a text: a word or a call, levels in brackets, and the parts of an interaction.
NAME = r"[A-Za-z_][\w.]*(?:\[[^\]]*\]|\([^()]*\))*"
UNKNOWN = re.compile(rf"(?<![\w.]){NAME}(?::{NAME})*")
EXPONENT = re.compile(r"(?<![\w.])(\d+\.?\d*|\.\d+)[eE][+-]?\d+")


def parse_hypothesis(
    text: str, names: Sequence[str], naming: str = "", terms: Sequence[tuple[str, IntArray]] = ()
) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    """Return L and c of the hypotheses L coef = c, and each hypothesis in words.

    Examples
    --------
    >>> left, right, texts = parse_hypothesis("x = 2 * x:g[T.b] + 1", ["x", "x:g[T.b]"])
    >>> left.tolist(), right.tolist()
    ([[1.0, -2.0]], [1.0])
    """
    if not isinstance(text, str) or not text.strip():
        raise FormulaError("A hypothesis is text such as 'age = 0, smoke = ht'.")
    pieces = split_outside(text, ",")
    found = [_term_of(piece, names, terms) for piece in pieces]
    if all(places is None for places in found):
        return _parse_equations(text, names, naming, terms)
    parts = [
        _parse_equations(piece, names, naming, terms) if places is None else _all_zero(places, names)
        for piece, places in zip(pieces, found, strict=True)
    ]
    left, right, words = zip(*parts, strict=True)
    return np.vstack(left), np.concatenate(right), tuple(word for part in words for word in part)


def _term_of(piece: str, names: Sequence[str], terms: Sequence[tuple[str, IntArray]]) -> IntArray | None:
    """Return the coefficients of a term set to zero by an equation, None for any other equation."""
    sides = split_outside(piece, "=")
    if sides[1:] not in ([], ["0"]):
        return None
    name = sides[0].strip("`")
    same = [places for term, places in terms if canonical_name(term) == canonical_name(name)]
    if not same:
        return None
    if name in names and any(places.size for places in same):
        same.append(np.array([names.index(name)]))
    if len({tuple(places) for places in same}) > 1:
        raise FormulaError(
            f"{name!r} is ambiguous: it names a term, and also a coefficient or a term of one outcome. Name the "
            "coefficients one by one, or rename the outcome."
        )
    if not same[0].size:
        raise FormulaError(
            f"{name!r} has no coefficient to test: it has no column, or earlier columns determine all its columns."
        )
    return same[0]


def _all_zero(places: IntArray, names: Sequence[str]) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    left = np.zeros((len(places), len(names)))
    left[np.arange(len(places)), places] = 1.0
    return left, np.zeros(len(places)), tuple(f"{names[j]} = 0" for j in places)


def _parse_equations(
    text: str, names: Sequence[str], naming: str, terms: Sequence[tuple[str, IntArray]]
) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    """Return the matrix and constants of equations between coefficients."""
    safe, aliases = with_safe_names(text, names)
    places = [int(alias.split("_")[1]) for alias in aliases]
    unknown = [word for word in UNKNOWN.findall(safe) if word not in aliases]
    if unknown:
        raise FormulaError(f"{unknown_name(named(unknown[0], aliases), text, names, terms)} {naming}".rstrip())
    rows, values, texts = [], [], []
    for left, right in _equations(safe, text):
        shown = f"{left} = {right}"
        try:
            found = LinearConstraints.from_spec(f"{_signed(left)} = {_signed(right)}", list(aliases))
        except (FormulaicError, SyntaxError, ValueError, TypeError, KeyError, RuntimeError, ArithmeticError) as error:
            reason = str(error).strip().splitlines()[0]
            raise FormulaError(f"The hypothesis {text!r} cannot be read: {named(reason, aliases)}") from error
        row = np.zeros(len(names))
        row[places] = np.asarray(found.constraint_matrix, dtype=np.float64)[0]
        if not np.any(row != 0.0):
            raise FormulaError(f"The hypothesis {text!r} involves no coefficient.")
        rows.append(row)
        values.append(float(found.constraint_values[0]))
        texts.append(named(shown, aliases))
    return np.array(rows), np.array(values), tuple(texts)


def with_safe_names(text: str, names: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Return a text with a plain word for each coefficient, and the coefficients by these words.

    Examples
    --------
    >>> with_safe_names("C(g)[T.b] / x", ["x", "C(g)[T.b]"])
    ('coefficient_1_ / coefficient_0_', {'coefficient_0_': 'x', 'coefficient_1_': 'C(g)[T.b]'})
    """
    # Only what the text can mean: of thousands of names few occur in it.
    aliases = {f"coefficient_{j}_": name for j, name in enumerate(names) if name in text}
    by_name = {name: alias for alias, name in aliases.items()}
    # Longest first, so that 'x:z' is not read as 'x' followed by ':z'; a name within a longer word is no name.
    pattern = re.compile(
        "|".join(
            rf"`{re.escape(n)}`|(?<![\w.\]\)]){re.escape(n)}(?![\w.\[\(:])"
            for n in sorted(by_name, key=len, reverse=True)
        )
    )
    safe = pattern.sub(lambda match: by_name[match.group(0).strip("`")], text) if by_name else text
    return safe, aliases


def unknown_name(word: str, text: str, names: Sequence[str], terms: Sequence[tuple[str, IntArray]]) -> str:
    """Return the message for a name that is not a coefficient."""
    for name, places in terms:
        if canonical_name(name) == canonical_name(word) and places.size:
            return (
                f"{word!r} in {text!r} is a term with several coefficients, which can only be tested to be all zero: "
                f"write {name!r} alone or '{name} = 0'. For any other hypothesis name a coefficient, such as "
                f"{names[places[0]]!r}."
            )
    known = dict.fromkeys([*(name for name, _ in terms), *names])
    return f"{word!r} in {text!r} is neither a coefficient nor a term. {nearest_name(word, known)}"


def _equations(safe: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield the two sides of each equation; ``a = b = c`` is two, and ``a`` alone is ``a = 0``.

    Formulaic by itself reads ``a = b = c`` as ``a = b``.
    """
    for part in safe.split(","):
        sides = [side.strip() for side in part.split("=")]
        if not all(sides):
            raise FormulaError(f"The hypothesis {text!r} has an equation with nothing on one side.")
        yield from pairwise(sides if len(sides) > 1 else [*sides, "0"])


def _signed(side: str) -> str:
    """Return a side with its numbers written out and its signs in the form required by formulaic's parser."""
    plain = EXPONENT.sub(lambda match: np.format_float_positional(float(match.group(0)), trim="-"), side)
    for pair, sign in (("+-", "-"), ("-+", "-"), ("--", "+"), ("++", "+")):
        plain = re.sub(rf"\{pair[0]}\s*\{pair[1]}", sign, plain)
    return re.sub(r"(^|\()\s*([-+])", r"\1 0 \2", plain)


def named(text: str, aliases: Mapping[str, str]) -> str:
    """Return text with the coefficients' own names."""
    return re.sub(r"coefficient_\d+_", lambda match: aliases.get(match.group(0), match.group(0)), text)
