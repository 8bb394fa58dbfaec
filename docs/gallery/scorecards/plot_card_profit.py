"""
At which cut-off is profit largest?
===================================

Profit, and the proportion accepted, over all cut-offs; here a good earns 5 and a bad loses 20 percent of the amount.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit()
old, new = loans.iloc[:600], loans.iloc[600:]
card = lk.scorecard(["checking_status", "duration", "age", "savings_status"], old, target="class", event="bad")
card.profit(new, gain=0.05, loss=0.2).plot()
