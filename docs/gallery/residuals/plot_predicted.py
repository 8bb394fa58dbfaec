"""
Predicted probabilities by outcome
==================================

A histogram of the predictions for each outcome. The less the two overlap, the better the model separates the
outcomes. The dashed line is the threshold.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke", births)
fit.plot.predicted(threshold=0.3)
