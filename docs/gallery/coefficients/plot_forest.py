"""
Odds ratios as a forest plot
============================

One row per coefficient, with its confidence interval on a logarithmic axis. An interval that crosses the line at 1
leaves the direction open. A factor has a heading and its reference level.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke", births)
fit.plot.forest(units={"lwt": 10})
