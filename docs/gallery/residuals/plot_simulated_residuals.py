"""
Simulated residuals
===================

Each residual is the rank of the outcome among outcomes simulated from the model, scaled to lie between 0 and 1. If
the model is right, the residuals are uniform: in the left panel they follow the diagonal, and in the right panel they
show no pattern against the predictions.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke", births)
fit.plot.simulated_residuals(seed=1)
