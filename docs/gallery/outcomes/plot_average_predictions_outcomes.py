"""
Probabilities of all outcomes against a number
==============================================

Average predictions of each outcome, with their intervals; at each age they add up to one.
"""

import logitkit as lk

loans = lk.datasets.load_credit_data()
fit = lk.multinomial(
    "Home ~ Age + Seniority + Income",
    loans.query("Home in ['owner', 'rent', 'parents']"),
)
fit.plot.average_predictions("Age")
