"""
Precision and recall
====================

Precision is the proportion of events among the rows above the threshold. Recall is the proportion of all events that
are above it. The dotted line is the prevalence, which is the precision of a useless model.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
old, new = loans.iloc[:600], loans.iloc[600:]
fit = lk.logit("bad ~ checking_status + duration + age + credit_amount", old)
fit.plot.precision_recall(data=new)
