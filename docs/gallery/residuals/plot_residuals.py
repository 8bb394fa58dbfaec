"""
Residuals, leverage and Cook's distance
=======================================

Standardised deviance residuals against leverage; the area of a bubble is Cook's distance, and the rows of most
influence are named. A row far to the right has unusual values, one far up or down an outcome that the model did not
expect.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke", births)
fit.plot.residuals()
