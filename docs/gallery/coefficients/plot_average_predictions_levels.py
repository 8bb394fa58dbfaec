"""
The probability of each level
=============================

Points in place of a line, as there is nothing between two levels.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
fit = lk.logit("bad ~ duration + age + purpose", loans)
fit.plot.average_predictions("purpose")
