"""
Binned residuals
================

Mean residuals of groups of rows with similar predictions; about 95 % of the points lie within the lines if the model
is right.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
fit = lk.logit("bad ~ duration + age + credit_amount", loans)
fit.plot.binned_residuals(by="credit_amount")
