"""Arrays drawn from a seed and kept in files, and the problems that they make."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from outcome_problems import OutcomeFrame, OutcomeMatrix
from penalised_problems import PenalisedFrame, PenalisedMatrix
from problems import SEED, FrameProblem, GroupsProblem, MatrixProblem, PanelProblem, RefitProblem
from scipy.sparse import csr_array

BLOCK = 100_000


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


def _sparse(drawn: Drawn) -> csr_array:
    arrays, shape = drawn.arrays, (drawn.arrays["y"].size, drawn.facts["columns"])
    return csr_array((arrays["values"], arrays["indices"], arrays["indptr"]), shape=shape)


def as_problem(drawn: Drawn) -> Any:
    """Return the problem that arrays make."""
    arrays, facts = drawn.arrays, drawn.facts
    if drawn.kind == "sparse":
        return MatrixProblem(_sparse(drawn), arrays["y"], facts["strength"])
    if drawn.kind in {"penalised", "penalised-sparse"}:
        X = arrays["X"] if drawn.kind == "penalised" else _sparse(drawn)
        folds = arrays.get("folds", np.empty(0, dtype=np.int32))
        told = {name: facts[name] for name in ("l1_ratio", "intercept") if name in facts}
        return PenalisedMatrix(X, arrays["y"], arrays["strengths"], folds, **told)
    if drawn.kind in {"outcomes", "outcomes-sparse"}:
        X = arrays["X"] if drawn.kind == "outcomes" else _sparse(drawn)
        told = {name: facts[name] for name in ("l1_ratio", "standardised") if name in facts}
        return OutcomeMatrix(X, arrays["y"], facts["n_outcomes"], arrays.get("strengths", np.empty(0)), **told)
    if drawn.kind in {"frame", "panel", "penalised-frame", "outcome-frame"}:
        numbers = [f"x{j}" for j in range(arrays["X"].shape[1])]
        columns: dict[str, Any] = {"y": arrays["y"].astype(int)}
        columns |= {name: np.ascontiguousarray(arrays["X"][:, j]) for j, name in enumerate(numbers)}
        factors = ["firm"] if drawn.kind == "panel" else [f"g{j}" for j in range(len(facts["levels"]))]
        for j, (name, count) in enumerate(zip(factors, facts["levels"], strict=True)):
            # Zeros in front, so that the order of the texts is that of the codes.
            labels = [f"{level:06d}" for level in range(count)]
            columns[name] = pd.Categorical.from_codes(arrays[f"codes{j}"], labels)
        frame = pd.DataFrame(columns)
        if drawn.kind == "penalised-frame":
            return PenalisedFrame(frame, numbers, factors, arrays["strengths"])
        if drawn.kind == "outcome-frame":
            return OutcomeFrame(frame, numbers, factors, facts["n_outcomes"])
        made = PanelProblem if drawn.kind == "panel" else FrameProblem
        return made(frame, numbers, factors)
    classes = {"matrix": MatrixProblem, "refits": RefitProblem, "groups": GroupsProblem}
    return classes[drawn.kind](arrays["X"], arrays["y"], **facts)
