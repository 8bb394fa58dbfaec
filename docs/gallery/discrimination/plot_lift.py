"""
Lift by decile
==============

Each bar compares the event rate of a tenth of the rows with the overall rate, from the highest predictions to the
lowest. A lift of 2 is twice the overall rate.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
old, new = loans.iloc[:600], loans.iloc[600:]
fit = lk.logit("bad ~ checking_status + duration + age + credit_amount", old)
fit.plot.lift(data=new)
