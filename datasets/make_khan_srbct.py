"""Write ``khan_srbct.parquet`` from the table of the package ISLP: 83 tumours, 2,308 genes.

    python make_khan_srbct.py FULL.csv.gz [OUTPUT.parquet]

FULL is the training and test files of ISLP, ``Khan_xtrain.csv`` and ``Khan_xtest.csv``, one under the other, with their
classes in a column ``y`` and the names of the two in a column ``split``. Expressions are stored as whole
ten-thousandths, a list to a tumour: 2,308 columns of 83 numbers would be mostly headings.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

#: The classes in the order of the codes 1 to 4.
TUMOURS = {1: "BL", 2: "EWS", 3: "NB", 4: "RMS"}

#: Expressions are stored in units of one over this.
PARTS = 10_000


def encode(full: pd.DataFrame) -> pa.Table:
    """Return split, tumour and the list of expressions of each sample."""
    expression = full.filter(regex=r"^V\d+$").to_numpy()
    parts = np.round(expression * PARTS).astype("int32")
    return pa.table(
        {
            "split": pa.array(full["split"]),
            "tumour": pa.array(full["y"].map(TUMOURS)),
            "expression": pa.FixedSizeListArray.from_arrays(pa.array(parts.ravel()), expression.shape[1]),
        }
    )


def write(table: pa.Table, path: Path) -> None:
    """Write the table, the expressions as differences of neighbours, without pandas metadata."""
    pq.write_table(
        table.replace_schema_metadata(None),
        path,
        compression="zstd",
        compression_level=19,
        use_dictionary=["split", "tumour"],
        column_encoding={"expression.list.element": "DELTA_BINARY_PACKED"},
        store_schema=False,
    )


def main() -> None:
    """Read the table, encode and write."""
    parser = argparse.ArgumentParser(description="Write khan_srbct.parquet from the table of ISLP.")
    parser.add_argument("full", type=Path, help="the complete table, CSV")
    parser.add_argument("output", type=Path, nargs="?", default=Path(__file__).with_name("khan_srbct.parquet"))
    arguments = parser.parse_args()
    table = encode(pd.read_csv(arguments.full))
    write(table, arguments.output)
    print(f"{arguments.output}: {table.num_rows} tumours, {len(table['expression'][0])} genes")


if __name__ == "__main__":
    main()
