"""
Which rows stand out?
=====================

One bar per row: its leverage, its Cook's distance, and how much Pearson's statistic and the deviance would decrease
without it. Look up the labelled rows before you leave any out.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke", births)
fit.plot.influence_index()
