"""The compiled functions are kept on disk, and do without a disk.

Every kernel is made by one decorator, so that a kernel of a few lines, compiled in a tenth of a second, speaks for all
of them; whole fits, which compile a dozen, are left to the slow tests.
"""

from __future__ import annotations

import importlib.util
import os
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from numba.core.caching import FunctionCache

import logitkit as lk
from logitkit.numerics import kernels

FIT = "import logitkit as lk; print(round(float(lk.logit('y ~ 1', {'y': [0, 1, 1, 1]}).coef.iloc[0]), 6))"
SMALL = (
    "import numpy as np; from logitkit.numerics.kernels.binomial_values import logit_mean;"
    " print(logit_mean(np.zeros(1))[0])"
)
NO_FOLDER = "from numba.core import caching; caching.CacheImpl._locator_classes = []\n"
WORK = [
    pytest.param(SMALL, "0.5", "binomial_values.logit_mean", id="one kernel"),
    pytest.param(FIT, "1.098612", "binomial.logit_walk", id="fit", marks=pytest.mark.slow),
]
# What only some fits need is loaded by those who use it: the loops of other links, and rooms for rarer cases.
RARER = (
    "api.starting design.survey engine.chunked engine.existence.separation engine.levels.wide engine.limit "
    "engine.many_outcomes inference.covariances.sandwich models.penalties.adjustment numerics.kernels.cumulative "
    "numerics.kernels.links results.effects.spreads results.on_rows"
)
LOADED = f"import sys; print([n for n in {RARER!r}.split() if f'logitkit.{{n}}' in sys.modules])"
HITS = (
    "from logitkit.numerics.kernels import binomial;"
    " made = [k.stats for k in vars(binomial).values() if hasattr(k, 'stats')];"
    " print(sum(sum(s.cache_hits.values()) for s in made) > 0, sum(sum(s.cache_misses.values()) for s in made))"
)


# Numba loads the first of these when it declares all that it can compile, and the second with functions of arrays.
DECLARED = "import sys; print(any(f'numba.{n}' in sys.modules for n in ('typed.typeddict', 'np.arrayobj')))"
EVERY_KERNEL = """
import importlib, pkgutil
from numba.core.caching import FunctionCache
from logitkit.numerics import kernels
names = [f'{kernels.__name__}.{each.name}' for each in pkgutil.iter_modules(kernels.__path__)]
made = [k for name in names for k in vars(importlib.import_module(name)).values() if hasattr(k, 'py_func')]
kept = [(k, key[0]) for k in made for key in FunctionCache(k.py_func)._cache_file._load_index()]
found = [k._cache.load_overload(signature, k.targetctx) for k, signature in kept]
print(len(found) > 10, all(each is not None for each in found))
"""


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


@pytest.mark.parametrize(("work", "printed", "kernel"), WORK)
def test_a_process_without_a_folder_to_write_compiles_in_silence(work: str, printed: str, kernel: str) -> None:
    assert run(NO_FOLDER + work) == printed


@pytest.mark.parametrize(("work", "printed", "kernel"), WORK)
def test_the_first_process_writes_the_cache_and_the_second_reads_it(
    work: str, printed: str, kernel: str, tmp_path: Path
) -> None:
    assert run(work, NUMBA_CACHE_DIR=str(tmp_path)) == printed
    written = sorted((path.name, path.stat().st_mtime_ns) for path in tmp_path.rglob("*.nbc"))
    assert any(name.startswith(kernel) for name, _ in written)
    assert run(work, NUMBA_CACHE_DIR=str(tmp_path)) == printed
    assert sorted((path.name, path.stat().st_mtime_ns) for path in tmp_path.rglob("*.nbc")) == written


def test_a_fit_in_a_new_process_compiles_nothing_and_loads_no_rarer_case():
    assert all(importlib.util.find_spec(f"logitkit.{name}") for name in RARER.split())
    lk.logit("y ~ 1", {"y": [0, 1, 1, 1]})  # writes what the cache has not yet
    assert run(f"{FIT}; {LOADED}; {HITS}; {DECLARED}").splitlines() == ["1.098612", "[]", "True 0", "False"]


@pytest.mark.slow  # two processes
def test_a_kernel_that_is_not_in_the_cache_is_compiled_after_one_that_is(tmp_path: Path) -> None:
    folder = {"NUMBA_CACHE_DIR": str(tmp_path)}
    assert run(SMALL, **folder) == "0.5"
    other = "print(logit_mean(np.zeros(1, dtype=np.int16))[0])"
    assert run(f"{SMALL}; {DECLARED}; {other}; {DECLARED}", **folder).splitlines() == ["0.5", "False", "0.5", "True"]


@pytest.mark.slow  # seconds
def test_every_kernel_in_the_cache_is_loaded_without_what_only_compiling_needs():
    # A symbol that is missing then ends the process.
    lk.logit("y ~ 1", {"y": [0, 1, 1, 1]})
    assert run(EVERY_KERNEL + DECLARED).splitlines() == ["True True", "False"]


INNER_AND_OUTER = """
import numpy as np
from logitkit.numerics.kernels import compiled

@compiled
def inner(values):
    return values.sum()

@compiled
def outer(values):
    return 2.0 * inner(values)
"""


@pytest.mark.slow  # two processes
def test_a_kernel_from_the_cache_is_linked_into_one_that_is_compiled(tmp_path: Path) -> None:
    (tmp_path / "two_kernels.py").write_text(INNER_AND_OUTER)
    made = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from two_kernels import *; x = np.arange(4.0); "
    hits = "; print(sum(inner.stats.cache_hits.values()), sum(outer.stats.cache_hits.values()))"
    # Within the other it can be inlined; without it, the other would call it.
    code = "outer.inspect_llvm().popitem()[1].splitlines()"
    within = f"; print(any(line.startswith('define') and 'inner' in line for line in {code}))"
    assert run(f"{made} print(inner(x)){hits}").splitlines() == ["6.0", "0 0"]
    assert run(f"{made} print(inner(x), outer(x)){hits}{within}").splitlines() == ["6.0 12.0", "1 0", "True"]
    assert run(f"{made} print(inner(x), outer(x)){hits}").splitlines() == ["6.0 12.0", "1 1"]


@pytest.mark.slow  # two processes
def test_a_file_that_was_edited_before_the_first_call_is_not_kept_as_what_it_was(tmp_path: Path) -> None:
    (tmp_path / "two_kernels.py").write_text(INNER_AND_OUTER)
    made = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from two_kernels import *; x = np.arange(4.0); "
    edit = "p = __import__('pathlib').Path(inner.py_func.__code__.co_filename); "
    edit += "p.write_text(p.read_text().replace('.sum()', '.max() * 1')); "
    assert run(f"{made}{edit}print(inner(x))") == "6.0"
    assert run(f"{made}print(inner(x))") == "3.0"


class _Cache:
    """A cache of numba without its private loader."""

    cache_path = ""

    def load_overload(self, signature: object, context: object) -> object:
        return signature, context

    def save_overload(self, signature: object, code: object) -> None:
        del signature, code


@pytest.mark.parametrize("runtime", [None, kernels.runtime])
def test_a_numba_without_private_names_loads_in_its_own_way(runtime: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "runtime", runtime)
    cache = _Cache()
    kernels._keep_working(cache)
    assert cache.load_overload("one", "two") == ("one", "two")


def kernel_modules() -> list[ModuleType]:
    return [
        importlib.import_module(f"{kernels.__name__}.{found.name}") for found in pkgutil.iter_modules(kernels.__path__)
    ]


@pytest.mark.parametrize("module", kernel_modules(), ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_kernel_is_kept_on_disk_by_the_decorator_that_forgives_a_damaged_cache(module):
    made = [found for found in vars(module).values() if hasattr(found, "py_func")]
    assert made
    for kernel in made:
        if not isinstance(kernel._cache, FunctionCache):  # which it is from the first call on
            assert kernel._cache.load_overload((), kernel.targetctx) is None
        assert isinstance(kernel._cache, FunctionCache)
        assert kernel._cache.load_overload.__module__ == kernel._cache.save_overload.__module__ == kernels.__name__
