"""
Is it worth deciding by the model?
==================================

Net benefit over the thresholds at which one would act, beside acting on all rows and on none. A model is of use where
its curve is the highest.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
old, new = loans.iloc[:600], loans.iloc[600:]
fit = lk.logit("bad ~ checking_status + duration + age + credit_amount", old)
small = lk.logit("bad ~ duration + age", old)
fit.plot.decision_curve({"duration and age": small}, data=new)
