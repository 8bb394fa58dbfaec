"""
The probability against a number
================================

Each point of the line is an average over all rows, with the variable set to this value; the band is the confidence
interval. A spline lets the line bend where the data do.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
fit = lk.logit("bad ~ cr(duration, df=3) + age + checking_status", loans)
fit.plot.average_predictions("duration")
