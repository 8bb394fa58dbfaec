"""
Is the effect of a number a straight line?
==========================================

Partial residuals against the variable, with a smooth curve and the fitted line. If the curve leaves the line, try a
spline or a transformation.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke", births)
fit.plot.partial_residuals("lwt")
