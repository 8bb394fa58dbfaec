"""
Which rows move a coefficient?
==============================

By how many standard errors each coefficient would change without a row, one point per row; the row of the largest
change is named. The dashed lines are the customary limits.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke", births)
fit.plot.dfbetas()
