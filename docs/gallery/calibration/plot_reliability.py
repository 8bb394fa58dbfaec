"""
A reliability diagram without bins
==================================

Isotonic regression replaces the bins (the CORP method), so there are no bins to choose. If the predictions are
calibrated, the curve is expected within the band.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
old, new = loans.iloc[:600], loans.iloc[600:]
fit = lk.logit("bad ~ checking_status + duration + age + credit_amount", old)
fit.plot.reliability(data=new)
