"""The units that are drawn or left out in resampling: rows, observations that weights count, or clusters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from logitkit.design.design import Design
from logitkit.design.response.response import Clusters
from logitkit.errors import DataError, UnsupportedError
from logitkit.options import require_choice
from logitkit.typing import FloatArray, IntArray

__all__ = ["ResamplingKind", "Units", "independent_units", "prior_weights", "resampling_kind", "units_of"]

ResamplingKind = Literal["rows", "cluster", "parametric", "bayesian", "poisson"]


@dataclass(frozen=True)
class Units:
    """What is drawn, or left out, one at a time.

    Parameters
    ----------
    of_row : (n,) int array
        Unit of each row; -1 for rows of weight zero, which stay absent.
    multiplicity : (m,) array
        Observations that each unit stands for, drawn one by one: frequency weights, else 1.
    word : str
        What a unit is.

    Examples
    --------
    Three observations of weight one, drawn twice, once and never:

    >>> units = Units(np.array([0, 1, 2]), np.ones(3), "rows")
    >>> units.weights(np.ones(3), np.array([2, 1, 0])).tolist()
    [2.0, 1.0, 0.0]
    """

    of_row: IntArray
    multiplicity: FloatArray
    word: str

    def weights(self, prior: FloatArray, counts: IntArray | FloatArray) -> FloatArray:
        """Return prior weights when each unit occurs some number of times.

        Parameters
        ----------
        prior : (n,) array
            Prior weights given by the user.
        counts : (m,) array
            How often each unit occurs; its multiplicity gives the prior weights back.

        Returns
        -------
        (n,) array
            Zero for rows that stay absent.
        """
        return self.weighing(prior)(counts)

    def weighing(self, prior: FloatArray) -> Callable[[IntArray | FloatArray], FloatArray]:
        """Return ``weights`` as a function of counts, for many of them.

        Parameters
        ----------
        prior : (n,) array
            Prior weights given by the user.

        Returns
        -------
        callable
            Of how often each unit occurs.
        """
        one = prior / np.append(self.multiplicity, 1.0)[self.of_row]
        if np.array_equal(self.of_row, np.arange(self.multiplicity.size)):  # each row is a unit
            return lambda counts: np.asarray(one * counts)
        return lambda counts: np.asarray(one * np.append(counts, 0)[self.of_row])


def units_of(design: Design, kind: Literal["rows", "cluster"]) -> Units:
    """Return the units of a design that are independent of one another.

    Parameters
    ----------
    design : Design
        n rows.
    kind : {'rows', 'cluster'}
        The kind of unit.

    Returns
    -------
    Units
        At least two.

    Raises
    ------
    DataError
        If there are no clusters, or fewer than two units.

    Examples
    --------
    Frequency weights count observations:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [0, 1, 1], "w": [2, 0, 3]}, weights="w")
    >>> found = units_of(fit.design, "rows")
    >>> found.of_row.tolist(), found.multiplicity.tolist(), found.word
    ([0, -1, 1], [2.0, 3.0], 'observations')
    """
    response = design.response
    used = response.weights > 0.0
    of_row = np.full(response.n_rows, -1)
    if kind == "cluster":
        codes = _clusters(design).codes[used]
        present, of_row[used] = np.unique(codes, return_inverse=True)
        multiplicity, word = np.ones(present.size), "clusters"
    else:
        of_row[used] = np.arange(int(used.sum()))
        counted = response.prior is not None and response.weight_kind == "frequency"
        multiplicity = prior_weights(design)[used] if counted else np.ones(int(used.sum()))
        word = "observations" if counted else "rows"
    if multiplicity.sum() < 2.0:
        raise DataError(f"There are fewer than two {word} to resample: {int(multiplicity.sum())}.")
    return Units(of_row, multiplicity, word)


def prior_weights(design: Design) -> FloatArray:
    """Return the user's weights, or ones, shape (n,).

    Parameters
    ----------
    design : Design
        n rows.

    Returns
    -------
    (n,) array
        Not the total weights, which trials are part of.

    Examples
    --------
    >>> import logitkit as lk
    >>> prior_weights(lk.logit("y ~ 1", {"y": [0, 1]}).design).tolist()
    [1.0, 1.0]
    """
    prior = design.response.prior
    return np.ones(design.n_rows) if prior is None else prior


def resampling_kind(design: Design, kind: ResamplingKind | None) -> ResamplingKind:
    """Return what to draw, or say why it cannot be.

    Parameters
    ----------
    design : Design
        Rows of the fit.
    kind : {'rows', 'cluster', 'parametric', 'bayesian', 'poisson'} or None
        Requested unit; None for clusters if there are any, otherwise rows, of rows in chunks by Poisson counts.

    Returns
    -------
    str
        One of the kinds.

    Raises
    ------
    DataError
        For a kind that is not known.
    UnsupportedError
        For rows of clusters that may be dependent.

    Examples
    --------
    >>> import logitkit as lk
    >>> resampling_kind(lk.logit("y ~ 1", {"y": [0, 1]}).design, None)
    'rows'
    """
    clusters = design.sample.response.clusters
    if kind is None:
        return "poisson" if design.in_chunks and clusters is None else independent_units(design)
    require_choice("kind", kind, get_args(ResamplingKind))
    if kind in ("rows", "poisson") and clusters is not None:
        raise UnsupportedError(
            f"The fit has clusters ({clusters.name}), within which rows may be dependent: resample "
            "clusters, kind='cluster', or fit without cluster=."
        )
    return kind


def independent_units(design: Design) -> Literal["rows", "cluster"]:
    """Return what is independent of one another: clusters where there are any, otherwise rows.

    Parameters
    ----------
    design : Design
        Rows of the fit.

    Returns
    -------
    str
        ``'rows'`` or ``'cluster'``.

    Examples
    --------
    >>> import logitkit as lk
    >>> independent_units(lk.logit("y ~ 1", {"y": [0, 1]}).design)
    'rows'
    """
    return "rows" if design.sample.response.clusters is None else "cluster"


def _clusters(design: Design) -> Clusters:
    if design.response.clusters is None:
        raise DataError("kind='cluster' needs a fit with clusters: fit with cluster=....")
    return design.response.clusters
