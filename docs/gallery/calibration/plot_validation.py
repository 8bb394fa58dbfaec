"""
How optimistic is the fit?
==========================

Bootstrap validation: apparent measures, those corrected for optimism, and their intervals.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke + ptl + ht + ui + ftv", births)
found = fit.validate(n=200, seed=1)
found.plot()
