"""Sizes of pages in Parquet files, which the footer does not tell: each page begins with its own.

References
----------
Apache Parquet format, PageHeader: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any

__all__ = ["bytes_of_pages"]

COPIES_OF_DICTIONARY = 3  # compressed, decompressed, and where each of its values is
HEADER = 32  # bytes: type and two sizes, each a field of its own


def bytes_of_pages(path: str, metadata: Any, columns: Sequence[str]) -> int:
    """Return the bytes of a page of each column, and of its dictionary, as they are while a large row group is read.

    Pages of a column are about as large as its first one, of the largest row group.

    Parameters
    ----------
    path : str
        The file.
    metadata : pyarrow.parquet.FileMetaData
        Its footer.
    columns : sequence of str
        Those that are read.
    """
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    if not groups:
        return 0
    largest = max(groups, key=lambda group: group.num_rows)
    wanted, total = set(columns), 0
    with open(path, "rb") as file:  # noqa: PTH123 - as it is read elsewhere
        for place in range(largest.num_columns):
            column = largest.column(place)
            if column.path_in_schema.partition(".")[0] not in wanted:
                continue
            written, stored = _sizes(file, column.data_page_offset)
            total += stored if column.compression == "UNCOMPRESSED" else written + stored
            if column.has_dictionary_page:
                total += COPIES_OF_DICTIONARY * _sizes(file, column.dictionary_page_offset)[0]
    return total


def _sizes(file: IO[bytes], offset: int) -> tuple[int, int]:
    """Return the bytes of a page written out, and as it is stored, from its header in Thrift's compact form."""
    file.seek(offset)
    header = file.read(HEADER)
    sizes, place = [0, 0, 0], 0
    for number in range(3):
        if place >= len(header) or header[place] != 0x15:  # a number of 32 bits, whose field follows the one before
            return 0, 0
        value, shift, place = 0, 0, place + 1
        while place < len(header):
            byte = header[place]
            value, shift, place = value | (byte & 0x7F) << shift, shift + 7, place + 1
            if byte < 0x80:
                break
        sizes[number] = value >> 1  # zigzag
    return sizes[1], sizes[2]
