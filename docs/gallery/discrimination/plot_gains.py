"""
Gains of two models
===================

The cumulative gains of two models on the same rows: the proportion of events found, against the proportion of rows,
highest predictions first.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
old, new = loans.iloc[:600], loans.iloc[600:]
fit = lk.logit("bad ~ checking_status + duration + age + credit_amount", old)
small = lk.logit("bad ~ duration + age", old)
ax = fit.gains(new).plot(label="four variables")
small.gains(new).plot(ax, label="duration and age")
