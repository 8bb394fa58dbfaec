"""
How much does the data prefer one value of a coefficient?
=========================================================

The likelihood-ratio statistic against the coefficient; the interval by profile likelihood ends where the curve
crosses the level. The dashed parabola is Wald's: where the two part, Wald's interval is off.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke + ht", births)
fit.profile("ht").plot()
