"""The design of a stream with another formula, on the same rows: one pass learns the coding of the new columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from logitkit.design.chunks.build import design_of, require_pieces
from logitkit.design.chunks.learning import learn
from logitkit.design.chunks.stream import Stream
from logitkit.design.design import Design
from logitkit.design.formula.coding import Coding, learn_coding
from logitkit.design.formula.parse import ParsedFormula
from logitkit.design.info import DesignInfo
from logitkit.design.rebuild import rebuild_design
from logitkit.design.table.frame import read_table
from logitkit.errors import DataError
from logitkit.typing import FactorCoding

__all__ = ["extended_in_chunks"]


def extended_in_chunks(
    design: Design,
    stream: Stream,
    parsed: ParsedFormula,
    name: str,
    factors_by: FactorCoding,
    info_of: Callable[[Coding], DesignInfo],
) -> Design:
    """Return the design with another formula, whose rows must be those of the fit.

    Examples
    --------
    >>> extended_in_chunks.__name__
    'extended_in_chunks'
    """
    given, source = design.info.response, stream.source
    extras = [each for each in (given.weights, given.cluster, given.offset) if each is not None]
    extras += [column for _, column in given.offsets]
    found = learn(source, parsed, extras, stream.size, lambda _: stream.sample_rows.size)
    stream.passes.count += 1
    if tuple(found.used) != stream.used:
        known = {column for column, _ in design.counts.missing_by_column}
        column = next((column for column in found.missing if column not in known), name)
        raise DataError(
            f"{column!r} is missing in {stream.n_rows - found.n_used:,} of the rows of the fit, so that the model with "
            f"{name!r} would be of other rows. Fit on the rows that are complete in both."
        )
    table = read_table(found.table())
    frame = table.frame(list(dict.fromkeys((*parsed.left_variables, *parsed.variables))), None)
    coding, _ = learn_coding(parsed, frame, factors_by)
    info = info_of(coding)
    require_pieces(info, found, source)
    columns = tuple(dict.fromkeys((*parsed.left_variables, *parsed.variables, *extras, *stream.columns)))
    made = replace(
        stream,
        columns=columns,
        sample=rebuild_design(info, found.rows),
        sample_rows=found.sample,
        kept={key: value for key, value in stream.kept.items() if key.startswith("outcomes of")},
        whole=None,
        chosen=None,
    )
    made = made.clustered(stream.beside) if stream.beside else made
    return replace(design_of(made, info, design.counts), dependence=design.dependence)
