"""
The path of the lasso
=====================

Coefficients, multiplied by the scale of their columns, against the strength of the penalty. The numbers above the
axis count the non-zero coefficients.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
lk.path("low ~ age + lwt + race + smoke + ptl + ht + ui + ftv", births).plot()
