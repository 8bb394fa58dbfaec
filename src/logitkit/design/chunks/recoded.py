"""The rows of a stream with other columns, outcomes or offsets, which are made of those of each chunk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from logitkit.design.chunks.build import design_of
from logitkit.design.chunks.source import Chunk
from logitkit.design.chunks.stream import Stream
from logitkit.design.design import Design
from logitkit.design.info import DesignInfo

__all__ = ["recoded"]


@dataclass(frozen=True, eq=False)
class _Recoded(Stream):
    """Rows that are made of those of another stream.

    Parameters
    ----------
    before : Stream
        The other one.
    as_before : DesignInfo
        How its rows are coded.
    recode : callable
        Gives of the design of some rows what they are here; picklable.
    """

    before: Stream | None = None
    as_before: DesignInfo | None = None
    recode: Callable[[Design], Design] | None = None

    def coded(self, chunk: Chunk, info: DesignInfo) -> Design:
        """Return the design of a chunk."""
        assert self.before is not None
        assert self.as_before is not None
        assert self.recode is not None
        part = self.before.coded(chunk, self.as_before)
        made = replace(self.recode(part), table=None, part_of=self.kept.get("fingerprint", ""))
        return made if self.chosen is None else replace(made, matrix=made.matrix.columns(self.chosen), info=info)


def recoded(design: Design, recode: Callable[[Design], Design], used: Sequence[int] | None = None) -> Design:
    """Return the design that a function makes of some rows, of all rows; of a stream chunk by chunk.

    Parameters
    ----------
    design : Design
        Rows that are held, or a stream.
    recode : callable
        Of the design of some rows; returns the new one, which may leave out rows.
    used : sequence of int, optional
        Rows that are left of each chunk; all by default.

    Returns
    -------
    Design
        Read in chunks where the other one is.

    Examples
    --------
    >>> import logitkit as lk
    >>> design = lk.logit("y ~ x", {"y": [0, 1, 0], "x": [1, 2, 3]}).design
    >>> recoded(design, lambda part: part.take([0, 2])).n_rows
    2
    """
    stream = design.stream
    if stream is None:
        return recode(design)
    sample = recode(design.sample)
    fields = {name: getattr(stream, name) for name in Stream.__dataclass_fields__}
    fields |= {
        "used": stream.used if used is None else tuple(used),
        "kept": {name: stream.kept[name] for name in ("rows",) if name in stream.kept},
        "sample": sample,
        "sample_rows": sample.positions,
        "whole": None,
        "chosen": None,
    }
    made = _Recoded(**fields, before=stream, as_before=design.info, recode=recode)
    return design_of(made, sample.info, design.counts)
