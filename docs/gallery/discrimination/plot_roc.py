"""
The ROC curve
=============

The true positive rate against the false positive rate over all thresholds, on rows that the model has not seen. The
area is the probability that an event has a higher prediction than a non-event.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
old, new = loans.iloc[:600], loans.iloc[600:]
fit = lk.logit("bad ~ checking_status + duration + age + credit_amount", old)
fit.plot.roc(data=new)
