"""
At which cut-off is profit largest?
===================================

Profit against the proportion approved, over all cut-offs. A good loan earns 0.05 of its amount, and a bad loan loses
0.2 of it. The dot is the cut-off with the largest profit, and the dashed line is the profit that the card expected.
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
