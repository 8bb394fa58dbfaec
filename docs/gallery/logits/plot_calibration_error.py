"""
The calibration error by bins
=============================

Mean confidence and accuracy of ten bins of equal width. The gaps, weighted, are the expected calibration error; its
value by chance stands beside it.
"""

import logitkit as lk

digits = lk.datasets.load_digit_logits()
logits, y = digits.filter(like="logit_").to_numpy(), digits["label"].to_numpy()
lk.logits.calibration_error(logits, y, scheme="width").plot()
