"""
Coefficients of several outcomes
================================

One row per term and one mark per outcome, on the scale of the linear predictors.
"""

import logitkit as lk

loans = lk.datasets.load_credit_data()
fit = lk.multinomial(
    "Home ~ Age + Seniority + Income",
    loans.query("Home in ['owner', 'rent', 'parents']"),
)
fit.plot.coefficients(units={"Age": 10, "Seniority": 10, "Income": 100})
