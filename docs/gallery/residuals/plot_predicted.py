"""
Predicted probabilities by outcome
==================================

Histograms of the predictions of both outcomes. The less they overlap, the better the model tells them apart; the line
is a threshold.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke", births)
fit.plot.predicted(threshold=0.3)
