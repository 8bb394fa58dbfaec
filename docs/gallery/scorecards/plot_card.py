"""
The points of a card
====================

Bars are the points of each bin, lines their intervals, which count weights of evidence as the estimates that they
are. Bins whose line crosses zero give points by chance as well as by risk.
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
card.plot(level=0.95)
