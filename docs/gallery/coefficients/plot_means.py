"""
Adjusted means of a factor
==========================

The probability of each level with its interval, with the other variables held at their means. Compare levels by their
contrasts (``fit.means("race").contrast_frame()``), not by whether two intervals overlap.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ race + smoke + age + lwt", births)
fit.means("race", scale="probability").plot()
