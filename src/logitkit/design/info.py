"""What is known of a design without its rows: names, terms and how to rebuild columns on new data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from logitkit.design.formula.coding import Coding
from logitkit.design.formula.terms import INTERCEPT, Term
from logitkit.design.labels import NO_LABELS, Labels
from logitkit.design.nuisance import NOTHING, Nuisance
from logitkit.typing import FloatArray

__all__ = ["DesignInfo", "ResponseInfo"]


@dataclass(frozen=True, slots=True)
class ResponseInfo:
    """How the outcome, weights, offset and clusters were given.

    Parameters
    ----------
    name : str
        The left side of the formula, or the name of the response.
    kind : str
        ``"binary"``, ``"grouped"`` or ``"fraction"``; of several outcomes ``"nominal"`` or ``"counts"``.
    event, nonevent : str
        What is modelled and its opposite, as printed; of two outcomes.
    coded : dict
        Values of the response and the codes that they became: 0 and 1, when it was not numeric, or places among
        ``levels``.
    levels : tuple of str
        Several outcomes, as printed.
    empty : tuple of str
        Levels of the response that do not occur among the rows that count.
    offsets : tuple of (str, str)
        Outcomes with an offset of their own, and its column name or ``"<array>"``.
    weights, offset, cluster : str or None
        Column names; ``"<array>"`` when an array was given.
    weight_kind : str
        ``"frequency"``, ``"precision"`` or ``"sampling"``.
    ordered : bool
        Whether several outcomes were the categories of an ordered factor.
    offset_factors : tuple of float
        Of several outcomes: by how much an offset of the row counts in each linear predictor; empty where offsets are
        given by outcome.
    """

    name: str
    kind: str = "binary"
    event: str = "1"
    nonevent: str = "0"
    coded: dict[Any, int] = field(default_factory=dict)
    levels: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    offsets: tuple[tuple[str, str], ...] = ()
    weights: str | None = None
    offset: str | None = None
    cluster: str | None = None
    weight_kind: str = "frequency"
    ordered: bool = False
    offset_factors: tuple[float, ...] = ()

    @property
    def has_own_offsets(self) -> bool:
        """Whether offsets are given by outcome."""
        return bool(self.levels) and not self.offset_factors

    @property
    def event_in_words(self) -> str:
        """The event of two outcomes, as a sentence names it: of counts their first column."""
        if self.kind not in ("grouped", "fraction"):
            return f"{self.name} = {self.event}"
        first = self.name.removeprefix("cbind(").partition(",")[0]
        return first if self.name.startswith("cbind(") and "(" not in first else self.name

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The K outcomes, as printed; of two, the event is the second."""
        return self.levels or (self.nonevent, self.event)


@dataclass(frozen=True)
class DesignInfo:
    """Names, terms and the coding of a design.

    Parameters
    ----------
    names : tuple of str
        Names of the p columns.
    terms : sequence of Term
        Terms in formula order.
    response : ResponseInfo
        How the outcome was given.
    formula : str or None
        The formula as the user wrote it; None for a ready matrix.
    coding : Coding or None
        Rebuilds the columns on new data; None for a ready matrix.
    empty_terms : tuple of str
        Terms of the formula that have no column, such as a factor of one level.
    references : tuple of (str, str)
        Factors coded by differences from a reference level, and that level.
    nuisance : Nuisance
        What is eliminated: nothing, or a factor with an intercept for each level instead of columns; the model's own
        intercept is then none of these.
    constant : (p,) array or None
        Of a design without an intercept column: coefficients of a combination of columns that is one on every row.
    labels : Labels
        What variables and levels are called in print.
    """

    names: tuple[str, ...]
    terms: Sequence[Term]
    response: ResponseInfo
    formula: str | None = None
    coding: Coding | None = None
    empty_terms: tuple[str, ...] = ()
    references: tuple[tuple[str, str], ...] = ()
    nuisance: Nuisance = NOTHING
    constant: FloatArray | None = None
    labels: Labels = NO_LABELS

    @property
    def intercept(self) -> int | None:
        """Position of the intercept, or None."""
        return self.names.index(INTERCEPT) if INTERCEPT in self.names else None

    @property
    def spans_intercept(self) -> bool:
        """Whether the columns contain an intercept: as a column, or as a combination of columns."""
        return self.intercept is not None or self.constant is not None
