"""Write the extract ``womens_reviews.parquet`` from the complete table of women's clothing reviews.

    python make_womens_reviews_extract.py FULL.csv.gz [OUTPUT.parquet]

The complete table has 23,486 reviews. Of those with a text the first copy of each text is kept, and of these the 6,000
whose SHA-256 digest of a fixed key and the row number is smallest: a simple random sample that is the same on every
machine and does not depend on a random generator.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

SAMPLE_SIZE = 6_000
SAMPLE_KEY = "logitkit-womens-reviews"

#: Columns of the complete table, and what they are called here.
COLUMNS = {
    "Clothing ID": "clothing_id",
    "Age": "age",
    "Department Name": "department",
    "Review Text": "text",
    "Rating": "rating",
    "Recommended IND": "recommended",
}

SCHEMA = pa.schema(
    [
        ("row", pa.int32()),
        ("clothing_id", pa.int32()),
        ("age", pa.int8()),
        ("department", pa.string()),
        ("text", pa.string()),
        ("rating", pa.int8()),
        ("recommended", pa.int8()),
    ]
)


def draw(full: pd.DataFrame) -> pd.DataFrame:
    """Return the sampled reviews in the order of the complete table, whose row numbers they keep."""
    reviews = full.dropna(subset=["Review Text"]).drop_duplicates("Review Text")
    digest = [hashlib.sha256(f"{SAMPLE_KEY}:{row}".encode()).digest() for row in reviews.index]
    kept = pd.Series(digest, index=reviews.index).sort_values().index[:SAMPLE_SIZE]
    return reviews.loc[kept].sort_index().rename(columns=COLUMNS).rename_axis("row").reset_index()[SCHEMA.names]


def write(extract: pd.DataFrame, path: Path) -> None:
    """Write the extract, texts without a dictionary, and without pandas metadata."""
    table = pa.Table.from_pandas(extract, schema=SCHEMA, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=19,
        use_dictionary=[name for name in SCHEMA.names if name not in {"row", "text"}],
        column_encoding={"row": "DELTA_BINARY_PACKED"},
        # One page holds every text, so that each is compressed with what the others say.
        data_page_size=1 << 26,
        store_schema=False,
    )


def main() -> None:
    """Read the complete table, draw and write."""
    parser = argparse.ArgumentParser(description="Write the extract of the women's clothing reviews.")
    parser.add_argument("full", type=Path, help="the complete table, CSV")
    parser.add_argument("output", type=Path, nargs="?", default=Path(__file__).with_name("womens_reviews.parquet"))
    arguments = parser.parse_args()
    extract = draw(pd.read_csv(arguments.full))
    write(extract, arguments.output)
    print(f"{arguments.output}: {len(extract):,} reviews, {extract['recommended'].mean():.4f} recommend")


if __name__ == "__main__":
    main()
