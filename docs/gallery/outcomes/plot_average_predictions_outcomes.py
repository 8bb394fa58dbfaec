"""
Probabilities of all outcomes against a number
==============================================

The average prediction of each outcome with its interval. At each age, the predictions sum to one.
"""

import logitkit as lk

loans = lk.datasets.load_credit_data()
fit = lk.multinomial(
    "Home ~ Age + Seniority + Income",
    loans.query("Home in ['owner', 'rent', 'parents']"),
)
fit.plot.average_predictions("Age")
