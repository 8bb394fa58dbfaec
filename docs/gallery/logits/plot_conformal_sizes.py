"""
How large are the sets?
=======================

The proportion of rows with sets of one, two or more outcomes. Rows that are easy to classify have small sets.
"""

import logitkit as lk

digits = lk.datasets.load_digit_logits()
logits, y = digits.filter(like="logit_").to_numpy(), digits["label"].to_numpy()
sets = lk.logits.conformal(logits[:1000], y[:1000], level=0.9, method="aps", seed=1)
judged = sets.coverage(logits[1000:], y[1000:])
judged.plot_sizes()
