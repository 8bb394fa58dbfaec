"""
Crude and adjusted odds ratios side by side
===========================================

One row per term, one mark per model. Odds ratios of nested models differ even without confounding, since an odds
ratio is not an average over the other variables.
"""

import logitkit as lk

births = lk.datasets.load_lbw()
crude = lk.logit("low ~ smoke", births)
adjusted = lk.logit("low ~ smoke + race", births)
full = lk.logit("low ~ smoke + race + age + lwt + ht + ui", births)
lk.plot_forest(
    crude,
    adjusted,
    full,
    names=["crude", "by race", "full"],
    units={"lwt": 10, "age": 5},
)
