"""All descriptions by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from logitkit.datasets.credit import CREDIT_DATA, GERMAN_CREDIT, SBA_LOANS, SBA_WINDOW
from logitkit.datasets.description import DatasetDescription
from logitkit.datasets.medicine import INDO_RCT, KHAN_SRBCT, LBW
from logitkit.datasets.shop import OPEN_BANDIT
from logitkit.datasets.writing import AUSTEN, DIGIT_LOGITS, MNIST_5K, WOMENS_REVIEWS
from logitkit.errors import DataError, nearest_name

__all__ = ["CATALOGUE", "describe"]

#: In the order in which they are told of.
CATALOGUE: Mapping[str, DatasetDescription] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            SBA_LOANS,
            SBA_WINDOW,
            GERMAN_CREDIT,
            CREDIT_DATA,
            LBW,
            INDO_RCT,
            KHAN_SRBCT,
            WOMENS_REVIEWS,
            MNIST_5K,
            AUSTEN,
            OPEN_BANDIT,
            DIGIT_LOGITS,
        )
    }
)


def describe(name: str) -> DatasetDescription:
    """Return the description of a dataset: source, licence, target, leaks, notes and columns.

    Parameters
    ----------
    name : str
        ``"sba_loans"``, ``"sba_window"``, ``"german_credit"``, ``"credit_data"``, ``"lbw"``, ``"indo_rct"``,
        ``"khan_srbct"``, ``"womens_reviews"``, ``"mnist_5k"``, ``"austen"``, ``"open_bandit"`` or
        ``"digit_logits"``.

    Returns
    -------
    DatasetDescription
        The description; ``str()`` gives the text that a loaded frame has in ``attrs``.

    Raises
    ------
    DataError
        If no dataset has that name; the message suggests the nearest name.

    Examples
    --------
    >>> describe("lbw").n_rows
    189
    >>> describe("lwb")
    Traceback (most recent call last):
    ...
    logitkit.errors.DataError: No dataset is called 'lwb'. Did you mean 'lbw'?
    """
    if name not in CATALOGUE:
        raise DataError(f"No dataset is called {name!r}. {nearest_name(name, CATALOGUE)}")
    return CATALOGUE[name]
