"""Write ``austen.parquet`` from the texts of two novels of Jane Austen: a row a chapter.

    python make_austen.py FOLDER [OUTPUT.parquet]

FOLDER holds ``austen_prideprejudice.txt`` and ``austen_emma.txt``. Headings of volumes and chapters and the word FINIS
are left out; all else is as it is, line breaks and underscores (for italics) included. Chapters are counted through the
volumes.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

#: File, heading of a chapter and number of chapters of each novel.
NOVELS = {
    "Pride and Prejudice": ("austen_prideprejudice.txt", r"^Chapter \d+$", 61),
    "Emma": ("austen_emma.txt", r"^CHAPTER [IVXL]+$", 55),
}


def chapters(text: str, heading: str) -> list[str]:
    """Return the chapters of a novel without headings and empty lines around them."""
    text = re.sub(r"^(VOLUME I+|FINIS)$", "", text, flags=re.MULTILINE)
    return [part.strip("\n") for part in re.split(heading, text, flags=re.MULTILINE)[1:]]


def encode(folder: Path) -> pa.Table:
    """Return novel, number and text of each chapter."""
    novel, number, text = [], [], []
    for title, (file, heading, n_chapters) in NOVELS.items():
        found = chapters((folder / file).read_text(encoding="ascii"), heading)
        if len(found) != n_chapters:
            raise SystemExit(f"{file} has {len(found)} chapters, not {n_chapters}.")
        novel += [title] * n_chapters
        number += range(1, n_chapters + 1)
        text += found
    return pa.table({"novel": novel, "chapter": pa.array(number, pa.int8()), "text": text})


def write(table: pa.Table, path: Path) -> None:
    """Write the table, compressed hard, without pandas metadata."""
    pq.write_table(
        table, path, compression="brotli", compression_level=11, use_dictionary=["novel"], store_schema=False
    )


def main() -> None:
    """Read the texts, encode and write."""
    parser = argparse.ArgumentParser(description="Write austen.parquet from the texts of the novels.")
    parser.add_argument("folder", type=Path, help="where the texts are")
    parser.add_argument("output", type=Path, nargs="?", default=Path(__file__).with_name("austen.parquet"))
    arguments = parser.parse_args()
    table = encode(arguments.folder)
    write(table, arguments.output)
    print(f"{arguments.output}: {table.num_rows} chapters")


if __name__ == "__main__":
    main()
