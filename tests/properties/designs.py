"""Random designs, each beside its dense columns written out by hand: what the twins of ``tests/oracles`` are given.

Designs are stratified: every kind of response, weight, offset, cluster, absorbed factor and intercept occurs equally
often, in an order drawn anew for each. Terms are drawn from tables of a text and a function of float64 columns, so that
what the formula machinery does with booleans, short floats and small integers is compared with plain arithmetic.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from oracles.likelihood import mean

__all__ = [
    "COUNT",
    "MARKS",
    "NUMBERS",
    "SEED",
    "Columns",
    "Drawn",
    "Strata",
    "belongs",
    "columns_of",
    "drawn",
    "frame_of",
    "strata",
    "term_names",
]

STANDARD = 25  # examples of the standard profile of hypothesis
#: How many times as many designs as `make test` takes; another seed on every run then, which each report names.
COUNT = max(1, settings().max_examples // STANDARD)
SEED = int(os.environ.get("TWIN_SEED", "0" if COUNT == 1 else str(secrets.randbelow(10**6))))

#: A thousand designs take a minute: `make test-slow`, whose profile asks for them, is where they belong.
MARKS = [pytest.mark.slow] if COUNT > 1 else []

Columns = dict[str, np.ndarray]
Table = dict[str, np.ndarray]  # the columns of a table in float64, factors as text

ROWS = 72


def _number(name: str) -> Callable[[Table], np.ndarray]:
    return lambda t: t[name]


#: Terms of one column, by their text in a formula: what that column is.
NUMBERS: dict[str, Callable[[Table], np.ndarray]] = {
    **{name: _number(name) for name in ("x", "z", "f", "e", "i", "u", "b1", "b2")},
    "I(b1 + b2)": lambda t: t["b1"] + t["b2"],
    "I((x > 0) + (z > 1))": lambda t: (t["x"] > 0).astype(float) + (t["z"] > 1).astype(float),
    "I(b2 - b1 * x)": lambda t: t["b2"] - t["b1"] * t["x"],
    "I(-b1 + z)": lambda t: t["z"] - t["b1"],
    "I(f ** 3)": lambda t: t["f"] ** 3,
    "I(e * x)": lambda t: t["e"] * t["x"],
    "I(e / 3 + f)": lambda t: t["e"] / 3.0 + t["f"],
    "np.exp(f)": lambda t: np.exp(t["f"]),
    "I(i * u)": lambda t: t["i"] * t["u"],
    "I(u - 200)": lambda t: t["u"] - 200.0,
    "x:z": lambda t: t["x"] * t["z"],
    "b1:x": lambda t: t["b1"] * t["x"],
    "f:e": lambda t: t["f"] * t["e"],
}
FACTORS = {"C(g)": ("g", ("a", "b", "c")), "h": ("h", ("low", "mid", "high"))}
#: Terms that bring an interaction: a factor with a number or with the other factor.
CROSSED = {"C(g) * x": ("C(g)", "x"), "C(g) * b1": ("C(g)", "b1"), "C(g) * h": ("C(g)", "h"), "h * f": ("h", "f")}


def frame_of(rng: np.random.Generator, n: int = ROWS) -> pd.DataFrame:
    """Draw a table with every type of column."""
    return pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "z": rng.uniform(0.0, 3.0, n),
            "f": rng.normal(size=n).astype(np.float32),
            "e": rng.normal(size=n).astype(np.float16),
            "i": rng.integers(-120, 120, n).astype(np.int8),
            "u": rng.integers(0, 255, n).astype(np.uint8),
            "b1": rng.random(n) < 0.5,
            "b2": rng.random(n) < 0.6,
            "g": rng.permutation(np.array(["a", "b", "c"])[np.arange(n) % 3]),
            "h": pd.Categorical(rng.permutation(np.array(["low", "mid", "high"])[np.arange(n) % 3]), FACTORS["h"][1]),
            "o": rng.normal(scale=0.5, size=n).astype(np.float32),
        }
    )


def _table(frame: pd.DataFrame) -> Table:
    out = {}
    for name in frame:
        values = frame[name].to_numpy()
        out[str(name)] = values.astype(float) if values.dtype.kind in "fiub" else values.astype(str)
    return out


def _factor(text: str, t: Table, full: bool) -> Columns:
    name, levels = FACTORS[text]
    kept = levels if full else levels[1:]
    return {f"{text}[{'' if full else 'T.'}{level}]": (t[name] == level).astype(float) for level in kept}


def _product(*parts: Columns) -> Columns:
    out = parts[0]
    for part in parts[1:]:
        out = {f"{a}:{b}": u * v for a, u in out.items() for b, v in part.items()}
    return out


def columns_of(terms: Sequence[str], intercept: bool, frame: pd.DataFrame) -> Columns:
    """Write out the columns of a formula; without an intercept the first factor has a column for every level."""
    t = _table(frame)
    out: Columns = {"Intercept": np.ones(len(frame))} if intercept else {}
    spanned = intercept
    for term in terms:
        for piece in CROSSED.get(term, (term,)):
            if piece in FACTORS:
                if not any(name.startswith(f"{piece}[") and ":" not in name for name in out):
                    out |= _factor(piece, t, not spanned)
                    spanned = True
            else:
                out[piece] = NUMBERS[piece](t)
        if term in CROSSED:
            parts = [_factor(p, t, full=False) if p in FACTORS else {p: NUMBERS[p](t)} for p in CROSSED[term]]
            out |= _product(*parts)
    return out


def sum_coded(terms: Sequence[str], intercept: bool, frame: pd.DataFrame) -> Columns:
    """Write out the columns of each term with factors in sum-to-zero coding, as type 3 has them.

    The first is the intercept; without one the first factor has a column for every level, as in R.
    """
    t, spanned = _table(frame), intercept

    def columns(piece: str) -> np.ndarray:
        if piece not in FACTORS:
            return NUMBERS[piece](t)[:, None]
        name, levels = FACTORS[piece]
        last = t[name] == levels[-1]
        return np.column_stack([(t[name] == level).astype(float) - last for level in levels[:-1]])

    out = {"": np.ones((len(frame), int(intercept)))}
    for term in term_names(terms):
        pieces = [term] if term in NUMBERS else term.split(":")
        if term in FACTORS and not spanned:
            out[term] = np.column_stack(list(_factor(term, t, full=True).values()))
            spanned = True
            continue
        found = columns(pieces[0])
        for piece in pieces[1:]:
            found = np.einsum("ni,nj->nij", found, columns(piece)).reshape(len(frame), -1)
        out[term] = found
    return out


def term_names(terms: Sequence[str]) -> list[str]:
    """Give the names of the terms that a formula expands to, without the intercept."""
    out: list[str] = []
    for term in terms:
        pieces = CROSSED.get(term, (term,))
        out += [piece for piece in pieces if piece not in out]
        out += [":".join(pieces)] if len(pieces) > 1 else []
    return out


def within_levels(term: str, terms: Sequence[str], names: Sequence[str]) -> bool:
    """Tell whether an interaction with a factor contains the term: type 3 then averages over the levels."""
    own = set(term.split(":"))
    return any(
        own < set(larger.split(":"))
        and any(
            "[" in piece
            for name in names
            if belongs(name, larger)
            for piece, part in zip(name.split(":"), larger.split(":"), strict=True)
            if part not in own
        )
        for larger in terms
    )


def belongs(name: str, term: str) -> bool:
    """Tell whether a column is of a term: their pieces agree but for levels in brackets."""
    pieces, parts = name.split(":"), term.split(":")
    return len(pieces) == len(parts) and all(
        piece == part or piece.startswith(f"{part}[") for piece, part in zip(pieces, parts, strict=True)
    )


@dataclass(frozen=True)
class Strata:
    """Kinds of a design, each drawn equally often.

    Parameters
    ----------
    index : int
        Number of the design.
    kinds : dict
        A value for each dimension.
    """

    index: int
    kinds: dict[str, Any]

    def __str__(self) -> str:
        """Name the design in a report: its number and kinds."""
        words = [f"{name}={value}" for name, value in self.kinds.items() if value not in ("none", False)]
        return f"{self.index}-{'-'.join(words)}-seed={SEED}"


def strata(count: int, dimensions: dict[str, Sequence[Any]], key: int) -> list[Strata]:
    """Give so many designs (times COUNT) in which every value of each dimension occurs equally often."""
    n = count * COUNT
    drawn_values = {}
    for place, (name, values) in enumerate(dimensions.items()):
        rng = np.random.default_rng([SEED, key, place])
        drawn_values[name] = [values[k] for k in rng.permutation(np.arange(n) % len(values))]
    return [Strata(i, {name: values[i] for name, values in drawn_values.items()}) for i in range(n)]


@dataclass(frozen=True)
class Drawn:
    """A table, the formula's right side, and its columns.

    Parameters
    ----------
    frame : DataFrame
        Without the response.
    terms : tuple of str
        As in the formula.
    intercept : bool
        Whether there is one.
    columns : dict
        By name, in no particular order.
    rng : Generator
        For what else is drawn.
    """

    frame: pd.DataFrame
    terms: tuple[str, ...]
    intercept: bool
    columns: Columns
    rng: np.random.Generator = field(repr=False)

    @property
    def right(self) -> str:
        """The right side of the formula."""
        return ("" if self.intercept else "0 + ") + " + ".join(self.terms)

    @property
    def matrix(self) -> np.ndarray:
        """The columns side by side."""
        return np.column_stack(list(self.columns.values()))

    def eta(self, size: float = 1.0) -> np.ndarray:
        """Draw a linear predictor of moderate size."""
        X = self.matrix - self.matrix.mean(axis=0)
        deviation = X.std(axis=0)
        Z = X / np.where(deviation > 0.0, deviation, 1.0)
        return -0.2 + size * Z @ self.rng.normal(size=Z.shape[1]) / np.sqrt(max(Z.shape[1], 1))

    def event(self, eta: np.ndarray) -> np.ndarray:
        """Draw whether each row has the event."""
        return self.rng.random(len(eta)) < mean(eta)


def drawn(key: Sequence[int], intercept: bool, n: int = ROWS, n_terms: tuple[int, int] = (2, 4)) -> Drawn:
    """Draw a table and terms whose columns have full rank."""
    for attempt in range(100):
        rng = np.random.default_rng([SEED, *key, attempt])
        frame = frame_of(rng, n)
        crossed = list(rng.choice(list(CROSSED), 1)) if rng.random() < 0.4 else []
        used = {piece for term in crossed for piece in CROSSED[term]}
        pool = [t for t in (*NUMBERS, *FACTORS) if t not in used]
        single = list(rng.choice(pool, rng.integers(*n_terms), replace=False))
        # The factor that stands for an intercept comes first: the order decides which one has all its levels.
        terms = tuple(str(t) for t in sorted([*single, *crossed], key=lambda t: t not in FACTORS))
        columns = columns_of(terms, intercept, frame)
        X = np.column_stack(list(columns.values()))
        size = np.linalg.norm(X, axis=0)
        if (size > 0.0).all() and np.linalg.cond(X / size) < 1e4:
            return Drawn(frame, terms, intercept, columns, rng)
    raise AssertionError("no design of full rank was drawn")
