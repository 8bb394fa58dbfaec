"""
Has an outcome become rare?
===========================

Proportions of the outcomes as estimated from logits alone, with their intervals, beside those of the training rows
(open squares). Most sevens were taken out here, and the logits show it.
"""

import numpy as np

import logitkit as lk

digits = lk.datasets.load_digit_logits()
logits, y = digits.filter(like="logit_").to_numpy(), digits["label"].to_numpy()

rng = np.random.default_rng(1)
kept = (y != 7) | (rng.random(y.size) < 0.2)
lk.logits.prior_shift(logits[kept], priors=np.full(10, 0.1)).plot()
