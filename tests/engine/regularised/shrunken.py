"""Penalised problems that several tests share: penalties in the library's words beside the oracle's, and designs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

import logitkit as lk
from oracles.penalised import PenalisedOracle

__all__ = ["DESIGNS", "PENALTIES", "ROWS", "Shape", "Stated", "indices", "problem", "random_matrix"]

Names = list[str]


@dataclass(frozen=True)
class Shape:
    """The columns of a design: their names, and which belong together."""

    names: Names
    blocks: list[Names]

    @cached_property
    def penalised(self) -> Names:
        """All names but the intercept's."""
        return [name for name in self.names if name != "Intercept"]


def indices(shape: Shape, names: Names) -> np.ndarray:
    """Return where columns stand."""
    return np.array([shape.names.index(name) for name in names])


@dataclass(frozen=True)
class Stated:
    """A penalty, as an object of the library and as terms of the oracle."""

    penalty: Callable[[Shape], Any]
    oracle: Callable[[PenalisedOracle, Shape], Any]


def _factor(shape: Shape, values: dict[str, float]) -> np.ndarray:
    out = np.ones(len(shape.names))
    for name, value in values.items():
        out[shape.names.index(name)] = value
    return out


def _both(*parts: Stated) -> Stated:
    def penalty(shape: Shape) -> Any:
        total = parts[0].penalty(shape)
        for part in parts[1:]:
            total = total + part.penalty(shape)
        return total

    return Stated(penalty, lambda oracle, shape: [part.oracle(oracle, shape) for part in parts])


def _net(strength: float, ratio: float, standardize: bool = True) -> Stated:
    return Stated(
        lambda _: lk.ElasticNet(strength, ratio, standardize=standardize),
        lambda oracle, _: oracle.elastic_net(strength, ratio, standardize=standardize),
    )


def _groups(strength: float, ratio: float, standardize: bool = True) -> Stated:
    return Stated(
        lambda shape: lk.GroupLasso(
            strength, ratio, groups={str(k): b for k, b in enumerate(shape.blocks)}, standardize=standardize
        ),
        lambda oracle, shape: oracle.group_lasso(
            strength, ratio, [indices(shape, b) for b in shape.blocks], standardize=standardize
        ),
    )


def _kept(shape: Shape) -> Names:
    return shape.blocks[0][:1]


def _weighted(shape: Shape) -> dict[str, float]:
    return {name: 0.25 + 0.5 * k for k, name in enumerate(shape.penalised[::2])}


def _keep_and_relative() -> Stated:
    def factors(shape: Shape) -> np.ndarray:
        return _factor(shape, _weighted(shape) | dict.fromkeys(_kept(shape), 0.0))

    return Stated(
        lambda shape: lk.ElasticNet(0.02, 0.7, keep=_kept(shape), relative=_weighted(shape)),
        lambda oracle, shape: oracle.elastic_net(0.02, 0.7, factors(shape)),
    )


def _groups_with_factors() -> Stated:
    def penalty(shape: Shape) -> Any:
        groups = {str(k): block for k, block in enumerate(shape.blocks)}
        return lk.GroupLasso(0.02, 0.2, groups=groups, relative={str(len(groups) - 1): 0.3}, keep=_kept(shape))

    def oracle(given: PenalisedOracle, shape: Shape) -> None:
        kept = _kept(shape)
        groups = [[name for name in block if name not in kept] for block in shape.blocks]
        factor = [0.3 if k == len(groups) - 1 else 1.0 for k in range(len(groups))]
        filled = [k for k, group in enumerate(groups) if group]
        given.group_lasso(0.02, 0.2, [indices(shape, groups[k]) for k in filled], [factor[k] for k in filled])

    return Stated(penalty, oracle)


def _initial(shape: Shape) -> dict[str, float]:
    values = [0.0 if k % 5 == 4 else (-1) ** k * (0.1 + 0.3 * (k % 3)) for k in range(len(shape.penalised))]
    return dict(zip(shape.penalised, values, strict=True))


def _adaptive(power: float, standardize: bool) -> Stated:
    def oracle(given: PenalisedOracle, shape: Shape) -> None:
        first = np.array([0.0 if name == "Intercept" else _initial(shape)[name] for name in shape.names])
        first = np.abs(first * (given.scale if standardize else 1.0))
        factor = np.where(first > 0.0, np.where(first > 0.0, first, 1.0) ** -power, 0.0)
        given.elastic_net(0.005, 1.0, factor, standardize)
        out = (first == 0.0) & (given.penalised > 0.0)
        given.lower[out] = given.upper[out] = 0.0

    return Stated(
        lambda shape: lk.AdaptiveLasso(0.005, initial=_initial(shape), power=power, standardize=standardize), oracle
    )


def _bounds(lower: float | None, upper: float | None) -> Stated:
    def oracle(given: PenalisedOracle, shape: Shape) -> None:
        own = indices(shape, shape.penalised)
        given.lower[own] = -np.inf if lower is None else lower
        given.upper[own] = np.inf if upper is None else upper

    return Stated(lambda _: lk.Bounds(lower, upper), oracle)


def _named_bounds() -> Stated:
    def oracle(given: PenalisedOracle, shape: Shape) -> None:
        for name in shape.penalised[::2]:
            given.lower[shape.names.index(name)] = -0.05
        for name in shape.penalised[::3]:
            given.upper[shape.names.index(name)] = 0.02

    return Stated(
        lambda shape: lk.Bounds(dict.fromkeys(shape.penalised[::2], -0.05), dict.fromkeys(shape.penalised[::3], 0.02)),
        oracle,
    )


def _matrix(p: int) -> np.ndarray:
    root = np.random.default_rng(p).normal(size=(p + 2, p))
    return root.T @ root / p + 0.1 * np.eye(p)


def _prior(mean: float, precision: float) -> Stated:
    return Stated(lambda _: lk.GaussianPrior(mean, precision), lambda oracle, _: oracle.prior(mean, precision))


def _diagonal_prior() -> Stated:
    def precision(shape: Shape) -> np.ndarray:
        return 0.5 + np.arange(len(shape.names)) % 4

    def mean(shape: Shape) -> np.ndarray:
        return np.linspace(-0.5, 0.5, len(shape.names))

    return Stated(
        lambda shape: lk.GaussianPrior(mean(shape), precision(shape)),
        lambda oracle, shape: oracle.prior(mean(shape), precision(shape)),
    )


def _whole_prior() -> Stated:
    return Stated(
        lambda shape: lk.GaussianPrior(np.linspace(-0.5, 0.5, len(shape.names)), _matrix(len(shape.names))),
        lambda oracle, shape: oracle.prior(np.linspace(-0.5, 0.5, len(shape.names)), _matrix(len(shape.names))),
    )


def _named_prior() -> Stated:
    def oracle(given: PenalisedOracle, shape: Shape) -> None:
        own = indices(shape, shape.penalised)
        mean, precision = np.zeros(len(shape.names)), np.zeros(len(shape.names))
        mean[own[0]], precision[own] = 0.4, 3.0
        given.prior(mean, precision)

    return Stated(
        lambda shape: lk.GaussianPrior({shape.penalised[0]: 0.4}, dict.fromkeys(shape.penalised, 3.0)), oracle
    )


PENALTIES: dict[str, Stated] = {
    "lasso": _net(0.02, 1.0),
    "lasso, small": _net(0.001, 1.0),
    "lasso, as given": _net(0.02, 1.0, standardize=False),
    "ridge": _net(0.05, 0.0),
    "ridge, as given": _net(0.05, 0.0, standardize=False),
    "elastic net": _net(0.02, 0.6),
    "elastic net, as given": _net(0.02, 0.3, standardize=False),
    "group": _groups(0.02, 0.0),
    "group, as given": _groups(0.02, 0.0, standardize=False),
    "sparse group": _groups(0.02, 0.4),
    "keep and relative": _keep_and_relative(),
    "groups with factors": _groups_with_factors(),
    "adaptive": _adaptive(1.0, standardize=True),
    "adaptive, as given": _adaptive(0.5, standardize=False),
    "box": _both(_net(0.002, 1.0), _bounds(-0.1, 0.05)),
    "sign": _both(_net(0.005, 0.9), _bounds(0.0, None)),
    "named bounds": _both(_net(0.001, 1.0), _named_bounds()),
    "ridge in a box": _both(_net(0.01, 0.0), _bounds(-0.05, 0.2)),
    "prior": _prior(0.2, 2.0),
    "diagonal prior": _diagonal_prior(),
    "whole prior": _whole_prior(),
    "named prior": _named_prior(),
    "lasso and prior": _both(_net(0.01, 1.0), _prior(0.3, 3.0)),
    "lasso and whole prior": _both(_net(0.01, 1.0), _whole_prior()),
    "ridge and whole prior": _both(_net(0.01, 0.0), _whole_prior()),
    "ridge and diagonal prior": _both(_net(0.01, 0.0), _diagonal_prior()),
    "group and ridge": _both(_groups(0.01, 0.0), _net(0.03, 0.0)),
    "group and ridge as given": _both(_groups(0.01, 0.0), _net(0.03, 0.0, standardize=False)),
    "group and lasso": _both(_groups(0.01, 0.0), _net(0.005, 1.0)),
    "group and prior": _both(_groups(0.01, 0.0), _prior(0.1, 1.0)),
    "two lassos": _both(_net(0.005, 1.0), _net(0.01, 1.0, standardize=False)),
    "box and prior": _both(_bounds(-0.1, 0.1), _prior(0.3, 2.0)),
}

# ---------------------------------------------------------------------------------------------------------- the designs


def random_matrix(n: int, p: int, seed: int = 0) -> np.ndarray:
    """Return an intercept and correlated columns of different sizes, not centred."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, 1))
    columns = (0.5 * common + rng.normal(size=(n, p - 1))) * 10.0 ** rng.uniform(-1, 1, p - 1) + rng.normal(size=p - 1)
    return np.column_stack([np.ones(n), columns])


def outcome(X: np.ndarray, seed: int = 1) -> np.ndarray:
    """Return 0 and 1, which some of the columns explain."""
    rng = np.random.default_rng(seed)
    Z = X[:, 1:] - X[:, 1:].mean(axis=0)
    Z = Z / np.maximum(Z.std(axis=0), 1e-9)
    effects = rng.normal(size=Z.shape[1]) * (rng.random(Z.shape[1]) < min(0.5, 6.0 / Z.shape[1]))
    return (rng.random(len(X)) < 1.0 / (1.0 + np.exp(-0.5 - Z @ effects))).astype(float)


def _frame(n: int = 240) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    data = pd.DataFrame(
        {
            "x": rng.normal(10.0, 3.0, n),
            "z": rng.exponential(1.0, n),
            "g": pd.Categorical.from_codes(rng.integers(0, 4, n), ["a", "b", "c", "d"]),
            "h": pd.Categorical.from_codes(rng.integers(0, 3, n), ["u", "v", "w"]),
        }
    )
    eta = 0.2 * (data["x"] - 10.0) - 0.5 * data["z"] + 0.8 * (data["g"] == "b") - 0.6 * (data["h"] == "w")
    data["y"] = (rng.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(float)
    return data


def _blocks(names: Names, sizes: tuple[int, ...] = (1, 3, 2)) -> list[Names]:
    out, place, k = [], 0, 0
    while place < len(names):
        out.append(names[place : place + sizes[k % len(sizes)]])
        place, k = place + sizes[k % len(sizes)], k + 1
    return out


@dataclass(frozen=True)
class Design:
    """How a design is given to the library, and its columns."""

    make: Callable[[], tuple[Any, np.ndarray]]
    formula: str | None = None

    @cached_property
    def given(self) -> tuple[Any, np.ndarray]:
        """Matrix or frame, and outcome."""
        return self.make()


def _dense(change: Callable[[np.ndarray], Any], n: int = 150, p: int = 11) -> Design:
    def make() -> tuple[Any, np.ndarray]:
        X = random_matrix(n, p)
        return change(X), outcome(X)

    return Design(make)


def _sparse(n: int = 200, p: int = 14) -> Design:
    def make() -> tuple[Any, np.ndarray]:
        rng = np.random.default_rng(2)
        X = random_matrix(n, p, 3) * (rng.random((n, p)) < 0.3)
        X[:, 0] = 1.0
        return sparse.csc_array(X), outcome(X)

    return Design(make)


DESIGNS: dict[str, Design] = {
    "dense, C order": _dense(np.ascontiguousarray),
    "dense, Fortran order": _dense(np.asfortranarray),
    "dense, float32": _dense(lambda X: X.astype(np.float32)),
    "sparse": _sparse(),
    "coded": Design(lambda: (_frame(), _frame()["y"].to_numpy()), "y ~ x + z + g + h + x:h + g:h"),
    "wide": _dense(np.ascontiguousarray, 60, 90),
}


def _counts(n: int) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 4, n).astype(float)


#: What is given beside the columns: weights with their kind, and an offset.
ROWS: dict[str, Callable[[int], dict[str, Any]]] = {
    "plain": lambda _: {},
    "frequency weights": lambda n: {"weights": _counts(n)},
    "precision weights": lambda n: {
        "weights": np.random.default_rng(8).exponential(2.0, n) * (_counts(n) > 0),
        "weight_kind": "precision",
    },
    "offset": lambda n: {"offset": np.random.default_rng(9).normal(0.5, 1.0, n)},
    "weights and offset": lambda n: {
        "weights": _counts(n),
        "offset": np.random.default_rng(9).normal(0.5, 1.0, n),
    },
}


@dataclass
class Problem:
    """A design with what is given beside it: fits of it, and oracles of it."""

    design: Design
    rows: dict[str, Any]
    shape: Shape = field(init=False)
    X: np.ndarray = field(init=False)
    y: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        """Write the columns out."""
        given, self.y = self.design.given
        if self.design.formula is None:
            self.X = np.asarray(given.toarray() if sparse.issparse(given) else given, dtype=float)
            names = ["Intercept", *(f"x{j}" for j in range(1, self.X.shape[1]))]
            blocks = _blocks(names[1:])
        else:
            plain = lk.logit(self.design.formula, given)
            assert plain.design is not None
            self.X, names = plain.design.matrix.to_dense(), list(plain.coef.index)
            terms = [[names[j] for j in term.columns] for term in plain.record.info.terms]
            blocks = [term for term in terms if term != ["Intercept"]]
        self.shape = Shape(names, blocks)

    def fit(self, penalty: Any, **options: Any) -> lk.Fit:
        """Return the fit of the library."""
        given, y = self.design.given
        if self.design.formula is not None:
            return lk.logit(self.design.formula, given, penalty=penalty, **self.rows, **options)
        return lk.logit_matrix(given, y, self.shape.names, penalty=penalty, **self.rows, **options)

    def path(self, penalty: Any, **options: Any) -> lk.Path:
        """Return the path of the library."""
        given, y = self.design.given
        if self.design.formula is not None:
            return lk.path(self.design.formula, given, penalty=penalty, **self.rows, **options)
        return lk.path_matrix(given, y, self.shape.names, penalty=penalty, **self.rows, **options)

    def oracle(self, stated: Stated | None = None) -> PenalisedOracle:
        """Return the objective, with a penalty."""
        oracle = PenalisedOracle(self.X, self.y, self.rows.get("weights"), self.rows.get("offset"))
        if stated is not None:
            stated.oracle(oracle, self.shape)
        return oracle


def problem(design: str, rows: str = "plain") -> Problem:
    """Return a problem by the names of its parts."""
    chosen = DESIGNS[design]
    return Problem(chosen, ROWS[rows](len(chosen.given[1])))
