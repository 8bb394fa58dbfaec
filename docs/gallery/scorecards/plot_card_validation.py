"""
How well does the card order applicants?
========================================

Cumulative accuracy profiles of the development sample and of later applicants, with the Gini coefficient of each.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit()
old, new = loans.iloc[:600], loans.iloc[600:]
card = lk.scorecard(
    ["checking_status", "duration", "age", "savings_status"],
    old,
    target="class",
    event="bad",
)
card.validate({"development": old, "later": new}).plot()
