"""The arguments of effects, with their allowed values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.effects.comparisons import ContrastKind, DrawsKind, EffectScale
from logitkit.inference.intervals.simultaneous import IntervalAdjustment
from logitkit.options import is_count, require_choice, require_flag
from logitkit.results.effects.cells import At
from logitkit.results.effects.pieces import Change

__all__ = ["EffectsAsked"]

EffectMethod = Literal["delta", "simulation", "bootstrap"]


@dataclass(frozen=True, kw_only=True)
class EffectsAsked:
    """The arguments of ``fit.effects``.

    Parameters
    ----------
    variables, by : str or sequence of str, optional
        Variables of the formula, and columns that define groups with separate averages.
    at : mapping or "mean", optional
        Values to which other variables are set.
    average : bool
        Whether to average over rows.
    change : object, optional
        Change of numeric variables, or changes by variable.
    contrast, scale, method, rows : str
        Which levels are compared, the scale, the method for standard errors, and whether rows are fixed or sampled.
    outcome : object, optional
        One of several.
    level : float, optional
        Confidence level.
    adjust : str, optional
        Method for simultaneous intervals.
    n : int
        Number of draws.
    seed : int, optional
        Random seed.
    kind : str, optional
        Type of bootstrap interval.
    """

    variables: str | Sequence[str] | None = None
    at: At = None
    by: str | Sequence[str] | None = None
    average: bool = True
    change: Change | Mapping[str, Change] | None = None
    contrast: ContrastKind = "reference"
    scale: EffectScale = "probability"
    outcome: Any = None
    method: EffectMethod = "delta"
    rows: Literal["given", "sampled"] = "given"
    level: float | None = None
    adjust: IntervalAdjustment | None = None
    n: int = 1000
    seed: int | None = None
    kind: DrawsKind | None = None

    def __post_init__(self) -> None:
        """Refuse words that are not known."""
        require_flag("average", self.average)
        for name, kind in (("contrast", ContrastKind), ("scale", EffectScale), ("method", EffectMethod)):
            require_choice(name, getattr(self, name), get_args(kind))
        require_choice("rows", self.rows, ("given", "sampled"))
        if self.kind is not None:
            require_choice("kind", self.kind, get_args(DrawsKind))
            if self.method != "bootstrap":
                raise DataError(f"kind={self.kind!r} makes intervals of replicates: give it with method='bootstrap'.")
        if not is_count(self.n, 2):
            raise DataError(f"n={self.n!r} is not a number of draws; give a whole number of at least 2.")
        if not self.average and (self.by is not None or self.method != "delta" or self.rows != "given"):
            raise UnsupportedError(
                "average=False gives one effect per row, by the delta method: by=, draws and rows='sampled' are of "
                "averages."
            )
        if self.method == "simulation" and self.rows == "sampled":
            raise UnsupportedError(
                "method='simulation' draws coefficients and leaves rows as they are; use method='delta' or 'bootstrap' "
                "with rows='sampled'."
            )
        if self.rows == "sampled" and self.at_means():
            raise UnsupportedError(
                "rows='sampled' takes the rows as drawn, and at= sets variables at means of them, whose own error "
                "would be left out. Give numbers, such as at={'age': 30}, or use rows='given'."
            )

    def at_means(self) -> bool:
        """Tell whether variables are set to statistics of the rows, such as means."""
        if not isinstance(self.at, Mapping):
            return self.at is not None
        given = (value for own in self.at.values() for value in (own if isinstance(own, (list, tuple)) else [own]))
        return any(isinstance(value, str) and value in ("mean", "median") for value in given)

    def change_of(self, variable: str) -> Change | None:
        """Return the change of a variable."""
        return self.change.get(variable) if isinstance(self.change, Mapping) else self.change

    def spreads(self, known: Sequence[str]) -> tuple[str, ...]:
        """Return the known variables for which a mean, a standard deviation or a quantile over all rows is needed."""
        if isinstance(self.at, Mapping):
            given = {name: own if isinstance(own, (list, tuple)) else [own] for name, own in self.at.items()}
        else:
            given = {}
        names = [
            name
            for name, own in given.items()
            if any(isinstance(value, str) and value in ("mean", "median") for value in own)
        ]
        asked = [self.variables] if isinstance(self.variables, str) else self.variables
        names += [name for name in (known if asked is None else asked) if self.change_of(name) in ("sd", "iqr")]
        return tuple(name for name in dict.fromkeys(names) if name in known)
