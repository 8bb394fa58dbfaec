"""
The calibration error by bins
=============================

Mean confidence and accuracy in ten bins of equal width. The expected calibration error is the weighted mean of the
gaps. The note gives the error expected by chance.
"""

import logitkit as lk

digits = lk.datasets.load_digit_logits()
logits, y = digits.filter(like="logit_").to_numpy(), digits["label"].to_numpy()
lk.logits.calibration_error(logits, y, scheme="width").plot()
