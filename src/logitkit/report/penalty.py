"""What the summary of a penalised fit says: the penalty and its strength, the coefficients, and what they are not.

After a penalty that chooses coefficients the table has no errors, no z and no p; after squares only it has those of the
posterior, by that name.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from logitkit.design.terms import INTERCEPT
from logitkit.inference.fit_statistics import explained_share
from logitkit.inference.penalised import has_posterior, posterior_condition, why_withheld
from logitkit.inference.wald import coefficient_estimates
from logitkit.record import FitRecord, ModelRecord, PenaltyFacts
from logitkit.report.document import Column, Fact, Table
from logitkit.report.number_format import (
    estimate_decimals,
    format_estimate,
    format_integer,
    format_level,
    format_percent,
)
from logitkit.report.ratios import format_ratios
from logitkit.report.wording import counted
from logitkit.solvers.solver import Status
from logitkit.typing import IntArray

__all__ = [
    "GAP_NOTE",
    "format_gap",
    "format_strength",
    "listed_coefficients",
    "penalised_table",
    "penalty_facts",
    "penalty_notes",
    "posterior_note",
    "pull_words",
]

GAP_NOTE = "Gap: how far the penalised objective is above its minimum, at most, as a share of the null model's loss."

LISTED_MOST = 40  # coefficients of a table that is still read
GAP_LEAST = 1e-16  # a share of the null model's loss below this is rounding


def penalty_facts(record: ModelRecord, facts: PenaltyFacts) -> Iterator[Fact]:
    """Yield which penalty, at which strength, chosen how, and what the fit came to.

    Parameters
    ----------
    record : FitRecord
        The fit.
    facts : PenaltyFacts
        Of the same fit.

    Yields
    ------
    Fact
        In the order of the summary.
    """
    yield Fact("Penalty", facts.words)
    if len(facts.strengths) == 1:
        yield Fact("Strength", format_strength(facts.strengths[0][1]))
    for words, strength in facts.strengths if len(facts.strengths) > 1 else ():
        yield Fact(f"Strength ({words})", format_strength(strength))
    if facts.strengths:
        yield Fact("Strength chosen", facts.chosen)
    yield Fact("Penalised", facts.standardized.removeprefix("coefficients of "))
    yield Fact("Not zero", f"{format_integer(facts.n_nonzero)} of {counted(facts.scale.size, 'coefficient')}")
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

    Parameters
    ----------
    strength : float
        In units of the mean loss.

    Returns
    -------
    str
        The text.

    Examples
    --------
    >>> format_strength(0.02), format_strength(0.0123456)
    ('0.02', '0.01235')
    """
    return f"{strength:.4g}"


def format_gap(gap: float, tol: float) -> str:
    """Format a relative duality gap beside what was asked for.

    Parameters
    ----------
    gap, tol : float
        As shares of the null model's loss.

    Returns
    -------
    str
        A bound where the gap is rounding.

    Examples
    --------
    >>> format_gap(3.2e-9, 1e-7), format_gap(0.0, 1e-12)
    ('3.2e-09 (asked: 1e-07)', '<1e-16 (asked: 1e-12)')
    """
    return f"{f'<{GAP_LEAST:.0e}' if gap < GAP_LEAST else f'{gap:.1e}'} (asked: {tol:.0e})"


def listed_coefficients(record: FitRecord, facts: PenaltyFacts) -> IntArray:
    """Return the columns that the table lists.

    Parameters
    ----------
    record : FitRecord
        The fit.
    facts : PenaltyFacts
        Of the same fit.

    Returns
    -------
    (m,) int array
        All, in order, where they are few; of many, the intercept and then those that are not zero, the largest first
        when multiplied by the scale of their column.
    """
    coef, intercept = record.coef, record.info.intercept
    if coef.size <= LISTED_MOST:
        return np.arange(coef.size)
    size = np.abs(coef * facts.scale)
    if intercept is not None:
        size[intercept] = np.inf
    order = np.argsort(-size, kind="stable")
    return order[: min(LISTED_MOST, int(np.count_nonzero(size)))]


def penalised_table(record: FitRecord, facts: PenaltyFacts) -> Table:
    """Return the coefficients with odds ratios, and where there is a posterior its deviations and intervals.

    Parameters
    ----------
    record : FitRecord
        The fit.
    facts : PenaltyFacts
        Of the same fit.

    Returns
    -------
    Table
        A row a coefficient that is listed; its notes count the others.
    """
    listed = listed_coefficients(record, facts)
    every = coefficient_estimates(record)
    heads = ["Coef.", "Odds ratio"]
    if has_posterior(record):
        heads = ["Coef.", "Posterior sd", "Odds ratio", f"{format_level(every.level)} posterior interval"]
    rows = []
    for j in listed:
        name, coef, error = record.names[j], float(every.estimate[j]), float(every.std_error[j])
        places = estimate_decimals(error)
        with np.errstate(over="ignore"):
            ratios = format_ratios(np.exp([coef, every.low[j], every.high[j]]), error)
        ratio, low, high = ("", "", "") if name == INTERCEPT else ratios
        shown = "0" if coef == 0.0 else format_estimate(coef, places)
        cells = [name, shown, "" if name == INTERCEPT else "1" if coef == 0.0 else ratio]
        if has_posterior(record):
            cells = [name, shown, format_estimate(error, places), ratio, f"{low} to {high}" if low else ""]
        rows.append(tuple(cells))
    columns = (Column("Term", "left"), *(Column(head) for head in heads))
    return Table(None, columns, tuple(rows), tuple(_left_out(record, facts, listed)))


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
    """Yield what the numbers of a penalised fit are, and are not.

    Parameters
    ----------
    record : FitRecord
        The fit.
    facts : PenaltyFacts
        Of the same fit.

    Yields
    ------
    str
        Paragraphs.
    """
    yield f"Coefficients and odds ratios are of the columns as given; {pull_words(facts)}."
    if has_posterior(record):
        yield posterior_note(facts, "of the odds ratio")
    else:
        yield why_withheld(record)
    if not facts.certified:
        yield (
            "The lasso chose the columns, and its gap is given; the coefficients were then fitted again, so they are "
            "not the minimum of a penalised objective."
        )
    else:
        yield GAP_NOTE


def posterior_note(facts: PenaltyFacts, what: str) -> str:
    """Return what posterior deviations and intervals are.

    Parameters
    ----------
    facts : PenaltyFacts
        Of the fit.
    what : str
        What the intervals are of, in words.

    Returns
    -------
    str
        A paragraph.
    """
    text = (
        f"Posterior sd and posterior interval ({what}): normal approximation at the mode, {posterior_condition(facts)}."
    )
    if facts.strengths and facts.chosen != "given":
        text += " The strength was chosen with the same data, and these do not know how uncertain that choice is."
    return f"{text} They are no sampling errors, so there are no z statistics and p-values."


def pull_words(facts: PenaltyFacts) -> str:
    """Return what the penalty does to the coefficients.

    Parameters
    ----------
    facts : PenaltyFacts
        Of the fit.

    Returns
    -------
    str
        Half a sentence.
    """
    if not facts.certified:
        return "the lasso left out those that are zero"
    towards = ["zero"] if facts.strengths else []
    if facts.quadratic is not None:
        towards.append("the centre of the prior")
    return f"the penalty draws them towards {' and '.join(towards)}" if towards else "they are held within bounds"
