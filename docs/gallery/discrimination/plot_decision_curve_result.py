"""
The decision curve, standardised
================================

``decision_curve`` returns the numbers. ``standardized=True`` divides net benefit by the prevalence, so that the
largest possible value is 1.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
old, new = loans.iloc[:600], loans.iloc[600:]
fit = lk.logit("bad ~ checking_status + duration + age + credit_amount", old)
found = fit.decision_curve(data=new)
found.plot(standardized=True)
