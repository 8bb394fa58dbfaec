"""
Is the effect the same in every group?
======================================

The average effect of smoking within each level of race, from a model with their interaction.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
fit = lk.logit("low ~ smoke * race + age + lwt", births)
fit.effects("smoke", by="race").plot(title="Smoking and low weight, by race")
