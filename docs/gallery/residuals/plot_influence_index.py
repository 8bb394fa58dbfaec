"""
Which rows stand out?
=====================

Leverage, Cook's distance and what the fit would gain without the row, one bar per row. Look up the named rows before
anything is left out.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke", births)
fit.plot.influence_index()
