"""
Coefficients with their intervals
=================================

The rows of a forest plot, on the scale of the linear predictor. The reference line is at 0, and distances to its left
and right are directly comparable.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke + ptl + ht + ui + ftv", births)
fit.plot.coefficients(units={"age": 10, "lwt": 10})
