"""The compiled functions are kept on disk, and do without a disk.

Every kernel is made by one decorator, so that a kernel of a few lines, compiled in a tenth of a second, speaks for all
of them; whole fits, which compile a dozen, are left to the slow tests.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from numba.core.caching import FunctionCache

import logitkit as lk
from logitkit.numerics import kernels
from logitkit.numerics.kernels.logit_fits import logit_fits

FIT = "import logitkit as lk; print(round(float(lk.logit('y ~ 1', {'y': [0, 1, 1, 1]}).coef.iloc[0]), 6))"
SMALL = (
    "import numpy as np; from logitkit.numerics.kernels.binomial_values import logit_mean;"
    " print(logit_mean(np.zeros(1))[0])"
)
NO_FOLDER = "from numba.core import caching; caching.CacheImpl._locator_classes = []\n"
WORK = [
    pytest.param(SMALL, "0.5", "binomial_values.logit_mean", id="one kernel"),
    pytest.param(FIT, "1.098612", "logit_fits.logit_fits", id="fit", marks=pytest.mark.slow),
]
# What only some fits need is loaded by those who use it: the loops of other links, and rooms for rarer cases.
RARER = (
    "api.starting design.survey engine.chunked engine.existence.separation engine.levels.wide engine.limit "
    "engine.many_outcomes inference.covariances.sandwich models.penalties.adjustment numerics.kernels.cumulative "
    "numerics.kernels.links results.effects.spreads results.on_rows"
)
LOADED = f"import sys; print([n for n in {RARER!r}.split() if f'logitkit.{{n}}' in sys.modules])"
HITS = (
    "from logitkit.numerics.kernels import binomial, logit_fits;"
    " made = [k.stats for m in (binomial, logit_fits) for k in vars(m).values() if hasattr(k, 'stats')];"
    " print(sum(sum(s.cache_hits.values()) for s in made) > 0, sum(sum(s.cache_misses.values()) for s in made))"
)


# Numba loads the first of these when it declares all that it can compile, and the second with functions of arrays.
DECLARED = "import sys; print(any(f'numba.{n}' in sys.modules for n in ('typed.typeddict', 'np.arrayobj')))"
EVERY_KERNEL = """
import importlib, pkgutil
from numba.core.caching import FunctionCache
from logitkit.numerics import kernels
names = [each.name for each in pkgutil.walk_packages(kernels.__path__, f'{kernels.__name__}.')]
made = {k for name in names for k in vars(importlib.import_module(name)).values() if hasattr(k, 'py_func')}
def signatures(k):
    stored = FunctionCache(k.py_func)
    kernels._is_stamped(stored, kernels._stamps(k))
    return [key[0] for key in stored._cache_file._load_index()]
kept = [(k, signature) for k in made for signature in signatures(k)]
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


CHAIN = {
    "innermost": "@compiled\ndef innermost(x):\n    return 2.0 * x\n",
    "middle": "from innermost import innermost\n\n@compiled\ndef middle(x):\n    return innermost(x)\n",
    "outermost": "from middle import middle\n\n@compiled\ndef outermost(x):\n    return 1.0 + middle(x)\n",
}


class Chain:
    """A kernel made of functions of two other files, to be loaded as a new process would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in CHAIN.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        (self.folder / f"{name}.py").write_text(f"from logitkit.numerics.kernels import compiled\n{text}")

    def load(self) -> Any:
        importlib.invalidate_caches()
        for name in CHAIN:
            sys.modules.pop(name, None)
        return importlib.import_module("outermost").outermost

    def run(self) -> tuple[float, int]:
        """Return the value at one, and how often the kernel came from the cache."""
        kernel = self.load()
        return kernel(1.0), sum(kernel.stats.cache_hits.values())


@pytest.fixture
def chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chain]:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # which would hide an edit within a second
    monkeypatch.syspath_prepend(tmp_path)
    yield Chain(tmp_path)
    for name in CHAIN:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("name", ["innermost", "middle"])
def test_a_kernel_is_compiled_anew_once_a_function_of_another_file_has_changed(name: str, chain: Chain) -> None:
    assert [chain.run(), chain.run()] == [(3.0, 0), (3.0, 1)]
    old, new = ("2.0 *", "7.0 *") if name == "innermost" else ("return", "return 3.5 *")
    chain.write(name, CHAIN[name].replace(old, new))
    assert [chain.run(), chain.run()] == [(8.0, 0), (8.0, 1)]


def test_a_function_of_another_file_that_was_edited_before_the_first_call_is_not_kept(chain: Chain) -> None:
    kernel = chain.load()
    chain.write("innermost", CHAIN["innermost"].replace("2.0", "7.0"))
    assert kernel(1.0) == 3.0
    assert [chain.run(), chain.run()] == [(8.0, 0), (8.0, 1)]


def test_what_several_files_go_into_is_not_kept_by_a_numba_that_stamps_otherwise(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not kernels._is_stamped(object(), {"one": (0, 0), "two": (0, 0)})
    assert kernels._is_stamped(object(), {"one": (0, 0)})
    monkeypatch.setattr(kernels, "_is_stamped", lambda stored, stamps: len(stamps) == 1)
    assert [chain.run(), chain.run()] == [(3.0, 0), (3.0, 0)]


def test_a_kernel_depends_on_the_files_that_its_functions_are_from() -> None:
    inner = ("column_products", "logit_chunk", "small_cholesky", "sums")
    assert next(iter(kernels._stamps(logit_fits))) == f"{kernels.__name__}.logit_fits"
    assert {*kernels._stamps(logit_fits)} >= {f"{kernels.INNER}{name}" for name in inner}
    for path in Path(kernels.__file__).parent.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        named = {line.split()[1] for line in text.splitlines() if line.startswith(f"from {kernels.INNER}")}
        if named:
            module = importlib.import_module(f"{kernels.__name__}.{path.stem}")
            own = [each for each in vars(module).values() if getattr(each, "__module__", "") == module.__name__]
            assert all({*kernels._stamps(each)} >= named for each in own if hasattr(each, "py_func"))


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
    found = pkgutil.walk_packages(kernels.__path__, f"{kernels.__name__}.")
    return [importlib.import_module(each.name) for each in found if not each.ispkg]


@pytest.mark.parametrize("module", kernel_modules(), ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_kernel_is_kept_on_disk_by_the_decorator_that_forgives_a_damaged_cache(module):
    made = [found for found in vars(module).values() if hasattr(found, "py_func")]
    assert made
    for kernel in made:
        if not isinstance(kernel._cache, FunctionCache):  # which it is from the first call on
            assert kernel._cache.load_overload((), kernel.targetctx) is None
        assert isinstance(kernel._cache, FunctionCache)
        assert kernel._cache.load_overload.__module__ == kernel._cache.save_overload.__module__ == kernels.__name__
