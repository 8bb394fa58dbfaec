"""
By how many percentage points does each variable change the probability?
========================================================================

Average marginal effects: differences in probability between levels, and slopes for numeric variables, averaged over
the rows of the data. Percentage points are easy to read, but these averages apply to this population only.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke + ht + ui", births)
fit.effects().plot()
