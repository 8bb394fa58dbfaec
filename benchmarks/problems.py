"""What is fitted: arrays drawn from a seed, kept in files, and the objective that every fit is judged by.

The objective is written here once more in plain NumPy and double precision, so that it owes nothing to any contender.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

SEED = 42
BLOCK = 100_000


@dataclass(frozen=True)
class Answer:
    """What a contender found.

    Parameters
    ----------
    coef : array, optional
        Coefficients in the order that the problem states.
    eta : (n,) array, optional
        The linear predictor, where a contender has no coefficients for absorbed factors.
    """

    coef: np.ndarray | None = None
    eta: np.ndarray | None = None


class Problem(Protocol):
    """Data and the objective on them."""

    def objective(self, answer: Answer) -> float:
        """Return the negative log-likelihood, with the penalty where there is one."""


def loss(eta: np.ndarray, y: np.ndarray, weights: np.ndarray | float = 1.0) -> float:
    """Return the negative log-likelihood of a linear predictor."""
    return float(np.sum(weights * (np.logaddexp(0.0, eta) - y * eta)))


@dataclass(frozen=True)
class MatrixProblem:
    """A dense matrix with its intercept first, or a sparse one without; coefficients by column.

    Parameters
    ----------
    X : (n, p) array or csr_array
        Columns.
    y : (n,) array
        Outcomes, 0 and 1.
    strength : float
        Of the ridge penalty, half the strength times the squared length of the coefficients.
    """

    X: Any
    y: np.ndarray
    strength: float = 0.0

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return ["Intercept", *(f"x{j}" for j in range(1, self.X.shape[1]))]

    def objective(self, answer: Answer) -> float:
        """Return the negative log-likelihood and the penalty."""
        assert answer.coef is not None
        return loss(self.X @ answer.coef, self.y) + 0.5 * self.strength * float(answer.coef @ answer.coef)


@dataclass(frozen=True)
class FrameProblem:
    """Numbers and factors in a data frame; coefficients: intercept, numbers, levels of each factor but the first.

    Parameters
    ----------
    frame : DataFrame
        The outcome ``y``, numbers and factors.
    numbers, factors : list of str
        Names of the columns.
    """

    frame: pd.DataFrame
    numbers: list[str]
    factors: list[str]

    @property
    def formula(self) -> str:
        """The model."""
        return "y ~ " + " + ".join([*self.numbers, *self.factors])

    @cached_property
    def features(self) -> pd.DataFrame:
        """The frame without the outcome."""
        return self.frame[[*self.numbers, *self.factors]]

    def objective(self, answer: Answer) -> float:
        """Return the negative log-likelihood."""
        y = self.frame["y"].to_numpy(dtype=float)
        if answer.eta is not None:
            return loss(answer.eta, y)
        assert answer.coef is not None
        coef, start = answer.coef, 1 + len(self.numbers)
        eta = np.full(y.size, coef[0])
        for j, name in enumerate(self.numbers):
            eta += coef[1 + j] * self.frame[name].to_numpy()
        for name in self.factors:
            column = self.frame[name].cat
            levels = len(column.categories)
            eta += np.r_[0.0, coef[start : start + levels - 1]][column.codes.to_numpy()]
            start += levels - 1
        assert start == coef.size
        return loss(eta, y)


@dataclass(frozen=True)
class PanelProblem(FrameProblem):
    """Numbers and one factor, whose level intercepts are not asked for; coefficients: the numbers.

    The objective is that at the best level intercepts, found here by Newton's method for all levels at once. Levels
    without variation add nothing, in the limit.
    """

    def objective(self, answer: Answer) -> float:
        """Return the negative log-likelihood, the level intercepts profiled out."""
        y, coef = self.frame["y"].to_numpy(dtype=float), answer.coef
        codes = self.frame[self.factors[0]].cat.codes.to_numpy()
        assert coef is not None
        count, events = np.bincount(codes), np.bincount(codes, weights=y)
        keep = ((events > 0) & (events < count))[codes]
        y, codes = y[keep], codes[keep]
        rest = self.frame[self.numbers].to_numpy()[keep] @ coef
        size = count.size
        share = np.where(count > 0, events / np.maximum(count, 1), 0.5)
        share = np.clip(share, 1e-6, 1 - 1e-6)
        level = np.log(share / (1.0 - share)) - np.bincount(codes, weights=rest, minlength=size) / np.maximum(count, 1)
        for _ in range(100):
            mu = 1.0 / (1.0 + np.exp(-(rest + level[codes])))
            slope = np.bincount(codes, weights=y - mu, minlength=size)
            curve = np.bincount(codes, weights=mu * (1.0 - mu), minlength=size)
            step = np.clip(slope / np.maximum(curve, 1e-12), -1.0, 1.0)
            level += step
            if np.abs(step).max() < 1e-10:
                break
        return loss(rest + level[codes], y)


@dataclass(frozen=True)
class RefitProblem(MatrixProblem):
    """The same matrix with rows drawn again and again; coefficients: a row a replicate.

    Parameters
    ----------
    replicates : int
        How often.
    """

    replicates: int = 0

    @cached_property
    def draws(self) -> np.ndarray:
        """Rows of each replicate: those that ``fit.bootstrap`` draws by this seed, a generator a replicate."""
        n, children = self.y.size, np.random.SeedSequence(SEED).spawn(self.replicates)
        return np.stack([np.random.Generator(np.random.PCG64(child)).integers(0, n, n) for child in children])

    def objective(self, answer: Answer) -> float:
        """Return the negative log-likelihoods of all replicates together."""
        assert answer.coef is not None
        eta = self.X @ answer.coef.T
        counts = np.stack([np.bincount(draw, minlength=self.y.size) for draw in self.draws], axis=1)
        return loss(eta, self.y[:, None], counts)


@dataclass(frozen=True)
class GroupsProblem(MatrixProblem):
    """The same model in every group of rows, which lie together; coefficients: a row a group.

    Parameters
    ----------
    rows : int
        Rows of a group.
    subset : int
        Groups, from the first, by which all are judged and which the slow ones fit.
    """

    rows: int = 1
    subset: int = 1

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The table, with its groups in the column ``g``."""
        frame = pd.DataFrame(self.X[:, 1:], columns=self.names[1:])
        return frame.assign(y=self.y.astype(int), g=np.repeat(np.arange(self.n_groups), self.rows))

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return self.y.size // self.rows

    @property
    def formula(self) -> str:
        """The model of a group."""
        return "y ~ " + " + ".join(self.names[1:])

    def group(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of a group."""
        rows = slice(number * self.rows, (number + 1) * self.rows)
        return self.X[rows], self.y[rows]

    def objective(self, answer: Answer) -> float:
        """Return the negative log-likelihoods of the subset together."""
        assert answer.coef is not None
        parts = (self.group(number) for number in range(self.subset))
        return sum(loss(X @ coef, y) for (X, y), coef in zip(parts, answer.coef, strict=False))


# ------------------------------------------------------------------------------------------------- drawing and keeping


@dataclass(frozen=True)
class Drawn:
    """Arrays that make a problem, as they are kept in files.

    Parameters
    ----------
    kind : str
        Which problem they make.
    arrays : dict
        By name.
    facts : dict
        What else the problem is told.
    """

    kind: str
    arrays: dict[str, np.ndarray]
    facts: dict[str, Any] = field(default_factory=dict)

    def keep(self, folder: Path) -> None:
        """Write the arrays to a folder; a second copy of X by columns, for R."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, array in self.arrays.items():
            np.save(folder / f"{name}.npy", array)
        (folder / "facts.json").write_text(json.dumps({"kind": self.kind, "facts": self.facts}), encoding="utf-8")


def kept(folder: Path) -> Drawn:
    """Return what a folder keeps."""
    about = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    arrays = {path.stem: np.load(path) for path in sorted(folder.glob("*.npy"))}
    return Drawn(about["kind"], arrays, about["facts"])


def draw_matrix(n: int, p: int, kind: str = "matrix", **facts: Any) -> Drawn:
    """Draw normal columns with an intercept, and outcomes whose logits have standard deviation 1."""
    rng = np.random.default_rng(SEED)
    coef = rng.normal(size=p)
    coef *= 1.0 / np.linalg.norm(coef[1:])
    coef[0] = -0.5
    X, y = np.empty((n, p)), np.empty(n)
    for start in range(0, n, BLOCK):
        rows = X[start : start + BLOCK]
        rng.standard_normal(out=rows)
        rows[:, 0] = 1.0
        y[start : start + BLOCK] = rng.random(len(rows)) < 1.0 / (1.0 + np.exp(-rows @ coef))
    return Drawn(kind, {"X": X, "y": y}, facts)


def draw_frame(n: int, numbers: int, levels: tuple[int, ...], kind: str = "frame") -> Drawn:
    """Draw normal numbers and factors whose levels are about as frequent, with effects on the logit."""
    rng = np.random.default_rng(SEED)
    X = rng.standard_normal((n, numbers))
    eta = X @ rng.normal(size=numbers) / np.sqrt(2.0 * max(numbers, 1)) - 0.5
    arrays = {"X": X}
    for j, count in enumerate(levels):
        codes = rng.integers(0, count, n).astype(np.int32)
        codes[:count] = np.arange(count)[:n]
        eta += rng.normal(size=count)[codes] / np.sqrt(2.0 * len(levels))
        arrays[f"codes{j}"] = codes
    arrays["y"] = (rng.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(float)
    return Drawn(kind, arrays, {"levels": list(levels)})


def draw_sparse(n: int, p: int, filled: int, strength: float) -> Drawn:
    """Draw rows with the same number of entries that are not zero, one in each of as many ranges of columns."""
    rng = np.random.default_rng(SEED)
    span = p // filled
    indices = (rng.integers(0, span, (n, filled)) + span * np.arange(filled)).astype(np.int32).ravel()
    values = rng.standard_normal(n * filled)
    indptr = np.arange(0, n * filled + 1, filled)
    eta = csr_array((values, indices, indptr), shape=(n, p)) @ (rng.normal(size=p) / np.sqrt(filled))
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(float)
    arrays = {"values": values, "indices": indices, "indptr": indptr, "y": y}
    return Drawn("sparse", arrays, {"columns": p, "strength": strength})


def as_problem(drawn: Drawn) -> Any:
    """Return the problem that arrays make."""
    arrays, facts = drawn.arrays, drawn.facts
    if drawn.kind == "sparse":
        shape = (arrays["y"].size, facts["columns"])
        X = csr_array((arrays["values"], arrays["indices"], arrays["indptr"]), shape=shape)
        return MatrixProblem(X, arrays["y"], facts["strength"])
    if drawn.kind in {"frame", "panel"}:
        numbers = [f"x{j}" for j in range(arrays["X"].shape[1])]
        columns: dict[str, Any] = {"y": arrays["y"].astype(int)}
        columns |= {name: np.ascontiguousarray(arrays["X"][:, j]) for j, name in enumerate(numbers)}
        factors = ["firm"] if drawn.kind == "panel" else [f"g{j}" for j in range(len(facts["levels"]))]
        for j, (name, count) in enumerate(zip(factors, facts["levels"], strict=True)):
            # Zeros in front, so that the order of the texts is that of the codes.
            labels = [f"{level:06d}" for level in range(count)]
            columns[name] = pd.Categorical.from_codes(arrays[f"codes{j}"], labels)
        made = PanelProblem if drawn.kind == "panel" else FrameProblem
        return made(pd.DataFrame(columns), numbers, factors)
    classes = {"matrix": MatrixProblem, "refits": RefitProblem, "groups": GroupsProblem}
    return classes[drawn.kind](arrays["X"], arrays["y"], **facts)
