"""Numbers per row of a stream: gathered in one pass, when something asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from logitkit.design.chunks.stream import Stream
from logitkit.design.info import DesignInfo
from logitkit.design.response.response import Clusters, Response
from logitkit.typing import FloatArray, IntArray

__all__ = ["ChunkedPositions", "ChunkedResponse", "joined_clusters", "joined_responses", "let_go"]

FIELDS = ("y", "trials", "prior", "weight_kind", "offset", "clusters", "n_outcomes", "shares")
SAME = ("weight_kind", "n_outcomes")


class ChunkedResponse(Response):
    """The response of all rows of a stream.

    Parameters
    ----------
    *fields : object
        Those of a response, where they are known.
    stream : Stream, optional
        Whose rows are read when the first field is asked for.
    info : DesignInfo, optional
        How they are coded.
    **named : object
        Fields by name.
    """

    def __init__(
        self, *fields: Any, stream: Stream | None = None, info: DesignInfo | None = None, **named: Any
    ) -> None:
        self.__dict__["_from"] = (stream, info)
        if stream is None:
            self.__dict__["_whole"] = Response(*fields, **named)

    def __getattribute__(self, name: str) -> Any:
        """Return a field of the whole response, which is gathered first where it has to be."""
        if name not in FIELDS:
            return object.__getattribute__(self, name)
        stream = self.stream
        if stream is not None and "_whole" not in self.__dict__:
            known = getattr(stream.sample.response, name)
            if known is None or not isinstance(known, (np.ndarray, Clusters)):  # the same for all rows
                return known
        return getattr(self.whole(), name)

    @property
    def stream(self) -> Stream | None:
        """The stream; None where a field was changed."""
        found: Stream | None = self.__dict__["_from"][0]
        return found

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return super().n_rows if self.stream is None else self.stream.n_rows

    def whole(self) -> Response:
        """Return the response of all rows."""
        known = self.__dict__
        if "_whole" not in known:
            stream, info = known["_from"]
            known["_whole"] = gathered(stream, info)
        found: Response = known["_whole"]
        return found


def let_go(response: Response) -> None:
    """Let go of the outcomes and weights that were gathered, which are read again where they are asked for.

    Examples
    --------
    >>> let_go(Response(np.array([0.0, 1.0])))
    """
    if isinstance(response, ChunkedResponse) and response.stream is not None:
        response.__dict__.pop("_whole", None)


def gathered(stream: Stream, info: DesignInfo) -> Response:
    """Return the response of all rows of a stream, in one pass."""
    sample = stream.sample.response
    stream.require_room(stream.n_rows * (len(sample.columns()) + 1), "The outcome and weights of every row")
    parts = []
    for design in stream.designs(info):
        stream.require_order("The outcome and weights")
        parts.append(design.response)
    return joined_responses(parts)


def joined_responses(parts: Sequence[Response]) -> Response:
    """Return responses below one another.

    Examples
    --------
    >>> joined_responses([Response(np.array([0.0, 1.0])), Response(np.array([1.0]))]).y.tolist()
    [0.0, 1.0, 1.0]
    """

    def joined(name: str) -> FloatArray | None:
        values = [getattr(part, name) for part in parts]
        return None if values[0] is None else np.concatenate(values, axis=-1)

    clusters = joined_clusters([part.clusters for part in parts if part.clusters is not None])
    y, first = joined("y"), parts[0]
    assert y is not None
    return Response(
        y,
        joined("trials"),
        joined("prior"),
        first.weight_kind,
        joined("offset"),
        clusters,
        first.n_outcomes,
        joined("shares"),
    )


def joined_clusters(parts: Sequence[Clusters]) -> Clusters | None:
    """Return the clusters of chunks below one another, numbered as they are met.

    Examples
    --------
    >>> first, second = Clusters(np.array([0, 1]), 2, "g", ("a", "b")), Clusters(np.array([0]), 1, "g", ("b",))
    >>> joined_clusters([first, second]).codes.tolist()
    [0, 1, 1]
    """
    if not parts:
        return None
    numbers: dict[Any, int] = {}
    codes = []
    for part in parts:
        known = np.array([numbers.setdefault(value, len(numbers)) for value in part.values], dtype=np.int64)
        codes.append(known[part.codes])
    return Clusters(np.concatenate(codes), len(numbers), parts[0].name, tuple(numbers))


class ChunkedPositions:
    """The places of the rows that take part among those of the source, where an array of them is asked for.

    Parameters
    ----------
    stream : Stream
        The rows.
    info : DesignInfo
        How they are coded.
    """

    def __init__(self, stream: Stream, info: DesignInfo) -> None:
        self._stream, self._info = stream, info
        self._found: IntArray | None = None

    @property
    def size(self) -> int:
        """Number of rows that take part."""
        return self._stream.n_rows

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: Any) -> Any:
        return np.asarray(self)[index]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> IntArray:
        if self._found is None:
            self._stream.require_room(self.size, "The place of every row")
            self._found = np.concatenate([design.positions for design in self._stream.designs(self._info)])
        return np.array(self._found, dtype=dtype, copy=copy)
