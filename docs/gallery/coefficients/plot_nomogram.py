"""
A nomogram: the model by hand
=============================

Read the points of each value above, add them up, and find the probability below the total.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke + ht + ui", births)
fit.plot.nomogram()
