"""What the summary of a penalised fit says: the penalty, its strength, and what the numbers are and are not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from logitkit.engine.facts import PenaltyFacts
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.solver import Status
from logitkit.inference.fit_statistics import explained_share
from logitkit.inference.penalised.posterior import has_posterior, posterior_condition, why_withheld
from logitkit.models.words import Ratio
from logitkit.report.document import Fact
from logitkit.report.model_facts import read_facts
from logitkit.report.number_format import format_integer, format_percent
from logitkit.report.wording import counted

__all__ = ["format_gap", "format_strength", "penalty_facts", "penalty_notes", "ratio_beside"]

NOT_SAMPLING = (
    "These are posterior, not sampling, standard deviations; z statistics and p-values are therefore not given."
)
GAP_LEAST = 1e-16  # a share of the null model's loss below this is rounding


def ratio_beside(record: FitRecord) -> Ratio | None:
    """Return the ratio that stands beside each coefficient; None where a table has a column per equation instead."""
    return record.family.words.ratio_against(record.reference) if len(record.equations) == 1 else None


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
    yield Fact("Nonzero", f"{format_integer(facts.n_nonzero)} of {counted(record.coef.size, 'coefficient')}")
    yield Fact("Unpenalised", format_integer(_n_unpenalised(record, facts)))
    if not np.isnan(facts.dof):
        yield Fact("Effective df", f"{facts.dof:,.2f}")
    yield Fact("Deviance", f"{record.deviance:,.3f}")
    if not np.isnan(record.null_deviance):
        yield Fact("Null deviance", f"{record.null_deviance:,.3f}")
        yield Fact("Deviance explained", format_percent(explained_share(record)))
    yield Fact("Gap of the lasso" if not facts.certified else "Gap (relative)", format_gap(facts.gap, facts.tol))
    yield Fact("Status", "converged" if record.status is Status.CONVERGED else "not converged")
    yield from read_facts(record)


def _n_unpenalised(record: FitRecord, facts: PenaltyFacts) -> int:
    """Return how many coefficients no penalty draws, and no bound holds."""
    free = facts.penalty.free
    if facts.quadratic is not None:
        strengths = facts.quadratic.strengths
        free = free & ((strengths if strengths.ndim == 1 else strengths.diagonal()) == 0.0)
    if facts.place is None or record.is_single or record.reference is not None:
        return int(np.count_nonzero(free))
    # In symmetric form every outcome has a coefficient of a free column, and one of them follows from the others.
    predictors = record.predictors
    return int(np.unique(facts.place[free] % predictors.n_columns).size * predictors.active.size)


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
    ('3.2e-09 (tolerance 1e-07)', '<1e-16 (tolerance 1e-12)')
    """
    return f"{f'<{GAP_LEAST:.0e}' if gap < GAP_LEAST else f'{gap:.1e}'} (tolerance {tol:.0e})"


def penalty_notes(record: FitRecord, facts: PenaltyFacts) -> Iterator[str]:
    """Yield what the numbers of a penalised fit are, and are not."""
    beside = ratio_beside(record)
    named = "Coefficients" if beside is None else f"Coefficients and {beside.plural}"
    yield f"{named} are on the scale of the columns as given; {_pull(facts)}.{_form(record)}"
    if has_posterior(record):
        condition = posterior_condition(facts)
        text = (
            "fit.tidy() and fit.confint() give posterior standard deviations and intervals"
            if beside is None
            else f"Posterior sd and posterior interval (of the {beside.name})"
        )
        text += f": normal approximation at the mode, {condition}."
        if facts.strengths and facts.chosen != "given":
            text += " The strength was chosen from the same data, and the uncertainty of that choice is not reflected."
        if beside is not None:
            text += f" {NOT_SAMPLING}"
        yield text
    else:
        yield why_withheld(record)
    if not facts.certified:
        yield (
            "The lasso selected the columns, and the gap is that of the lasso; the coefficients were then refitted, so "
            "they do not minimise a penalised objective."
        )
    else:
        yield "Gap: upper bound on the distance of the objective from its minimum, as a proportion of the null loss."


def _form(record: FitRecord) -> str:
    """Return what the penalty of several equations is of: differences from a reference, or none."""
    if not record.family.words.compares:
        return ""
    if record.reference is None:
        return (
            " The symmetric form is penalised: no outcome is the reference, and each coefficient acts on the logit of "
            "its own outcome; fit.odds_ratios(outcome, against) compares two outcomes."
        )
    return (
        f" The coefficients against {record.outcomes[record.reference]} are penalised, so the fit depends on the "
        "choice of reference. Without reference= the symmetric form is penalised, which does not."
    )


def _pull(facts: PenaltyFacts) -> str:
    """Return what the penalty does to the coefficients."""
    if not facts.certified:
        return "the lasso set to zero those that it did not select"
    towards = ["zero"] if facts.strengths else []
    if facts.quadratic is not None:
        towards.append("the centre of the prior")
    return f"the penalty shrinks them towards {' and '.join(towards)}" if towards else "they are held within bounds"
