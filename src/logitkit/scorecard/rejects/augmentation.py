r"""Augmentation: accepts stand for rejects like them, with weights 1 / P(accept).

The probability of acceptance is a logistic regression on the bins of variables, and its estimation enters the errors
(``docs/maths/reject_inference.md``, equation 6).

References
----------
Hsia, D. C. (1978) Credit scoring and the Equal Credit Opportunity Act. Hastings Law Journal 30, 371. Robins, J. M.,
Rotnitzky, A. and Zhao, L. P. (1994) Journal of the American Statistical Association 89, 846-866.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import numpy as np
from scipy.special import expit

from logitkit.errors import DataError, UnsupportedError, nearest_name
from logitkit.options import Stated, is_finite_number
from logitkit.scorecard.rejects.applicants import Applicants, information, mean
from logitkit.scorecard.rejects.inferred import Inferred, predicted_rate_error, sandwich
from logitkit.typing import BoolArray, CodeArray, FloatArray

__all__ = ["Augmentation"]

#: Accepts expected of a pair of bins from which on it is no chance that there are none.
EXPECTED = 5.0
#: The largest proportion of rejects whose probability of acceptance may lie below the least.
BEYOND = 0.01


@dataclass(frozen=True, kw_only=True)
class Augmentation(Stated):
    """Accepts with weights 1 / P(accept): each stands for the applicants like it, rejects among them.

    Parameters
    ----------
    on : sequence of str, optional
        Variables whose bins acceptance is explained by, of all that were binned for the card; those of the card by
        default.
    least : float, default 0.02
        P(accept) below which an applicant has no accepts like it; it is 0 where no accept has the same bins of some two
        variables and five were expected. The method is refused where more than 1 % of the rejects are below.

    Raises
    ------
    DataError
        If ``least`` is no probability.

    Examples
    --------
    >>> Augmentation(least=0.05).on is None
    True
    """

    on: Sequence[str] | None = None
    least: float = 0.02

    _most_by_position: ClassVar[int | None] = 0

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        if not (is_finite_number(self.least) and 0 < self.least < 1):
            raise DataError(f"least={self.least!r:.60}: give a probability above 0 and below 1.")
        if isinstance(self.on, str):
            raise DataError(f"on={self.on!r}: give a list of names.")
        if self.on is not None and len(self.on) == 0:
            raise DataError("on=[]: name at least one variable.")
        object.__setattr__(self, "on", None if self.on is None else tuple(self.on))

    def infer(self, applicants: Applicants) -> Inferred:
        """Return the card of weighted accepts, refusing applicants without overlap.

        Parameters
        ----------
        applicants : Applicants
            Accepts and rejects.

        Returns
        -------
        Inferred
            Coefficients with errors, and the rates assumed of rejects.
        """
        names = applicants.names if self.on is None else tuple(self.on)
        for name in names:
            if name not in applicants.codes:
                raise DataError(f"on: {name!r} has no bins here. {nearest_name(name, applicants.codes)}")
        codes, n = np.column_stack([applicants.codes[name] for name in names]), applicants.accepts.shape[0]
        kinds, accepted = _indicators(codes), np.arange(codes.shape[0]) < n
        weights = np.concatenate([applicants.accept_weights, applicants.reject_weights])
        chance = applicants.chance(kinds, accepted, weights)
        chance = np.where(np.isnan(chance), accepted, chance)  # in the limit undetermined, of rows fitted perfectly
        chance = np.where(_never_accepted(codes, weights * accepted, weights * chance), 0.0, chance)
        beyond = mean(chance[n:] < self.least, applicants.reject_weights)
        if beyond > BEYOND:
            raise UnsupportedError(
                f"Augmentation: {100 * beyond:.3g} % of the rejects have a probability of acceptance below "
                f"least={self.least:g}, the smallest {chance[n:].min():.2g}: no accepts are like them, whatever their "
                f"weights. Explain acceptance by fewer variables, on=[...], or assume what rejects are: "
                f"FuzzyAugmentation(odds=...), Parcelling(factor=...)."
            )
        return self._weighted(applicants, kinds, chance, names)

    def _weighted(
        self, applicants: Applicants, kinds: FloatArray, chance: FloatArray, names: tuple[str, ...]
    ) -> Inferred:
        """Return the fit of accepts, each weighted by 1 / P(accept)."""
        x, w = applicants.accepts, applicants.accept_weights
        n, own = x.shape[0], chance[: x.shape[0]]
        coef, separated = applicants.fit(x, applicants.bad.astype(np.float64), w / own)
        del separated  # as little as the card of accepts: weights do not separate
        p = expit(x @ coef)
        bread = information(x, w / own * p * (1 - p))
        scores = x * ((applicants.bad - p) / own)[:, None]
        weights = np.concatenate([w, applicants.reject_weights])
        of_acceptance = kinds * ((np.arange(weights.size) < n) - chance)[:, None]
        slope = -(scores * (w * (1 - own))[:, None]).T @ kinds[:n]
        carried = of_acceptance @ np.linalg.pinv(information(kinds, weights * chance * (1 - chance)), hermitian=True)
        carried = carried @ slope.T
        carried[:n] += scores
        factor = 1.0 / own
        vcov = sandwich(bread, weights, carried, float(w.sum()))
        return Inferred(
            "augmentation",
            f"A reject is as often bad as an accept in the same bins of {', '.join(names)}, and applicants of every "
            "kind were accepted at times.",
            coef,
            vcov,
            np.sqrt(np.diag(np.linalg.inv(bread))),
            expit(applicants.rejects @ coef),
            predicted_rate_error(applicants, coef, vcov),
            w / own,
            False,
            (
                ("smallest P(accept) of rejects", float(chance[n:].min())),
                ("largest weight of an accept", float(factor.max())),
                ("accepts", float(w.sum())),
                ("effective number of accepts", float((w @ factor) ** 2 / (w @ factor**2))),
            ),
        )


def _indicators(codes: CodeArray) -> FloatArray:
    """Return a column of ones and one per bin of each variable, but the commonest."""
    columns = [np.ones(codes.shape[0])]
    for own in codes.T:
        counts = np.bincount(own + 1)  # a level that was not there has code -1
        common = int(np.argmax(counts))
        columns += [(own + 1 == code).astype(np.float64) for code in np.flatnonzero(counts) if code != common]
    return np.column_stack(columns)


def _never_accepted(codes: CodeArray, accepts: FloatArray, expected: FloatArray) -> BoolArray:
    """Return which applicants are in two bins that no accept has both of, where the model expects several."""
    found = np.zeros(codes.shape[0], dtype=bool)
    places = (codes + 1).astype(np.int64)
    sizes = places.max(axis=0) + 1
    for i, j in combinations(range(codes.shape[1]), 2):
        cell = places[:, i] * sizes[j] + places[:, j]
        empty = (np.bincount(cell, accepts) == 0) & (np.bincount(cell, expected) >= EXPECTED)
        if empty.any():
            found |= empty[cell]
    return found
