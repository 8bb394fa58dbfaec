"""
The calibration belt with its test
==================================

The printed result gives the corresponding test of calibration, and the ranges in which the belt leaves the diagonal.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
old, new = loans.iloc[:600], loans.iloc[600:]
fit = lk.logit("bad ~ checking_status + duration + age + credit_amount", old)
found = fit.calibration_belt(new)
found.plot()
print(found)
