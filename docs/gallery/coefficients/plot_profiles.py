"""
Profiles of all coefficients
============================

One curve per coefficient: the signed root of the likelihood-ratio statistic, by standard errors from the estimate.
Wald's intervals are right where a curve lies on the dashed diagonal; curves that bend away show where they mislead.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke + ptl + ht + ui", births)
fit.profile().plot()
