"""R on the same arrays: writes them, runs ``peers.R``, and reads the coefficients back."""

from __future__ import annotations

import functools
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from contender import Bar
from outcome_problems import OutcomeFrame, OutcomeMatrix
from penalised_problems import PenalisedMatrix
from problems import Answer, FrameProblem, GroupsProblem, RefitProblem
from scipy.sparse import issparse
from timing import Effort
from work import RPeer

SCRIPT = Path(__file__).with_name("peers.R")


@functools.cache
def r_version(package: str) -> str | None:
    """Return the version of an R package, None where R or the package is absent."""
    if shutil.which("Rscript") is None:
        return None
    code = f'cat(if (requireNamespace("{package}", quietly = TRUE)) format(packageVersion("{package}")) else "")'
    done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def missing(peer: RPeer) -> str | None:
    """Return why a peer cannot run, or None."""
    if shutil.which("Rscript") is None:
        return "R is not installed"
    return None if r_version(peer.package) else f"the R package {peer.package} is not installed"


def run_r(
    peer: RPeer, problem: Any, folder: Path, target: Any, bar: Bar, effort: Effort, limit: float
) -> dict[str, Any]:
    """Run a peer in R and judge its coefficients here."""
    folder.mkdir(exist_ok=True)
    part = _write(problem, folder)
    tolerances = [f"{tol:g}" for tol in peer.tolerances]
    command = ["Rscript", "--vanilla", str(SCRIPT), peer.function, str(folder), str(effort.seconds), str(effort.most)]
    null = getattr(problem, "null", None)
    np.atleast_1d(np.asarray(target, dtype=float)).tofile(folder / "target.bin")
    command += ["0" if null is None else f"{null:.16g}", f"{bar.near:g}", *tolerances]
    why = ""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
        out = done.stdout
        if done.returncode:
            why = f"failed: {(done.stderr.strip().splitlines() or ['no message'])[-1][:120]}"
    except subprocess.TimeoutExpired as stopped:
        text = stopped.stdout or b""
        out, why = text if isinstance(text, str) else text.decode(), f"ended after {limit:.0f} s"
    lines = [line.split() for line in out.splitlines() if line.strip()]
    if not lines:
        return {"note": why or "gave no result"}
    seconds, runs, tol = lines[-1]
    facts = {"seconds": float(seconds) * part, "runs": int(runs), "tolerance": float(tol), "part": part}
    objective = np.asarray(problem.objective(Answer(coef=_read(problem, folder)))).tolist()
    curve = folder / "curve.bin"
    facts |= {"curve": np.fromfile(curve).tolist()} if curve.exists() else {}
    return facts | {"objective": objective, "null": null, "note": why}


def _write(problem: Any, folder: Path) -> float:
    """Write the arrays as R reads them, and return how many times this part the whole work is."""
    part, more = 1.0, []
    if isinstance(problem, FrameProblem):
        X = np.column_stack([np.ones(len(problem.frame)), problem.frame[problem.numbers].to_numpy()])
        y = problem.frame["y"].to_numpy(dtype=float)
    else:
        X, y = problem.X, problem.y
    if isinstance(problem, RefitProblem):
        problem.draws.astype(np.int32).tofile(folder / "draws.bin")
        more = [problem.replicates]
    if isinstance(problem, GroupsProblem):
        part, more = problem.n_groups / problem.subset, [problem.rows, problem.subset]
        X, y = X[: problem.rows * problem.subset], y[: problem.rows * problem.subset]
    if isinstance(problem, PenalisedMatrix):
        more = [problem.strengths.size]
        for name in ("strengths", "scale", "folds"):
            getattr(problem, name).tofile(folder / f"{name}.bin")
    if isinstance(problem, OutcomeFrame):
        more = [problem.n_outcomes, len(problem.factors)]
        codes = [problem.frame[name].cat.codes.to_numpy() for name in problem.factors]
        np.concatenate(codes).astype(np.int32).tofile(folder / "codes.bin")
    if isinstance(problem, OutcomeMatrix):
        more = [problem.n_outcomes, problem.strengths.size]
        problem.strengths.tofile(folder / "strengths.bin")
        problem.scale.tofile(folder / "scale.bin")
        y = y.astype(float)
    if issparse(X):
        columns = X.tocsc()
        for name in ("indptr", "indices"):
            getattr(columns, name).astype(np.int32).tofile(folder / f"{name}.bin")
        columns.data.tofile(folder / "values.bin")
    else:
        with (folder / "X.bin").open("wb") as file:
            for column in X.T:
                np.ascontiguousarray(column).tofile(file)
    y.tofile(folder / "y.bin")
    (folder / "shape.txt").write_text(" ".join(str(size) for size in (*X.shape, *more)), encoding="utf-8")
    return part


def _read(problem: Any, folder: Path) -> np.ndarray:
    coef = np.fromfile(folder / "coef.bin")
    if isinstance(problem, RefitProblem):
        return coef.reshape(problem.replicates, -1)
    if isinstance(problem, PenalisedMatrix):
        return coef.reshape(problem.strengths.size, -1)
    if isinstance(problem, OutcomeMatrix):
        return coef.reshape(max(problem.strengths.size, 1), problem.n_outcomes, -1)
    if isinstance(problem, OutcomeFrame):
        return coef.reshape(problem.n_outcomes, -1)
    return coef.reshape(problem.subset, -1) if isinstance(problem, GroupsProblem) else coef
