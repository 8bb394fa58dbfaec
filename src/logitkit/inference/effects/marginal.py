"""Results for marginal means and their contrasts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.inference.delta import Estimates
from logitkit.inference.derived import Derived
from logitkit.inference.effects.means import Averaged, MeansScale
from logitkit.inference.intervals.simultaneous import Adjustment

__all__ = ["Contrasts", "MarginalMeans"]


@dataclass(frozen=True, eq=False)
class Contrasts:
    """Contrasts of marginal means.

    Parameters
    ----------
    labels : tuple of tuple of str
        Labels of each contrast: outcome or threshold if there are several, levels of ``by``, and its name.
    derived : Derived
        Differences of linear predictors, or of probabilities.
    estimates : Estimates
        Estimates with intervals and p-values, adjusted if that was requested.
    ratio : str
        Name of the exponential of a difference; empty if it has none.
    adjust : str or None
        How intervals and p-values were adjusted.
    family : int
        Number of contrasts that were adjusted together.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ race", lk.datasets.load_lbw())
    >>> fit.means("race", contrasts="reference").contrasts.labels
    (('black - white',), ('other - white',))
    """

    labels: tuple[tuple[str, ...], ...]
    derived: Derived
    estimates: Estimates
    ratio: str
    adjust: Adjustment | None
    family: int


@dataclass(frozen=True, eq=False)
class MarginalMeans:
    """Estimated marginal means.

    Parameters
    ----------
    heads : tuple of str
        Names of the columns of ``labels``: outcome or threshold if there are several, then factors.
    labels : tuple of tuple of str
        Labels of each mean.
    derived : Derived
        The means, with names such as ``race[black]:smoke[1]``.
    estimates : Estimates
        Estimates with intervals, without tests, because zero is not a meaningful null value.
    scale : {'link', 'probability', 'latent'}
        Scale of the means.
    averaged : {'link', 'probability'}
        Scale on which cells were averaged.
    weights : {'equal', 'proportional'}
        Weights of the cells.
    by : tuple of str
        Factors within whose levels means are compared.
    over : tuple of (str, tuple of str)
        Factors averaged over, with their levels.
    fixed : tuple of (str, str, bool)
        Variables held at a value, and whether that value is their mean.
    what : str
        The quantity whose means are given, in words.
    outcomes : tuple of str
        Outcomes or thresholds, if there are several.
    has_offset : bool
        Whether the model has offsets, which are held at their mean.
    adjust : str or None
        How the intervals of the means were adjusted.
    contrasts : Contrasts or None
        The contrasts, if they were requested.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ race", lk.datasets.load_lbw())
    >>> found = fit.means("race", scale="probability")
    >>> found.labels, found.derived.value.round(6).tolist()
    ((('white',), ('black',), ('other',)), [0.239583, 0.423077, 0.373134])
    """

    heads: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    derived: Derived
    estimates: Estimates
    scale: MeansScale
    averaged: Averaged
    weights: str
    by: tuple[str, ...]
    over: tuple[tuple[str, tuple[str, ...]], ...]
    fixed: tuple[tuple[str, str, bool], ...]
    what: str
    outcomes: tuple[str, ...] = ()
    has_offset: bool = False
    adjust: Adjustment | None = None
    contrasts: Contrasts | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the means that are not estimable or that separation leaves undetermined."""
        return tuple(
            name for name, value in zip(self.derived.names, self.derived.value, strict=True) if np.isnan(value)
        )
