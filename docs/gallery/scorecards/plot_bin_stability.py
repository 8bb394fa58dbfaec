"""
Do the bins stay as large as they were?
=======================================

The proportion of rows in each bin, by period. ``plot("event_rate")`` draws bad rates instead.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit()
loans["year"] = [2001 + row // 200 for row in range(len(loans))]
binned = lk.scorecard.binning("duration", loans.query("year == 2001"), target="class", event="bad")
binned.stability(loans, period="year", target="class", event="bad").plot()
