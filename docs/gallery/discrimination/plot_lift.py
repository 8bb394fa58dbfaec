"""
Lift by decile
==============

How many times more events a tenth has than all rows together, from the tenth of the highest predictions to that of
the lowest.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
old, new = loans.iloc[:600], loans.iloc[600:]
fit = lk.logit("bad ~ checking_status + duration + age + credit_amount", old)
fit.plot.lift(data=new)
