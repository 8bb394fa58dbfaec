"""How a variable is to be binned, as users state it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from logitkit.errors import DataError
from logitkit.options import Stated, is_count, is_finite_number, require_choice
from logitkit.scorecard.criteria import CRITERIA

__all__ = ["SHAPES", "Bins", "enough"]

Shape = Literal["auto", "up", "down", "peak", "valley", "concave", "convex", "none"]
SHAPES = ("auto", "up", "down", "peak", "valley", "concave", "convex", "none")
UNSEEN = ("raise", "missing", "rare", "neutral")
EMPTY = ("raise", "neutral", "worst")
WOE = ("good/bad", "bad/good")
#: What other packages call these.
OTHER_WORDS = {
    **dict.fromkeys(("monotonic_trend", "monotonic", "trend", "monotone", "monotonicity"), "shape"),
    **dict.fromkeys(("divergence", "method", "metric"), "criterion"),
    **dict.fromkeys(("max_n_bins", "bin_num_limit", "n_bins", "num_bins"), "max_bins"),
    **dict.fromkeys(("min_bin_size", "count_distr_limit", "min_prebin_size", "min_perc_total"), "min_size"),
    "max_bin_size": "max_size",
    "min_bin_n_event": "min_events",
    "max_bin_n_event": "max_events",
    "min_bin_n_nonevent": "min_nonevents",
    "max_bin_n_nonevent": "max_nonevents",
    "min_event_rate_diff": "min_difference",
    **dict.fromkeys(("max_pvalue", "p_value", "pvalue"), "max_p_value"),
    **dict.fromkeys(("max_n_prebins", "n_prebins"), "prebins"),
    **dict.fromkeys(("user_splits", "breaks", "breaks_list", "splits", "cut_points"), "cuts"),
    **dict.fromkeys(("special_codes", "special_values", "specials"), "special"),
    **dict.fromkeys(("cat_cutoff", "rare_levels", "min_level_size"), "rare"),
    **dict.fromkeys(("cat_unknown", "unknown", "handle_unknown"), "unseen"),
    "metric_missing": "empty",
}
#: A rate is estimated from at least so many events and as many non-events, by default, or from this part of fewer.
ENOUGH, PART = 10.0, 0.2


@dataclass(frozen=True, kw_only=True)
class Bins(Stated):
    """Options for binning a variable.

    Parameters
    ----------
    shape : {"auto", "up", "down", "peak", "valley", "concave", "convex", "none"}, default "auto"
        How event rates change from bin to bin. "auto" is the better of "up" and "down" if the values have an order,
        and "none" otherwise.
    criterion : {"iv", "js", "hellinger", "chi_square", "likelihood"}, default "iv"
        Maximised criterion: information value, Jensen-Shannon divergence, squared Hellinger distance, Pearson's
        chi-square, or the log likelihood of the event rates.
    max_bins : int or None, default 10
        Maximum number of bins of ordinary values; missing and special values have additional bins.
    min_size, max_size : float or int, optional
        Smallest and largest size of a bin. A value below 1 is a proportion of all rows, any other a number of rows. The
        smallest size is 0.05 by default.
    min_events, max_events, min_nonevents, max_nonevents : float, optional
        Limits of the numbers of events and non-events in a bin. By default the minimum of each is ten, or a fifth of
        all if these are fewer than 50. It falls to one if otherwise a single bin would remain, or the other constraints
        could not be met. If a minimum is 0, a count may be zero; the weight of evidence then uses corrected counts.
    min_difference : float, default 0
        Smallest difference between the event rates of neighbouring bins.
    max_p_value : float, optional
        Largest p-value of Pearson's chi-square test (without continuity correction) of neighbouring bins.
    cuts : sequence of float, optional
        Cut points that the bins of a numeric variable must include.
    prebins : int or sequence of float, default 64
        Number of pre-bins, with about equal numbers of rows, or their cut points. For "concave" and "convex" shapes at
        most 40 pre-bins are used.
    special : sequence or mapping, optional
        Values that get bins of their own: ``[-1, -9]``, or ``{"refused": [-1, -2], "unknown": [-9]}``.
    order : sequence, optional
        The levels in the order to which the shape refers; by default the order of an ordered categorical, otherwise the
        order of the event rates.
    rare : float, optional
        Levels with fewer rows are pooled into one: below 1 a proportion of the rows, otherwise a number of rows. By
        default a level is pooled if, at the overall rate, it would have fewer events or non-events than a bin needs.
    unseen : {"raise", "missing", "rare", "neutral"}, default "raise"
        How a level is scored that did not occur when the bins were made: it is refused, or scored as missing, as the
        pool of rare levels, or with a weight of evidence of 0.
    empty : {"raise", "neutral", "worst"}, default "raise"
        How a missing or special value is scored that did not occur when the bins were made: it is refused, or scored
        with a weight of evidence of 0, or as the bin with the highest event rate.
    woe : {"good/bad", "bad/good"}, default "good/bad"
        Numerator and denominator of the weight of evidence; with "good/bad" larger values are safer.

    Raises
    ------
    DataError
        If a value is out of range, or if two options contradict each other.
    ArgumentError
        For an unknown keyword; the message suggests the nearest name.

    Examples
    --------
    >>> Bins(shape="down", max_bins=5).min_size
    0.05
    >>> Bins(monotonic_trend="descending")
    Traceback (most recent call last):
    logitkit.errors.ArgumentError: Bins() has no argument 'monotonic_trend'. It is shape= here.
    """

    shape: Shape = "auto"
    criterion: str = "iv"
    max_bins: int | None = 10
    min_size: float = 0.05
    max_size: float | None = None
    min_events: float | None = None
    max_events: float | None = None
    min_nonevents: float | None = None
    max_nonevents: float | None = None
    min_difference: float = 0.0
    max_p_value: float | None = None
    cuts: Any = None
    prebins: Any = 64
    special: Any = None
    order: Any = None
    rare: float | None = None
    unseen: str = "raise"
    empty: str = "raise"
    woe: str = "good/bad"

    _most_by_position: ClassVar[int | None] = 0

    @classmethod
    def _meant(cls, name: str, value: object) -> str:
        """Return what a word of other packages is called here."""
        del value
        return f"It is {OTHER_WORDS[name]}= here." if name in OTHER_WORDS else ""

    def __post_init__(self) -> None:
        """Refuse values out of range; store sequences as tuples."""
        require_choice("shape", self.shape, SHAPES)
        require_choice("criterion", self.criterion, CRITERIA)
        require_choice("unseen", self.unseen, UNSEEN)
        require_choice("empty", self.empty, EMPTY)
        require_choice("woe", self.woe, WOE)
        if self.max_bins is not None and not is_count(self.max_bins):
            raise DataError(f"max_bins={self.max_bins!r:.60}: give a whole number of at least 1, or None.")
        for name in ("size", "events", "nonevents"):
            _require_limits(name, getattr(self, f"min_{name}"), getattr(self, f"max_{name}"))
        _require_between("min_difference", self.min_difference, 0.0, 1.0)
        if self.max_p_value is not None:
            _require_between("max_p_value", self.max_p_value, 0.0, 1.0)
            if self.max_p_value == 0:
                raise DataError("max_p_value=0: no two bins differ by so much. Give a value above 0, such as 0.05.")
        _require_limits("rare", self.rare, None)
        object.__setattr__(self, "cuts", _cut_points("cuts", self.cuts))
        if not is_count(self.prebins, least=2):
            if isinstance(self.prebins, int | float | str):
                raise DataError(f"prebins={self.prebins!r:.60}: give a whole number of at least 2, or cut points.")
            object.__setattr__(self, "prebins", _cut_points("prebins", self.prebins))
        object.__setattr__(self, "special", _special_values(self.special))
        object.__setattr__(self, "order", None if self.order is None else _distinct("order", self.order))


def enough(total: float) -> float:
    """Return the default minimum number of events, or of non-events, in a bin.

    Parameters
    ----------
    total : float
        All events, or all non-events.

    Returns
    -------
    float
        Ten, or a fifth of the total if it is below 50, but at least one.

    Examples
    --------
    >>> enough(4325.0), enough(30.0), enough(3.0)
    (10.0, 6.0, 1.0)
    """
    return max(1.0, min(ENOUGH, PART * total))


def _require_between(name: str, value: Any, low: float, high: float) -> None:
    if not is_finite_number(value) or not low <= value <= high:
        raise DataError(f"{name}={value!r:.60}: give a number from {low:g} to {high:g}.")


def _require_limits(name: str, least: Any, most: Any) -> None:
    for stated, value in ((f"min_{name}" if name != "rare" else name, least), (f"max_{name}", most)):
        if value is not None and (not is_finite_number(value) or value < 0):
            raise DataError(f"{stated}={value!r:.60}: give a number that is not negative.")
    if most is not None and least is not None and most < least and (name != "size" or (most < 1) == (least < 1)):
        raise DataError(f"max_{name}={most!r} lies below min_{name}={least!r}: no bin can have both.")


def _cut_points(name: str, given: Any) -> tuple[float, ...] | None:
    if given is None:
        return None
    try:
        cuts = np.asarray(list(given), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name}={given!r:.60}: give cut points as numbers in increasing order.") from error
    if cuts.ndim != 1 or not np.isfinite(cuts).all():
        raise DataError(f"{name}={given!r:.60}: give cut points as finite numbers in increasing order.")
    steps = np.diff(cuts)
    if (steps <= 0).any():
        at = int(np.argmax(steps <= 0))
        raise DataError(
            f"{name}: {cuts[at + 1]:g} follows {cuts[at]:g}. Give cut points in increasing order, each once."
        )
    return tuple(float(cut) + 0.0 for cut in cuts)  # negative zero is zero


def _special_values(given: Any) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    """Return special values as labels with their values, in the order given."""
    if given is None:
        return ()
    if isinstance(given, str) or not hasattr(given, "__iter__"):
        raise DataError(f"special={given!r:.60}: give a list of values, or labels with their values.")
    if isinstance(given, Mapping):
        pairs = [(str(label), _listed(values)) for label, values in given.items()]
    else:
        stored = list(given)
        if stored and all(isinstance(s, tuple) and len(s) == 2 and isinstance(s[1], tuple) for s in stored):
            pairs = [(str(label), values) for label, values in stored]
        else:
            pairs = [(_plain_label(value), (value,)) for value in stored]
    pairs = [(label, tuple(v.item() if isinstance(v, np.generic) else v for v in values)) for label, values in pairs]
    labels = [label for label, _ in pairs]
    for label in labels:
        if label == "Missing" or labels.count(label) > 1:
            taken = "that of missing values" if label == "Missing" else "given twice"
            raise DataError(f"special: the label {label!r} is {taken}. Call it by another name.")
    everything = [value for _, values in pairs for value in values]
    _distinct("special", everything)
    for value in everything:
        if value is None or (isinstance(value, float) and math.isnan(value)):
            raise DataError("special: a missing value has its own bin already. Leave it out.")
        if not isinstance(value, str | bool | int | float):
            raise DataError(f"special: {value!r:.60} is a {type(value).__name__}. Give text, numbers or booleans.")
    return tuple(pairs)


def _plain_label(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _listed(values: Any) -> tuple[Any, ...]:
    return (values,) if isinstance(values, str) or not hasattr(values, "__iter__") else tuple(values)


def _distinct(name: str, values: Any) -> tuple[Any, ...]:
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise DataError(f"{name}={values!r:.60}: give a list of values.")
    found = tuple(values)
    twice = [value for i, value in enumerate(found) if value in found[:i]]
    if twice:
        raise DataError(f"{name}: {twice[0]!r} is given twice. A value belongs to one bin only.")
    return found
