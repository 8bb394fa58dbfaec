"""
Coefficients with their intervals
=================================

The same rows as a forest plot, on the scale of the linear predictor: the line stands at 0, and distances to the left
and to the right compare.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke + ptl + ht + ui + ftv", births)
fit.plot.coefficients(units={"age": 10, "lwt": 10})
