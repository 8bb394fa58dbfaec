"""
At which cut-off is profit largest?
===================================

Profit against the proportion approved, cut-off by cut-off, where a good earns 0.05 of a loan and a bad loses 0.2 of
it. The dot is the cut-off of the largest profit, the dashed line what the card expected.
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
card.profit(new, gain=0.05, loss=0.2).plot()
