"""
Partial residuals of a factor
=============================

One column of points per level, with the coefficient that the level has.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke", births)
fit.plot.partial_residuals("race")
