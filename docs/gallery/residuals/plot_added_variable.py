"""
What does a variable add to the others?
=======================================

What the other variables leave of the outcome, against what they leave of this variable. The slope is that of the full
model; single points that carry it stand far out.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke", births)
fit.plot.added_variable("lwt")
