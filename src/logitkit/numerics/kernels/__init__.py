"""Compiled loops: arrays and scalars in and out, and nothing else.

The only package that imports numba. No kernel imports another. What several of them are made of is in ``inner``, and
what is compiled of a kernel is used again only while all files that went into it are as they were: numba's cache by
itself looks at one.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import warnings
from collections.abc import Callable
from functools import cache, partial
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba import njit, types
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

from logitkit.errors import LogitkitWarning
from logitkit.numerics.linkable import Linkable
from logitkit.numerics.unpickling import unpickled

try:  # numba has no public place for them
    from llvmlite import binding
    from numba.core.environment import Environment, lookup_environment
    from numba.core.runtime import _nrt_python as runtime  # type: ignore[attr-defined]
except ImportError:
    runtime = binding = Environment = lookup_environment = None  # type: ignore[assignment, misc]

__all__ = ["compiled", "compiled_fused", "compiled_sum", "compiled_view"]

F = TypeVar("F", bound=Callable[..., Any])
INNER = f"{__name__}.inner."  # functions of its modules are only compiled into kernels
_told: list[str] = []  # the folder of the cache that was warned of: once is enough


def compiled(function: F) -> F:
    """Return a function compiled by numba, without the interpreter lock, and kept on disk for the next process."""
    return _compile(function, False)


def compiled_fused(function: F) -> F:
    """Return a compiled function in which a product and a sum may be one instruction, which rounds once."""
    return _compile(function, {"contract"})


def compiled_sum(function: F) -> F:
    """Return a compiled function whose sums may be added in another order, several terms at a time."""
    return _compile(function, {"reassoc", "contract"})


def compiled_view(address: int, n: int, like: Any) -> NDArray[Any]:
    """Return n numbers of a type at an address, compiled or not."""
    kind = np.ctypeslib.as_ctypes_type(like.dtype)
    return np.ctypeslib.as_array(ctypes.cast(int(address), ctypes.POINTER(kind)), (n,))


@intrinsic
def _pointer(typing: Any, address: Any, like: Any) -> Any:
    """Return an address as a pointer to the type of a number."""
    del typing

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.inttoptr(values[0], context.get_value_type(signature.return_type))

    return types.CPointer(like)(address, like), generate  # type: ignore[no-untyped-call]


@overload(compiled_view)
def _compiled_numbers(address: int, n: int, like: Any) -> Callable[[int, int, Any], NDArray[Any]]:
    del address, n, like

    def numbers(address: int, n: int, like: Any) -> NDArray[Any]:
        return numba.carray(_pointer(address, like), n)  # type: ignore[attr-defined, call-arg]

    return numbers


def _compile(function: F, relaxed: Any) -> F:
    options = {"nogil": True, "error_model": "numpy", "fastmath": relaxed}
    # Without what nobody calls, which takes a sixth of the time to compile: C calls no kernel, and Python no inner one.
    inner = function.__name__.startswith("_") or function.__module__.startswith(INNER)
    options |= {"no_cfunc_wrapper": True, "no_cpython_wrapper": inner}
    kernel = njit(**options)(function)
    # Numba would look through all packages that are installed for types of theirs, which no kernel is given.
    vars(kernel)["_compilation_chain_init_hook"] = _does_nothing
    without = getattr(kernel, "_cache", None)  # numba has no public place for it, and none under NUMBA_DISABLE_JIT
    if without is not None:
        # Numba looks for the folder of a function where it is defined; most functions are not called in a process.
        without.load_overload = partial(_load_from_folder, kernel)
        vars(kernel)["_imported_as"] = _version_of(function)
    return cast("F", kernel)


def _load_from_folder(kernel: Any, signature: Any, context: Any) -> Any:
    """Find the cache of a kernel at its first call, and load what it holds for a signature."""
    without = vars(kernel)["_cache"]
    vars(without).pop("load_overload")
    stamps = _stamps(kernel)
    if stamps is not None:
        with contextlib.suppress(RuntimeError):  # numba finds no folder that it may write
            kernel.enable_caching()
            if _is_stamped(vars(kernel)["_cache"], stamps):
                _keep_working(vars(kernel)["_cache"])
            else:
                vars(kernel)["_cache"] = without
    found = vars(kernel)["_cache"].load_overload(signature, context)
    if found is None:
        _linkable.parse()
    return found


def _stamps(kernel: Any) -> dict[str, tuple[int, int]] | None:
    """Return the versions of the files that a kernel is compiled from, its own first, by the names of their modules.

    None where one of them has been edited since it was imported: what is compiled then is not what it says.
    """
    found: dict[str, tuple[int, int]] = {}
    made = [kernel]
    for each in made:  # which grows
        known, version = each.py_func.__globals__, vars(each).get("_imported_as")
        name = known["__name__"]
        if version is None or version != (found[name] if name in found else _version_of(each.py_func)):
            return None
        if name not in found:
            found[name] = version
            made += [other for other in known.values() if hasattr(other, "py_func")]
    return found


def _is_stamped(stored: Any, stamps: dict[str, tuple[int, int]]) -> bool:
    """Let a cache be of all files of its kernel; return whether it is, which a numba without this name cannot have."""
    if len(stamps) == 1:
        return True
    file = vars(getattr(stored, "_cache_file", None) or SimpleNamespace())
    if "_source_stamp" not in file:
        return False
    file["_source_stamp"] = (file["_source_stamp"], tuple(sorted(stamps.items())))
    return True


def _version_of(function: Any) -> tuple[int, int] | None:
    """Return what tells that the file of a function has been edited."""
    try:
        status = os.stat(function.__code__.co_filename)  # noqa: PTH116 - quicker, and there are a hundred functions
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _keep_working(stored: Any) -> None:
    """Let a kernel be compiled where its cache is damaged or cannot be written: a cache is a convenience.

    A damaged index is replaced by an empty one, so that the next process finds a sound cache. Whatever bytes can bring
    unpickling and LLVM to raise is caught, for there is no list of it.

    Numba declares all that it can compile before it looks into the cache, a tenth of the time to a first summary. What
    is compiled already needs none of it but the functions of arrays' memory; a kernel that is not found there is
    compiled, and for that everything is declared. Nor does it need the modules of numba whose functions were compiled
    into it, another tenth, nor its own code as it is linked into other kernels, a fiftieth. A numba without these
    private names loads in its own way.
    """
    load, save = stored.load_overload, stored.save_overload
    alone = getattr(stored, "_load_overload", None) if hasattr(runtime, "c_helpers") else None
    file = getattr(stored, "_cache_file", None)
    path_of = getattr(file, "_data_path", None)
    if alone is not None and path_of is not None and hasattr(file, "_load_data"):
        vars(file)["_load_data"] = _reader_of(path_of)

    def load_overload(signature: Any, context: Any) -> Any:
        found = None
        try:
            if alone is None:
                found = load(signature, context)
            else:
                _name_functions_of_memory()
                found = alone(signature, context)
                _linkable.hold(found)
        except Exception as error:  # noqa: BLE001 - see above
            _tell_once(stored.cache_path, error)
            with contextlib.suppress(Exception):
                stored.flush()
        if found is None:
            context.refresh()
        return found

    def save_overload(signature: Any, compiled_code: Any) -> None:
        try:
            save(signature, compiled_code)
        except Exception as error:  # noqa: BLE001 - see above
            _tell_once(stored.cache_path, error)

    stored.load_overload, stored.save_overload = load_overload, save_overload


def _reader_of(path_of: Callable[[str], str]) -> Callable[[str], Any]:
    """Return what reads a compiled kernel by its name, and imports nothing for it."""

    def read(name: str) -> Any:
        with open(path_of(name), "rb") as file:  # noqa: PTH123 - as numba does, whose OSError is a kernel not found
            found = unpickled(file.read(), {("numba.core.environment", "_rebuild_env"): _environment})
        return _linkable.taken_out(found)

    return read


_linkable = Linkable(binding, INNER)


@cache
def _name_functions_of_memory() -> None:
    """Tell the linker where numba's functions of arrays' memory are; what it compiles around them, kernels contain."""
    for name, address in runtime.c_helpers.items():
        binding.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)


def _environment(module: str, constants: list[Any], name: str) -> Any:
    """Return the constants of a function that was compiled; its module is for code that is interpreted."""
    known = lookup_environment(name)  # type: ignore[no-untyped-call]
    if known is not None:
        return known
    described = SimpleNamespace(env_name=name, lookup_globals=lambda: {"__name__": module})
    made = Environment.from_fndesc(described)  # type: ignore[no-untyped-call]
    made.consts[:] = constants
    return made


def _does_nothing() -> None:
    pass


def _tell_once(folder: str, error: Exception) -> None:
    if _told:
        return
    _told.append(folder)
    warnings.warn(
        f"Compiled code in '{folder}' cannot be read or written ({type(error).__name__}: {error}). It is compiled "
        "again, which takes a few seconds in each process. Free space there, or delete the files *.nbi and *.nbc in "
        "it.",
        LogitkitWarning,
        stacklevel=2,
    )
