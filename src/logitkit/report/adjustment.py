"""What the summary of a fit whose bias was reduced says: how, what it came to, and what the numbers are."""

from __future__ import annotations

from collections.abc import Iterator

from logitkit.engine.facts import AdjustmentFacts
from logitkit.engine.record import FitRecord
from logitkit.inference.hypotheses.likelihood_ratio import null_test
from logitkit.report.document import Fact
from logitkit.report.number_format import format_p

__all__ = ["adjusted_facts", "adjusted_notes"]


def adjusted_facts(record: FitRecord, facts: AdjustmentFacts) -> Iterator[Fact]:
    """Yield how bias was reduced, and the likelihood at the estimates, penalised and not."""
    yield Fact("Bias reduction", facts.stated.words)
    if facts.has_likelihood:
        yield Fact("Penalised log-lik.", f"{facts.value:,.3f}")
    if record.has_ratios:
        test = null_test(record)
        if test.dof > 0:
            p = format_p(test.p_value)
            yield Fact(f"Penalised LR chi2({test.dof})", f"{test.statistic:,.2f} (p {p if p[0] == '<' else f'= {p}'})")
    yield Fact("Log-likelihood", f"{record.loglik:,.3f}")


def adjusted_notes(record: FitRecord, facts: AdjustmentFacts) -> Iterator[str]:
    """Yield which of two conventions standard errors follow, and what is not reported."""
    if record.covariance.kind == "model":
        yield facts.stated.other_errors
    without = "AIC, BIC and R2" if record.has_ratios else "AIC, BIC, R2 and likelihood ratios"
    text = f"The log-likelihood is that at these estimates, which do not maximise it, so {without} are not reported."
    if record.has_ratios:
        text += " With few data prefer fit.confint('profile') and fit.anova(), which use the penalised likelihood."
    yield text
