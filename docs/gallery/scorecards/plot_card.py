"""
The points of a card
====================

One row per bin, with intervals that count weights of evidence as estimates.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit()
old, new = loans.iloc[:600], loans.iloc[600:]
card = lk.scorecard(["checking_status", "duration", "age", "savings_status"], old, target="class", event="bad")
card.plot(level=0.95)
