"""What a card does not know, as its document says it."""

from __future__ import annotations

from typing import NamedTuple

from logitkit.report.document import Prose, Section
from logitkit.report.number_format import format_integer, format_percent
from logitkit.scorecard.card import Card
from logitkit.scorecard.dummies import bins_in_model
from logitkit.scorecard.population import Population

__all__ = ["Assumed", "limits_section"]


class Assumed(NamedTuple):
    """What the numbers of a card rest on beyond its rows.

    Parameters
    ----------
    rejects : bool
        Whether outcomes of rejects were inferred.
    bad_rate : float or None
        Bad rate of the population, as it was stated; None for that of the sample.
    """

    rejects: bool
    bad_rate: float | None


FEW_BADS = 10  # per coefficient, below which estimates are known to be unstable


def limits_section(card: Card, population: Population, samples: tuple[str, ...], assumed: Assumed) -> Section:
    """Return the limits of a card: assumptions, errors that are not counted, and what was not looked at."""
    n = population.n_good + population.n_bad
    rate = format_percent(population.n_bad / n, 2)
    counts = "their counts" if card.coding == "dummies" else "weights of evidence"
    whose = "the development sample, whose bad rate is"
    if population.rejects is not None:
        of_all = format_percent(population.rejects.bad_rate_of_all, 2)
        whose = f"all applicants, of whom {of_all} are assumed to be bad; the bad rate of accepts is"
    words = [
        (
            "The coefficients follow from an assumption about the outcomes of rejects, which no data of accepts can "
            "prove or refute."
            if assumed.rejects
            else "The card describes those whose outcome is known. Applicants who were rejected have none: about them "
            "the card extrapolates. No reject inference was done."
        ),
        (
            f"Standard errors, p-values and intervals take bins, {counts} and the selection of variables as "
            "given, though all came from the same rows. They are optimistic."
        ),
        "Each variable adds what its bin adds, whatever the others are: the card has no interactions.",
        _probabilities(assumed, whose, rate),
    ]
    if population.n_indeterminate:
        words.append(
            f"{format_integer(population.n_indeterminate)} rows that are neither good nor bad were left out; the card "
            "scores such applicants all the same."
        )
    by_bin = card.coding == "dummies"
    n_coef = sum(bins_in_model(v.binning).size - 1 for v in card.variables) if by_bin else len(card.variables)
    few = min(population.n_good, population.n_bad) / max(n_coef, 1)
    if few < FEW_BADS:
        per = "coefficient" if by_bin else "variable"
        words.append(f"There are only {few:.1f} rows of the rarer outcome per {per}: estimates are unstable.")
    if not samples:
        words.append("No sample out of time was given: how the card does on later applicants is not known.")
    unseen = [v.binning.name for v in card.variables if v.binning.stated.empty == "neutral"]
    if unseen:
        words.append(
            f"Bins without rows, and levels that were not there, add nothing to the score: {', '.join(unseen)}."
        )
    return Section("Limits", tuple(map(Prose, words)))


def _probabilities(assumed: Assumed, whose: str, rate: str) -> str:
    """Return whose probabilities the card gives."""
    if assumed.bad_rate is None:
        return (
            f"Probabilities are those of {whose} {rate}. Where the bad rate of "
            "applicants is another, points still rank, and probabilities are to be calibrated again."
        )
    return (
        f"Probabilities and base points are those of a population whose bad rate was stated to be "
        f"{format_percent(assumed.bad_rate, 2)}; in the development sample it is {rate}. They are right if the sample "
        "was drawn by the outcome alone. Measures on the rows of development are of the card with this rate."
    )
