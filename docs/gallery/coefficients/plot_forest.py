"""
Odds ratios as a forest plot
============================

One row per coefficient, with its confidence interval on a logarithmic axis. If an interval includes 1, the data do
not settle the direction of the effect. Each factor has a heading and shows its reference level.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke", births)
fit.plot.forest(units={"lwt": 10})
