"""Linear hypotheses in words, read by formulaic's parser with coefficient names made safe first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
from formulaic.errors import FormulaicError
from formulaic.utils.constraints import LinearConstraints

from logitkit.errors import FormulaError, nearest_name
from logitkit.typing import FloatArray

__all__ = ["parse_hypothesis"]

EXPONENT = re.compile(r"(?<![\w.])(\d+\.?\d*|\.\d+)[eE][+-]?\d+")


def parse_hypothesis(
    text: str, names: Sequence[str], naming: str = ""
) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    """Return L and c of the hypotheses L coef = c, and each hypothesis in words.

    Parameters
    ----------
    text : str
        Comma-separated equations; ``a = b = c`` is two of them, and a name alone means that it is zero.
    names : sequence of str
        Names of the p coefficients.
    naming : str
        How they are made, a sentence that an error about an unknown name ends with.

    Returns
    -------
    left : (m, p) array
        The matrix L.
    right : (m,) array
        The vector c.
    texts : tuple of str
        Each equation in words.

    Raises
    ------
    FormulaError
        If a name is unknown or the text cannot be read.

    Examples
    --------
    >>> left, right, texts = parse_hypothesis("x = 2 * x:g[T.b] + 1", ["x", "x:g[T.b]"])
    >>> left.tolist(), right.tolist()
    ([[1.0, -2.0]], [1.0])
    """
    if not isinstance(text, str) or not text.strip():
        raise FormulaError("A hypothesis is text such as 'age = 0, smoke = ht'.")
    # Only what the text can mean: of thousands of names few occur in it.
    places = [j for j, name in enumerate(names) if name in text]
    aliases = {f"coefficient_{j}_": names[j] for j in places}
    by_name = {name: alias for alias, name in aliases.items()}
    # Longest first, so that 'x:z' is not read as 'x' followed by ':z'; a name within a longer word is no name.
    pattern = re.compile(
        "|".join(
            rf"`{re.escape(n)}`|(?<![\w.\]\)]){re.escape(n)}(?![\w.\[\(:])"
            for n in sorted(by_name, key=len, reverse=True)
        )
    )
    safe = pattern.sub(lambda match: by_name[match.group(0).strip("`")], text) if by_name else text
    unknown = [word for word in re.findall(r"(?<![\w.])[A-Za-z_][\w.]*(?:\[[^\]]*\])?", safe) if word not in aliases]
    if unknown:
        raise FormulaError(
            f"{unknown[0]!r} in {text!r} is no coefficient. {nearest_name(unknown[0], names)} {naming}".rstrip()
        )
    rows, values, texts = [], [], []
    for left, right in _equations(safe, text):
        shown = f"{left} = {right}"
        try:
            found = LinearConstraints.from_spec(f"{_signed(left)} = {_signed(right)}", list(aliases))
        except (FormulaicError, SyntaxError, ValueError, TypeError, KeyError, RuntimeError) as error:
            reason = str(error).strip().splitlines()[0]
            raise FormulaError(f"The hypothesis {text!r} cannot be read: {_named(reason, aliases)}") from error
        row = np.zeros(len(names))
        row[places] = np.asarray(found.constraint_matrix, dtype=np.float64)[0]
        if not np.any(row != 0.0):
            raise FormulaError(f"The hypothesis {text!r} says nothing about a coefficient.")
        rows.append(row)
        values.append(float(found.constraint_values[0]))
        texts.append(_named(shown, aliases))
    return np.array(rows), np.array(values), tuple(texts)


def _equations(safe: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield the two sides of each equation; ``a = b = c`` is two, and ``a`` alone is ``a = 0``.

    Formulaic by itself reads ``a = b = c`` as ``a = b``.
    """
    for part in safe.split(","):
        sides = [side.strip() for side in part.split("=")]
        if not all(sides):
            raise FormulaError(f"The hypothesis {text!r} has an equation with an empty side.")
        yield from pairwise(sides if len(sides) > 1 else [*sides, "0"])


def _signed(side: str) -> str:
    """Return a side with its numbers written out and its signs as formulaic's parser wants them."""
    plain = EXPONENT.sub(lambda match: np.format_float_positional(float(match.group(0)), trim="-"), side)
    for pair, sign in (("+-", "-"), ("-+", "-"), ("--", "+"), ("++", "+")):
        plain = re.sub(rf"\{pair[0]}\s*\{pair[1]}", sign, plain)
    return re.sub(r"(^|\()\s*([-+])", r"\1 0 \2", plain)


def _named(text: str, aliases: Mapping[str, str]) -> str:
    """Return text with the coefficients' own names."""
    return re.sub(r"coefficient_\d+_", lambda match: aliases.get(match.group(0), match.group(0)), text)
