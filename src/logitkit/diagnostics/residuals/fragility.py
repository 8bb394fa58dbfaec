r"""A small set of rows without which a coefficient changes its sign, or is significant no longer.

The rows are those whose one-step changes push the coefficient farthest: as many as bring their sum to the border, the
most influential set of Broderick, Giordano and Meager. The model is fitted to the others; where the border is not
crossed, the rows that push farthest from there are added, and so on. Of the last rows added no more are kept than a
search by halves finds to be needed. A refit proves the set; that none is smaller is not proved.

References
----------
Broderick, T., Giordano, R. and Meager, R. (2020) An automatic finite-sample robustness metric. arXiv:2011.14999.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import numpy as np

from logitkit.design.dependence import Dependence
from logitkit.design.design import Design
from logitkit.design.response.response import Clusters
from logitkit.diagnostics.residuals.dfbetas import dfbetas_of
from logitkit.engine.bias.estimate import fit_again
from logitkit.engine.law import require_level
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, ResponseError, UnsupportedError
from logitkit.inference.covariances.required import with_required_sandwich
from logitkit.inference.covariances.robust import KINDS, robust
from logitkit.inference.verbs import require
from logitkit.numerics.once import once
from logitkit.options import is_count, require_choice
from logitkit.typing import FloatArray, IntArray

__all__ = ["Estimated", "Fragility", "FragilityChange", "fragility"]

FragilityChange = Literal["sign", "significance"]
ROUNDS = 60  # of refits, each with more rows left out


class Estimated(NamedTuple):
    """An estimated coefficient with its interval.

    Parameters
    ----------
    estimate, std_error, low, high : float
        Estimate, standard error and confidence limits.

    Examples
    --------
    >>> Estimated(1.0, 0.4, 0.2, 1.8).significant
    True
    """

    estimate: float
    std_error: float
    low: float
    high: float

    @property
    def significant(self) -> bool:
        """Whether the interval excludes zero."""
        return self.low > 0.0 or self.high < 0.0


@dataclass(frozen=True)
class Fragility:
    """A set of rows whose removal changes a conclusion.

    Parameters
    ----------
    name : str
        Name of the coefficient.
    change : {'sign', 'significance'}
        The conclusion that was to change.
    level : float
        Confidence level of the intervals.
    rows : (k,) int array
        Removed rows, as positions among the rows used, in the order of selection.
    found : bool
        Whether removing the rows changes the conclusion. If not, ``rows`` is the set at which the search ended.
    before, after : Estimated
        The coefficient estimated from all rows, and from a refit without the removed rows.
    n_rows, n_refits : int
        Number of rows used, and of refits.
    stopped : str
        Reason why the search ended without a change; empty if the conclusion changes.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
    >>> found = fragility(fit.record, fit.design, "smoke", "significance")
    >>> found.before.significant, found.after.significant, found.rows.size < 4
    (True, False, True)
    """

    name: str
    change: str
    level: float
    rows: IntArray = field(repr=False)
    found: bool
    before: Estimated
    after: Estimated
    n_rows: int
    n_refits: int
    stopped: str = ""

    @property
    def proportion(self) -> float:
        """Proportion of the rows used that were removed."""
        return self.rows.size / self.n_rows


def fragility(
    record: FitRecord,
    design: Design,
    name: str,
    change: FragilityChange = "sign",
    *,
    level: float | None = None,
    most: int | None = None,
) -> Fragility:
    """Return a small set of rows whose removal changes the sign or the significance of a coefficient.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        The n rows of the fit, in memory.
    name : str
        Name of the coefficient.
    change : {'sign', 'significance'}
        Conclusion to change. With ``"significance"``, an interval that excludes zero is to include it, or the reverse.
    level : float, optional
        Confidence level; that of the fit by default.
    most : int, optional
        Largest number of rows to remove; half of the rows by default.

    Returns
    -------
    Fragility
        The set, confirmed by a refit. A smaller set may exist.

    Raises
    ------
    UnsupportedError
        If the fit is penalised, the rows are read in chunks, or significance depends on a covariance that is not
        available for a refit.
    DataError
        If the coefficient has no finite estimate or does not exist.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
    >>> found = fragility(fit.record, fit.design, "age")
    >>> found.found, found.after.estimate > 0 > found.before.estimate
    (True, True)
    """
    require(record, "leave_out")
    require(record, "influence")
    require_choice("change", change, ("sign", "significance"))
    if not np.isfinite(record.coef[record.names.index(name)]):
        raise DataError(f"{name!r:.60} has no finite estimate, so no set of rows turns it.")
    level = record.level if level is None else level
    require_level(level)
    if design.in_chunks:
        raise UnsupportedError("A set of rows is searched among rows that are held, and these are read in chunks.")
    used = np.flatnonzero(design.response.weights > 0.0)
    most = used.size // 2 if most is None else most
    if not is_count(most, 1):
        raise DataError(f"most={most!r:.60} must be a whole number of at least 1.")
    search = _Search(record, design, used, record.names.index(name), change, level)
    if change == "significance" and not search.repeats:
        raise UnsupportedError(
            f"Significance rests on {record.covariance.label}, which a refit to fewer rows does not have. Ask the fit "
            "itself, or for change='sign'."
        )
    return search.run(name, most)


def _of_rows(given: Dependence, left: IntArray) -> Dependence:
    """Return the dependence of the rows that are left: clusters are those that have one of them."""
    clusters = []
    for each in given.clusters:
        codes = np.unique(each.codes[left], return_inverse=True)[1].reshape(-1)
        clusters.append(Clusters(codes, int(codes.max()) + 1, each.name))
    return replace(given, clusters=tuple(clusters))


class _Search:
    """The search for a set of rows; it counts the refits."""

    def __init__(
        self, record: FitRecord, design: Design, used: IntArray, place: int, change: str, level: float
    ) -> None:
        self.record, self.design, self.used = record, design, used
        self.place, self.change, self.level = place, change, level
        self.n_refits = 0
        self.before = self.of(record)
        own = design.dependence
        self.asked = None if own is None or own.kind not in KINDS else own

    def of(self, record: FitRecord) -> Estimated:
        """Return the coefficient with its interval."""
        estimate, error = float(record.coef[self.place]), float(record.std_error[self.place])
        quantiles = np.broadcast_to(record.coefficient_law.quantile(self.level), record.coef.shape)
        half = float(quantiles[self.place]) * error
        return Estimated(estimate, error, estimate - half, estimate + half)

    def refit(self, rows: IntArray) -> FitRecord:
        """Return the fit to the other rows."""
        self.n_refits += 1
        left = np.setdiff1d(self.used, rows)
        part = self.design.take(left)
        again = fit_again(self.record, part)
        if self.asked is None:
            return with_required_sandwich(again, part)
        if again.is_separated or not again.converged:
            return again
        given = _of_rows(self.asked, left)
        return robust(again, part, self.asked.kind, given, correction=self.asked.correction, dof=self.dof)[0]

    @once
    def dof(self) -> str | float | None:
        """What was asked of the distribution of statistics: nothing, or what the kind does not give by itself."""
        assert self.asked is not None
        law, asked = self.record.law, self.asked
        made = robust(self.record, self.design, asked.kind, asked, correction=asked.correction)[0].law
        if law.varies or made.varies or (law.is_normal and made.is_normal) or np.array_equal(law.dof, made.dof):
            return None
        if law.is_normal:
            return "normal"
        return "residual" if law.dof == self.record.n_obs - self.record.n_params else float(np.max(law.dof))

    @once
    def repeats(self) -> bool:
        """Whether a refit of all rows has the error of the fit: else its covariance is not that of a refit."""
        again = self.of(self.refit(np.empty(0, dtype=np.int64)))
        return bool(np.allclose(again, self.before, rtol=1e-5, atol=1e-8, equal_nan=True))

    def changed(self, record: FitRecord) -> bool:
        """Tell whether the conclusion is another one."""
        here = self.of(record)
        if self.change == "sign":
            return bool(np.sign(here.estimate) * np.sign(self.before.estimate) < 0.0)
        return bool(np.isfinite(here.std_error)) and here.significant != self.before.significant

    def pushes(self, record: FitRecord, rows: IntArray) -> tuple[IntArray, FloatArray, float]:
        """Return the rows that are left, how far each pushes when it goes, and how far it is to the border."""
        left = np.setdiff1d(self.used, rows)
        here, sign = self.of(record), float(np.sign(self.before.estimate))
        change = dfbetas_of(record, self.design.take(left), scaled=False)[:, self.place]
        toward = np.nan_to_num(sign * change)  # the estimate falls by so much, in the direction of zero
        gap = abs(here.estimate)
        if self.change == "significance":
            gap = abs(here.low if sign > 0.0 else here.high)
            toward = toward if self.before.significant else -toward
        return left, toward, gap

    def run(self, name: str, most: int) -> Fragility:
        """Return the set."""
        rows, last = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        record, stopped, found = self.record, "", False
        for _ in range(ROUNDS):
            left, toward, gap = self.pushes(record, rows)
            order = np.argsort(-toward, kind="stable")
            order = order[toward[order] > 0.0]
            enough = int(np.searchsorted(np.cumsum(toward[order]), gap)) + 1
            last = left[order[: min(enough, most - rows.size)]]
            if not last.size:
                stopped = f"no {most:,} rows change it" if rows.size >= most else "no row that is left pushes toward it"
                break
            rows = np.concatenate([rows, last])
            try:
                record = self.refit(rows)
            except (DataError, ResponseError):
                stopped = "the rows that are left have one outcome only"
                break
            if found := self.changed(record):
                break
            if not record.converged or not np.isfinite(record.coef[self.place]):
                stopped = "without these rows the estimate is infinite or undetermined"
                break
        else:
            stopped = f"{ROUNDS} refits did not reach it"
        if found:
            rows, record = self.fewest(rows[: rows.size - last.size], last, record)
        return Fragility(
            name, self.change, self.level, rows, found, self.before, self.of(record), self.used.size, self.n_refits,
            stopped,
        )  # fmt: skip

    def fewest(self, kept: IntArray, last: IntArray, record: FitRecord) -> tuple[IntArray, FitRecord]:
        """Return the set with as few of the rows that were added last as a search by halves finds."""
        low, high = 0, last.size
        while high - low > 1:
            middle = (low + high) // 2
            trial = self.refit(np.concatenate([kept, last[:middle]]))
            if self.changed(trial):
                high, record = middle, trial
            else:
                low = middle
        return np.concatenate([kept, last[:high]]), record
