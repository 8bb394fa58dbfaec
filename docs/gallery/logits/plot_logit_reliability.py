"""
Is a network as sure as it should be?
=====================================

The reliability diagram of the most probable digit: how often it was right, against its predicted probability. A curve
below the diagonal means that the network is overconfident. ``of="class"`` draws one diagram per outcome.
"""

import logitkit as lk

digits = lk.datasets.load_digit_logits()
logits, y = digits.filter(like="logit_").to_numpy(), digits["label"].to_numpy()
lk.logits.reliability(logits, y).plot()
