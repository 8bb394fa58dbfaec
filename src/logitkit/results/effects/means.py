"""Estimated marginal means of a fit, with their tables, contrasts and figure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from numbers import Real
from typing import Any, get_args

import numpy as np
import pandas as pd

import logitkit.report.means  # noqa: F401 - says how means are shown
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError
from logitkit.inference.delta import Estimates
from logitkit.inference.effects.adjusted_functions import adjusted_estimates
from logitkit.inference.effects.contrast_sets import ContrastSet, contrast_set
from logitkit.inference.effects.marginal import Contrasts, MarginalMeans
from logitkit.inference.effects.means import Averaged, MeansScale, contrasts_of, means_of
from logitkit.inference.hypotheses.equivalence import Equivalence, equivalence_of
from logitkit.inference.hypotheses.wald import WaldTest
from logitkit.inference.intervals.simultaneous import Adjustment
from logitkit.inference.verbs import require
from logitkit.options import require_choice
from logitkit.report.frames.shown import ResultFrame
from logitkit.report.means import estimate_columns, means_words
from logitkit.results.documented import extends_base
from logitkit.results.effects.reference_grid import ReferenceGrid, level_text, reference_grid
from logitkit.results.rows import Rows
from logitkit.results.shown import shown
from logitkit.typing import IntArray

__all__ = ["MeansAsked", "MeansResult", "means_of_rows"]


@dataclass(frozen=True)
class MeansAsked:
    """The arguments of marginal means.

    Parameters
    ----------
    factors, by : str or sequence of str
        Variables with one mean per level, and variables within whose levels the means are compared.
    at : mapping or None
        Values of variables.
    weights : str
        Of cells.
    scale, averaged : str
        The scale of the means, and what is averaged.
    contrasts : str, mapping or None
        Which.
    adjust : str or None
        How intervals and p-values are adjusted.
    level : float or None
        Confidence level.
    """

    factors: Any
    by: Any = None
    at: Any = None
    weights: str = "equal"
    scale: MeansScale = "link"
    averaged: Averaged = "link"
    contrasts: ContrastSet | None = None
    adjust: Adjustment | None = None
    level: float | None = None


@extends_base
@dataclass(frozen=True, eq=False)
class MeansResult(MarginalMeans):
    """Estimated marginal means, with tables and a figure.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ lwt + race", lk.datasets.load_lbw())
    >>> found = fit.means("race", contrasts="pairwise")
    >>> found.contrast_frame().iloc[:, :4].round(3)
                   estimate  std_error  statistic  p_value
    contrast
    white - black    -1.081      0.488     -2.215    0.027
    white - other    -0.481      0.357     -1.349    0.177
    black - other     0.600      0.509      1.178    0.239
    """

    def to_frame(self) -> pd.DataFrame:
        """Return one row per mean.

        Returns
        -------
        pandas.DataFrame
            Columns estimate, std_error, conf_low and conf_high, indexed by outcome or threshold (if there are several)
            and by the factors.
        """
        columns = estimate_columns(self.estimates)
        del columns["statistic"], columns["p_value"]
        return ResultFrame(columns, index=_index(self.labels, self.heads))

    def contrast_frame(self) -> pd.DataFrame:
        """Return one row per contrast.

        Returns
        -------
        pandas.DataFrame
            Columns estimate, std_error, statistic, p_value, conf_low and conf_high. On the link scale, also the
            exponentiated contrast with its interval, if it has a name (such as odds ratio).
        """
        found = self.contrasts
        if found is None:
            raise DataError("No contrasts were asked for: fit.means(..., contrasts='pairwise').")
        heads = (*self.heads[: len(found.labels[0]) - 1], "contrast")
        columns = estimate_columns(found.estimates)
        if found.ratio:
            ratio = found.ratio.replace(" ", "_")
            ends = {f"{ratio}_low": found.estimates.low, f"{ratio}_high": found.estimates.high}
            with np.errstate(over="ignore"):
                columns |= {name: np.exp(values) for name, values in ({ratio: found.estimates.estimate} | ends).items()}
        return ResultFrame(columns, index=_index(found.labels, heads))

    def test(self, hypothesis: str, level: float | None = None) -> WaldTest:
        """Test linear hypotheses about the means.

        Parameters
        ----------
        hypothesis : str
            For example ``"race[black] = race[other]"``, with the names in ``derived.names``, or
            ``"b1 - b2 = b3 - b4"``, with the means numbered in order.
        level : float, optional
            Confidence level of the intervals.

        Returns
        -------
        WaldTest
            The joint test of all hypotheses.
        """
        return shown(self.derived.test(hypothesis, level))

    def equivalence(
        self, low: float | None = None, high: float | None = None, level: float | None = None
    ) -> Equivalence:
        """Test whether each mean lies between bounds.

        Parameters
        ----------
        low, high : float, optional
            The bounds, on the scale of the means; give only one of them to test non-inferiority.
        level : float, optional
            One minus the significance level.

        Returns
        -------
        Equivalence
            One row per mean.
        """
        return shown(equivalence_of(self.derived, low, high, level))

    def plot(self, ax: Any = None, title: str = "") -> Any:
        """Draw the means with their intervals, one row per mean.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The plot; means that are missing or infinite are left out and named below it.
        """
        from logitkit.plots.means import plot_means

        return plot_means(self, ax, title=title, x=means_words(self))


def means_of_rows(rows: Rows, asked: MeansAsked) -> MeansResult:
    """Return marginal means of a fit, on a grid from its rows or from other rows."""
    require_choice("scale", asked.scale, get_args(MeansScale))
    require_choice("averaged", asked.averaged, get_args(Averaged))
    if asked.averaged == "probability" and asked.scale != "probability":
        raise DataError("averaged='probability' is of probabilities: use scale='probability' as well.")
    record = rows.record
    require(record, "means")
    grid = reference_grid(rows, asked.factors, asked.by, asked.at, asked.weights)
    names = tuple(_name(grid.factors, group) for group in grid.groups)
    how: dict[str, Any] = {"scale": asked.scale, "averaged": asked.averaged, "level": asked.level}
    labels, found = means_of(record, grid.cells, names, **how)
    contrasts = None if asked.contrasts is None else _contrasts(record, grid, asked, labels, how)
    adjust = None if contrasts is not None else asked.adjust
    groups = [tuple(map(level_text, group)) for group in grid.groups]
    estimates = adjusted_estimates(found, _families(grid, len(labels)), adjust, asked.level)
    if asked.scale == "probability" and asked.averaged == "link" and record.is_single:
        estimates = _carried(record, grid, names, estimates, adjust)
    several = len(labels) > 1
    head = (record.family.words.equation or "outcome") if asked.scale == "link" else "outcome"
    result = MeansResult(
        heads=((head,) if several else ()) + grid.factors,
        labels=tuple(((label,) if several else ()) + group for label, group in product(labels, groups)),
        derived=found,
        estimates=estimates,
        scale=asked.scale,
        averaged=asked.averaged,
        weights=grid.weights,
        by=grid.by,
        over=grid.over,
        fixed=grid.fixed,
        what=_predictor_words(record, asked.scale),
        outcomes=labels if several else (),
        has_offset=grid.has_offset,
        adjust=adjust,
        contrasts=contrasts,
    )
    return shown(result)


def _contrasts(
    record: FitRecord, grid: ReferenceGrid, asked: MeansAsked, labels: tuple[str, ...], how: dict[str, Any]
) -> Contrasts:
    """Return the contrasts of the means within each level of ``by``."""
    assert asked.contrasts is not None
    n_by = len(grid.by)
    if n_by == len(grid.factors):
        raise DataError(f"Nothing is left to compare: {', '.join(grid.by)} is in by=. Name another factor first.")
    places: dict[tuple[Any, ...], list[int]] = {}
    for k, group in enumerate(grid.groups):
        places.setdefault(group[:n_by], []).append(k)
    rows, own = [], []
    for level, members in places.items():
        inner = [grid.groups[k][n_by:] for k in members]
        words = [_words(grid.factors[n_by:], each) for each in inner]
        scores = [each[0] if len(each) == 1 else " ".join(map(level_text, each)) for each in inner]
        names, coefficients = contrast_set(asked.contrasts, words, scores)
        wide = np.zeros((len(names), len(grid.groups)))
        wide[:, members] = coefficients
        rows.append(wide)
        own += [(*map(level_text, level), name) for name in names]
    size = len(rows[0])
    found = contrasts_of(record, grid.cells, tuple(":".join(each) for each in own), np.vstack(rows), **how)
    families = [np.arange(start, start + size) for start in range(0, len(found.names), size)]
    estimates = adjusted_estimates(found, families, asked.adjust, asked.level)
    several = len(labels) > 1
    ratio = record.family.words.ratio_against(record.reference)
    return Contrasts(
        tuple(((label,) if several else ()) + each for label, each in product(labels, own)),
        found,
        estimates,
        ratio.name if ratio is not None and asked.scale != "probability" else "",
        asked.adjust,
        size,
    )


def _families(grid: ReferenceGrid, n_labels: int) -> list[IntArray]:
    """Return the means that are adjusted together: those of one outcome within a level of ``by``."""
    keys = [group[: len(grid.by)] for group in grid.groups]
    size = keys.count(keys[0])
    return [np.arange(start, start + size) for start in range(0, n_labels * len(keys), size)]


def _carried(
    record: FitRecord, grid: ReferenceGrid, names: tuple[str, ...], found: Estimates, adjust: Adjustment | None
) -> Estimates:
    """Return probabilities of one linear predictor with the intervals of that, carried by the link."""
    _, link = means_of(record, grid.cells, names, scale="link", level=found.level)
    ends = adjusted_estimates(link, _families(grid, 1), adjust, found.level)
    low, high = (record.family.probabilities(end[None])[1] for end in (ends.low, ends.high))
    return replace(found, low=low, high=high)


def _predictor_words(record: FitRecord, scale: MeansScale) -> str:
    """Say what the means are of."""
    words, response = record.family.words, record.info.response
    if scale == "probability":
        return f"probability of {response.event_in_words}" if words.has_event else "probability"
    if scale == "latent":
        return "latent variable, from the mean threshold"
    link = record.family.tail_link
    if link is None:
        if words.ordered:
            return "log odds of the higher of two neighbouring outcomes"
        against = "the mean of all" if record.reference is None else record.outcomes[record.reference]
        return f"log of the probability relative to that of {against}"
    if words.ordered:
        return (
            "log odds of the outcomes above a threshold"
            if link.name == "logit"
            else f"minus the {link.words} of the probability of the outcomes up to a threshold"
        )
    event = response.event_in_words
    return f"log odds of {event}" if link.name == "logit" else f"{link.words} link of P({event})"


def _name(factors: tuple[str, ...], group: tuple[Any, ...]) -> str:
    return ":".join(f"{factor}[{level_text(value)}]" for factor, value in zip(factors, group, strict=True))


def _words(factors: tuple[str, ...], group: tuple[Any, ...]) -> str:
    """Return a combination of levels in words: numbers with the name of their factor."""
    return " ".join(
        f"{factor} {level_text(value)}" if isinstance(value, Real | np.bool_) else str(value)
        for factor, value in zip(factors, group, strict=True)
    )


def _index(labels: tuple[tuple[str, ...], ...], heads: tuple[str, ...]) -> pd.Index:
    if len(heads) == 1:
        return pd.Index([each[0] for each in labels], name=heads[0])
    return pd.MultiIndex.from_tuples(labels, names=list(heads))
