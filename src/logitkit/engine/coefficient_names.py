"""What the coefficients of a fit are called, and which places those of an equation, a term or a column have."""

from __future__ import annotations

import numpy as np

from logitkit.design.formula.terms import INTERCEPT
from logitkit.design.info import DesignInfo
from logitkit.engine.facts import Equation
from logitkit.models.form import Form
from logitkit.models.predictors import Predictors
from logitkit.numerics.once import once
from logitkit.typing import IntArray

__all__ = ["CoefficientNames"]


class CoefficientNames:
    """Names and places of flat coefficients, which follow from the columns and the form of a model."""

    info: DesignInfo
    form: Form
    aliased: IntArray

    @property
    def predictors(self) -> Predictors:
        """How the coefficients give the linear predictors."""
        return self.form.shown

    @property
    def is_single(self) -> bool:
        """Whether one linear predictor with a coefficient for each column gives the two outcomes."""
        return self.predictors.is_single

    @once
    def equations(self) -> tuple[Equation, ...]:
        """The coefficients by equation, in order: one equation for two outcomes, otherwise one per outcome."""
        return tuple(
            Equation(label, part.columns, row)
            for part, places in zip(self.predictors.parts, self.predictors.places, strict=True)
            for label, row in zip(part.labels, places, strict=True)
        )

    def _name(self, label: str, column: int) -> str:
        """Return the name of a coefficient; of an intercept in a table of intercepts its label alone."""
        name = self.info.names[column]
        if not label:
            return name
        return label if name == INTERCEPT and self.form.family.words.intercepts else f"{label}:{name}"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients."""
        return self.info.names if self.is_single else self._flat_names

    @once
    def _flat_names(self) -> tuple[str, ...]:
        return tuple(
            self._name(label, j) for part in self.predictors.parts for label in part.labels for j in part.columns
        )

    @property
    def naming(self) -> str:
        """How names of coefficients are made, where they are not those of the columns."""
        if self.is_single:
            return ""
        reference = self.form.reference
        base = "" if reference is None else f"; the reference, {self.info.response.outcomes[reference]!r}, has none"
        if self.form.family.words.naming:
            return str(self.form.family.words.naming)
        return f"A coefficient is called outcome:term{base}."

    def term_places(self) -> list[tuple[str, IntArray]]:
        """Return the terms of a formula and the places of their coefficients, those that are aliased left out.

        Of several outcomes, all together and as ``outcome:term`` of each.
        """
        gone = np.zeros(self.predictors.n_flat, dtype=bool) if self.form.absent is None else self.form.absent.copy()
        gone[self.aliased] = True
        empty = [(name, np.empty(0, dtype=np.int64)) for name in self.info.empty_terms]
        if self.is_single:
            terms = () if self.info.formula is None else self.info.terms
            found = [(term.name, np.array(term.columns, dtype=np.int64)) for term in terms]
            return [(name, columns[~gone[columns]]) for name, columns in found] + (empty if terms else [])
        found = list(empty)
        for term in self.info.terms:
            rows = self.rows_of(np.array(term.columns, dtype=np.int64))
            places = np.concatenate([row for _, row in rows]) if rows else np.empty(0, dtype=np.int64)
            found.append((term.name, places[~gone[places]]))
            if len(term.columns) > 1:
                found += [(f"{label}:{term.name}", row[~gone[row]]) for label, row in rows if label]
        return found

    def rows_of(self, columns: IntArray) -> list[tuple[str, IntArray]]:
        """Return the places of the coefficients of some columns, by the label of what they are of."""
        found = []
        for part, places in zip(self.predictors.parts, self.predictors.places, strict=True):
            at = {int(column): place for place, column in enumerate(part.columns)}
            own = [at[int(column)] for column in columns if int(column) in at]
            if own:
                found += [(label, row[own]) for label, row in zip(part.labels, places, strict=True)]
        return found
