"""How the rows of a design depend on one another, as a covariance that was asked for takes it."""

from __future__ import annotations

from dataclasses import dataclass

from logitkit.design.response.response import Clusters
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["Dependence", "SurveyRows"]


@dataclass(frozen=True, eq=False)
class Dependence:
    """What is said of the dependence of the rows, and the covariance that was made of it.

    Parameters
    ----------
    clusters : tuple of Clusters
        Groups of rows that may be dependent; several cross.
    order : (n,) int array or None
        Places of the rows in the order of time; None where they are read in chunks, which are sorted by the column.
    time : str
        How time is called.
    lags : int or None
        Rows before each that it may depend on.
    kind : str
        The covariance, as ``fit.robust`` has it, or ``"survey"``; empty before one is made.
    correction : str or None
        The finite-sample factor of a sandwich by clusters, by its name.
    survey : SurveyRows or None
        The design of a sample.

    Examples
    --------
    >>> Dependence().clusters
    ()
    """

    clusters: tuple[Clusters, ...] = ()
    order: IntArray | None = None
    time: str = ""
    lags: int | None = None
    kind: str = ""
    correction: str | None = None
    survey: SurveyRows | None = None

    @property
    def in_time(self) -> bool:
        """Whether the rows have an order in time."""
        return self.order is not None or bool(self.time)


@dataclass(frozen=True, eq=False)
class SurveyRows:
    """The design of a sample for all N rows of a table, those that the model does not use among them.

    Parameters
    ----------
    strata, units : (N,) int array
        Stratum of each row, and unit within it as a number of its own.
    names : tuple of str
        What the strata are called.
    sampled : (H,) array
        Fraction of the units of each stratum that was sampled; zero where the population is not finite.
    lonely : str
        What a stratum with a single unit adds.
    inside : (n,) bool array
        Rows of the fit that the model is of.
    positions : (n,) int array
        Places of the rows of the fit in the table.
    replicates : (n, R) array or None
        Replicate weights of the rows of the fit, zero outside the domain.
    kind : str or None
        Of the replicate weights.
    scales : (R,) array or None
        What the square of each replicate's deviation is multiplied by.
    """

    strata: IntArray
    units: IntArray
    names: tuple[str, ...]
    sampled: FloatArray
    lonely: str
    inside: BoolArray
    positions: IntArray
    replicates: FloatArray | None = None
    kind: str | None = None
    scales: FloatArray | None = None
