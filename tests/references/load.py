"""Read the stored references and the tables that they were computed from.

The JSON files hold what JSON can hold; here lists of numbers become NumPy arrays, and the words ``"NaN"``,
``"Infinity"`` and ``"-Infinity"``, which stand for numbers that JSON lacks, become those numbers.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["REFERENCE_NAMES", "load_fixture", "load_frame", "load_reference", "load_table", "rows_of"]

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parents[1]
_NOT_FINITE = {"NaN": np.nan, "Infinity": np.inf, "-Infinity": -np.inf}

#: Every stored reference, sorted.
REFERENCE_NAMES: tuple[str, ...] = tuple(sorted(path.stem for path in _HERE.glob("*.json")))


def load_reference(name: str) -> dict[str, Any]:
    """Read one reference.

    Parameters
    ----------
    name : str
        The name of a JSON file in this folder, without the ending, such as ``"lbw"``.

    Returns
    -------
    dict
        Nested as in the file (``README.md`` describes the keys). Lists of numbers are arrays: of float64, or
        of int64 where every number is a whole one without a decimal point; a list of lists of numbers is a
        two-dimensional array; an empty list is an empty int64 array; lists of words stay lists. Each call
        returns a fresh copy.

    Raises
    ------
    FileNotFoundError
        If there is no such reference; the message lists those that there are.

    Examples
    --------
    >>> lbw = load_reference("lbw")
    >>> lbw["fit"]["names"][:3], lbw["fit"]["vcov"].shape
    (['Intercept', 'age', 'lwt'], (9, 9))
    >>> bool(np.isclose(lbw["fit"]["std_error"][0] ** 2, lbw["fit"]["vcov"][0, 0], rtol=1e-14))
    True
    """
    if name not in REFERENCE_NAMES:
        raise FileNotFoundError(f"no reference {name!r}: there are {', '.join(REFERENCE_NAMES)}")
    converted: dict[str, Any] = _convert(json.loads(_text(name)))
    return converted


def load_table(name: str) -> dict[str, Any]:
    """Read one of the files that lie in a folder of their own, such as ``"links/glm"`` or ``"ordinal/clm"``.

    Parameters
    ----------
    name : str
        The path of a JSON file below this folder, without the ending.

    Returns
    -------
    dict
        Nested as in the file, with arrays as `load_reference` gives them. A list of numbers in which some are missing
        stays a list.

    Examples
    --------
    >>> tails = load_table("links/tails")
    >>> tails["header"]["made_by"]
    'tests/references/links.py'
    """
    converted: dict[str, Any] = _convert(json.loads(_text(name)))
    return converted


def load_fixture(name: str) -> pd.DataFrame:
    """Read one of the small classic tables of ``tests/references/data``.

    Parameters
    ----------
    name : str
        ``"alligator"``, ``"anes96"``, ``"endometrial"``, ``"esoph"``, ``"housing"``, ``"hsb"``, ``"infert"``,
        ``"ologit"``, ``"sex2"`` or ``"spector"``.

    Returns
    -------
    pandas.DataFrame
        As the file has it: text as strings, nothing recoded.

    Examples
    --------
    >>> esoph = load_fixture("esoph")
    >>> int(esoph["ncases"].sum()), int(esoph["ncontrols"].sum())
    (200, 775)
    """
    return pd.read_csv(_HERE / "data" / f"{name}.csv")


def load_frame(reference: dict[str, Any]) -> pd.DataFrame:
    """Give the rows that a reference was fitted to, ready for its ``formula``.

    The data file of the reference, restricted to its ``rows`` (a ``DataFrame.query``) and renumbered from 0,
    with its extra ``columns`` (scores, weights, an offset) added; where there is no data file, the columns
    alone. Rows with missing cells are still there: ``dropped_rows`` numbers those that R left out.

    Parameters
    ----------
    reference : dict
        What `load_reference` returns.

    Returns
    -------
    pandas.DataFrame
        One row per row offered to R, so ``len(frame) == n_rows``.

    Examples
    --------
    >>> reference = load_reference("credit_data")
    >>> frame = load_frame(reference)
    >>> len(frame) - reference["fit"]["n_obs"] == reference["model"]["n_dropped"]
    True
    """
    model = reference["model"]
    extra = pd.DataFrame(model["columns"])
    if model["data_file"] is None:
        return extra
    path = _ROOT / model["data_file"]
    frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    if model["rows"] is not None:
        frame = frame.query(model["rows"]).reset_index(drop=True)
    return frame.assign(**extra)


def rows_of(reference: dict[str, Any]) -> dict[str, Any]:
    """Give R's description of a fit, in which residuals and influence of a frequency-weighted row are those of a copy.

    Parameters
    ----------
    reference : dict
        What `load_reference` returns.

    Returns
    -------
    dict
        The keys of ``reference["fit"]``.
    """
    return reference["fit"] | reference.get("copies", {})


@cache
def _text(name: str) -> str:
    return (_HERE / f"{name}.json").read_text(encoding="utf-8")


def _convert(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _convert(item) for key, item in value.items()}
    if isinstance(value, str):
        return _NOT_FINITE.get(value, value)
    if not isinstance(value, list):
        return value
    items = [_convert(item) for item in value]
    if all(isinstance(item, np.ndarray) for item in items) and items:
        return np.stack(items)
    if not items:
        return np.empty(0, dtype=np.int64)
    if all(isinstance(item, int | float) for item in items):
        return np.array(items)
    return items
