"""
Would another sample give the same predictions?
===============================================

Predictions of models of resamples against those of the model: the wider the band, the less a single prediction is to
be relied on.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke + ptl + ht + ui + ftv", births)
found = fit.validate(n=200, seed=1)
found.plot_stability()
