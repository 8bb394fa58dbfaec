"""Fits and scorecards from files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from logitkit.engine.saved.file import read_packed, record_in
from logitkit.results.classes import fit_of
from logitkit.writing import as_path

__all__ = ["load"]

CARD = "logitkit scorecard"  # the formats, without what reads them
RECALIBRATED = "logitkit recalibrated fit"
EXTENDED = "logitkit extended fit"
STOCHASTIC = "logitkit stochastic fit"


def load(path: str | Path, functions: Mapping[str, Any] | None = None) -> Any:
    """Load a saved fit (also recalibrated, extended, or learnt in mini-batches) or a saved scorecard.

    A saved fit is data: it runs no code of its own, neither on loading nor later. Its formula is evaluated only if
    every name in it is a column, a constant stored in the file, a transform from a closed list, or a function passed
    here, and if it reproduces the terms, offsets and left side stored in the file.

    The whole file is checked before a fit is returned: the type, range and size of every field, the consistency between
    fields, and a digest of all fields, which detects damage and manual changes. The digest is not a signature: anyone
    who can write the file can recompute it. Files in earlier versions of the format, from version 4 on, can be read too
    (``docs/saving.md``).

    Parameters
    ----------
    path : str or Path
        File written by ``fit.save`` or ``card.save``.
    functions : mapping of str to object, optional
        User-defined functions that the formula calls, by name: ``{"f": f}``, or ``{"pd.cut": pd.cut}`` for ``pd.cut``.
        NumPy functions that operate on values need not be passed.

    Returns
    -------
    Fit, RecalibratedFit, ExtendedFit, StochasticFit or Scorecard
        The saved fit, of the class for its model, or the scorecard with its fit. It holds no rows, so verbs that need
        rows require ``data=``.

    Raises
    ------
    DataError
        If the file is not a saved fit or scorecard, is damaged (the message names the field) or was changed, or has an
        unknown version of the format (the message says what to do).
    FormulaError
        If the formula calls functions that were not passed (the message names them), or contains a part that is not
        allowed in a saved fit.

    Examples
    --------
    >>> import tempfile, os
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> path = fit.save(os.path.join(tempfile.mkdtemp(), "model.json"))
    >>> lk.load(path).coef.round(3).to_dict(), lk.load(path).predict({"x": [2.2]}).round(3).tolist()
    ({'Intercept': -5.847, 'x': 2.119}, [0.234])
    """
    path = as_path(path, "model")
    packed = read_packed(path)
    if isinstance(packed, dict) and packed.get("format") == CARD:
        from logitkit.results.cards.loading import scorecard_in

        return scorecard_in(packed, path, functions or {})
    if isinstance(packed, dict) and packed.get("format") == RECALIBRATED:
        from logitkit.results.recalibrated import recalibrated_in

        return recalibrated_in(packed, path, functions or {})
    if isinstance(packed, dict) and packed.get("format") == EXTENDED:
        from logitkit.results.updated.extended import extended_in

        return extended_in(packed, path, functions or {})
    if isinstance(packed, dict) and packed.get("format") == STOCHASTIC:
        from logitkit.results.saved_stochastic import learnt_in_file

        return learnt_in_file(packed, path, functions or {})
    return fit_of(record_in(packed, path, functions or {}))
