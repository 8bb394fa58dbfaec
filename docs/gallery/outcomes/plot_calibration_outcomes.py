"""
Calibration of several outcomes
===============================

The observed proportion of each outcome in groups of rows with similar predicted probabilities.
"""

import logitkit as lk

loans = lk.datasets.load_credit_data()
fit = lk.multinomial(
    "Home ~ Age + Seniority + Income",
    loans.query("Home in ['owner', 'rent', 'parents']"),
)
fit.plot.calibration(bins=5)
