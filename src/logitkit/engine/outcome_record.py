"""The frozen record of a fit of several outcomes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.engine.record import ModelRecord
from logitkit.models.layout import Layout, flat_names
from logitkit.models.multinomial import Multinomial
from logitkit.numerics.once import once
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["MultinomialRecord"]


@dataclass(frozen=True, kw_only=True)
class MultinomialRecord(ModelRecord):
    """What is known after the fit of a model of several outcomes.

    The coefficients are flat: all terms of the first outcome that has a predictor, then those of the next; their names
    are ``outcome:term``.

    Parameters
    ----------
    family : Multinomial
        K.
    reference : int or None
        The outcome without coefficients; None in symmetric form, where those of each term sum to zero.
    layout : Layout
        Outcomes with coefficients and columns.
    absent : (m p,) bool array or None
        Terms that the predictor of an outcome was given without; their coefficients are zero and no estimates.
    restricted : bool
        Whether predictors differ by outcome, or share coefficients; the transform of the coordinates is then how the
        flat coefficients follow from those that were estimated.
    totals : (K,) array
        Weighted trials of each outcome.
    """

    family: Multinomial
    reference: int | None
    layout: Layout
    absent: BoolArray | None
    restricted: bool
    totals: FloatArray

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The K outcomes, as printed."""
        return self.info.response.levels

    @property
    def n_intercepts(self) -> int:
        """Coefficients of the null model: an intercept for every outcome but one, where the model has them."""
        return self.family.n_outcomes - 1 if self.info.spans_intercept else 0

    def term_places(self) -> list[tuple[str, IntArray]]:
        """Return the terms and the places of their coefficients, of all outcomes and as ``outcome:term`` of each."""
        gone = np.zeros(self.layout.n_flat, dtype=bool) if self.absent is None else self.absent.copy()
        gone[self.aliased] = True
        found = [(name, np.empty(0, dtype=np.int64)) for name in self.info.empty_terms]
        first = np.arange(len(self.modelled)) * self.layout.n_columns
        for term in self.info.terms:
            places = np.add.outer(first, np.array(term.columns, dtype=np.int64))
            found.append((term.name, places[~gone[places]]))
            if len(term.columns) > 1:
                of_each = zip(self.modelled, places, strict=True)
                found += [(f"{outcome}:{term.name}", row[~gone[row]]) for outcome, row in of_each]
        return found

    @property
    def dof_residual(self) -> int:
        """Free log-odds of the observations, K - 1 of each, less the parameters."""
        return self.n_obs * (self.family.n_outcomes - 1) - self.n_params

    @property
    def modelled(self) -> tuple[str, ...]:
        """The outcomes that have coefficients."""
        return tuple(self.outcomes[k] for k in self.layout.active)

    @property
    def naming(self) -> str:
        """How names of coefficients are made, a sentence."""
        base = "" if self.reference is None else f"; the reference, {self.outcomes[self.reference]!r}, has none"
        return f"A coefficient is called outcome:term{base}."

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the flat coefficients."""
        return self._names

    @once
    def _names(self) -> tuple[str, ...]:
        return flat_names(self.modelled, self.info.names)

    @property
    def equal_terms(self) -> tuple[tuple[int, tuple[str, ...]], ...]:
        """Columns whose coefficients are one for several outcomes, and these outcomes."""
        transform = getattr(self.coordinates, "transform", None)
        if not self.restricted or transform is None:
            return ()
        found = []
        for shared in transform.T:
            places = np.flatnonzero(shared)
            if places.size > 1:
                outcomes = tuple(self.modelled[k] for k in places // self.layout.n_columns)
                found.append((int(places[0]) % self.layout.n_columns, outcomes))
        return tuple(found)

    @property
    def coef_table(self) -> FloatArray:
        """Coefficients by outcome that has some, shape (m, p)."""
        return self.coef.reshape(self.layout.active.size, -1)

    @property
    def finite_table(self) -> FloatArray:
        """Coefficients of a finite representative of the limit, zero where aliased, for all K outcomes, (K, p)."""
        out = np.zeros((self.family.n_outcomes, self.layout.n_columns))
        out[self.layout.active] = self.coordinates.coef(self.inner_coef).reshape(self.layout.active.size, -1)
        return out
