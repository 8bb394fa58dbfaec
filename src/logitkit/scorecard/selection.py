"""Which variables a card takes: by information value, by correlation, step by step, and by the sign of what they add.

Every variable that is left out, and why, is a step of a trail. P-values and intervals of the fit that remains take the
selection as given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from scipy.special import chdtrc, chdtri, expit

from logitkit.errors import DataError, nearest_name
from logitkit.options import Stated, is_finite_number, require_choice, require_flag
from logitkit.scorecard.binned import Binning
from logitkit.scorecard.rules import LevelRule
from logitkit.typing import BoolArray, FloatArray

__all__ = ["Candidates", "Fitted", "Selection", "SelectionStep", "correlations", "select_variables", "why_flat"]

METHODS = ("all", "backward", "stepwise", "lasso")
CRITERIA = ("p_value", "aic", "bic")


@dataclass(frozen=True, kw_only=True)
class Selection(Stated):
    """How the variables of a card are selected.

    Parameters
    ----------
    min_iv : float, default 0.02
        Variables with a smaller information value are left out; 0 keeps all that have more than one bin.
    max_correlation : float or None, default 0.7
        If the weights of evidence of two variables correlate more strongly, in absolute value, only the variable with
        the larger information value is kept.
    method : {"backward", "stepwise", "lasso", "all"}, default "backward"
        How the remaining variables are selected: the weakest is dropped while it is too weak; variables enter by score
        tests and leave by Wald tests; the variables kept by a cross-validated lasso with sign constraints are refitted;
        or all are kept.
    criterion : {"p_value", "aic", "bic"}, default "p_value"
        For "backward" and "stepwise": the criterion by which a variable is too weak.
    p_value : float, default 0.05
        The largest p-value of a variable that stays, for criterion "p_value".
    right_signs : bool, default True
        Whether a variable is left out if its coefficient reverses the direction of its weight of evidence.
    keep : sequence of str, optional
        Variables that are always kept.

    Examples
    --------
    >>> Selection(min_iv=0.05, method="all").max_correlation
    0.7
    """

    min_iv: float = 0.02
    max_correlation: float | None = 0.7
    method: str = "backward"
    criterion: str = "p_value"
    p_value: float = 0.05
    right_signs: bool = True
    keep: Sequence[str] = ()

    _most_by_position: ClassVar[int | None] = 0

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        require_choice("method", self.method, METHODS)
        require_choice("criterion", self.criterion, CRITERIA)
        require_flag("right_signs", self.right_signs)
        if not is_finite_number(self.min_iv) or self.min_iv < 0:
            raise DataError(f"min_iv={self.min_iv!r:.60}: give a number that is not negative.")
        if self.max_correlation is not None and not (
            is_finite_number(self.max_correlation) and 0 < self.max_correlation <= 1
        ):
            raise DataError(f"max_correlation={self.max_correlation!r:.60}: give a number above 0, at most 1, or None.")
        if not (is_finite_number(self.p_value) and 0 < self.p_value < 1):
            raise DataError(f"p_value={self.p_value!r:.60}: give a number between 0 and 1.")
        if isinstance(self.keep, str):
            raise DataError(f"keep={self.keep!r}: give a list of names.")
        object.__setattr__(self, "keep", tuple(self.keep))


@dataclass(frozen=True, slots=True)
class SelectionStep:
    """One decision about a variable.

    Parameters
    ----------
    variable : str
        Name of the variable.
    taken : bool
        Whether the variable entered; otherwise it was left out.
    reason : str
        The reason, in words.
    value : float
        The deciding number: information value, correlation, p-value or coefficient.
    """

    variable: str
    taken: bool
    reason: str
    value: float


class Fitted(NamedTuple):
    """Results of a fit that selection uses.

    Parameters
    ----------
    coef, std_error : (v + 1,) arrays
        Coefficients and standard errors, the intercept first.
    log_odds : (n,) array
        The logit of bad of each row.
    """

    coef: FloatArray
    std_error: FloatArray
    log_odds: FloatArray


class Candidates(NamedTuple):
    """Variables among which a card selects.

    Parameters
    ----------
    binnings : mapping of str to Binning
        The variables.
    matrix : (n, v) array
        Their weights of evidence.
    bad : (n,) array of bool
        Events.
    weights : (n,) array or None
        Weights of the rows.
    refit : callable
        Function from columns to the fit on them, with an intercept.
    lasso : callable
        Function from columns to those kept by a lasso with sign constraints.
    """

    binnings: Mapping[str, Binning]
    matrix: FloatArray
    bad: BoolArray
    weights: FloatArray | None
    refit: Callable[[list[int]], Fitted]
    lasso: Callable[[list[int]], list[int]]

    @property
    def names(self) -> list[str]:
        """The variables."""
        return list(self.binnings)


class Trail:
    """The decisions so far, as they are made."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.steps: list[SelectionStep] = []

    def drop(self, j: int, reason: str, value: float) -> None:
        """Leave a variable out."""
        self.steps.append(SelectionStep(self.names[j], False, reason, value))

    def enter(self, j: int, reason: str, value: float) -> None:
        """Take a variable."""
        self.steps.append(SelectionStep(self.names[j], True, reason, value))


def select_variables(among: Candidates, stated: Selection) -> tuple[tuple[str, ...], tuple[SelectionStep, ...]]:
    """Return the variables of the card, in the order given, and the trail of decisions."""
    names = among.names
    for name in stated.keep:
        if name not in names:
            raise DataError(f"keep: {name!r} is none of the variables. {nearest_name(name, names)}")
    forced = {names.index(name) for name in stated.keep}
    trail = Trail(names)
    left = _by_correlation(among, stated, forced, _by_information(among, stated, forced, trail), trail)
    limit = _limit(stated, among.bad.size)
    if stated.method == "stepwise":
        left = _stepwise(among, limit, forced, left, trail)
    elif stated.method == "backward":
        left = _backward(among, limit, forced, left, trail)
    elif stated.method == "lasso":
        kept = {*among.lasso(left), *forced}
        for j in left:
            if j not in kept:
                trail.drop(j, "the lasso leaves it out", 0.0)
        left = [j for j in left if j in kept]
    if stated.right_signs:
        left = _right_signs(among, forced, left, trail)
    if not left:
        raise DataError(
            "No variable is left: "
            + "; ".join(f"{step.variable}: {step.reason}" for step in trail.steps[-5:] if not step.taken)
            + ". Lower min_iv=, or name variables in keep=."
        )
    return tuple(names[j] for j in left), tuple(trail.steps)


def _by_information(among: Candidates, stated: Selection, forced: set[int], trail: Trail) -> list[int]:
    left = []
    for j, binning in enumerate(among.binnings.values()):
        value = binning.information.value
        flat = why_flat(binning)
        if j not in forced and (flat or value < stated.min_iv):
            trail.drop(j, flat or f"information value below {stated.min_iv:g}", value)
        else:
            left.append(j)
    return left


def why_flat(binning: Binning) -> str:
    """Return why a variable does not have two different rates; empty if it does.

    A special or missing bin with only goods, or only bads, does not count as a second rate beside one ordinary bin: its
    weight of evidence is from corrected counts, and a coefficient for it would be infinite.
    """
    used = np.sum(binning.counts, axis=0) > 0
    if np.ptp(binning.woe[used]) > 0:
        both = np.min(binning.counts, axis=0) > 0
        if binning.rule.n_values > 1 or not both.any() or np.ptp(binning.woe[both]) > 0:
            return ""
        return "all bins that have goods and bads have one rate"
    if used.sum() > 1:
        return "all bins have one rate"
    if isinstance(binning.rule, LevelRule) and len(binning.rule.groups[0]) > 1 and binning.prebins.n == 1:
        return "all its levels are pooled as rare (rare=)"
    return "it has one value" if binning.prebins.n == 1 else "the limits of size and counts leave one bin"


def _by_correlation(among: Candidates, stated: Selection, forced: set[int], left: list[int], trail: Trail) -> list[int]:
    """Keep variables in the order of their information, forced ones first, that are far enough from those kept."""
    if stated.max_correlation is None or len(left) < 2:
        return left
    names = among.names
    values = [binning.information.value for binning in among.binnings.values()]
    correlation = correlations(among.matrix[:, left], among.weights)
    kept: list[int] = []
    for m in sorted(range(len(left)), key=lambda m: (left[m] not in forced, -values[left[m]], left[m])):
        close = [k for k in kept if abs(correlation[m, k]) > stated.max_correlation]
        if not close or left[m] in forced:
            kept.append(m)
            continue
        other = max(close, key=lambda k: abs(correlation[m, k]))
        why = "which is to be kept" if left[other] in forced else "which has the higher information value"
        trail.drop(left[m], f"correlates with {names[left[other]]}, {why}", float(correlation[m, other]))
    return [left[m] for m in sorted(kept)]


def correlations(matrix: FloatArray, weights: FloatArray | None) -> FloatArray:
    """Return Pearson correlations of columns, shape (v, v)."""
    weight = np.ones(matrix.shape[0]) if weights is None else weights
    centred = matrix - np.average(matrix, axis=0, weights=weight)
    products = centred.T @ (centred * weight[:, None])
    scale = np.sqrt(np.diag(products))
    return np.asarray(products / np.outer(scale, scale))


def _limit(stated: Selection, n: int) -> float:
    """Return the least chi-square of a variable that stays."""
    if stated.criterion == "p_value":
        return float(chdtri(1, stated.p_value))
    return 2.0 if stated.criterion == "aic" else float(np.log(n))


def _backward(among: Candidates, limit: float, forced: set[int], left: list[int], trail: Trail) -> list[int]:
    """Drop the variable of the smallest Wald chi-square while it is below the limit, with a new fit after each."""
    while len(left) > 1:
        fit = among.refit(left)
        chi_square = (fit.coef[1:] / fit.std_error[1:]) ** 2
        chi_square[[m for m, j in enumerate(left) if j in forced]] = np.inf
        weakest = int(np.argmin(chi_square))
        if chi_square[weakest] >= limit:
            break
        trail.drop(left[weakest], "too weak beside the others", float(chdtrc(1, chi_square[weakest])))
        left = [j for m, j in enumerate(left) if m != weakest]
    return left


def _stepwise(among: Candidates, limit: float, forced: set[int], left: list[int], trail: Trail) -> list[int]:
    """Enter the variable of the largest score chi-square while it reaches the limit; drop what has become too weak."""
    inside = [j for j in left if j in forced]
    dropped: set[int] = set()
    while waiting := [j for j in left if j not in inside and j not in dropped]:
        chi_square = score_chi_square(among, inside, waiting)
        best = int(np.argmax(chi_square))
        if chi_square[best] < limit:
            break
        inside.append(waiting[best])
        trail.enter(waiting[best], "enters by its score test", float(chdtrc(1, chi_square[best])))
        before = set(inside)
        inside = _backward(among, limit, forced, inside, trail)
        dropped |= before - set(inside)
    for j in left:
        if j not in inside and j not in dropped:
            trail.drop(j, "adds too little to those that entered", float("nan"))
    return sorted(inside)


def score_chi_square(among: Candidates, inside: list[int], waiting: list[int]) -> FloatArray:
    """Return the score chi-square of adding each waiting column to a fit, with one degree of freedom each."""
    p = expit(among.refit(inside).log_odds)
    weight = np.ones(p.size) if among.weights is None else among.weights
    own = np.column_stack([np.ones(p.size), among.matrix[:, inside]])
    new = among.matrix[:, waiting]
    working = weight * p * (1.0 - p)
    gradient = new.T @ (weight * (among.bad - p))
    within = own.T @ (own * working[:, None])
    across = own.T @ (new * working[:, None])
    own_variance = np.einsum("ij,ij,i->j", new, new, working)
    information = own_variance - np.einsum("ij,ij->j", across, np.linalg.solve(within, across))
    determined = information > 1e-10 * own_variance
    return np.asarray(np.where(determined, gradient**2 / np.where(determined, information, 1.0), 0.0))


def _right_signs(among: Candidates, forced: set[int], left: list[int], trail: Trail) -> list[int]:
    """Drop the variable whose coefficient turns its weight of evidence round the most, with a new fit after each."""
    signs = np.array([binning.sign for binning in among.binnings.values()])
    while left:
        fit = among.refit(left)
        turned = signs[left] * fit.coef[1:] / fit.std_error[1:]  # positive: safer bins would add to the logit of bad
        turned[[m for m, j in enumerate(left) if j in forced]] = -np.inf
        worst = int(np.argmax(turned))
        if turned[worst] <= 0:
            break
        trail.drop(left[worst], "its coefficient would turn its weight of evidence round", float(fit.coef[1 + worst]))
        left = [j for m, j in enumerate(left) if m != worst]
    return left
