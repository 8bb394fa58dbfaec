"""Code to be linked is taken out of stored kernels of the layout that is known, and of no other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from llvmlite import binding

from logitkit.numerics.linkable import Linkable

INNER = "package.inner."


def described(name: str = "kernel", module: str = "package.kernels", **more: str) -> SimpleNamespace:
    return SimpleNamespace(qualname=name, modname=module, **more)


KNOWN = described(llvm_cpython_wrapper_name="called")
CODE = "define i32 @other() {\n  ret i32 7\n}"


@pytest.fixture
def linkable() -> Linkable:
    return Linkable(binding, INNER)


def test_code_that_is_taken_out_is_put_back_once_a_kernel_is_compiled(linkable: Linkable) -> None:
    code = binding.parse_assembly(CODE).as_bitcode()
    stored = (("library", "object", (b"machine", code)), KNOWN, "rest", [1])
    (name, kind, (machine, left)), *rest = linkable.taken_out(stored)
    assert (name, kind, machine, rest) == ("library", "object", b"machine", [KNOWN, "rest", [1]])
    named = str(binding.parse_bitcode(left))
    assert "@called" in named
    assert "@other" not in named
    library = SimpleNamespace(_shared_module=None)
    linkable.hold(SimpleNamespace(library=library))
    linkable.parse()
    assert "@other" in str(library._shared_module)
    assert linkable.taken_out(stored) is stored


@pytest.mark.parametrize(
    "stored",
    [
        None,
        (),
        (("library", "object", (b"machine", b"code")),),
        (("library", "object", b"machine and code"), KNOWN),
        (("library", "object", (b"machine", b"code", b"more")), KNOWN),
        (("library", "object", (b"machine", {"code": b"code"})), KNOWN),
        (("library", (b"machine", b"code")), KNOWN),
        ({"library": b"machine"}, KNOWN),
        (("library", "object", (b"machine", b"code")), described()),
        (("library", "object", (b"machine", b"code")), SimpleNamespace(llvm_cpython_wrapper_name="called")),
        (("library", "bitcode", b"code"), KNOWN),
        (("library", "object", (b"machine", b"code")), described("_kernel", llvm_cpython_wrapper_name="called")),
        (("library", "object", (b"machine", b"code")), described("a", f"{INNER}x", llvm_cpython_wrapper_name="called")),
    ],
)
def test_any_other_kernel_is_returned_as_it_was_stored(stored: Any, linkable: Linkable) -> None:
    assert linkable.taken_out(stored) is stored
    library = SimpleNamespace(_shared_module="its own")
    linkable.hold(SimpleNamespace(library=library))
    linkable.parse()
    assert library._shared_module == "its own"
