"""
Residuals, leverage and Cook's distance
=======================================

Standardised deviance residuals against leverage. The area of a bubble is Cook's distance, and the most influential
rows are labelled. A row far to the right has unusual values. A row far up or down has an outcome that the model did
not expect.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke", births)
fit.plot.residuals()
