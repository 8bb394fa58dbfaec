"""The state that the transforms of an expression learn from the rows of a fit and reuse for new rows."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from logitkit.design.formula.evaluation import Scope
from logitkit.design.formula.expression import read_expression
from logitkit.errors import DataError, FormulaError

__all__ = ["Learnt", "Watch"]

#: What calls a transform that learns instead of the evaluator, given the function, how its call is written, its
#: arguments, its options, and what it is handed of its state.
Watch = Callable[[Any, str, tuple[Any, ...], dict[str, Any], dict[str, Any]], Any]


class Learnt:
    """The numbers of the transforms of one expression.

    Parameters
    ----------
    spec : ModelSpec
        Whose ``transform_state`` holds them, by how each call is written.
    learns : bool
        Whether they are learnt now, or are those of the fit.
    whole : (str, object)
        The expression, with formulaic's metadata.
    context : mapping
        Formulaic's names, for transforms of the caller that ask for them.
    watch : callable, optional
        What calls the transforms, where they are learnt from more rows than these.
    """

    def __init__(
        self, spec: Any, learns: bool, whole: tuple[str, Any], context: Mapping[str, Any], watch: Watch | None = None
    ) -> None:
        self.spec = spec
        self.learns = learns
        self.whole = whole
        self.context = context
        self.watch = watch
        self.handed: dict[str, frozenset[str]] = {}

    def __call__(self, written: str) -> dict[str, Any]:
        """Return the options that formulaic's transforms take, for a call as it is written."""
        states = self.spec.transform_state
        if written not in states:
            if not self.learns:
                raise DataError(_not_learnt(written))
            states[written] = {}
        self.handed[written] = frozenset(map(str, states[written]))
        expression, metadata = self.whole
        return {
            "_state": states[written],
            "_metadata": metadata if written == expression else None,
            "_spec": self.spec,
            "_context": self.context,
        }

    def evaluate(self, scope: Scope) -> Any:
        """Return the value of the expression."""
        try:
            values = scope.evaluate(self.whole[0], self, self.watch)
        except ValueError as error:
            if "extend beyond upper and/or lower bounds" not in str(error):
                raise
            raise FormulaError(self._out_of_range(list(self.handed)[-1], scope)) from None
        if not self.learns:
            for written, before in self.handed.items():
                if frozenset(map(str, self.spec.transform_state[written])) != before:
                    raise DataError(_not_learnt(written))
        return values

    def _out_of_range(self, written: str, scope: Scope) -> str:
        """Return the message for values outside the range of a spline."""
        state = self.spec.transform_state[written]
        least, most = (float(state[bound]) for bound in ("lower_bound", "upper_bound"))
        read = read_expression(written)
        assert isinstance(read.tree, ast.Call)
        name = read.written(read.tree.args[0])
        values = np.asarray(scope.evaluate(name, self), dtype=np.float64)
        outside = values[(values < least) | (values > most)]
        furthest = outside[np.argmax(np.maximum(least - outside, outside - most))]
        return (
            f"{written} covers {name} from {least:.6g} to {most:.6g}, the range of the rows of the fit. Of the "
            f"{values.size} values given {outside.size} lie{'s' * (outside.size == 1)} outside, the furthest at "
            f"{furthest:.6g}. State the range in the formula, {written[:-1]}, lower_bound=..., upper_bound=...), as "
            "the folds of a cross-validation need it, or how to extrapolate: extrapolation='extend' (the outer "
            "polynomials continue), 'clip', 'zero' or 'na'."
        )


def _not_learnt(written: str) -> str:
    return (
        f"The model lacks what {written} learnt from the rows of the fit, which cannot be learnt again from new rows: "
        "the saved file was changed or comes from another version. Fit and save the model again."
    )
