"""Fits from files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from logitkit.engine.saved.file import load_record
from logitkit.results.classes import fit_of
from logitkit.results.fit import Fit
from logitkit.writing import as_path

__all__ = ["load"]


def load(path: str | Path, functions: Mapping[str, Any] | None = None) -> Fit:
    """Load a fit that was saved.

    A saved fit is data: it runs no code of its own, neither here nor in a verb of the fit. Its formula is evaluated
    only if every name in it is a column, a constant that the file holds, a transform of a closed list, or a function
    that is handed over here, and if it gives the terms, the offsets and the left side that the file holds.

    The file is checked whole before a fit comes out of it: the type, range and size of every field, what must agree
    across fields, and a digest of them all, which finds damage and changes made by hand. It is no signature: whoever
    can write the file can make the digest anew. Files of earlier versions of the format, from 4 on, are read too
    (``docs/saving.md``).

    Parameters
    ----------
    path : str or Path
        File that ``fit.save`` wrote.
    functions : mapping of str to object, optional
        The caller's own functions that the formula uses, by the name that it calls: ``{"f": f}``, and for ``pd.cut``
        in the formula ``{"pd.cut": pd.cut}``. Those of numpy that compute with values need not be given.

    Returns
    -------
    Fit
        Of the class of its family, and of the model that was saved. Without rows: verbs that need rows take ``data=``.

    Raises
    ------
    DataError
        If the file is no saved fit, is damaged (naming the field) or was changed, or is of a version of the format
        that is not known (saying what to do).
    FormulaError
        If the formula uses functions that are not given, naming them, or has a part that a saved fit may not hold.

    Examples
    --------
    >>> import tempfile, os
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> path = fit.save(os.path.join(tempfile.mkdtemp(), "model.json"))
    >>> bool((lk.load(path).coef == fit.coef).all())
    True
    """
    return fit_of(load_record(as_path(path, "model"), functions or {}))
