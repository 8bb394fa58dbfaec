"""
What does a variable add to the others?
=======================================

The part of the outcome that the other variables do not explain, against the part of this variable that they do not
explain. The slope is the coefficient in the full model. Points far from the rest may determine it almost alone.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke", births)
fit.plot.added_variable("lwt")
