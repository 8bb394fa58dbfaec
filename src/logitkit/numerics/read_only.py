"""Arrays of one kind for compiled code, which is compiled again for arrays that must not be written."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["read_only"]


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return an array as rows one after another that must not be written; the array itself stays as it is.

    Examples
    --------
    >>> given = np.zeros(3)
    >>> read_only(given).flags.writeable, given.flags.writeable
    (False, True)
    """
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
