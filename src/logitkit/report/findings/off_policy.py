"""Values of policies from the logs of others, and softmax policies, as documents."""

from __future__ import annotations

import numpy as np

from logitkit.logits.off_policy.softmax_policy import SoftmaxPolicy
from logitkit.logits.off_policy.value import OffPolicyValue
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import (
    format_amount,
    format_column,
    format_estimate,
    format_integer,
    format_interval,
    format_level,
    format_percent,
)

__all__ = ["off_policy_document", "softmax_policy_document"]

TITLES = {
    "ips": "Value of a policy by inverse propensities (IPS)",
    "snips": "Value of a policy by self-normalised propensities (SNIPS)",
    "dr": "Value of a policy, doubly robust",
}
DIGITS = 5
ACTIONS_MOST, FEATURES_MOST = 20, 6


@finding_document.register
def off_policy_document(result: OffPolicyValue) -> Document:
    """Return the value of a policy, and what it rests on, as a document."""
    level = format_level(result.level)
    facts = [
        Fact("Rows of the log", format_integer(result.n)),
        Fact("Value", format_estimate(result.value, DIGITS)),
        Fact("Std. error", format_estimate(result.std_error, DIGITS)),
        Fact(f"{level} interval", format_interval(result.conf_low, result.conf_high, DIGITS)),
        Fact("Mean reward of the log", format_estimate(result.logged_value, DIGITS)),
        Fact("Effective rows", format_amount(result.effective_size)),
        Fact("Effective rewarded rows", format_amount(result.rewarded_size)),
        Fact("Mean weight (1 expected)", f"{format_estimate(result.mean_weight)} (std. error "
             f"{format_estimate(result.mean_weight_error)})"),
    ]  # fmt: skip
    if result.n_clusters < result.n:
        facts.insert(1, Fact("Clusters", format_integer(result.n_clusters)))
    low, high = result.logit_interval
    if not np.isnan(low):
        facts.append(Fact(f"{level} interval by log odds", format_interval(low, high, DIGITS)))
    total = result.mean_weight * result.n
    cells = tuple(
        (format_integer(int(row)), format_estimate(float(weight), 2), format_percent(float(weight) / total))
        for row, weight in zip(result.largest_rows, result.largest_weights, strict=True)
        if total > 0.0
    )
    heads = (Column("Row (from 0)"), Column("Weight"), Column("Of all weight"))
    return Document(
        TITLES[result.method],
        facts=tuple(facts),
        blocks=(Table("Largest weights", heads, cells),) if cells else (),
        notes=("Nothing can be said of an action that the log never took.",),
        warnings=result.concerns,
    )


@finding_document.register
def softmax_policy_document(result: SoftmaxPolicy) -> Document:
    """Return the coefficients of a policy as a document."""
    n_actions, p = result.coef.shape
    facts = [Fact("Actions", format_integer(n_actions)), Fact("Features", format_integer(p))]
    rounds = result.rewards.size
    if rounds:
        tenth = max(rounds // 10, 1)
        facts += [
            Fact("Rounds", format_integer(rounds)),
            Fact("Mean reward, first tenth", format_estimate(float(result.rewards[:tenth].mean()))),
            Fact("Mean reward, last tenth", format_estimate(float(result.rewards[-tenth:].mean()))),
        ]
    columns = [format_column(result.coef[:, j], "estimate") for j in range(min(p, FEATURES_MOST))]
    cells = tuple(zip((str(j) for j in range(n_actions)), *columns, strict=True))[:ACTIONS_MOST]
    heads = (Column("Action"), *(Column(f"Feature {j}") for j in range(len(columns))))
    notes = ["Only differences of coefficients between actions matter."]
    if n_actions > ACTIONS_MOST or p > FEATURES_MOST:
        notes.append("Some coefficients are not printed; to_frame() has all.")
    return Document(
        "Softmax policy", facts=tuple(facts), blocks=(Table("Coefficients", heads, cells),), notes=tuple(notes)
    )
