"""
How much does the data prefer one value of a coefficient?
=========================================================

The curve is the likelihood-ratio statistic against the coefficient. The profile likelihood interval ends where the
curve crosses the horizontal line. The dashed parabola is Wald's approximation: where it departs from the curve,
Wald's interval is inaccurate.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke + ht", births)
fit.profile("ht").plot()
