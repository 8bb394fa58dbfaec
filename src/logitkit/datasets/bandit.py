"""Load the log of recommendations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logitkit.datasets.loaders import dataset_path, described

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["load_open_bandit"]


def load_open_bandit() -> pd.DataFrame:
    """Load 20,000 recommendations of a fashion shop, with the probability of each choice and whether it was clicked.

    Returns
    -------
    pandas.DataFrame
        20,000 rows, 10,000 of each policy in order of time, and 90 columns. The target is ``click``; ``propensity`` is
        the probability with which the item was chosen.

    Raises
    ------
    DataError
        If the file is missing from this installation.

    References
    ----------
    Saito, Y., Aihara, S., Matsutani, M. and Narita, Y. (2021). Open Bandit Dataset and Pipeline: Towards Realistic and
    Reproducible Off-Policy Evaluation. NeurIPS Datasets and Benchmarks; arXiv:2008.07146.

    Examples
    --------
    >>> log = load_open_bandit()
    >>> log.groupby("policy")["click"].sum().to_dict()
    {'bts': 42, 'random': 38}
    """
    import pyarrow.parquet as pq

    frame = pq.read_table(dataset_path("open_bandit")).to_pandas()
    narrow = frame.select_dtypes("integer").columns
    return described(frame.astype(dict.fromkeys(narrow, "int64")), "open_bandit")
