"""
By how many percentage points does each variable change the probability?
========================================================================

Average effects on the probability: differences between levels, slopes of numbers, averaged over the rows of the data.
They are in the units that a reader understands, and they belong to this population.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke + ht + ui", births)
fit.effects().plot()
