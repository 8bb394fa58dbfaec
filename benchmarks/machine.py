"""The machine that a run is made on, and what is installed there."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path

import r_peers

PACKAGES = (
    "logitkit",
    "numpy",
    "scipy",
    "numba",
    "pandas",
    "formulaic",
    "scikit-learn",
    "glum",
    "statsmodels",
    "pyfixest",
    "celer",
    "skglm",
    "marginaleffects",
    "firthmodels",
)
IN_R = (
    *(("R", "base"), ("glmnet", "glmnet"), ("nnet", "nnet"), ("MASS", "MASS"), ("brglm2", "brglm2")),
    *(("sandwich", "sandwich"), ("clubSandwich", "clubSandwich")),
)


def processor() -> str:
    """Return the name of the processor."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    named = (line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def machine_text() -> str:
    """Return the processor, and the versions of what is installed and what is not."""
    versions = [f"{name} {version}" for name in PACKAGES if (version := _version(name))]
    versions += [f"{name} {version}" for name, package in IN_R if (version := r_peers.r_version(package))]
    absent = [name for name in PACKAGES if not _version(name)]
    absent += [name for name, package in IN_R if not r_peers.r_version(package)]
    text = f"{processor()}, {os.cpu_count()} processors, Python {platform.python_version()}; {', '.join(versions)}."
    return text + (f" Not installed, and so not measured: {', '.join(absent)}." if absent else "")


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
