"""
What is gained by leaving the unsure rows to others?
====================================================

The error rate among the answered rows, against the proportion of rows that are answered.
"""

import logitkit as lk

digits = lk.datasets.load_digit_logits()
logits, y = digits.filter(like="logit_").to_numpy(), digits["label"].to_numpy()
ax = lk.logits.risk_coverage(logits, y).plot(label="probability")
lk.logits.risk_coverage(logits, y, "margin").plot(ax, label="margin")
