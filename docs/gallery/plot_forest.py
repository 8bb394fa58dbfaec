"""
Odds ratios as a forest plot
============================

One row per coefficient, with its confidence interval on a logarithmic axis.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke", births)
fit.plot.forest()
