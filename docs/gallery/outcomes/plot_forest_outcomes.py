"""
Relative risk ratios of several outcomes
========================================

One row per term and one mark per outcome. Each ratio says how the odds of an outcome against the reference change.
``against`` chooses the reference.
"""

import logitkit as lk

loans = lk.datasets.load_credit_data()
fit = lk.multinomial(
    "Home ~ Age + Seniority + Income",
    loans.query("Home in ['owner', 'rent', 'parents']"),
)
fit.plot.forest(units={"Age": 10, "Seniority": 10, "Income": 100}, against="owner")
