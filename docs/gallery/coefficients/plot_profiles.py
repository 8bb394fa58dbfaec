"""
Profiles of all coefficients
============================

One curve per coefficient: the signed root of the likelihood-ratio statistic, against the distance from the estimate
in standard errors. Wald's interval is accurate for a curve on the dashed diagonal, and misleading for one that bends
away from it.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke + ptl + ht + ui", births)
fit.profile().plot()
