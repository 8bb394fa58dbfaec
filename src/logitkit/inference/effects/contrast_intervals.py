r"""Profile-likelihood, score and bootstrap intervals for the comparison of two profiles.

Probabilities averaged over rows, their difference, ratio and odds ratio are functions of the coefficients
(``intervals/averaged.py``). A profile or score interval contains the values that are not rejected when the quantity is
held at them. A bootstrap interval is computed from the quantities of refits, which are at their limits if a refit is
separated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.dense import Dense
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.effects.averages import averages, values_at
from logitkit.inference.effects.pieces import Level, RowsOfFit
from logitkit.inference.effects.profiles import ContrastLimits, ProfileContrast
from logitkit.inference.effects.scales import ProbabilityScale
from logitkit.inference.intervals.asked import WORDS, AskedFunctions, limits_of, warn_of_ends
from logitkit.inference.intervals.averaged import Quantity, average_function, row_set
from logitkit.inference.intervals.bootstrap_intervals import IntervalKind, standard_intervals
from logitkit.inference.intervals.curved import CurvedMethod, curved_intervals, curved_model
from logitkit.inference.intervals.probabilities import probability_limits
from logitkit.inference.resampling.refits import ReplicateFunctions
from logitkit.inference.verbs import require
from logitkit.typing import FloatArray

__all__ = ["ContrastRows", "contrast_by_bootstrap", "contrast_by_likelihood"]

ROWS_MOST = {"profile": 20_000, "score": 5_000}  # averaged over, all of which every fit with a quantity held evaluates
QUANTITIES: tuple[Quantity, ...] = ("risk difference", "risk ratio", "odds ratio")


class ContrastRows:
    """The rows over which the probabilities of two profiles are averaged.

    Parameters
    ----------
    base : RowsOfFit
        n rows.
    pieces : sequence of Level
        The rows with each profile.
    shares : (n,) array
        Normalised weight of each row; they sum to one.
    outcomes : sequence of int
        Positions of the L outcomes.

    Examples
    --------
    >>> import logitkit as lk
    >>> matrix = lk.logit("y ~ x", {"y": [0, 1, 0, 1], "x": [1, 2, 3, 4]}).design.matrix
    >>> two = [Level(None, matrix), Level(None, matrix)]
    >>> ContrastRows(RowsOfFit(matrix, None), two, np.full(4, 0.25), [1]).cells(0).shape
    (4, 2)
    """

    def __init__(self, base: RowsOfFit, pieces: Sequence[Level], shares: FloatArray, outcomes: Sequence[int]) -> None:
        self.base, self.pieces, self.shares, self.outcomes = base, list(pieces), shares, list(outcomes)

    def cells(self, which: int) -> FloatArray:
        """Return the rows with a profile.

        Parameters
        ----------
        which : int
            0 for the first profile, 1 for the second.

        Returns
        -------
        (n, p) array
            All columns of the rows.
        """
        piece = self.pieces[which]
        if piece.places is None:
            return piece.matrix.to_dense()
        out = np.array(self.base.matrix.to_dense())
        out[:, piece.places] = piece.matrix.to_dense()
        return out

    def offset(self, which: int) -> FloatArray | None:
        """Return the offsets of the rows with a profile.

        Parameters
        ----------
        which : int
            0 for the first profile, 1 for the second.

        Returns
        -------
        (m, n) array or None
            Offsets by linear predictor.
        """
        piece = self.pieces[which]
        return piece.offset if piece.places is None else self.base.offset


def contrast_by_likelihood(
    record: FitRecord, design: Design | None, found: ProfileContrast, rows: ContrastRows, method: CurvedMethod
) -> ProfileContrast:
    """Return the comparison of two profiles with profile or score intervals.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        Its rows.
    found : ProfileContrast
        The comparison with Wald intervals.
    rows : ContrastRows
        The rows that were averaged over.
    method : {'profile', 'score'}
        Method of inference.

    Returns
    -------
    ProfileContrast
        The comparison with the new intervals. A limit at the bound of a quantity is that bound.

    Raises
    ------
    UnsupportedError
        Without a likelihood, and for too many rows.
    DataError, ConvergenceError
        Without the rows of the fit, or if the maximum was not found.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ smoke", lk.datasets.load_lbw())
    >>> found = fit.contrast({"smoke": 1}, {"smoke": 0}, method="profile").estimates("odds ratio")
    >>> bool(np.allclose([found.low[0], found.high[0]], np.exp(fit.confint("profile").loc["smoke"])))
    True
    """
    require(record, method)
    if rows.shares.size > ROWS_MOST[method]:
        raise UnsupportedError(
            f"{rows.shares.size:,} rows are too many to average over by method={method!r}, which takes at most "
            f"{ROWS_MOST[method]:,}: give fewer by data=, set other variables by at=, or use method='wald'."
        )
    model = curved_model(record, design, method)
    sets = [row_set(record, model.likelihood, rows.cells(k), rows.offset(k), rows.shares) for k in (0, 1)]
    level, critical = found.differences.level, float(np.max(record.law.quantile(found.differences.level)))

    def limits(quantity: Quantity, which: Sequence[int]) -> FloatArray:
        own = [sets[k] for k in which]
        functions = [average_function(quantity, record.family, k, *own) for k in rows.outcomes]
        made = curved_intervals(model, functions, method, level, critical)
        warn_of_ends(made, [f"the {quantity} of {record.outcomes[k]!r}" for k in rows.outcomes])
        return np.stack([made.low, made.high])

    def of_one_row(which: int) -> FloatArray:
        offset = rows.offset(which)
        given = Dense(rows.cells(which)[:1]), None if offset is None else offset[:, :1]
        made = probability_limits(record, design, *given, method, level, rows.outcomes)
        return np.stack([made.low[:, 0], made.high[:, 0]])

    single = all(each.shares.size == 1 for each in sets)
    both = np.hstack([of_one_row(k) if single else limits("probability", [k]) for k in (0, 1)])
    if not _shifted(rows) and np.array_equal(rows.cells(0), rows.cells(1)):  # whatever the coefficients are
        none = [np.full((2, len(rows.outcomes)), null) for null in (0.0, 1.0, 1.0)]
        return replace(found, limits=ContrastLimits(both, *none), method=WORDS[method])
    others = [limits(quantity, (0, 1)) for quantity in QUANTITIES[:2]]
    if single and record.family.is_logit and not _shifted(rows):
        function = record.predictors.rows(rows.cells(0)[:1] - rows.cells(1)[:1], np.ones((1, 1)))
        asked = AskedFunctions(("the odds ratio",), function, np.zeros(1), own=False)
        made = limits_of(record, design, asked, method, level)
        others.append(np.exp(np.stack([made.low, made.high])))
    else:
        others.append(limits("odds ratio", (0, 1)))
    return replace(found, limits=ContrastLimits(both, *others), method=WORDS[method])


def _shifted(rows: ContrastRows) -> bool:
    """Tell whether the two profiles differ in an offset."""
    one, other = rows.offset(0), rows.offset(1)
    return one is not None and bool(np.any(one != other))


def contrast_by_bootstrap(
    record: FitRecord, design: Design, found: ProfileContrast, rows: ContrastRows, kind: IntervalKind
) -> ProfileContrast:
    """Return the comparison of two profiles with bootstrap intervals.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its rows.
    found : ProfileContrast
        The comparison with Wald intervals.
    rows : ContrastRows
        The rows that were averaged over; they are not resampled.
    kind : {'percentile', 'basic', 'bca', 'normal'}
        Kind of interval, computed from the standard number of replicates.

    Returns
    -------
    ProfileContrast
        The comparison with the new intervals; basic and normal intervals are computed for logits and for logs of
        ratios.

    Raises
    ------
    UnsupportedError
        After a penalty, and where refits are not available.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ smoke", lk.datasets.load_lbw())
    >>> found = fit.contrast({"smoke": 1}, {"smoke": 0}, method="bootstrap", kind="percentile")
    >>> found.method
    'percentile bootstrap, 1999 draws of rows, seed 1'
    """
    scale = ProbabilityScale(record.family, rows.outcomes)
    count = len(rows.outcomes)

    def quantities(values: FloatArray) -> FloatArray:
        a, b = values.reshape(2, count)
        with np.errstate(divide="ignore", invalid="ignore"):
            logits = np.log(values) - np.log1p(-values)
            return np.concatenate([logits, a - b, np.log(a) - np.log(b), logits[:count] - logits[count:]])

    def at(coef: FloatArray, separated: FitRecord | None) -> FloatArray:
        if separated is not None:
            return quantities(averages(separated, rows.base, rows.pieces, rows.shares, scale).value.reshape(-1))
        table = record.predictors.table(np.nan_to_num(coef))
        return quantities((values_at(record, rows.base, rows.pieces, scale, table) @ rows.shares).reshape(-1))

    names = tuple(f"q{k + 1}" for k in range(5 * count))
    functions = ReplicateFunctions(
        names, at(record.coef, None), at, np.delete(np.arange(len(record.coef)), record.aliased)
    )
    made = standard_intervals(record, design, found.differences.level, kind, functions)
    ends = np.stack([made.low, made.high])
    back: list[Callable[[FloatArray], FloatArray]] = [_expit, np.asarray, np.exp, np.exp]
    places = np.split(ends, [2 * count, 3 * count, 4 * count], axis=1)
    return replace(
        found, limits=ContrastLimits(*(one(own) for one, own in zip(back, places, strict=True))), method=made.label
    )


def _expit(values: FloatArray) -> FloatArray:
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-values)))
