"""
How optimistic is the fit?
==========================

Each measure as it is in the rows of the fit (apparent), and corrected for optimism by the bootstrap. The length of a
line is the optimism in standard deviations over resamples, which makes measures on different scales comparable. The
values are on the right.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke + ptl + ht + ui + ftv", births)
found = fit.validate(n=200, seed=1)
found.plot()
