"""
Binned residuals
================

Mean residuals of groups of rows with similar amounts. If the model is right, about 95 % of the points lie in the
band. A curved pattern calls for a spline or a transformation.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
fit = lk.logit("bad ~ duration + age + credit_amount", loans)
fit.plot.binned_residuals(by="credit_amount")
