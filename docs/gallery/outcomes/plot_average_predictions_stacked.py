"""
Probabilities of all outcomes, stacked
======================================

Average predictions as stacked areas, with a total height of one.
"""

import logitkit as lk

loans = lk.datasets.load_credit_data()
fit = lk.multinomial(
    "Home ~ Age + Seniority + Income",
    loans.query("Home in ['owner', 'rent', 'parents']"),
)
fit.plot.average_predictions("Age", kind="stacked")
