"""What a card does not know, as its document says it."""

from __future__ import annotations

from logitkit.report.document import Prose, Section
from logitkit.report.number_format import format_integer, format_percent
from logitkit.scorecard.card import Card
from logitkit.scorecard.dummies import bins_in_model
from logitkit.scorecard.population import Population

__all__ = ["limits_section"]

FEW_BADS = 10  # per coefficient, below which estimates are known to be unstable


def limits_section(card: Card, population: Population, samples: tuple[str, ...], *, inferred: bool) -> Section:
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
            if inferred
            else "The card describes those whose outcome is known. Applicants who were rejected have none: about them "
            "the card extrapolates. No reject inference was done."
        ),
        (
            f"Standard errors, p-values and intervals take bins, {counts} and the selection of variables as "
            "given, though all came from the same rows. They are optimistic."
        ),
        "Each variable adds what its bin adds, whatever the others are: the card has no interactions.",
        (
            f"Probabilities are those of {whose} {rate}. Where the bad rate of "
            "applicants is another, points still rank, and probabilities are to be calibrated again."
        ),
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
