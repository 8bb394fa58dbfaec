"""
The probability against a number
================================

Each point of the line is the mean prediction over all rows, with the variable set to that value in every row. The
band is the confidence interval. The spline lets the line follow a curve in the data.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
fit = lk.logit("bad ~ cr(duration, df=3) + age + checking_status", loans)
fit.plot.average_predictions("duration")
