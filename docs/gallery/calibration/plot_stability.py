"""
Would another sample give the same predictions?
===============================================

The predictions of models fitted to resamples, against those of the original model. The wider the band, the less
reliable a single prediction is.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ age + lwt + race + smoke + ptl + ht + ui + ftv", births)
found = fit.validate(n=200, seed=1)
found.plot_stability()
