"""
The probability against a number
================================

Each point of the line is an average over all rows, with the variable set to this value; the band is the confidence
interval. A spline lets the line bend.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ cr(lwt, df=3) + age + race + smoke", births)
fit.plot.average_predictions("lwt")
