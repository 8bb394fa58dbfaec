"""
The path of the lasso
=====================

Coefficients, times the scale of their columns, against the strength of the penalty. Above the axis, how many are not
zero.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
lk.path("low ~ age + lwt + race + smoke + ptl + ht + ui + ftv", births).plot()
