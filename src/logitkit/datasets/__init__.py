"""The datasets of logitkit: real tables, each with its source, licence and pitfalls.

Each ``load_*`` function returns a new pandas frame with its description as text in ``frame.attrs["description"]``;
:func:`describe` returns the description as an object.
"""

from __future__ import annotations

from logitkit.datasets.bandit import load_open_bandit
from logitkit.datasets.catalogue import CATALOGUE, describe
from logitkit.datasets.credit import SBA_SECTORS
from logitkit.datasets.description import DatasetDescription
from logitkit.datasets.loaders import (
    dataset_path,
    load_austen,
    load_credit_data,
    load_german_credit,
    load_indo_rct,
    load_khan_srbct,
    load_lbw,
    load_mnist_5k,
    load_womens_reviews,
)
from logitkit.datasets.network import load_digit_logits
from logitkit.datasets.sba import load_sba_loans, load_sba_window

__all__ = [
    "CATALOGUE",
    "SBA_SECTORS",
    "DatasetDescription",
    "dataset_path",
    "describe",
    "load_austen",
    "load_credit_data",
    "load_digit_logits",
    "load_german_credit",
    "load_indo_rct",
    "load_khan_srbct",
    "load_lbw",
    "load_mnist_5k",
    "load_open_bandit",
    "load_sba_loans",
    "load_sba_window",
    "load_womens_reviews",
]
