"""The code of compiled kernels as it is linked into others, parsed where a process compiles."""

from __future__ import annotations

from typing import Any

__all__ = ["Linkable"]


class Linkable:
    """Code that waits until the process compiles a kernel, which most processes never do.

    A kernel in the cache holds machine code, which is called, and its code before that, which can be inlined into a
    kernel that calls it. Parsing the second takes longer than loading the first.

    Parameters
    ----------
    binding : module
        ``llvmlite.binding``.
    inner : str
        How the names of modules begin whose functions Python does not call.
    """

    def __init__(self, binding: Any, inner: str) -> None:
        self._binding, self._inner = binding, inner
        self._taken: bytes | None = None
        self._waiting: list[tuple[Any, bytes]] | None = []  # None as soon as the process compiles

    def taken_out(self, stored: Any) -> Any:
        """Return a stored kernel without the code to be linked, which ``hold`` keeps.

        One that a numba of another layout has stored is returned as it is.
        """
        self._taken = None
        try:
            (name, kind, (machine_code, code)), described, *rest = stored
            wrapper = described.llvm_cpython_wrapper_name
            # A kernel that Python does not call is loaded only to be linked.
            inner = described.qualname.startswith("_") or described.modname.startswith(self._inner)
        except (TypeError, ValueError, AttributeError):
            return stored
        if self._waiting is None or kind != "object" or inner or not isinstance(code, bytes):
            return stored
        # Numba asks the module for this name before it calls the machine code.
        named = self._binding.parse_assembly(f'@"{wrapper}" = global i8 0')
        self._taken = code
        return (name, kind, (machine_code, named.as_bitcode())), described, *rest

    def hold(self, kernel: Any) -> None:
        """Keep the code that was taken out of the kernel that is now loaded."""
        if self._waiting is not None and self._taken is not None and kernel is not None:
            self._waiting.append((kernel.library, self._taken))
        self._taken = None

    def parse(self) -> None:
        """Give all loaded kernels their code, and take none out any more: a kernel is to be compiled."""
        for library, code in self._waiting or ():
            vars(library)["_shared_module"] = self._binding.parse_bitcode(code)
        self._waiting = None
