"""
Recalibration to new rows
=========================

How the recalibrated logit follows from the old one: the intercept moves it, the slope stretches it.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
old, new = loans.iloc[:600], loans.iloc[600:]
fit = lk.logit("bad ~ checking_status + duration + age + credit_amount", old)
fit.recalibrate(new).plot()
