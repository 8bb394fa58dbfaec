"""
Relative risk ratios of several outcomes
========================================

One row per term, one mark per outcome: how the odds of the outcome against the reference change. ``against`` chooses
another reference.
"""

import logitkit as lk

loans = lk.datasets.load_credit_data()
fit = lk.multinomial(
    "Home ~ Age + Seniority + Income",
    loans.query("Home in ['owner', 'rent', 'parents']"),
)
fit.plot.forest(units={"Age": 10, "Seniority": 10, "Income": 100}, against="owner")
