"""
Which rows move a coefficient?
==============================

By how many standard errors each coefficient would change without the row. Rows beyond the lines are named.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke", births)
fit.plot.dfbetas()
