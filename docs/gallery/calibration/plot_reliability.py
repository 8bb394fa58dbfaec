"""
A reliability diagram without bins
==================================

Isotonic regression in place of bins (CORP): nothing has to be chosen. The band is where the curve of calibrated
probabilities would lie.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
old, new = loans.iloc[:600], loans.iloc[600:]
fit = lk.logit("bad ~ checking_status + duration + age + credit_amount", old)
fit.plot.reliability(data=new)
