"""The stability of a card: of its points, of every variable, and of the mean score."""

from __future__ import annotations

from dataclasses import dataclass

from logitkit.scorecard.card import Card
from logitkit.scorecard.monitoring.change import ScoreChange, score_change
from logitkit.scorecard.monitoring.counted import Counted
from logitkit.scorecard.monitoring.index import Resampled, StabilityIndex, stability_index
from logitkit.scorecard.rules import NumberRule
from logitkit.scorecard.weighting import UNWEIGHTED, Weighting

__all__ = ["NOT_SEEN", "CardDrift", "card_drift", "group_labels"]

#: What the bin of levels that were not there is called.
NOT_SEEN = "Not seen before"


@dataclass(frozen=True, eq=False)
class CardDrift:
    """How far a sample has drifted from the sample with which it is compared.

    Parameters
    ----------
    score : StabilityIndex
        Index of groups of points (PSI).
    variables : tuple of StabilityIndex
        Index of the bins of each variable of the card (CSI).
    change : ScoreChange
        The change of the mean score, split by variable.
    weighting : Weighting
        Meaning of the weights of the sample.
    """

    score: StabilityIndex
    variables: tuple[StabilityIndex, ...]
    change: ScoreChange
    weighting: Weighting = UNWEIGHTED


def card_drift(
    card: Card, cuts: tuple[float, ...], base: Counted, recent: Counted, resampled: Resampled | None = None
) -> CardDrift:
    """Return how far a sample is from another.

    Parameters
    ----------
    card : Card
        Bins and points.
    cuts : tuple of float
        Where the groups of points begin by which both samples were counted.
    base, recent : Counted
        The two samples.
    resampled : Resampled, optional
        Level, replicates and seed of the intervals.

    Returns
    -------
    CardDrift
    """
    score = stability_index(base.by_group, recent.by_group, group_labels(cuts), "Score", resampled)
    variables = tuple(
        stability_index(
            base.by_bin(j), recent.by_bin(j), (*v.binning.rule.labels(), NOT_SEEN), v.binning.name, resampled
        )
        for j, v in enumerate(card.variables)
    )
    return CardDrift(score, variables, score_change(card, base, recent))


def group_labels(cuts: tuple[float, ...]) -> tuple[str, ...]:
    """Return what groups of points are called, the last those without a score."""
    return (*NumberRule(cuts).labels()[:-1], "No score")
