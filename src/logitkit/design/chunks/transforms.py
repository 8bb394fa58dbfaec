"""What transforms learn from all rows, learnt a chunk at a time: means, moments, knots, orthogonal polynomials.

A learner takes the values of a transform's argument chunk by chunk, in one pass or more, and gives the state that
formulaic's transform learns from all values at once. Nothing is approximated: knots are order statistics, and moments
are merged without cancellation.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from logitkit.design.chunks.ranked import RankedValues
from logitkit.design.formula.language import KNOWN, LEARNING
from logitkit.errors import UnsupportedError
from logitkit.typing import FloatArray

__all__ = ["Learner", "learner_of", "may_add_missing"]

HELD_OF_POLYNOMIAL = 4_096  # values that a first basis is made from
CONDITION_MOST = 1e8  # of the products of the first basis over all rows


class Learner(Protocol):
    """Learns the state of one transform."""

    def add(self, values: Any) -> None:
        """Take the values of a chunk."""

    def merge(self, later: Any) -> None:
        """Take what a learner of the same transform has learnt of later rows in the same pass."""

    def finish(self) -> dict[str, Any] | None:
        """Return the state after a pass over all rows; None where another pass is needed."""

    def close(self) -> None:
        """Let go of what is held."""


def learner_of(function: Any, written: str, arguments: tuple[Any, ...], options: dict[str, Any], most: int) -> Learner:
    """Return the learner of a transform as it is called.

    Parameters
    ----------
    function : callable
        The transform.
    written : str
        Its call, for messages.
    arguments : tuple
        The values of the first chunk, and what follows them.
    options : dict
        Further arguments by name.
    most : int
        Different values of a column that may be held in memory.

    Examples
    --------
    >>> learner = learner_of(KNOWN["center"], "center(x)", (np.array([1.0, 2.0]),), {}, 100)
    >>> learner.add(np.array([1.0, 2.0])), learner.add(np.array([6.0]))
    (None, None)
    >>> float(learner.finish()["center"])
    3.0
    """
    make = LEARNERS.get(id(function))
    if make is None:
        raise UnsupportedError(
            f"{written} in the formula learns numbers from the rows, in a way that only its author knows, and rows are "
            "read in chunks: compute the column beforehand, or use a transform of docs/formulas.md."
        )
    if isinstance(getattr(arguments[0], "__wrapped__", arguments[0]), dict):
        raise UnsupportedError(
            f"{written} is learnt from several columns at once, and rows are read in chunks: compute its columns "
            "beforehand."
        )
    parameters = [name for name in inspect.signature(function).parameters if not name.startswith("_")]
    given = dict(zip(parameters, arguments, strict=False)) | options
    del given[parameters[0]]
    return make(next(name for name in sorted(LEARNING) if KNOWN[name] is function), given, most)


def may_add_missing(options: dict[str, Any], state: dict[str, Any] | None) -> bool:
    """Tell whether a transform may be missing where its argument is not."""
    if str(getattr(options.get("extrapolation"), "value", options.get("extrapolation"))) == "na":
        return True
    return state is not None and not all(map(_is_finite, state.values()))


def _is_finite(value: Any) -> bool:
    if value is None or isinstance(value, (str, bool)):
        return True
    values = list(value.values()) if isinstance(value, dict) else value
    return bool(np.isfinite(np.asarray(values, dtype=np.float64)).all())


class _Moments:
    """Means and sums of squares about them, merged pair by pair (Chan, Golub and LeVeque 1983, equations 2.1).

    All are of the values less the mean of the first ones: a large mean takes no digits from the squares.
    """

    def __init__(self) -> None:
        self.n = 0
        self.shift: Any = 0.0
        self.gap: Any = 0.0
        self.squares: Any = 0.0

    @property
    def mean(self) -> Any:
        """The mean of all values."""
        return self.shift + self.gap

    def merge(self, later: _Moments) -> None:
        """Take the moments of later values."""
        if later.n == 0:
            return
        if self.n == 0:
            self.n, self.shift, self.gap, self.squares = later.n, later.shift, later.gap, later.squares
            return
        total = self.n + later.n
        with np.errstate(invalid="ignore"):
            change = (later.shift - self.shift) + (later.gap - self.gap)
            self.gap = self.gap + change * (later.n / total)
            self.squares = self.squares + later.squares + change**2 * (self.n * (later.n / total))
        self.n = total

    def add(self, values: FloatArray) -> None:
        """Take values, one row each."""
        n = len(values)
        if n == 0:
            return
        total = self.n + n
        with np.errstate(invalid="ignore"):
            if self.n == 0:
                self.shift = np.mean(values, axis=0)
            rest = values - self.shift
            mean = np.mean(rest, axis=0)
            squares = np.sum((rest - mean) ** 2, axis=0)
            change = mean - self.gap if self.n else 0.0 * mean
            self.gap = self.gap + change * (n / total) if self.n else mean
            self.squares = self.squares + squares + change**2 * (self.n * (n / total))
        self.n = total


class _Scale:
    """Learner of ``scale``, ``standardize`` and ``center``."""

    def __init__(self, name: str, given: dict[str, Any], most: int) -> None:
        del most
        self.center = True if name == "center" else given.get("center", True)
        self.scale = False if name == "center" else given.get("rescale" if name == "standardize" else "scale", True)
        self.ddof = given.get("ddof", 0 if name == "standardize" else 1)
        self.moments = _Moments()
        self.squares: Any = 0.0

    def add(self, values: Any) -> None:
        """Take the values of a chunk."""
        data = np.array(values)
        self.moments.add(data)
        if self.scale is True and self.center is not True:
            about = data if isinstance(self.center, bool) else data - np.array(self.center)
            self.squares = self.squares + np.sum(about**2, axis=0)

    def merge(self, later: _Scale) -> None:
        """Take what later rows have shown."""
        self.moments.merge(later.moments)
        self.squares = self.squares + later.squares

    def finish(self) -> dict[str, Any]:
        """Return the state."""
        found = self.moments
        state: dict[str, Any] = {"ddof": self.ddof, "center": None, "scale": None}
        if not isinstance(self.center, bool):
            state["center"] = np.array(self.center)
        elif self.center:
            state["center"] = found.mean
        if not isinstance(self.scale, bool):
            state["scale"] = np.array(self.scale)
        elif self.scale:
            squares = found.squares if self.center is True else self.squares
            with np.errstate(divide="ignore", invalid="ignore"):
                state["scale"] = np.sqrt(squares / np.float64(found.n - self.ddof))
        return state

    def close(self) -> None:
        """Nothing is held."""


class _Spline:
    """Learner of splines: bounds and knots in one pass, the means of their columns in another where they are asked for.

    Knots are quantiles: of all values for ``bs``, of the different ones for the cubic regression splines.
    """

    def __init__(self, name: str, given: dict[str, Any], most: int) -> None:
        self.name = name
        self.given = given
        self.is_basis = name == "bs"
        self.ranked = RankedValues(most)
        kind = given.get("extrapolation", "raise" if self.is_basis else "extend")
        self.extrapolation = str(getattr(kind, "value", kind))
        self.bounded = not self.is_basis or self.extrapolation in ("clip", "na", "zero")
        self.state: dict[str, Any] | None = None
        self.columns = _Moments()

    def add(self, values: Any) -> None:
        """Take the values of a chunk."""
        numbers = np.asarray(values, dtype=np.float64).reshape(-1)
        if self.state is not None:
            self.columns.add(self._free(numbers))
            return
        self.ranked.add(numbers[~np.isnan(numbers)])

    def merge(self, later: _Spline) -> None:
        """Take what later rows have shown."""
        self.columns.merge(later.columns)
        self.ranked.merge(later.ranked)

    def finish(self) -> dict[str, Any] | None:
        """Return the state."""
        if self.state is not None:
            return {**self.state, "constraints": self.columns.mean.reshape(1, -1)}
        least, largest = self.ranked.ends()
        lower, upper = self.given.get("lower_bound"), self.given.get("upper_bound")
        lower, upper = least if lower is None else lower, largest if upper is None else upper
        self.state = self._learnt(lower, upper)
        self.ranked.close()
        self.ranked = RankedValues(self.ranked.most)
        centred = self.given.get("constraints")
        if isinstance(centred, str) and centred == "center":
            self.state["constraints"] = None
            return None
        return self.state

    def _learnt(self, lower: Any, upper: Any) -> dict[str, Any]:
        """Return the state that formulaic makes of bounds and knots, without means of columns."""
        given = {**self.given, "lower_bound": lower, "upper_bound": upper}
        inner = self._inner(lower, upper)
        if inner is not None:
            given |= {"knots": inner.tolist(), "df": None}
        if isinstance(given.get("constraints"), str) and given["constraints"] == "center":
            given["constraints"] = None
        state: dict[str, Any] = {}
        ends = np.array([lower, upper], dtype=np.float64)
        if self.ranked.between(lower, upper).is_empty:
            ends += [-1.0, 1.0]  # formulaic says what is wrong with values outside the bounds
        KNOWN[self.name](ends, **given, _state=state)
        return state

    def _inner(self, lower: Any, upper: Any) -> FloatArray | None:
        """Return the knots between the bounds; None where formulaic finds them, or what is wrong, by itself."""
        df, knots = self.given.get("df"), self.given.get("knots")
        if not df or knots is not None:
            return None
        if self.is_basis:
            count = df - self.given.get("degree", 3) - bool(self.given.get("include_intercept", False))
        else:
            constraints: Any = self.given.get("constraints")
            rows = 0 if constraints is None else 1
            if rows and not isinstance(constraints, str):
                rows = np.atleast_2d(constraints).shape[0]
            cyclic = self.name == "cc"
            if df < (2 if not cyclic and rows == 0 else 1):
                return None
            count = df - 2 + rows + cyclic
        if count < 0:
            return None
        probabilities = np.linspace(0, 1, count + 2)[1:-1] if self.is_basis else np.linspace(0, 100, count + 2)[1:-1]
        inside = self.ranked.between(lower, upper) if self.bounded else self.ranked
        if inside.is_empty:
            return None
        return inside.quantiles(probabilities if self.is_basis else probabilities / 100, different=not self.is_basis)

    def _free(self, numbers: FloatArray) -> FloatArray:
        """Return the columns of the spline before they are centred."""
        options = {"extrapolation": "extend"} if self.extrapolation == "zero" else {}
        state = dict(self.state or {})
        columns = KNOWN[self.name](numbers, **{**self.given, **options}, _state=state).__wrapped__
        return np.stack([columns[key] for key in sorted(columns)], axis=1)

    def close(self) -> None:
        """Delete the files of values that did not fit into memory."""
        self.ranked.close()


class _Polynomial:
    """Learner of orthogonal polynomials.

    The first pass finds the mean, and polynomials that are orthogonal over some of the values. The second sums the
    products of these over all values; in their coordinates the three-term recurrence gives the polynomials that are
    orthogonal over all (Gautschi 2004, section 2.1: the modified moments of a measure that is near to its own).
    """

    def __init__(self, name: str, given: dict[str, Any], most: int) -> None:
        del name, most
        self.degree = int(given.get("degree", 1))
        self.moments = _Moments()
        self.values: list[FloatArray] = []
        self.stride = 1
        self.ends = (np.inf, -np.inf)
        self.first: dict[str, Any] | None = None
        self.products: Any = 0.0

    def add(self, values: Any) -> None:
        """Take the values of a chunk."""
        numbers = np.array(values, dtype=np.float64)
        numbers = numbers[~np.isnan(numbers)]
        if not numbers.size:
            return
        if self.first is not None:
            columns = self._basis(numbers)
            self.products = self.products + columns.T @ columns
            return
        self.moments.add(numbers)
        if self.degree > 1:
            self.ends = (min(self.ends[0], numbers.min()), max(self.ends[1], numbers.max()))
            self.values.append(numbers[:: self.stride])
            if sum(part.size for part in self.values) > HELD_OF_POLYNOMIAL:
                self.values = [np.concatenate(self.values)[::2]]
                self.stride *= 2

    def merge(self, later: _Polynomial) -> None:
        """Take what later rows have shown."""
        self.moments.merge(later.moments)
        self.values += later.values
        self.ends = (min(self.ends[0], later.ends[0]), max(self.ends[1], later.ends[1]))
        self.products = self.products + later.products

    def finish(self) -> dict[str, Any] | None:
        """Return the state."""
        if self.first is not None:
            return self._recurrence()
        n, mean, squares = self.moments.n, self.moments.mean, self.moments.squares
        if self.degree <= 1:
            return {"alpha": {0: mean}, "norms2": {0: np.float64(n), 1: squares}} if self.degree == 1 else {}
        some = np.concatenate([*self.values, self.ends])
        self.values = []
        if np.unique(some).size <= self.degree:
            raise UnsupportedError(self._refusal(f"has {np.unique(some).size} different values among those looked at"))
        self.first = {}
        with np.errstate(all="ignore"):
            KNOWN["poly"](some, self.degree, _state=self.first)
        return None

    def _basis(self, numbers: FloatArray) -> FloatArray:
        """Return the first polynomials, the constant one included, at some values."""
        assert self.first is not None
        rest = KNOWN["poly"](numbers, self.degree, _state=dict(self.first)).__wrapped__
        constant = np.full((numbers.size, 1), 1.0 / np.sqrt(self.first["norms2"][0]))
        return np.hstack([constant, rest])

    def _recurrence(self) -> dict[str, Any]:
        """Return the recurrence of the polynomials that are orthogonal over all values."""
        assert self.first is not None
        d, gram = self.degree, np.asarray(self.products)
        sizes = np.sqrt(np.diag(gram))
        if not (sizes > 0.0).all() or np.linalg.cond(gram / np.outer(sizes, sizes)) > CONDITION_MOST:
            raise UnsupportedError(self._refusal("has rows that are far from those looked at first"))
        norms = np.sqrt([self.first["norms2"][k] for k in range(d + 1)])
        times = np.zeros((d + 1, d + 1))  # x times each of the first polynomials, in terms of them
        for k in range(d):
            times[k, k] = self.first["alpha"][k]
            times[k + 1, k] = times[k, k + 1] = norms[k + 1] / norms[k]
        alpha: dict[int, Any] = {}
        norms2: dict[int, Any] = {}
        before, here = np.zeros(d + 1), np.zeros(d + 1)
        here[0] = norms[0]
        for k in range(d + 1):
            norms2[k] = here @ gram @ here
            if k < d:
                shifted = times @ here
                alpha[k] = (shifted @ gram @ here) / norms2[k]
                after = shifted - alpha[k] * here
                if k > 0:
                    after -= norms2[k] / norms2[k - 1] * before
                before, here = here, after
        return {"alpha": alpha, "norms2": norms2}

    def _refusal(self, why: str) -> str:
        return (
            f"poly of degree {self.degree} is learnt from all rows, which are read in chunks, and the column {why}: "
            "write powers of the column less a constant, such as I((x - 50) ** 2), or compute the columns beforehand."
        )

    def close(self) -> None:
        """Nothing is held."""


LEARNERS: dict[int, Callable[[str, dict[str, Any], int], Learner]] = {
    **{id(KNOWN[name]): _Scale for name in ("center", "scale", "standardize")},
    **{id(KNOWN[name]): _Spline for name in ("bs", "cr", "cs", "cc")},
    id(KNOWN["poly"]): _Polynomial,
}
assert LEARNERS.keys() == {id(KNOWN[name]) for name in LEARNING}
