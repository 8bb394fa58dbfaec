"""
Is it worth deciding by the model?
==================================

The net benefit of each model over a range of decision thresholds, compared with acting on every row and on none. A
model is useful at the thresholds where its curve is the highest.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
old, new = loans.iloc[:600], loans.iloc[600:]
fit = lk.logit("bad ~ checking_status + duration + age + credit_amount", old)
small = lk.logit("bad ~ duration + age", old)
fit.plot.decision_curve({"duration and age": small}, data=new)
