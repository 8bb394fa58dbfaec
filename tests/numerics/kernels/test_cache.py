"""The compiled functions are kept on disk, and do without a disk."""

from __future__ import annotations

import os
import subprocess
import sys

FIT = "import logitkit as lk; print(round(float(lk.logit('y ~ 1', {'y': [0, 1, 1, 1]}).coef.iloc[0]), 6))"
NO_FOLDER = "from numba.core import caching; caching.CacheImpl._locator_classes = []\n"


def run(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_a_process_without_a_folder_to_write_compiles_in_silence():
    assert run(NO_FOLDER + FIT) == "1.098612"


def test_the_first_process_writes_the_cache_and_the_second_reads_it(tmp_path):
    run(FIT, NUMBA_CACHE_DIR=str(tmp_path))
    written = sorted((path.name, path.stat().st_mtime_ns) for path in tmp_path.rglob("*.nbc"))
    assert any(name.startswith("binomial.logit_walk") for name, _ in written)
    # The loops of other links are loaded by those who use them.
    loaded = (
        "import sys; print([n for n in ('links', 'cumulative') if f'logitkit.numerics.kernels.{n}' in sys.modules])"
    )
    assert run(f"{FIT}; {loaded}", NUMBA_CACHE_DIR=str(tmp_path)).splitlines() == ["1.098612", "[]"]
    assert sorted((path.name, path.stat().st_mtime_ns) for path in tmp_path.rglob("*.nbc")) == written
