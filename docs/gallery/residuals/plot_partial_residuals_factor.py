"""
Partial residuals of a factor
=============================

One group of points per level, with their mean and the fitted coefficient.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke", births)
fit.plot.partial_residuals("race")
