"""
Crude and adjusted odds ratios side by side
===========================================

One row per term and one mark per model. The odds ratios of nested models differ even without confounding, because
odds ratios are not collapsible.
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
