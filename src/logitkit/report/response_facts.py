"""What a summary says of the outcome: the event, or each outcome with how often it occurs, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator

from logitkit.engine.record import FitRecord
from logitkit.errors import quoted_names
from logitkit.report.document import Fact
from logitkit.report.number_format import format_amount, format_integer, format_number, format_percent
from logitkit.report.wording import name_list

__all__ = ["amount_facts", "response_facts", "response_notes"]

LEVELS_MOST = 6  # of an ordered factor, written out


def response_facts(record: FitRecord) -> Iterator[Fact]:
    """Say what is modelled: the formula, and the event or the outcomes."""
    response = record.info.response
    formula = None if record.info.formula is None else Fact("Formula", " ".join(record.info.formula.split()))
    if formula is not None:
        yield formula
    if not record.has_event:
        yield from _outcomes(record, number_first=formula is not None and not formula.is_long)
    elif response.kind == "fraction":
        yield Fact("Fraction", response.name)
    elif response.kind == "grouped":
        yield Fact("Outcome", f"{response.name}: events against nonevents")
    else:
        yield Fact("Event", f"{response.name} = {response.event} (against {response.nonevent})")


def _outcomes(record: FitRecord, *, number_first: bool) -> Iterator[Fact]:
    """Say which outcomes there are; their number stands beside a short formula, as what follows has its own lines."""
    response = record.info.response
    number = Fact("Number of outcomes", format_integer(len(record.outcomes)))
    if number_first:
        yield number
    parts = [
        f"{outcome}{':' if outcome[-1:].isdigit() else ''} {format_amount(float(total))}"
        f"{' (reference)' if k == record.reference else ''}"
        for k, (outcome, total) in enumerate(zip(quoted_names(record.outcomes), record.totals, strict=True))
    ]
    if record.reference is not None:  # named also where the list is cut
        parts.insert(0, parts.pop(record.reference))
    weighted = "" if response.weights is None else ", weighted"
    yield Fact(f"Outcomes of {response.name}{weighted}", name_list(parts))
    if record.family.words.compares and record.reference is None and not record.is_penalised:
        yield Fact("Identified by", "least norm: coefficients of each term sum to zero over the outcomes")
    if not number_first:
        yield number


def amount_facts(record: FitRecord) -> Iterator[Fact]:
    """Say how many events or trials there are."""
    if record.family.words.quasi:
        yield Fact("Mean fraction", format_number(record.events / record.total))
    elif record.has_event:
        yield Fact("Events", f"{format_amount(record.events)} ({format_percent(record.events / record.total)})")
    elif record.info.response.kind == "counts" and record.n_trials != record.n_obs:
        yield Fact("Trials", format_amount(record.n_trials))


def response_notes(record: FitRecord) -> Iterator[str]:
    """Say that an order is not used, which levels were left out, and which outcomes occur once."""
    response, words = record.info.response, record.family.words
    if response.ordered and words.compares:
        first = " < ".join(response.levels[:LEVELS_MOST])
        order = first + (" < ..." if len(response.levels) > LEVELS_MOST else "")
        yield (
            f"The levels of {response.name} are ordered ({order}), but this model does not use the order: each level "
            "has coefficients of its own. A model of ordered outcomes does, with one coefficient per column where its "
            "assumption holds."
        )
    if response.empty:
        levels = name_list([repr(level) for level in response.empty])
        yield f"Levels of {response.name} that occur in none of the rows used: {levels} ({len(response.empty)})."
    once = [outcome for outcome, total in zip(record.outcomes, record.totals, strict=True) if total == 1.0]
    if once and not record.has_event and (response.weights is None or response.weight_kind == "frequency"):
        yield f"Observed only once: {name_list(once)}. All estimates for such an outcome rest on a single observation."
    if record.log_constant and not record.is_penalised and record.has_loglik:
        yield f"The log-likelihood includes the {words.constant} constant."
