"""Write some rows of the SBA loans as CSV, because R reads no Parquet: ``export_sba.py QUERY OUTPUT.csv``.

``QUERY`` is an expression for ``pandas.DataFrame.query``; the rows keep the order of the Parquet file.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

COLUMNS = ("default", "approval_fy", "gross_approved", "employees", "new_business", "urban_rural", "sector")

if __name__ == "__main__":
    query, output = sys.argv[1:]
    loans = pd.read_parquet(Path("datasets") / "sba_loans.parquet", columns=list(COLUMNS))
    loans.query(query).to_csv(output, index=False)
