"""
Has an outcome become rare?
===========================

The proportions of the outcomes as estimated from the logits alone, with their intervals. The open squares are the
proportions in the training rows. In this example most sevens were removed, and the estimates show it.
"""

import numpy as np

import logitkit as lk

digits = lk.datasets.load_digit_logits()
logits, y = digits.filter(like="logit_").to_numpy(), digits["label"].to_numpy()

rng = np.random.default_rng(1)
kept = (y != 7) | (rng.random(y.size) < 0.2)
lk.logits.prior_shift(logits[kept], priors=np.full(10, 0.1)).plot()
