"""
Simulated residuals
===================

The place of each outcome among outcomes that the model simulates is uniform if the model is right. Left, the
quantiles on the diagonal; right, residuals against predictions without a pattern.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke", births)
fit.plot.simulated_residuals(seed=1)
