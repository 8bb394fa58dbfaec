"""
What does each member add to a pool?
====================================

The weights of the members, with profile likelihood intervals. If an interval reaches zero, that member can be
dropped.
"""

import numpy as np

import logitkit as lk

rng = np.random.default_rng(3)
truth, other, noise = rng.normal(0.0, 1.0, (3, 1_000))
y = rng.random(1_000) < lk.logits.sigmoid(truth + other)
lk.logits.log_pool({"network": truth, "regression": other, "noise": noise}, y).plot()
