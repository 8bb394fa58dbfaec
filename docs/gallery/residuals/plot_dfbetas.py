"""
Which rows move a coefficient?
==============================

Each point shows by how many standard errors a coefficient would change without one row. The row with the largest
change is labelled. The dashed lines are the usual limits.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke", births)
fit.plot.dfbetas()
