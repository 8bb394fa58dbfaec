"""The design of a stream with another formula, on the same rows: one pass learns the coding of the new columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from logitkit.design.chunks.build import design_of
from logitkit.design.chunks.learning_pass import learn
from logitkit.design.chunks.stream import Stream
from logitkit.design.design import Design
from logitkit.design.formula.coding import Coding, learn_coding
from logitkit.design.formula.parse import ParsedFormula
from logitkit.design.info import DesignInfo
from logitkit.design.rebuild import rebuild_design
from logitkit.design.table.extras import offset_role
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
    named = {"weights": given.weights, "offset": given.offset, "cluster": given.cluster}
    named |= {offset_role(outcome): column for outcome, column in given.offsets}
    roles = {role: column for role, column in named.items() if column is not None}
    found = learn(source, parsed, roles, stream.size, lambda *_, **__: stream.sample_rows.size, stream.whole_budget)
    stream.passes.count += found.n_passes
    if tuple(found.used) != stream.used:
        known = {column for column, _ in design.counts.missing_by_column}
        column = next((column for column, _ in found.missing_counts if column not in known), name)
        raise DataError(
            f"{column!r} is missing in {stream.n_rows - found.n_used:,} of the rows of the fit, so that the model with "
            f"{name!r} would be of other rows. Fit on the rows that are complete in both."
        )
    found.require_rowwise(parsed, source)
    table = read_table(found.table())
    frame = table.frame(list(dict.fromkeys((*parsed.left_variables, *parsed.variables))), None)
    coding, _ = learn_coding(parsed, frame, factors_by, found.before)
    info = info_of(coding)
    columns = tuple(dict.fromkeys((*parsed.left_variables, *parsed.variables, *roles.values(), *stream.columns)))
    made = replace(
        stream,
        columns=columns,
        sample=replace(rebuild_design(found.as_met(info), found.rows), info=info),
        sample_rows=found.sample,
        kept={key: value for key, value in stream.kept.items() if key.startswith("outcomes of")} | found.kept,
        whole=None,
        chosen=None,
    )
    made = made.clustered(stream.beside) if stream.beside else made
    return replace(design_of(made, info, design.counts), dependence=design.dependence)
