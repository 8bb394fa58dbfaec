"""
Do the bins keep their order?
=============================

The bad rate of each bin over time. Where two lines cross, the bins have changed order.
"""

import logitkit as lk

loans = lk.datasets.load_german_credit()
loans["year"] = [2001 + row // 200 for row in range(len(loans))]
binned = lk.scorecard.binning("duration", loans, target="class", event="bad", bins=lk.scorecard.Bins(max_bins=3))
binned.stability(loans, period="year", target="class", event="bad").plot("event_rate")
