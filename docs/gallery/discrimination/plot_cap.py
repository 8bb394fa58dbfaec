"""
The cumulative accuracy profile
===============================

The proportion of all bads found among the riskiest rows, against the proportion of rows. The accuracy ratio is the
Gini coefficient.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
old, new = loans.iloc[:600], loans.iloc[600:]
fit = lk.logit("bad ~ checking_status + duration + age + credit_amount", old)
fit.plot.cap(data=new)
