"""What the summary of a penalised fit says: the penalty and its strength, the coefficients, and what they are not.

After a penalty that chooses coefficients the table has no errors, no z and no p; after squares only it has those of the
posterior, by that name.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from logitkit.engine.facts import PenaltyFacts
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.solver import Status
from logitkit.inference.fit_statistics import explained_share
from logitkit.inference.penalised import has_posterior, posterior_condition, why_withheld
from logitkit.inference.wald import coefficient_estimates
from logitkit.report.coefficients import exponentials, names_without_ratio
from logitkit.report.document import Column, Fact, Table
from logitkit.report.estimate_columns import format_estimates
from logitkit.report.number_format import (
    format_integer,
    format_level,
    format_percent,
)
from logitkit.report.units import per_unit, unit_labels
from logitkit.report.wording import counted
from logitkit.typing import FloatArray, IntArray

__all__ = [
    "LISTED_MOST",
    "format_gap",
    "format_strength",
    "listed_coefficients",
    "penalised_table",
    "penalty_facts",
    "penalty_notes",
]

LISTED_MOST = 40  # coefficients of a table that is still read
GAP_LEAST = 1e-16  # a share of the null model's loss below this is rounding


def penalty_facts(record: FitRecord, facts: PenaltyFacts) -> Iterator[Fact]:
    """Yield which penalty, at which strength, chosen how, and what the fit came to."""
    yield Fact("Penalty", facts.words)
    if len(facts.strengths) == 1:
        yield Fact("Strength", format_strength(facts.strengths[0][1]))
    for words, strength in facts.strengths if len(facts.strengths) > 1 else ():
        yield Fact(f"Strength ({words})", format_strength(strength))
    if facts.strengths:
        yield Fact("Strength chosen", facts.chosen)
    yield Fact("Penalised", facts.standardized.removeprefix("coefficients of "))
    yield Fact("Not zero", f"{format_integer(facts.n_nonzero)} of {counted(record.coef.size, 'coefficient')}")
    yield Fact("Of these unpenalised", format_integer(_n_unpenalised(facts)))
    if not np.isnan(facts.dof):
        yield Fact("Effective df", f"{facts.dof:,.2f}")
    yield Fact("Deviance", f"{record.deviance:,.3f}")
    if not np.isnan(record.null_deviance):
        yield Fact("Null deviance", f"{record.null_deviance:,.3f}")
        yield Fact("Deviance explained", format_percent(explained_share(record)))
    yield Fact("Gap of the lasso" if not facts.certified else "Gap (relative)", format_gap(facts.gap, facts.tol))
    yield Fact("Status", "converged" if record.status is Status.CONVERGED else "not converged")


def _n_unpenalised(facts: PenaltyFacts) -> int:
    """Return how many coefficients no penalty draws, and no bound holds."""
    free = facts.penalty.free
    if facts.quadratic is not None:
        strengths = facts.quadratic.strengths
        free = free & ((strengths if strengths.ndim == 1 else strengths.diagonal()) == 0.0)
    return int(np.count_nonzero(free))


def format_strength(strength: float) -> str:
    """Format a strength with four significant digits and no zeros that say nothing.

    Examples
    --------
    >>> format_strength(0.02), format_strength(0.0123456)
    ('0.02', '0.01235')
    """
    return f"{strength:.4g}"


def format_gap(gap: float, tol: float) -> str:
    """Format a relative duality gap beside what was asked for.

    Examples
    --------
    >>> format_gap(3.2e-9, 1e-7), format_gap(0.0, 1e-12)
    ('3.2e-09 (asked: 1e-07)', '<1e-16 (asked: 1e-12)')
    """
    return f"{f'<{GAP_LEAST:.0e}' if gap < GAP_LEAST else f'{gap:.1e}'} (asked: {tol:.0e})"


def listed_coefficients(record: FitRecord, facts: PenaltyFacts) -> IntArray:
    """Return the columns that the table lists."""
    coef, intercept = record.coef, record.info.intercept
    if coef.size <= LISTED_MOST:
        return np.arange(coef.size)
    size = np.abs(coef * facts.scale)
    if intercept is not None:
        size[intercept] = np.inf
    order = np.argsort(-size, kind="stable")
    return order[: min(LISTED_MOST, int(np.count_nonzero(size)))]


def penalised_table(record: FitRecord, facts: PenaltyFacts, changes: FloatArray) -> Table:
    """Return the coefficients with odds ratios, and where there is a posterior its deviations and intervals."""
    listed = listed_coefficients(record, facts)
    every = coefficient_estimates(record)
    without = names_without_ratio(record.info)
    heads = ["Coef.", "Odds ratio"]
    if has_posterior(record):
        heads = ["Coef.", "Posterior sd", "Odds ratio", f"{format_level(every.level)} posterior interval"]
    names = unit_labels([record.names[j] for j in listed], changes[listed])
    found = per_unit(every.at(listed), changes[listed])
    coef, errors = format_estimates(found.estimate, found.std_error)
    ratios, lows, highs = exponentials(names, found, without)
    if has_posterior(record):
        intervals = tuple(f"{low} to {high}" if low else "" for low, high in zip(lows, highs, strict=True))
        cells = [coef, errors, ratios, intervals]
    else:  # what the penalty set to zero is seen at a glance
        zero = found.estimate == 0.0
        coef = tuple("0" if none else text for none, text in zip(zero, coef, strict=True))
        cells = [coef, tuple("1" if none and text else text for none, text in zip(zero, ratios, strict=True))]
    columns = (Column("Term", "left"), *(Column(head) for head in heads))
    return Table(None, columns, tuple(zip(names, *cells, strict=True)), tuple(_left_out(record, facts, listed)))


def _left_out(record: FitRecord, facts: PenaltyFacts, listed: IntArray) -> Iterator[str]:
    """Say how many coefficients the table leaves out, and which."""
    if record.coef.size == listed.size:
        return
    shown = int(np.count_nonzero(record.coef[listed]))
    text = "Largest first, by the coefficient times the scale of its column."
    if facts.n_nonzero > shown:
        text += f" Not listed: {counted(facts.n_nonzero - shown, 'smaller coefficient')}."
    if facts.n_nonzero < record.coef.size:
        text += f" Zero: {counted(record.coef.size - facts.n_nonzero, 'coefficient')}."
    yield f"{text} fit.tidy() has them all."


def penalty_notes(record: FitRecord, facts: PenaltyFacts) -> Iterator[str]:
    """Yield what the numbers of a penalised fit are, and are not."""
    yield f"Coefficients and odds ratios are on the scale of the columns as given; {_pull(facts)}."
    if has_posterior(record):
        text = (
            "Posterior sd and posterior interval (of the odds ratio): normal approximation at the mode, "
            f"{posterior_condition(facts)}."
        )
        if facts.strengths and facts.chosen != "given":
            text += " The strength was chosen with the same data, and these do not know how uncertain that choice is."
        yield f"{text} They are no sampling errors, so there are no z statistics and p-values."
    else:
        yield why_withheld(record)
    if not facts.certified:
        yield (
            "The lasso chose the columns, and its gap is given; the coefficients were then fitted again, so they are "
            "not the minimum of a penalised objective."
        )
    else:
        yield "Gap: upper bound on the distance of the objective from its minimum, as a proportion of the null loss."


def _pull(facts: PenaltyFacts) -> str:
    """Return what the penalty does to the coefficients."""
    if not facts.certified:
        return "the lasso left out those that are zero"
    towards = ["zero"] if facts.strengths else []
    if facts.quadratic is not None:
        towards.append("the centre of the prior")
    return f"the penalty shrinks them towards {' and '.join(towards)}" if towards else "they are held within bounds"
