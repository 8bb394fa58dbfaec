"""Linear hypotheses in words, read by formulaic's parser with coefficient names made safe first."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from formulaic.errors import FormulaicError
from formulaic.utils.constraints import LinearConstraints

from logitkit.errors import FormulaError, nearest_name
from logitkit.typing import FloatArray

__all__ = ["parse_hypothesis"]


def parse_hypothesis(text: str, names: Sequence[str]) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    """Return L and c of the hypotheses L coef = c, and each hypothesis in words.

    Parameters
    ----------
    text : str
        Comma-separated equations; a name alone means that it is zero.
    names : sequence of str
        Names of the p coefficients.

    Returns
    -------
    left : (m, p) array
        The matrix L.
    right : (m,) array
        The vector c.
    texts : tuple of str
        Each hypothesis as it was written.

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
    aliases = {f"coefficient_{j}_": name for j, name in enumerate(names)}
    by_name = {name: alias for alias, name in aliases.items()}
    # Longest first, so that 'x:z' is not read as 'x' followed by ':z'; a name within a longer word is no name.
    pattern = re.compile(
        "|".join(
            rf"`{re.escape(n)}`|(?<![\w.\]\)]){re.escape(n)}(?![\w.\[\(:])"
            for n in sorted(names, key=len, reverse=True)
        )
    )
    safe = pattern.sub(lambda match: by_name[match.group(0).strip("`")], text)
    unknown = [word for word in re.findall(r"(?<![\w.])[A-Za-z_][\w.]*(?:\[[^\]]*\])?", safe) if word not in aliases]
    if unknown:
        raise FormulaError(f"{unknown[0]!r} in {text!r} is no coefficient. {nearest_name(unknown[0], names)}")
    try:
        constraints = LinearConstraints.from_spec(safe, list(aliases))
    except (FormulaicError, SyntaxError, ValueError, TypeError) as error:
        raise FormulaError(f"The hypothesis {text!r} cannot be read: {error}") from error
    left = np.asarray(constraints.constraint_matrix, dtype=np.float64)
    right = np.asarray(constraints.constraint_values, dtype=np.float64)
    empty = ~np.any(left != 0.0, axis=1)
    if left.size == 0 or empty.any():
        raise FormulaError(f"The hypothesis {text!r} says nothing about a coefficient.")
    return left, right, tuple(part.strip() for part in _split(text, left.shape[0]))


def _split(text: str, count: int) -> list[str]:
    """Return the parts between commas outside brackets, or the whole text when they are not one a hypothesis."""
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    parts.append(text[start:])
    return parts if len(parts) == count else [text] * count
