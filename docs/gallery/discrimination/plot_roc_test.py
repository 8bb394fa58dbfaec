"""
Which of two models has the larger area?
========================================

The ROC curves of two models on the same rows, with DeLong's paired test. The two areas are correlated, so overlapping
intervals say little about their difference.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
old, new = loans.iloc[:600], loans.iloc[600:]
fit = lk.logit("bad ~ checking_status + duration + age + credit_amount", old)
small = lk.logit("bad ~ duration + age", old)
fit.roc_test({"duration and age": small}, data=new).plot()
