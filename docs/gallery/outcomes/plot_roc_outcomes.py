"""
ROC curves of several outcomes
==============================

One curve per outcome: how well its predicted probability separates rows with this outcome from all others.
"""

import logitkit as lk

loans = lk.datasets.load_credit_data()
fit = lk.multinomial(
    "Home ~ Age + Seniority + Income",
    loans.query("Home in ['owner', 'rent', 'parents']"),
)
fit.plot.roc()
