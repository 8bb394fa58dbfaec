"""
Calibration of two samples
==========================

The development rows lie near the diagonal almost by construction. The new rows show how good the probabilities are.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
old, new = loans.iloc[:600], loans.iloc[600:]
fit = lk.logit("bad ~ checking_status + duration + age + credit_amount", old)
ax = fit.calibration().plot(label="development")
fit.calibration(new).plot(ax, label="new rows")
