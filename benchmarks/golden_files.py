"""What every verb says of a fit to files, read in small chunks, beside what it says in memory.

Left out of the comparison: intervals that draw from a root of a covariance, of which the signs of the columns are free.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import golden
import pandas as pd

import logitkit as lk

CUTS = (0, 1, 70)
ZERO = 1e-10  # less is rounding of zero
DRAWN = ("single-step", "parametric", "'method': 'simulation'")  # draws by a root of a covariance
ANOTHER = ("| bootstrap | {'n': 20, 'seed': 3}",)  # the default: rows in memory, Poisson's law in chunks
OF_CHUNKS = ("index", "root", "counts_as", "passes", "rows_read", "bytes_read", "steps")  # labels, roots, how
PER_ROW = ("group",)  # None for rows that are not held
BASIS = ("directions", "rays", "generators", "across")  # signs of a basis, and the order of clusters, are free


class Reread:
    """Fitting functions that take their table from Parquet files: read at once, or in small chunks."""

    NAMES = ("logit", "multinomial", "fit", "path", "cross_validate")

    def __init__(self, place: Path) -> None:
        self.place, self.in_chunks = place, False
        self.known: dict[int, tuple[str, Any]] = {}
        for name in self.NAMES:
            setattr(lk, name, self.wrapped(getattr(lk, name)))

    def wrapped(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function of files of the table that it is given."""

        def call(formula: str, table: Any, **options: Any) -> Any:
            folder = self.folder(table)
            return function(formula, folder if self.in_chunks else pd.read_parquet(folder), **options)

        return call

    def folder(self, table: Any) -> str:
        """A folder of files of the table, written once."""
        if id(table) not in self.known:
            folder = self.place / str(len(self.known))
            folder.mkdir()
            for number, (start, stop) in enumerate(zip(CUTS, (*CUTS[1:], len(table)), strict=True)):
                table.iloc[start:stop].to_parquet(folder / f"{number}.parquet", index=False)
            self.known[id(table)] = str(folder), table  # held, so that no other gets its number
        return self.known[id(table)][0]


def answers(name: str, make: Callable[[], Any]) -> dict[str, Any]:
    """What every verb of a fit says, and of one that breaks how."""
    found: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            thing = make()
        except ValueError as refusal:
            return {f"{name} | fit": {"refusal": f"{type(refusal).__name__}: {refusal}"[:200]}}
        for label, ask in golden.asked(name, thing):
            if not any(word in label for word in DRAWN) and not label.endswith(ANOTHER):
                try:
                    found[label] = golden.answer(ask)
                except (TypeError, AttributeError, AssertionError) as error:
                    found[label] = {"broken": repr(error)[:200]}
    return found


def plain(answer: Any) -> Any:
    """An answer with zeros for rounding of zero, without labels of rows and roots."""
    if isinstance(answer, dict):
        return {key: plain(part) for key, part in answer.items() if key not in (*OF_CHUNKS, *PER_ROW, *BASIS)}
    if isinstance(answer, list):
        return [plain(part) for part in answer]
    number = golden.number(answer)
    return "0" if isinstance(answer, str) and number is not None and abs(number) < ZERO else answer


def compare_files(names: list[str], tolerance: float) -> int:
    """Compare every verb of fits to files with that in memory; the number of answers that differ."""
    import logitkit.design.chunks.build as chunks

    chunks.ROWS_LEAST = chunks.ROWS_MOST = 64
    chunks.SAMPLE_LEAST = 100
    count = dict.fromkeys(("the same", "refused", "different"), 0)
    with tempfile.TemporaryDirectory() as place:
        source = Reread(Path(place))
        for name, make in golden.fits().items():
            if name == "by" or (names and name not in names):
                continue
            source.in_chunks = False
            held = answers(name, make)
            source.in_chunks = True
            read = answers(name, make)
            refused = read.get(f"{name} | fit")
            if refused is not None:
                count["refused"] += 1
                print(f"REFUSED {name}: {refused['refusal']}")
                continue
            for label, before in held.items():
                after = read.get(label, {"refusal": "absent"})
                if isinstance(after, dict) and "refusal" in after and after != before:
                    count["refused"] += 1
                    print(f"REFUSED {label}: {after['refusal']}")
                elif found := list(golden.differences(plain(before), plain(after), "", tolerance)):
                    count["different"] += 1
                    print(f"DIFFERENT {label}: {len(found)} places, {'; '.join(found[:2])}")
                else:
                    count["the same"] += 1
    print(", ".join(f"{number:,} {what}" for what, number in count.items()))
    return count["different"]
