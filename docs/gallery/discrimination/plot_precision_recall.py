"""
Precision and recall
====================

Precision (how many of those above the threshold are events) against recall (how many events are above it). The dotted
line is the prevalence, which a useless model has.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
old, new = loans.iloc[:600], loans.iloc[600:]
fit = lk.logit("bad ~ checking_status + duration + age + credit_amount", old)
fit.plot.precision_recall(data=new)
