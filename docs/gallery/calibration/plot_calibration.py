"""
Calibration in groups and as a curve
====================================

Observed proportions against predicted probabilities, with a smooth curve, and the counts below. Points below the
diagonal are overestimated risks.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
old, new = loans.iloc[:600], loans.iloc[600:]
fit = lk.logit("bad ~ checking_status + duration + age + credit_amount", old)
fit.plot.calibration(data=new)
