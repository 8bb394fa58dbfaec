"""The names that a formula can use besides columns: those of the code that calls the package."""

from __future__ import annotations

import os
import sys
from collections import ChainMap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["caller_scope"]

PACKAGE = f"{Path(__file__).parents[1]}{os.sep}"
COMPREHENSIONS = {"<listcomp>", "<dictcomp>", "<setcomp>"}


def caller_scope() -> Mapping[str, Any]:
    """Return the names that the caller of the package can see, also from a comprehension.

    Comprehensions had frames of their own before Python 3.12.
    """
    frame = sys._getframe(1)  # noqa: SLF001 - as every formula package does
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    scopes: list[dict[str, Any]] = [frame.f_locals]
    while frame.f_code.co_name in COMPREHENSIONS and frame.f_back is not None:
        frame = frame.f_back
        scopes.append(frame.f_locals)
    return ChainMap(*scopes, frame.f_globals)
