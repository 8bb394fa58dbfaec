r"""The map between one vector of coefficients and the named blocks of several linear predictors.

A model with K outcomes has the matrix of coefficients B with a row an outcome and a column a column of X. Its rows for
the outcomes that have a predictor, one after another, are the *flat* coefficients: all terms of the first such outcome,
then all terms of the next. A solver may work on fewer numbers :math:`\theta`, with flat coefficients
:math:`A\theta`: where terms are left out of the predictor of an outcome, or are equal for several outcomes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.errors import FormulaError
from logitkit.typing import FloatArray, IntArray

__all__ = ["Layout", "flat_names", "full_layout"]


@dataclass(frozen=True)
class Layout:
    """Which outcomes have a linear predictor, and how its coefficients follow from those that are solved for.

    Parameters
    ----------
    n_outcomes : int
        K.
    active : (m,) int array
        Outcomes with a predictor, in order; the logits of the others are zero.
    n_columns : int
        p, of the matrix.
    basis : (m p, q) array or sparse array, optional
        A; None where the q coefficients that are solved for are the m p flat ones.

    Examples
    --------
    Three outcomes, the first of which is the reference, and two columns:

    >>> layout = full_layout(3, 2, reference=0)
    >>> layout.blocks(np.arange(4.0)).tolist()
    [[0.0, 1.0], [2.0, 3.0]]
    """

    n_outcomes: int
    active: IntArray
    n_columns: int
    basis: Any = None

    @property
    def n_flat(self) -> int:
        """Number of flat coefficients."""
        return self.active.size * self.n_columns

    @property
    def n_params(self) -> int:
        """Number of coefficients that are solved for."""
        return self.n_flat if self.basis is None else int(self.basis.shape[1])

    def blocks(self, coef: FloatArray) -> FloatArray:
        """Return the coefficients by outcome that has a predictor, shape (m, p)."""
        flat = coef if self.basis is None else self.basis @ coef
        return np.asarray(flat).reshape(self.active.size, self.n_columns)

    def gradient(self, blocks: FloatArray) -> FloatArray:
        """Return derivatives by what is solved for, shape (q,), of derivatives by blocks, shape (m, p)."""
        flat = blocks.reshape(-1)
        return flat if self.basis is None else np.asarray(self.basis.T @ flat)

    def hessian(self, flat: FloatArray) -> FloatArray:
        """Return second derivatives by what is solved for, shape (q, q), of those by flat coefficients."""
        if self.basis is None:
            return flat
        half = np.ascontiguousarray((self.basis.T @ flat).T)
        second = np.asarray(self.basis.T @ half)
        return np.asarray(0.5 * (second + second.T))

    def within(self, basis: FloatArray) -> Layout:
        """Return the layout of coefficients that are further restricted: this layout's are ``basis`` times others."""
        return Layout(self.n_outcomes, self.active, self.n_columns, basis if self.basis is None else self.basis @ basis)

    def of_columns(self, n_columns: int) -> Layout:
        """Return the layout of the same outcomes with another number of columns, nothing restricted."""
        return Layout(self.n_outcomes, self.active, n_columns)


def full_layout(n_outcomes: int, n_columns: int, reference: int | None) -> Layout:
    """Return the layout in which every outcome but the reference has every column.

    Parameters
    ----------
    n_outcomes, n_columns : int
        K and p.
    reference : int or None
        The outcome without a predictor; None where all have one.

    Returns
    -------
    Layout
        With nothing restricted.
    """
    outcomes = np.arange(n_outcomes)
    active = outcomes if reference is None else outcomes[outcomes != reference]
    return Layout(n_outcomes, active, n_columns)


def flat_names(outcomes: Sequence[str], terms: Sequence[str]) -> tuple[str, ...]:
    """Return the names of flat coefficients, ``outcome:term``, all terms of the first outcome first.

    Parameters
    ----------
    outcomes : sequence of str
        Outcomes with a predictor.
    terms : sequence of str
        Names of the columns.

    Returns
    -------
    tuple of str
        One a coefficient.

    Raises
    ------
    FormulaError
        If two names are the same.

    Examples
    --------
    >>> flat_names(["bus", "car"], ["Intercept", "cost"])
    ('bus:Intercept', 'bus:cost', 'car:Intercept', 'car:cost')
    """
    names = tuple(f"{outcome}:{term}" for outcome in outcomes for term in terms)
    if len(set(names)) < len(names):
        seen: Mapping[str, int] = {name: names.count(name) for name in names}
        twice = next(name for name, count in seen.items() if count > 1)
        raise FormulaError(
            f"Two coefficients would be called {twice!r}: rename the outcome or the column that has ':' in its name."
        )
    return names
