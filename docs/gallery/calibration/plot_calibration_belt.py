"""
The calibration belt
====================

Where the belt leaves the diagonal, the predicted probabilities are too high or too low, at the confidence level
shown.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
old, new = loans.iloc[:600], loans.iloc[600:]
fit = lk.logit("bad ~ checking_status + duration + age + credit_amount", old)
fit.plot.calibration_belt(data=new)
