"""
A nomogram: the model by hand
=============================

For each variable, read the points above its value. Add the points up, and read the probability below the total.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke + ht + ui", births)
fit.plot.nomogram()
