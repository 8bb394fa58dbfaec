"""Load the loans of the U.S. Small Business Administration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logitkit.datasets.loaders import dataset_path, described

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["load_sba_loans", "load_sba_window"]


def load_sba_loans() -> pd.DataFrame:
    """Load 60,000 SBA loans approved in fiscal years 2001 to 2010, with their outcome.

    Returns
    -------
    pandas.DataFrame
        60,000 rows, in order of approval, and 25 columns; the target is ``default`` (1 if charged off). Codes are given
        as words, dates as ``datetime64`` and integers as ``int64``. Amounts are in dollars, ``term`` is in months.

    Raises
    ------
    DataError
        If the file is missing from this installation.

    Notes
    -----
    ``describe("sba_loans").leaks`` lists the columns that are known only after approval, including ``term``: a model
    that uses them cannot be applied at approval. The file stores integers in small types. They are converted to 64
    bits, because the square of an amount overflows 32 bits without an error.

    References
    ----------
    Li, M., Mickel, A. and Taylor, S. (2018). "Should This Loan be Approved or Denied?": A Large Dataset with
    Class Assignment Guidelines. Journal of Statistics Education 26(1), 55-66.

    Examples
    --------
    >>> loans = load_sba_loans()
    >>> loans.groupby("status", observed=True)["default"].agg(["size", "mean"])
             size  mean
    status
    CHGOFF  15194   1.0
    P I F   44806   0.0
    """
    return _read_loans("sba_loans")


def load_sba_window() -> pd.DataFrame:
    """Load all 507,571 SBA loans approved in fiscal years 2001 to 2010 whose outcome is known.

    Returns
    -------
    pandas.DataFrame
        507,571 rows, in order of approval, and 19 columns: those for a scorecard, and the dates of the performance
        window. Codes are given as words, dates as ``datetime64`` and integers as ``int64``. Amounts are in dollars.

    Raises
    ------
    DataError
        If the file is missing. It is too large for the wheel; the repository has it in ``datasets/``.

    Notes
    -----
    ``default`` is the final outcome of the loan, which most loans reached years later. What a lender knows on a date
    follows from ``disbursement_date`` and ``charge_off_date``. ``describe("sba_window").leaks`` lists the columns that
    are known only after approval.

    References
    ----------
    Li, M., Mickel, A. and Taylor, S. (2018). "Should This Loan be Approved or Denied?": A Large Dataset with
    Class Assignment Guidelines. Journal of Statistics Education 26(1), 55-66.

    Examples
    --------
    >>> loans = load_sba_window()
    >>> loans["bank"].nunique()
    4239
    """
    return _read_loans("sba_window")


def _read_loans(name: str) -> pd.DataFrame:
    """Read loans from Parquet: through Arrow for real dates, which pandas alone gives as Python objects."""
    import pyarrow.parquet as pq

    frame = pq.read_table(dataset_path(name)).to_pandas(date_as_object=False)
    narrow = frame.select_dtypes("integer").columns
    return described(frame.astype(dict.fromkeys(narrow, "int64")), name)
