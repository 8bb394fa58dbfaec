"""
Adjusted means of two factors
=============================

The adjusted mean of each combination of two factors. If the differences between races are not the same in both
blocks, smoking acts differently by race on this scale.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ race * smoke + age + lwt", births)
fit.means("race", by="smoke", scale="probability").plot()
