"""The equations of a fit, as a result that can be displayed."""

from __future__ import annotations

from dataclasses import fields

from logitkit.engine.record import FitRecord
from logitkit.report.tables.equation import EquationWords, fitted_equation
from logitkit.results.documented import extends_base
from logitkit.results.shown import Shown

__all__ = ["EquationResult", "equation_of"]


@extends_base
class EquationResult(Shown, EquationWords):
    """The equations of a fitted model, as text and as LaTeX.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ lwt + smoke", lk.datasets.load_lbw())
    >>> print(fit.equation().text[0])
    logit P(low = 1) = 0.6192 - 0.0133 lwt + 0.6766 smoke
    """

    def to_latex(self) -> str:
        """Return the equations as an ``align*`` environment.

        Returns
        -------
        str
            LaTeX that requires the package amsmath.
        """
        return self.latex

    def _repr_latex_(self) -> str:
        """Return the equations for a notebook."""
        return self.latex


def equation_of(record: FitRecord) -> EquationResult:
    """Return the equations of a fit."""
    found = fitted_equation(record)
    return EquationResult(**{each.name: getattr(found, each.name) for each in fields(found)})
