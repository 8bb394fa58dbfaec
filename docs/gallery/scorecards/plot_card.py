"""
The points of a card
====================

Bars are the points of each bin, and lines are their intervals, which allow for the error in the estimated weights of
evidence. If an interval includes zero, the points of that bin may be due to chance.
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
