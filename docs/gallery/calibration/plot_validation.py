"""
How optimistic is the fit?
==========================

Apparent measures, and those corrected for optimism by the bootstrap. The length of a line is the optimism in standard
deviations over resamples, so that measures of all scales compare; the numbers stand on the right.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke + ptl + ht + ui + ftv", births)
found = fit.validate(n=200, seed=1)
found.plot()
