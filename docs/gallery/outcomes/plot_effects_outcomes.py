"""
Effects on every probability
============================

One row per variable and outcome. The effects of a variable sum to zero over the outcomes.
"""

import logitkit as lk

loans = lk.datasets.load_credit_data()
fit = lk.multinomial(
    "Home ~ Age + Seniority + Income",
    loans.query("Home in ['owner', 'rent', 'parents']"),
)
fit.effects(change={"Age": 10, "Seniority": 10, "Income": 100}).plot()
