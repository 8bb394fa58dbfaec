"""Finite-sample factors of clustered sandwich covariances, named after the software that uses them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from logitkit.design.response.response import Clusters
from logitkit.engine.record import FitRecord
from logitkit.options import require_choice

__all__ = ["CORRECTIONS", "Correction", "correction_named", "default_correction"]


@dataclass(frozen=True)
class Correction:
    """A finite-sample factor of a clustered sandwich covariance.

    Parameters
    ----------
    clusters : bool
        Whether the factor G / (G - 1) is used.
    coefficients : bool
        Whether the factor (n - 1) / (n - k) is used.
    least : bool
        Whether all parts of crossed clusters use the factor of the smallest number of clusters; otherwise each uses its
        own.
    by_t : bool
        Whether the reference distribution is t with min(G) - 1 degrees of freedom.
    crossed : bool
        Whether the software after which it is named offers crossed clusters.

    Examples
    --------
    >>> correction_named("fixest").least
    True
    """

    clusters: bool = True
    coefficients: bool = False
    least: bool = False
    by_t: bool = False
    crossed: bool = True

    def factor(self, g: int, n: float, k: float) -> float:
        """Return the factor.

        Parameters
        ----------
        g : int
            Number of clusters.
        n, k : float
            Numbers of observations and of coefficients.

        Returns
        -------
        float
            The factor, at least 1 if there are fewer coefficients than observations.
        """
        of_clusters = g / (g - 1.0) if self.clusters else 1.0
        return of_clusters * (n - 1.0) / (n - k) if self.coefficients else of_clusters

    def words(self, counts: Sequence[int], n: float, k: float) -> str:
        """Return the factor in words.

        Parameters
        ----------
        counts : sequence of int
            Number of clusters of each clustering.
        n, k : float
            Numbers of observations and of coefficients.

        Returns
        -------
        str
            The factor, or an empty string if there is none.
        """
        if not self.clusters:
            return ""
        formula, facts = "G / (G - 1)", []
        if self.coefficients:
            formula, facts = f"(n - 1) / (n - k) * {formula}", [f"n = {n:g}", f"k = {k:g}"]
        if len(counts) > 1 and self.least:
            facts.append(f"the smallest G = {min(counts)}")
        else:
            facts.append(f"G = {' and '.join(map(str, counts))}")
        return f"{formula}{' of each part' if len(counts) > 1 and not self.least else ''} with {', '.join(facts)}"


CORRECTIONS = {
    "none": Correction(clusters=False),
    "clusters": Correction(),
    "smallest": Correction(least=True),
    "coefficients": Correction(coefficients=True),
    "r-sandwich": Correction(),
    "stata": Correction(crossed=False),
    "sas": Correction(coefficients=True, by_t=True, crossed=False),
    "fixest": Correction(coefficients=True, least=True),
}


def correction_named(name: str | None) -> Correction:
    """Return a correction by its name; raise an error for an unknown name.

    Parameters
    ----------
    name : str or None
        A key of ``CORRECTIONS``; None for ``"clusters"``.

    Returns
    -------
    Correction
        The correction factors.

    Examples
    --------
    >>> correction_named(None) == correction_named("r-sandwich")
    True
    """
    if name is None:
        return CORRECTIONS["clusters"]
    require_choice("correction", name, tuple(CORRECTIONS))
    return CORRECTIONS[name]


def default_correction(record: FitRecord, clusters: Sequence[Clusters]) -> str | None:
    """Return the name of the correction under the conventions of a fit; None for the default of logitkit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    clusters : sequence of Clusters
        One clustering, or several that cross.

    Returns
    -------
    str or None
        A key of ``CORRECTIONS``.

    Examples
    --------
    >>> import numpy as np
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [0, 1, 1]}, conventions="sas")
    >>> default_correction(fit.record, [Clusters(np.array([0, 0, 1]), 2, "g")])
    'sas'
    """
    return record.conventions.name if len(clusters) == 1 and record.conventions.counts_parameters else None
