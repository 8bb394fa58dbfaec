"""Load the logits of a neural network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logitkit.datasets.loaders import dataset_path, described

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["load_digit_logits"]


def load_digit_logits() -> pd.DataFrame:
    """Load the logits of a neural network for 3,000 handwritten digits on which it was not trained.

    Returns
    -------
    pandas.DataFrame
        3,000 rows in random order and 12 columns: ``row`` in :func:`load_mnist_5k`, ``label`` (0 to 9), and ``logit_0``
        to ``logit_9`` in single precision.

    Raises
    ------
    DataError
        If the file is missing from this installation.

    References
    ----------
    LeCun, Y., Bottou, L., Bengio, Y. and Haffner, P. (1998). Gradient-based learning applied to document recognition.
    Proceedings of the IEEE 86(11), 2278-2324.

    Examples
    --------
    For one image in thirteen, the largest logit is that of a wrong digit:

    >>> digits = load_digit_logits()
    >>> z = digits.filter(like="logit_").to_numpy()
    >>> round(float((z.argmax(axis=1) != digits["label"]).mean()), 3)
    0.075
    """
    import pyarrow.parquet as pq

    frame = pq.read_table(dataset_path("digit_logits")).to_pandas()
    return described(frame.astype({"row": "int64", "label": "int64"}), "digit_logits")
