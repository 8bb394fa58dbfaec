"""
How large are the sets?
=======================

How many rows have sets of one, two and more outcomes: small sets are those of clear rows.
"""

import logitkit as lk

digits = lk.datasets.load_digit_logits()
logits, y = digits.filter(like="logit_").to_numpy(), digits["label"].to_numpy()
sets = lk.logits.conformal(logits[:1000], y[:1000], level=0.9, method="aps", seed=1)
judged = sets.coverage(logits[1000:], y[1000:])
judged.plot_sizes()
