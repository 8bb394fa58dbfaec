"""
Do the bins keep their order?
=============================

Bad rates of the bins over time: lines that cross have changed places.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit()
loans["year"] = [2001 + row // 200 for row in range(len(loans))]
binned = lk.scorecard.binning("duration", loans, target="class", event="bad", bins=lk.scorecard.Bins(max_bins=3))
binned.stability(loans, period="year", target="class", event="bad").plot("event_rate")
