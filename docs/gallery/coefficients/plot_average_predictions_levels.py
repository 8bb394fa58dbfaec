"""
The probability of each level
=============================

The average prediction of each level with its interval, as points. No line joins them, because there is nothing
between two levels.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
fit = lk.logit("bad ~ duration + age + purpose", loans)
fit.plot.average_predictions("purpose")
