"""
Reliability with its decomposition
==================================

``reliability`` splits the Brier score into miscalibration, discrimination and uncertainty. This figure has a
confidence band.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
old, new = loans.iloc[:600], loans.iloc[600:]
fit = lk.logit("bad ~ checking_status + duration + age + credit_amount", old)
found = fit.reliability(new, band="confidence")
found.plot()
print(found)
