"""
Partial residuals of a factor
=============================

One cloud of points per level, with the mean of its partial residuals and the coefficient that was fitted.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke", births)
fit.plot.partial_residuals("race")
