"""How the left side of a formula, weights and offsets become a response: of two outcomes, or of several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

import numpy as np

from logitkit.design.info import ResponseInfo
from logitkit.design.response.binary import Outcome, code_fraction, code_outcome
from logitkit.design.response.nominal import code_outcomes
from logitkit.design.response.response import Response
from logitkit.design.table.checks import require_finite_offset, require_some_weight
from logitkit.design.table.extras import (
    ARRAY,
    Extras,
    clusters_of,
    make_response,
    offset_role,
    prior_weights,
    row_offset,
)
from logitkit.design.table.frame import numeric_values
from logitkit.design.table.levels import is_ordered
from logitkit.errors import DataError, FormulaError, ResponseError, nearest_name
from logitkit.typing import FloatArray, IntArray, WeightKind

__all__ = [
    "BinaryReader",
    "FractionReader",
    "NominalReader",
    "OutcomeReader",
    "RowsUsed",
    "offsets_of_row",
    "outcome_offsets",
]


class RowsUsed(NamedTuple):
    """The data per row besides the outcome.

    Parameters
    ----------
    extras : Extras
        Of all rows of the table.
    positions : (n,) int array
        The rows used.
    weight_kind : {'frequency', 'precision', 'sampling'}
        What the weights mean.
    shift : (n,) array or None
        Offset of the formula, of the rows used.
    """

    extras: Extras
    positions: IntArray
    weight_kind: WeightKind
    shift: FloatArray | None


class OutcomeReader(Protocol):
    """Turns an evaluated left side into a response."""

    @property
    def offset(self) -> Any:
        """Offset of every linear predictor: a column name, or an array aligned with the table; None without one."""

    @property
    def offsets(self) -> Mapping[str, Any]:
        """Offsets of single outcomes, by outcome: column names, or arrays aligned with the table."""

    def read(self, values: Any, name: str, rows: RowsUsed) -> tuple[Response, ResponseInfo]:
        """Return the response of the rows used, and how it was given."""


@dataclass(frozen=True)
class BinaryReader:
    """Reads an outcome of two.

    Parameters
    ----------
    event : object, optional
        The value that is modelled.
    offset : str or array-like, optional
        Of the linear predictor.
    """

    event: Any = None
    offset: Any = None

    @property
    def offsets(self) -> Mapping[str, Any]:
        """None: there is one linear predictor, whose offset is given by itself."""
        return {}

    def read(self, values: Any, name: str, rows: RowsUsed) -> tuple[Response, ResponseInfo]:
        """Return the response; weights must leave both outcomes."""
        return _of_two(code_outcome(values, name, self.event), name, rows)


@dataclass(frozen=True)
class FractionReader:
    """Reads a fraction between 0 and 1.

    Parameters
    ----------
    offset : str or array-like, optional
        Of the linear predictor.
    """

    offset: Any = None

    @property
    def offsets(self) -> Mapping[str, Any]:
        """None: there is one linear predictor, whose offset is given by itself."""
        return {}

    def read(self, values: Any, name: str, rows: RowsUsed) -> tuple[Response, ResponseInfo]:
        """Return the response; weights must leave fractions other than 0 and other than 1."""
        return _of_two(code_fraction(values, name), name, rows)


def _of_two(outcome: Outcome, name: str, rows: RowsUsed) -> tuple[Response, ResponseInfo]:
    """Return the response of the rows used, and how it was given."""
    response = make_response(outcome, rows.extras, rows.positions, rows.weight_kind, rows.shift)
    require_some_weight(response.prior, str(rows.extras.names.get("weights")))
    if response.prior is not None and not 0.0 < response.events < response.total:
        raise ResponseError(
            f"Among the rows of positive weight the response {name!r} has one class only; both must occur."
        )
    return response, outcome.info


@dataclass(frozen=True)
class NominalReader:
    """Reads one outcome of several, or counts of each.

    Parameters
    ----------
    offsets : mapping of str to str or array-like
        Of single outcomes, by outcome as printed, or by ``"<array>"`` and its place.
    known : ResponseInfo, optional
        Of a fit, whose outcomes new rows have; none of them is left out then.
    offset : str or array-like, optional
        Of the row, where an offset of the row makes a difference.
    """

    offsets: Mapping[str, Any] = field(default_factory=dict)
    known: ResponseInfo | None = None
    offset: Any = None

    def factors(self, n_outcomes: int) -> tuple[float, ...]:
        """Return by how much an offset of the row counts in each predictor: empty, as it would change nothing."""
        del n_outcomes
        return () if self.known is None else self.known.offset_factors

    def read(self, values: Any, name: str, rows: RowsUsed) -> tuple[Response, ResponseInfo]:
        """Return the response; levels that do not occur in rows of positive weight are left out and told."""
        if rows.shift is not None and not self.factors(2):
            raise FormulaError(
                "offset() in the formula would be added to every logit, which changes no probability: give one offset "
                "per outcome, offset={'outcome': column}."
            )
        coded = code_outcomes(values, name, self.known)
        prior = prior_weights(rows.extras, rows.positions, rows.weight_kind)
        info = self.known
        if info is None:
            require_some_weight(prior, str(rows.extras.names.get("weights")))
            counted = np.ones(coded.codes.size) if prior is None else prior
            keep = coded.occurring(counted)
            empty = tuple(str(level) for level, kept in zip(coded.levels, keep, strict=True) if not kept)
            coded = coded if keep.all() else coded.among(keep)
            levels = tuple(str(level) for level in coded.levels)
            if len(levels) < 2:
                raise ResponseError(
                    f"The response {name!r} has one outcome only ({levels[0] if levels else 'none'}) among the rows of "
                    "positive weight; two or more must occur. Check the coding, and the rows that were dropped."
                )
            if len(set(levels)) < len(levels):
                twice = next(level for level in levels if levels.count(level) > 1)
                raise ResponseError(f"Two values of the response {name!r} print as {twice!r}; rename one.")
            codes = {level: code for code, level in enumerate(coded.levels)}
            info = ResponseInfo(
                name,
                kind=coded.kind,
                event="",
                nonevent="",
                coded=codes,
                levels=levels,
                empty=empty,
                ordered=len(levels) > 2 and is_ordered(values),
                offset_factors=self.factors(len(levels)),
            )
        prefix = offset_role("")
        clusters = clusters_of(rows.extras, rows.positions)
        if info.offset_factors:
            offsets = offsets_of_row(row_offset(rows.extras, rows.positions, rows.shift), info)
        else:
            offsets = outcome_offsets(rows.extras, rows.positions, info.levels)
        shares, n_outcomes = coded.shares, len(info.levels)
        y = shares[1] if shares is not None and n_outcomes == 2 else coded.codes
        response = Response(y, coded.trials, prior, rows.weight_kind, offsets, clusters, n_outcomes, shares)
        given = {
            role.removeprefix(prefix): named for role, named in rows.extras.names.items() if role.startswith(prefix)
        }
        info = replace(info, offsets=tuple((outcome, str(named)) for outcome, named in given.items()))
        if self.known is None and response.trials is not None and not (response.weights > 0.0).any():
            raise ResponseError(f"No row of {name!r} has a positive weight and a count.")
        return response, info


def offsets_of_row(offset: FloatArray | None, info: ResponseInfo) -> FloatArray | None:
    """Return the offsets of all linear predictors, (m, n), from one per row; of two outcomes that of the only one."""
    return None if offset is None else np.multiply.outer(np.array(info.offset_factors or (1.0,)), offset)


def outcome_offsets(extras: Extras, positions: IntArray, levels: tuple[str, ...]) -> FloatArray | None:
    """Return offsets by outcome of the rows used, None where there are none."""
    prefix = offset_role("")
    roles = [role for role in extras.series if role.startswith(prefix)]
    if not roles:
        return None
    out = np.zeros((len(levels), positions.size))
    places = [f"{ARRAY}{k}" for k in range(len(levels))]
    by_place = [role.removeprefix(prefix).startswith(ARRAY) for role in roles]
    if any(by_place) and len(roles) != len(levels):
        raise DataError(
            f"offset has {len(roles)} columns and the response has {len(levels)} outcomes ({', '.join(levels)}); they "
            "must agree."
        )
    for role in roles:
        outcome = role.removeprefix(prefix)
        if outcome in places:
            outcome = levels[places.index(outcome)]
        if outcome not in levels:
            raise DataError(
                f"offset is given for {outcome!r}, which is not an outcome. {nearest_name(outcome, levels)}"
            )
        values = numeric_values(extras.series[role].iloc[positions], role)
        require_finite_offset(values, positions)
        out[levels.index(outcome)] = values
    return out
