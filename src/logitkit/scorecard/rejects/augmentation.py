r"""Augmentation: accepts stand for rejects like them, with weights 1 / P(accept).

The probability of acceptance is known from the policy, or a logistic regression on the bins of variables, or the
proportion of accepts in a band of a score. What its estimation adds to the errors, or takes from them, is equation 6 of
``docs/maths/reject_inference.md``.

References
----------
Hsia, D. C. (1978) Credit scoring and the Equal Credit Opportunity Act. Hastings Law Journal 30, 371. Robins, J. M.,
Rotnitzky, A. and Zhao, L. P. (1994) Journal of the American Statistical Association 89, 846-866. Thomas, L. C.,
Edelman, D. B. and Crook, J. N. (2002) Credit Scoring and its Applications. SIAM.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar, NamedTuple

import numpy as np
from scipy.special import expit

from logitkit.errors import DataError, UnsupportedError, nearest_name
from logitkit.options import Stated, is_count, is_finite_number
from logitkit.scorecard.rejects.applicants import Applicants, information, mean
from logitkit.scorecard.rejects.bands import bands_of
from logitkit.scorecard.rejects.inferred import Inferred, sandwich
from logitkit.typing import BoolArray, CodeArray, FloatArray, IntArray

__all__ = ["Augmentation"]

#: Accepts expected of a pair of bins from which on it is no chance that there are none.
EXPECTED = 5.0
#: The largest proportion of rejects whose probability of acceptance may lie below the least.
BEYOND = 0.01
SCORES = ("acceptance", "card")


class Acceptance(NamedTuple):
    """Probability of acceptance of every applicant, accepts first.

    Parameters
    ----------
    chance : (n + r,) array
        The probabilities.
    kinds : (n + r, k) array
        Columns of the logistic regression that estimated them; none if they are known.
    assumption : str
        The implied assumption about rejects, in a sentence.
    facts : tuple of (str, float)
        Further facts, by name.
    """

    chance: FloatArray
    kinds: FloatArray
    assumption: str
    facts: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Augmentation(Stated):
    """Accepts are weighted by 1 / P(accept), so that each represents all similar applicants, also rejects.

    Parameters
    ----------
    on : sequence of str, optional
        Variables whose bins explain acceptance, among all that were binned for the card; by default those of the
        card.
    least : float, default 0.02
        P(accept) below which an applicant counts as having no similar accepts. It is 0 if no accept has the same bins
        of some pair of variables although five were expected. If more than 1 % of rejects are below, this is refused.
    accept_probability : str, optional
        Column of both tables with known P(accept), for example from a policy that accepts at random. It then replaces
        the model of acceptance.
    bands : int, optional
        Number of bands by P(accept), with about equal numbers of applicants. The weight is then that of the band, all
        applicants over accepts, as in textbooks.
    bands_of : {"acceptance", "card"}, default "acceptance"
        Score that defines the bands: P(accept), or the probability of bad from the card of accepts.

    Raises
    ------
    DataError
        If ``least`` is not a probability, ``bands`` is invalid, or arguments contradict each other.

    Examples
    --------
    >>> Augmentation(bands=10).bands_of
    'acceptance'
    """

    on: Sequence[str] | None = None
    least: float = 0.02
    accept_probability: str | None = None
    bands: int | None = None
    bands_of: str = "acceptance"

    _most_by_position: ClassVar[int | None] = 0

    def __post_init__(self) -> None:
        """Refuse values out of range, and statements that contradict one another."""
        if not (is_finite_number(self.least) and 0 < self.least < 1):
            raise DataError(f"least={self.least!r:.60}: give a probability above 0 and below 1.")
        if isinstance(self.on, str):
            raise DataError(f"on={self.on!r}: give a list of names.")
        if self.on is not None and len(self.on) == 0:
            raise DataError("on=[]: name at least one variable.")
        if self.bands is not None and not is_count(self.bands):
            raise DataError(f"bands={self.bands!r:.60}: give a whole number of at least 1, or None.")
        if self.bands_of not in SCORES:
            raise DataError(f"bands_of={self.bands_of!r:.60}: give 'acceptance' or 'card'.")
        if self.accept_probability is not None and not isinstance(self.accept_probability, str):
            raise DataError("accept_probability: give the name of a column of accepts and rejects.")
        if self.accept_probability is not None and self.on is not None:
            raise DataError("A known accept_probability is not explained by variables: leave out one of it and on=.")
        if self.bands_of == "card" and (self.bands is None or self.on is not None or self.accept_probability):
            raise DataError(
                "bands_of='card' needs bands=, and neither on= nor accept_probability=: acceptance is then the "
                "proportion of accepts in bands of the card of accepts."
            )
        object.__setattr__(self, "on", None if self.on is None else tuple(self.on))

    def infer(self, applicants: Applicants) -> Inferred:
        """Return the card fitted to weighted accepts; refuse applicants without overlap.

        Parameters
        ----------
        applicants : Applicants
            Accepts and rejects.

        Returns
        -------
        Inferred
            Coefficients with standard errors, and the assumed bad rates of rejects.
        """
        found = self._acceptance(applicants)
        of_rejects = found.chance[applicants.accepts.shape[0] :]
        beyond = mean(of_rejects < self.least, applicants.reject_weights)
        if beyond > BEYOND:
            instead = (
                "Explain acceptance by fewer variables, on=[...], or assume"
                if self.bands is None and self.accept_probability is None
                else "Assume"
            )
            raise UnsupportedError(
                f"Augmentation: {100 * beyond:.3g} % of the rejects have a probability of acceptance below "
                f"least={self.least:g}, the smallest {of_rejects.min():.2g}: no accepts are like them, whatever their "
                f"weights. {instead} what rejects are: FuzzyAugmentation(odds=...), Parcelling(factor=...)."
            )
        return _weighted(applicants, found, self._name())

    def _name(self) -> str:
        """Return what the method is called beside others of its kind."""
        words = ["augmentation"]
        if self.accept_probability is not None:
            words.append(f"by {self.accept_probability}")
        if self.bands is not None:
            words.append(f"{self.bands} bands" + (" of the card" if self.bands_of == "card" else ""))
        return ", ".join(words)

    def _acceptance(self, applicants: Applicants) -> Acceptance:
        """Return the probability of acceptance as it was stated."""
        if self.bands is not None and self.bands_of == "card":
            return _of_bands(
                applicants, applicants.of_accepts, applicants.of_rejects, self.bands, "the probability of bad"
            )
        name = self.accept_probability
        found = _fitted(applicants, self.on) if name is None else _known(applicants, name)
        if self.bands is None:
            return found
        n = applicants.accepts.shape[0]
        return _of_bands(applicants, found.chance[:n], found.chance[n:], self.bands, "P(accept)")


def _known(applicants: Applicants, name: str) -> Acceptance:
    """Return the probabilities of a policy, with the number of accepts that it expects."""
    if name not in applicants.accept_probability:
        raise DataError(f"accept_probability: there is no column {name!r} here.")
    chance = applicants.accept_probability[name]
    return Acceptance(
        chance,
        np.empty((chance.size, 0)),
        f"Applicants were accepted by chance, as {name!r} says: a reject is as often bad as an accept "
        "with the same probability, whatever else the policy looked at.",
        (("accepts that these probabilities expect", float(applicants.weights @ chance)),),
    )


def _fitted(applicants: Applicants, on: Sequence[str] | None) -> Acceptance:
    """Return the probabilities that a logistic regression on bins gives."""
    names = applicants.names if on is None else tuple(on)
    for name in names:
        if name not in applicants.codes:
            raise DataError(f"on: {name!r} has no bins here. {nearest_name(name, applicants.codes)}")
    codes, weights = np.column_stack([applicants.codes[name] for name in names]), applicants.weights
    accepted = np.arange(codes.shape[0]) < applicants.accepts.shape[0]
    first, place = _groups(codes)
    kinds = _indicators(codes[first])
    number = [np.bincount(place, weights * own, first.size) for own in (accepted, ~accepted)]
    rows = np.concatenate([np.flatnonzero(each) for each in number])  # of the kinds: accepts, and then rejects
    taken = np.arange(rows.size) < np.count_nonzero(number[0])
    found = applicants.chance(kinds[rows], taken, np.concatenate([each[each > 0] for each in number]))
    of_kind = np.ones(first.size)  # where all applicants have weight 0
    of_kind[rows] = np.where(np.isnan(found), taken, found)  # in the limit undetermined, of rows fitted perfectly
    kinds, chance = kinds[place], of_kind[place]
    chance = np.where(_never_accepted(codes, weights * accepted, weights * chance), 0.0, chance)
    return Acceptance(
        chance,
        kinds,
        f"A reject is as often bad as an accept in the same bins of {', '.join(names)}, and applicants of every "
        "kind were accepted at times.",
    )


def _of_bands(applicants: Applicants, own: FloatArray, others: FloatArray, n: int, score: str) -> Acceptance:
    """Return the proportions of accepts in bands of a score."""
    band, of_reject = bands_of(own, others, applicants, n)
    accepts = np.bincount(band, applicants.accept_weights, n)
    total = accepts + np.bincount(of_reject, applicants.reject_weights, n)
    every = np.concatenate([band, of_reject])
    there = np.flatnonzero(total > 0)
    return Acceptance(
        (accepts / np.maximum(total, 1e-300))[every],
        (every[:, None] == there).astype(np.float64),
        f"In each of {n} bands of {score}, a reject is as often bad as an accept: accepts are a random sample of "
        "the applicants in their band.",
    )


def _weighted(applicants: Applicants, acceptance: Acceptance, method: str) -> Inferred:
    """Return the fit of accepts, each weighted by 1 / P(accept), and the bad rate by (1 - P) / P: that of rejects."""
    x, w, chance, bad = applicants.accepts, applicants.accept_weights, acceptance.chance, applicants.bad
    n, own = x.shape[0], np.where(w > 0, chance[: x.shape[0]], 1.0)
    factor, odds = 1.0 / own, (1.0 - own) / own  # of one accept: the applicants and the rejects that it stands for
    coef = applicants.fit(x, bad.astype(np.float64), w * factor).coef  # weights do not separate
    p, rate = expit(x @ coef), mean(bad, w * odds)
    bread = information(x, w * factor * p * (1 - p))
    of_card, of_rate = x * ((bad - p) * factor)[:, None], (odds * (bad - rate))[:, None]
    both = _with_estimated(
        applicants, acceptance, np.hstack([of_card, of_rate]), np.hstack([of_card * (1 - own)[:, None], of_rate])
    )
    vcov = sandwich(bread, applicants.weights, both[:, :-1], float(w.sum()))
    spread = sandwich(np.array([[w @ odds]]), applicants.weights, both[:, -1:], float(w.sum()))
    return Inferred(
        method,
        acceptance.assumption,
        coef,
        vcov,
        np.sqrt(np.diag(np.linalg.inv(bread))),
        expit(applicants.rejects @ coef),
        float(np.sqrt(spread[0, 0])),
        w * factor,
        False,
        (
            ("smallest P(accept) of rejects", float(chance[n:].min())),
            ("largest weight of an accept", float(factor.max())),
            ("accepts", float(w.sum())),
            *acceptance.facts,
            ("effective number of accepts", float((w @ factor) ** 2 / (w @ factor**2))),
        ),
        rate,
    )


def _with_estimated(
    applicants: Applicants, acceptance: Acceptance, scores: FloatArray, falling: FloatArray
) -> FloatArray:
    """Return scores of all applicants with what the estimation of P(accept) adds to those of accepts.

    Scores fall by ``falling`` where the log-odds of acceptance rise by 1.
    """
    n, chance, kinds = applicants.accepts.shape[0], acceptance.chance, acceptance.kinds
    slope = -(falling * applicants.accept_weights[:, None]).T @ kinds[:n]
    spread = information(kinds, applicants.weights * chance * (1 - chance))
    by_kind = kinds @ (np.linalg.pinv(spread, hermitian=True) @ slope.T)
    carried = np.asarray(by_kind * ((np.arange(chance.size) < n) - chance)[:, None])
    carried[:n] += scores
    return carried


def _groups(codes: CodeArray) -> tuple[IntArray, IntArray]:
    """Return one row of each kind of codes, and the kind of every row."""
    places = (codes + 1).astype(np.int64)
    sizes = places.max(axis=0) + 1
    if float(np.prod(sizes, dtype=np.float64)) >= 2.0**62:
        return np.arange(codes.shape[0]), np.arange(codes.shape[0])
    _, first, place = np.unique(
        np.ravel_multi_index(tuple(places.T), tuple(sizes)), return_index=True, return_inverse=True
    )
    return first, place


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
