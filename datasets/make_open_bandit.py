"""Write ``open_bandit.parquet`` from the small log of campaign "all" that the package obp carries.

    python make_open_bandit.py FULL.csv.gz [OUTPUT.parquet]

FULL has the rows of ``obd/random/all/all.csv`` and ``obd/bts/all/all.csv`` below one another, with a column ``policy``.
Rows, their order and all values stay as they are.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

#: Columns of the source, what they are called here, and their type.
COLUMNS = {
    "policy": ("policy", pa.string()),
    "timestamp": ("timestamp", pa.timestamp("us")),
    "item_id": ("item_id", pa.int8()),
    "position": ("position", pa.int8()),
    "click": ("click", pa.int8()),
    "propensity_score": ("propensity", pa.float64()),
    **{f"user_feature_{j}": (f"user_feature_{j}", pa.string()) for j in range(4)},
    **{f"user-item_affinity_{j}": (f"affinity_{j}", pa.int8()) for j in range(80)},
}


def encode(full: pd.DataFrame) -> pa.Table:
    """Return the columns with their names and types; times are of UTC, without saying so."""
    full = full.assign(timestamp=pd.to_datetime(full["timestamp"], format="ISO8601").dt.tz_localize(None))
    arrays = {}
    for old, (new, kind) in COLUMNS.items():
        values = full[old]
        if kind == pa.int8() and not (values == values.astype("int8")).all():
            raise SystemExit(f"{old} has values that are no small whole numbers.")
        arrays[new] = pa.array(values.astype("int8") if kind == pa.int8() else values, kind)
    return pa.table(arrays)


def write(table: pa.Table, path: Path) -> None:
    """Write the table, compressed hard, without pandas metadata."""
    pq.write_table(
        table.replace_schema_metadata(None),
        path,
        compression="zstd",
        compression_level=19,
        use_dictionary=[name for name in table.column_names if name != "timestamp"],
        column_encoding={"timestamp": "DELTA_BINARY_PACKED"},
        write_statistics=False,
        store_schema=False,
    )


def main() -> None:
    """Read the log, encode and write."""
    parser = argparse.ArgumentParser(description="Write open_bandit.parquet from the small log of obp.")
    parser.add_argument("full", type=Path, help="the log, CSV")
    parser.add_argument("output", type=Path, nargs="?", default=Path(__file__).with_name("open_bandit.parquet"))
    arguments = parser.parse_args()
    table = encode(pd.read_csv(arguments.full))
    write(table, arguments.output)
    print(f"{arguments.output}: {table.num_rows} rows")


if __name__ == "__main__":
    main()
