"""
Precision and recall of two models
==================================

Two models on the same rows, drawn on the same axes.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
old, new = loans.iloc[:600], loans.iloc[600:]
fit = lk.logit("bad ~ checking_status + duration + age + credit_amount", old)
small = lk.logit("bad ~ duration + age", old)
ax = fit.precision_recall(new).plot(label="four variables")
small.precision_recall(new).plot(ax, label="duration and age")
