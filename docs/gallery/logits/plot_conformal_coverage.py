"""
Do the sets hold every outcome as often as they say?
====================================================

The coverage of each outcome with its interval. Only the coverage of all rows together is guaranteed;
``method="class"`` guarantees the coverage of each outcome.
"""

import logitkit as lk

digits = lk.datasets.load_digit_logits()
logits, y = digits.filter(like="logit_").to_numpy(), digits["label"].to_numpy()
sets = lk.logits.conformal(logits[:1000], y[:1000], level=0.9, method="aps", seed=1)
judged = sets.coverage(logits[1000:], y[1000:])
judged.plot()
