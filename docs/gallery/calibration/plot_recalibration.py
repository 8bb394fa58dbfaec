"""
Recalibration to new rows
=========================

Recalibrated against predicted probability, with a confidence band. Where the curve lies above the diagonal, the old
model predicted too low.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
old, new = loans.iloc[:600], loans.iloc[600:]
fit = lk.logit("bad ~ checking_status + duration + age + credit_amount", old)
fit.recalibrate(new).plot()
