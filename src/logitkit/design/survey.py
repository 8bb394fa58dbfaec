"""Survey designs: what a user states of strata, units and replicate weights, and what becomes of it for the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from logitkit.design.dependence import SurveyRows
from logitkit.design.design import Design
from logitkit.design.table.frame import Table, codes_of, is_missing, numeric_values, read_table, row_values
from logitkit.errors import DataError, UnsupportedError
from logitkit.options import Stated, is_finite_number, require_choice
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["Lonely", "ReplicateKind", "Survey", "SurveyRows", "in_domain", "survey_rows"]

Lonely = Literal["refuse", "certainty", "centred", "average"]
ReplicateKind = Literal["BRR", "Fay", "JK1", "JKn", "bootstrap"]
OTHER_WORDS = {
    **dict.fromkeys(("psu", "ids", "id", "cluster", "clusters"), "units"),
    **dict.fromkeys(("stratum", "strata_"), "strata"),
    **dict.fromkeys(("repweights", "brrweight", "jkrweight", "bsrweight"), "replicates"),
    **dict.fromkeys(("lonely_psu", "singleunit"), "lonely"),
    **dict.fromkeys(("subset", "subpop"), "domain"),
    **dict.fromkeys(("rho", "fay_rho"), "fay"),
}


@dataclass(frozen=True, repr=False, eq=False, kw_only=True)
class Survey(Stated):
    """A survey design: strata and primary sampling units, or replicate weights.

    Parameters
    ----------
    strata : str or (n,) array-like, optional
        Stratum of each row of the table; one stratum by default.
    units : str or (n,) array-like, optional
        Primary sampling unit of each row within its stratum; by default each row is a unit of its own.
    fpc : str or (n,) array-like, optional
        Finite population correction: number of units in the stratum or, if below 1, the sampled fraction of them.
    replicates : list of str or (n, R) array-like, optional
        Replicate weights, including the sampling weights; they replace strata and units.
    kind : {'BRR', 'Fay', 'JK1', 'JKn', 'bootstrap'}, optional
        How the replicate weights were made.
    lonely : {'refuse', 'certainty', 'centred', 'average'}
        How a stratum with a single unit is treated: it is refused, or it contributes to the covariance nothing, its
        squared deviation from the mean of all units, or the average of the other strata.
    domain : str or (n,) array-like, optional
        True for rows in the subpopulation that is modelled. The other rows have weight zero, but their units still
        count in the design.
    fay : float, optional
        For ``kind="Fay"``: Fay's coefficient, at least 0 and below 1, which multiplies the weights of units left out.
    scales : (R,) array-like, optional
        Multipliers of each replicate's squared deviation: for ``kind="JKn"``, (n - 1) / n of its stratum; for
        ``"bootstrap"``, 1 / (R - 1) by default.

    Raises
    ------
    DataError
        If arguments contradict each other or a value is invalid.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> sample = births.assign(w=2.0, s=births["id"] % 3, u=births["id"] % 30)
    >>> fit = lk.logit("low ~ age", sample, weights="w", survey=lk.Survey(strata="s", units="u"))
    >>> fit.record.covariance.label
    'linearised covariance of the survey design (3 strata, 30 units)'
    """

    strata: Any = None
    units: Any = None
    fpc: Any = None
    replicates: Any = None
    kind: ReplicateKind | None = None
    lonely: Lonely = "refuse"
    domain: Any = None
    fay: float | None = None
    scales: Any = None

    _most_by_position: ClassVar[int | None] = 0

    @classmethod
    def _meant(cls, name: str, value: object) -> str:
        """Return what a word of other packages is called here."""
        del value
        return f"It is {OTHER_WORDS[name]}= here." if name in OTHER_WORDS else ""

    def __post_init__(self) -> None:
        """Refuse what does not go together."""
        require_choice("lonely", self.lonely, get_args(Lonely))
        if self.replicates is None:
            for name in ("kind", "fay", "scales"):
                if getattr(self, name) is not None:
                    raise DataError(f"Survey({name}=...) goes with replicates= only.")
            return
        for name in ("strata", "units", "fpc"):
            if getattr(self, name) is not None:
                raise DataError(f"Survey(replicates=..., {name}=...): replicate weights say all of the design.")
        if self.lonely != "refuse":
            raise DataError("Survey(replicates=..., lonely=...): strata are not known to replicate weights.")
        if self.kind is None:
            raise DataError(f"Survey(replicates=...) needs kind=, one of {', '.join(get_args(ReplicateKind))}.")
        require_choice("kind", self.kind, get_args(ReplicateKind))
        if (self.kind == "Fay") != (self.fay is not None):
            raise DataError("Survey(fay=...) goes with kind='Fay', and kind='Fay' needs it.")
        if self.fay is not None and (not is_finite_number(self.fay) or not 0.0 <= self.fay < 1.0):
            raise DataError(f"Survey(fay={self.fay!r:.60}) must be a number from 0 to 1, less than 1.")
        if self.kind == "JKn" and self.scales is None:
            raise DataError("Survey(kind='JKn') needs scales=, (n - 1) / n of the stratum of each replicate.")
        if self.scales is not None and self.kind not in ("JKn", "bootstrap"):
            raise DataError("Survey(scales=...) goes with kind='JKn' or 'bootstrap'; the other kinds have their own.")


def survey_rows(survey: Survey, design: Design, table: Any) -> SurveyRows:
    """Return the survey design for the rows of a table.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 1, 0, 1], "s": [1, 1, 2, 2]}
    >>> rows = survey_rows(Survey(strata="s"), lk.logit("y ~ 1", data).design, data)
    >>> rows.strata.tolist(), rows.units.tolist()
    ([0, 0, 1, 1], [0, 1, 2, 3])
    """
    if design.in_chunks:
        raise UnsupportedError(
            "survey= needs the rows in memory: of rows that are read in chunks state weights= with "
            "weight_kind='sampling', and the units as cluster=, or read the files into a table."
        )
    whole = Table(None, (), design.counts.given, design.index) if table is None else read_table(table)
    n = whole.n_rows
    strata: IntArray = np.zeros(n, dtype=np.int64)
    names: tuple[str, ...] = ("all",)
    if survey.strata is not None:
        strata, names = _coded(survey.strata, whole, "strata")
    within = np.arange(n) if survey.units is None else _coded(survey.units, whole, "units")[0]
    units = np.unique(strata * (int(within.max()) + 1) + within, return_inverse=True)[1].reshape(-1).astype(np.int64)
    sampled = np.zeros(len(names))
    if survey.fpc is not None:
        sampled = _sampled(_numbers(survey.fpc, whole, "fpc"), strata, units, names)
    inside = in_domain(survey, design, table)
    made = SurveyRows(strata, units, names, sampled, survey.lonely, inside, design.positions)
    return made if survey.replicates is None else _with_replicates(made, survey, whole)


def in_domain(survey: Survey, design: Design, table: Any) -> BoolArray:
    """Return which rows of a design are in the modelled subpopulation, shape (n,).

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 1, 0, 1], "adult": [True, True, False, True]}
    >>> in_domain(Survey(domain="adult"), lk.logit("y ~ 1", data).design, data).tolist()
    [True, True, False, True]
    """
    if survey.domain is None:
        return np.ones(design.n_rows, dtype=bool)
    if design.in_chunks:
        raise UnsupportedError(
            "survey= needs the rows in memory: of rows that are read in chunks state weights= with "
            "weight_kind='sampling', and the units as cluster=, or read the files into a table."
        )
    whole = Table(None, (), design.counts.given, design.index) if table is None else read_table(table)
    series, name = row_values(survey.domain, whole, "domain")
    series = series.iloc[design.positions]
    if is_missing(series).any() or not set(np.unique(np.asarray(series))) <= {0, 1}:
        raise DataError(f"domain ({name}) must be true or false, or 1 or 0, in every row of the fit.")
    inside = np.asarray(series).astype(bool)
    if not inside.any():
        raise DataError(f"domain ({name}) is false in every row: no row is left to fit.")
    return inside


def _given(value: Any, table: Table, role: str) -> tuple[Any, str]:
    """Return the values of all rows of a table and their name, none of them missing."""
    series, name = row_values(value, table, role)
    missing = is_missing(series)
    if missing.any():
        raise DataError(
            f"{role} ({name}) is missing in {int(np.count_nonzero(missing))} rows of the table: every row has its "
            "place in the design, those that the model does not use too."
        )
    return series, name


def _coded(value: Any, table: Table, role: str) -> tuple[IntArray, tuple[str, ...]]:
    """Return codes of the values of all rows, and the values in words."""
    series, _ = _given(value, table, role)
    codes, count = codes_of(series)
    first = np.unique(codes, return_index=True)[1]
    return codes, tuple(str(series.iloc[int(place)]) for place in first[:count])


def _numbers(value: Any, table: Table, role: str) -> FloatArray:
    return numeric_values(_given(value, table, role)[0], role)


def _sampled(values: FloatArray, strata: IntArray, units: IntArray, names: Sequence[str]) -> FloatArray:
    """Return the fraction of the units of each stratum that was sampled."""
    found = np.empty(len(names))
    for h, name in enumerate(names):
        own = values[strata == h]
        if own.size == 0 or (own != own[0]).any() or not np.isfinite(own[0]) or own[0] <= 0.0:
            raise DataError(f"fpc must be one positive number within a stratum, and is not in {name!r}.")
        count = np.unique(units[strata == h]).size
        found[h] = own[0] if own[0] < 1.0 else count / own[0]
        if found[h] > 1.0:
            raise DataError(f"fpc of stratum {name!r} is {own[0]:g}, and {count} units of it are in the table.")
    return found


def _with_replicates(made: SurveyRows, survey: Survey, table: Table) -> SurveyRows:
    """Return the design with its replicate weights, checked."""
    given, columns = survey.replicates, []
    if isinstance(given, (list, tuple)) and all(isinstance(each, str) for each in given):
        columns = [_numbers(each, table, "replicates") for each in given]
        weights = np.stack(columns, axis=1) if columns else np.empty((table.n_rows, 0))
    else:
        weights = np.asarray(given, dtype=np.float64)
    if weights.ndim != 2 or weights.shape[0] != table.n_rows or weights.shape[1] < 2:
        raise DataError(
            f"replicates have the shape {weights.shape}: give two or more columns, with a value for each of the "
            f"{table.n_rows} rows of the table."
        )
    if not np.isfinite(weights).all() or (weights < 0.0).any():
        raise DataError("replicates must be finite and not negative in every row.")
    count = weights.shape[1]
    own = {
        "BRR": 1.0 / count,
        "Fay": 1.0 / (count * (1.0 - float(survey.fay or 0.0)) ** 2),
        "JK1": (count - 1.0) / count,
        "bootstrap": 1.0 / (count - 1.0),
    }
    scales = np.full(count, own.get(str(survey.kind), np.nan))
    if survey.scales is not None:
        scales = np.asarray(survey.scales, dtype=np.float64)
    if scales.shape != (count,) or not np.isfinite(scales).all() or (scales < 0.0).any():
        raise DataError(f"scales must be {count} numbers that are not negative, one for each replicate.")
    used = weights[made.positions] * made.inside[:, None]
    return replace(made, replicates=used, kind=survey.kind, scales=scales)
